/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The firmware's variables while the VM runs: in a memory file that QEMU and
 * we share, and that the kernel lock keeps from everybody else. Were it the
 * file itself, root could write keys into it meanwhile, and we would record
 * them at the stop as the guest's.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>

#include "base/file.h"
#include "guard/vm/vm.h"
#include "vm/security.h"
#include "vm/varstore.h"

static int
fill(int fd, struct bytes contents, struct diag *d)
{
	if (ftruncate(fd, (off_t)contents.len) != 0 ||
	    lseek(fd, 0, SEEK_SET) != 0)
		return diag_errno(d, VM_FILE_NVRAM);
	return file_write_all(fd, contents, d);
}

int
nvram_load(struct vm *vm, struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(VM_NVRAM_MAX);
	int r;

	r = file_read(vm->folder.fd, VM_FILE_NVRAM, VM_NVRAM_MAX, &b, d);
	if (r == ERR_NOT_FOUND)
		return diag_refuse(d, REASON_FileInvalid,
		    "%s: no " VM_FILE_NVRAM, vm->folder.path);
	if (r < 0)
		return r;
	vm->nvram_fd = memfd_create(VM_FILE_NVRAM, MFD_CLOEXEC);
	if (vm->nvram_fd < 0)
		return diag_errno(d, "cannot make a memory file");
	return fill(vm->nvram_fd, buf_bytes(&b), d);
}

int
nvram_read(const struct vm *vm, struct buf *ret, struct diag *d)
{
	auto_close int fd = -1;
	int r = nvram_reopen(vm, O_RDONLY, &fd, d);

	if (r < 0)
		return r;
	return file_read_fd(fd, VM_FILE_NVRAM, VM_NVRAM_MAX, ret, d);
}

int
nvram_reopen(const struct vm *vm, int flags, int *ret_fd, struct diag *d)
{
	char name[64];
	int fd;

	(void)snprintf(name, sizeof(name), "/proc/self/fd/%d", vm->nvram_fd);
	fd = open(name, flags | O_CLOEXEC);
	if (fd < 0)
		return diag_errno(d, VM_FILE_NVRAM ": cannot open again");
	*ret_fd = fd;
	return ERR_OK;
}

/* After an unclean stop the firmware could have a write pending. */
int
nvram_settle(struct vm *vm, struct diag *d)
{
	auto_buf struct buf in = BUF_INIT(VM_NVRAM_MAX);
	auto_buf struct buf out = BUF_INIT(VM_NVRAM_MAX);
	int r;

	if ((r = nvram_read(vm, &in, d)) < 0 ||
	    (r = varstore_settle(buf_bytes(&in), &out, d)) < 0)
		return r;
	return fill(vm->nvram_fd, buf_bytes(&out), d);
}

int
nvram_save(struct vm *vm, struct diag *d)
{
	auto_buf struct buf now = BUF_INIT(VM_NVRAM_MAX);
	auto_buf struct buf old = BUF_INIT(VM_NVRAM_MAX);
	int r = nvram_read(vm, &now, d);

	if (r < 0)
		return r;
	if (file_read(vm->folder.fd, VM_FILE_NVRAM, VM_NVRAM_MAX, &old, NULL) ==
		ERR_OK &&
	    bytes_equal(buf_bytes(&now), buf_bytes(&old)))
		return ERR_OK;
	return file_write_atomic(vm->folder.fd, VM_FILE_NVRAM, 0600,
	    buf_bytes(&now), d);
}
