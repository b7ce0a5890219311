/* SPDX-License-Identifier: Apache-2.0 */
#include "vm/firmware.h"

#include <fcntl.h>
#include <stdio.h>

#include "base/file.h"
#include "crypto/hash.h"
#include "vm/security.h"

int
firmware_open(const char *path, uint8_t ret_digest[static 32], int *ret_fd,
    struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(VM_FIRMWARE_MAX);
	auto_close int fd = -1;
	char name[64];
	int r, read_fd;

	if ((r = file_read(AT_FDCWD, path, VM_FIRMWARE_MAX, &b, d)) < 0 ||
	    (r = memfd_sealed("firmware", buf_bytes(&b), &fd, d)) < 0)
		return r;
	/* QEMU takes a descriptor only in the mode that it asks for. */
	(void)snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	read_fd = open(name, O_RDONLY | O_CLOEXEC);
	if (read_fd < 0)
		return diag_errno(d, "firmware: cannot open again");
	sha256(buf_bytes(&b), ret_digest);
	*ret_fd = read_fd;
	return ERR_OK;
}
