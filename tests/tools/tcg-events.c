/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tcg-events LOG: one line "PCR:sha256=DIGEST" per event that the log extends,
 * in order, for tpm2_pcrextend. A software TPM that is extended by them holds
 * what the recorded machine's TPM held.
 */
#include <fcntl.h>
#include <stdio.h>

#include "base/file.h"
#include "base/text.h"
#include "measure/tcglog.h"
#include "tpm/types.h"

static int
print_events(const char *path, struct diag *d)
{
	auto_buf struct buf b = BUF_INIT((size_t)16 << 20);
	struct tcglog_iter it;
	struct tcg_event e;
	struct tcglog log;
	char hex[65];
	int r;

	if ((r = file_read(AT_FDCWD, path, b.max, &b, d)) < 0 ||
	    (r = tcglog_open(buf_bytes(&b), &log, d)) < 0)
		return r;
	it = tcglog_iter(&log);
	while ((r = tcglog_next(&it, &e, d)) == ERR_OK) {
		struct bytes digest = tcg_event_digest(&e, TPM_ALG_SHA256);

		if (e.type == EV_NO_ACTION)
			continue;
		if (digest.len != 32)
			return diag_fail(d, ERR_FORMAT,
			    "event %u has no SHA-256 digest", e.index);
		hex_format(digest, hex);
		printf("%u:sha256=%s\n", e.pcr, hex);
	}
	return r == ERR_NOT_FOUND ? ERR_OK : r; /* the end */
}

int
main(int argc, char **argv)
{
	struct diag d = { 0 };

	if (argc != 2 || print_events(argv[1], &d) < 0) {
		(void)fprintf(stderr, "tcg-events: %s\n",
		    argc == 2 ? d.text : "usage: tcg-events LOG");
		return 1;
	}
	return 0;
}
