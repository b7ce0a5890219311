/* SPDX-License-Identifier: Apache-2.0 */
#include "vm/firmware.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

#include "base/file.h"
#include "crypto/hash.h"
#include "vm/security.h"

static int
open_file(const char *path, int *ret_fd, size_t *ret_size, struct diag *d)
{
	auto_close int fd = open(path,
	    O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0 && errno == ENOENT)
		return diag_fail(d, ERR_NOT_FOUND, "%s: no such file", path);
	if (fd < 0 || fstat(fd, &st) != 0)
		return diag_errno(d, "%s: cannot open", path);
	if (!S_ISREG(st.st_mode) || st.st_size <= 0)
		return diag_fail(d, ERR_FORMAT, "%s: not a regular file", path);
	if ((uint64_t)st.st_size > VM_FIRMWARE_MAX)
		return diag_fail(d, ERR_LIMIT, "%s: larger than %zu bytes",
		    path, VM_FIRMWARE_MAX);
	*ret_size = (size_t)st.st_size;
	*ret_fd = TAKE_FD(&fd);
	return ERR_OK;
}

static int
copy_sealed(int from, size_t size, int *ret_fd, struct diag *d)
{
	auto_close int fd =
	    memfd_create("firmware", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	off_t done = 0;

	if (fd < 0)
		return diag_errno(d, "firmware: cannot make a memory file");
	while ((size_t)done < size) {
		ssize_t n = sendfile(fd, from, &done, size - (size_t)done);

		if (n == 0)
			return diag_fail(d, ERR_SHORT, "firmware: cut short");
		if (n < 0)
			return diag_errno(d, "firmware: cannot copy");
	}
	if (fcntl(fd, F_ADD_SEALS,
		F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) != 0)
		return diag_errno(d, "firmware: cannot seal");
	*ret_fd = TAKE_FD(&fd);
	return ERR_OK;
}

/* Of what is sealed, where it lies: memory of our own costs more than SHA-256. */
static int
digest(int fd, size_t size, uint8_t ret[static 32], struct diag *d)
{
	void *p = mmap(NULL, size, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0);

	if (p == MAP_FAILED)
		return diag_errno(d, "firmware: cannot read");
	sha256(bytes_of(p, size), ret);
	(void)munmap(p, size);
	return ERR_OK;
}

int
firmware_open(const char *path, uint8_t ret_digest[static 32], int *ret_fd,
    struct diag *d)
{
	auto_close int from = -1, fd = -1;
	char name[64];
	size_t size;
	int r, read_fd;

	if ((r = open_file(path, &from, &size, d)) < 0 ||
	    (r = copy_sealed(from, size, &fd, d)) < 0)
		return r;
	/* QEMU takes a descriptor only in the mode that it asks for. */
	(void)snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	read_fd = open(name, O_RDONLY | O_CLOEXEC);
	if (read_fd < 0)
		return diag_errno(d, "firmware: cannot open again");
	if ((r = digest(read_fd, size, ret_digest, d)) < 0) {
		(void)close(read_fd);
		return r;
	}
	*ret_fd = read_fd;
	return ERR_OK;
}
