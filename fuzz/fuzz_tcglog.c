/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The boot log. Whatever is found must be something that the judge's side
 * reads back, with the same bytes.
 */
#include "fuzz.h"

#include "measure/findings.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static struct findings_store store;
	struct evidence_parts parts = {
		.boot_log = bytes_of(p, n),
		.command_line = bytes_of_text("quiet"),
	};
	struct buf a = BUF_INIT(1 << 18), b = BUF_INIT(1 << 18);
	struct findings f, back;

	measure_evidence(&parts, &store, &f);
	if (findings_encode(&f, &a, NULL) < 0 ||
	    findings_decode(buf_bytes(&a), &back, NULL) < 0 ||
	    findings_encode(&back, &b, NULL) < 0 ||
	    !bytes_equal(buf_bytes(&a), buf_bytes(&b)))
		abort();
	buf_free(&a);
	buf_free(&b);
	return 0;
}
