/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a scan reads beside the files: their attribute, and its own journal.
 */
#include "fuzz.h"

#include "ctl/guardctl/ci_journal.h"
#include "ctl/guardctl/ci_xattr.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const uint8_t options[SHA256_SIZE];
	static char path[] = "/a";
	struct ci_found file = { .path = path };
	struct ci_files files = { .list = &file, .n = 1 };
	enum hash_alg alg;
	size_t found = 0;

	if (ci_xattr_alg(bytes_of(p, n), &alg) && hash_size(alg) == 0)
		abort();
	if (ci_journal_read(bytes_of(p, n), options, &files, &found, NULL) ==
		ERR_OK &&
	    (found > 1 || (found == 1) != (file.state != CI_FILE_NEW)))
		abort();
	return 0;
}
