/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel lock. This release has no lock programs to load, so the record
 * always says "no lock" and the HGS's MemoryAccessBlocked fails: what is
 * missing is told, and why.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "guard/early/early.h"

#define LSM_LIST "/sys/kernel/security/lsm"

/* Whether `name` is one of the words between commas. */
static bool
has_word(struct bytes list, const char *name)
{
	size_t start = 0, i;

	for (i = 0; i <= list.len; i++) {
		if (i < list.len && list.p[i] != ',' && list.p[i] != '\n')
			continue;
		if (bytes_equal_text(bytes_of(list.p + start, i - start), name))
			return true;
		start = i + 1;
	}
	return false;
}

void
lock_state(uint8_t ret_digest[static 32], char *ret_line, size_t size)
{
	static const uint8_t none[32];
	auto_buf struct buf list = BUF_INIT(1024);
	struct diag d = { 0 };
	char text[256];
	int fd = open(LSM_LIST, O_RDONLY | O_CLOEXEC);

	memcpy(ret_digest, none, sizeof(none));
	if (fd < 0 || file_read_fd(fd, LSM_LIST, 1024, &list, &d) < 0)
		(void)snprintf(ret_line, size,
		    "this kernel takes no lock: %s cannot be read", LSM_LIST);
	else if (!has_word(buf_bytes(&list), "bpf")) {
		text_escape(buf_bytes(&list), text, sizeof(text));
		(void)snprintf(ret_line, size,
		    "this kernel takes no lock: no bpf in its LSM list (%s)",
		    text);
	} else {
		(void)snprintf(ret_line, size,
		    "no kernel lock: this release has none to load; "
		    "MemoryAccessBlocked will not hold");
	}
	close_p(&fd);
}
