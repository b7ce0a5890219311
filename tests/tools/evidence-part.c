/* SPDX-License-Identifier: Apache-2.0 */
/*
 * evidence-part FILE N: writes part N of an evidence bundle to standard
 * output.
 */
#include <fcntl.h>
#include <stdio.h>

#include "base/file.h"
#include "base/text.h"
#include "proto/evidence.h"

static int
print_part(const char *path, const char *number, struct diag *d)
{
	auto_buf struct buf b = BUF_INIT((size_t)64 << 20);
	struct evidence e;
	uint64_t n;
	int r;

	if ((r = number_parse("part", bytes_of_text(number), 1, 11, &n, d)) <
		0 ||
	    (r = file_read(AT_FDCWD, path, b.max, &b, d)) < 0 ||
	    (r = evidence_decode(buf_bytes(&b), &e, d)) < 0)
		return r;
	return file_write_all(STDOUT_FILENO, e.part[n], d);
}

int
main(int argc, char **argv)
{
	struct diag d = { 0 };

	if (argc != 3 || print_part(argv[1], argv[2], &d) < 0) {
		(void)fprintf(stderr, "evidence-part: %s\n",
		    argc == 3 ? d.text : "usage: evidence-part FILE N");
		return 1;
	}
	return 0;
}
