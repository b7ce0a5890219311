/* SPDX-License-Identifier: Apache-2.0 */
/*
 * protector-core FILE: writes what an HGS sees of a protector, its core, to
 * standard output.
 */
#include <fcntl.h>
#include <stdio.h>

#include "base/file.h"
#include "protector/protector.h"

static int
print_core(const char *path, struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(PROTECTOR_MAX);
	auto_protector struct protector *p = NULL;
	int r;

	if ((r = file_read(AT_FDCWD, path, b.max, &b, d)) < 0 ||
	    (r = protector_parse(buf_bytes(&b), &p, d)) < 0)
		return r;
	return file_write_all(STDOUT_FILENO, p->core->der, d);
}

int
main(int argc, char **argv)
{
	struct diag d = { 0 };

	if (argc != 2 || print_core(argv[1], &d) < 0) {
		(void)fprintf(stderr, "protector-core: %s\n",
		    argc == 2 ? d.text : "usage: protector-core FILE");
		return 1;
	}
	return 0;
}
