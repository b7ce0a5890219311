/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What guard-vm needs of the machine's own root: the VM's folder. On a host with
 * a sealed root that is in another mount namespace, which is visited once, to
 * open it; all else goes by descriptor.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/file.h"
#include "guard/vm/vm.h"

/* No link on the way: root must not be led elsewhere. */
static int
open_folder(const char *path, int *ret, struct diag *d)
{
	struct open_how how = { .flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS };
	struct stat st;
	auto_close int fd =
	    (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));

	if (fd < 0 && errno == ENOENT)
		return diag_refuse(d, REASON_VmNotFound, "%s: no such folder",
		    path);
	if (fd < 0 && errno == ELOOP)
		return diag_refuse(d, REASON_FileInvalid,
		    "%s: a link is on the way to it", path);
	if (fd < 0 || fstat(fd, &st) != 0)
		return diag_errno(d, "%s", path);
	if (st.st_uid != geteuid() || (st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return diag_refuse(d, REASON_FileInvalid,
		    "%s: not root's, or others may write it ('chown -R "
		    "root:root' and 'chmod -R go-w' make it fit)",
		    path);
	*ret = TAKE_FD(&fd);
	return ERR_OK;
}

/*
 * A mount of its own, for swtpm's view: one of the machine's could not be shown
 * in another namespace, and what root mounts over it later does not show in
 * this one. All else that looks at the state does so by this mount too, so that
 * nobody sees two states. A VM without a TPM has none.
 */
static int
clone_vtpm(int folder_fd, int *ret, struct diag *d)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_NOSUID |
		    MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC,
		.propagation = MS_PRIVATE };
	auto_close int fd = open_tree(folder_fd, VM_DIR_VTPM,
	    OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW);

	if (fd < 0 && errno == ENOENT)
		return ERR_OK;
	if (fd < 0 ||
	    mount_setattr(fd, "", AT_EMPTY_PATH, &attr, sizeof(attr)) != 0)
		return diag_errno(d, VM_DIR_VTPM ": cannot be shown");
	*ret = TAKE_FD(&fd);
	return ERR_OK;
}

static int
open_all(struct vm *vm, int (*lock)(struct vm *vm, struct diag *d),
    struct diag *d)
{
	struct vm_folder *f = &vm->folder;
	char path[PATH_TEXT_MAX];
	int r;

	if ((r = open_folder(f->path, &f->fd, d)) < 0 ||
	    (r = lock(vm, d)) < 0 ||
	    (r = clone_vtpm(f->fd, &f->vtpm_mount_fd, d)) < 0)
		return r;
	/* At the owner's there is no fabric to be watched. */
	if (vm->local)
		return ERR_OK;
	if ((r = path_under(vm->root, vm->conf.vm_dir, path, sizeof(path), d)) <
	    0)
		return r;
	return open_folder(path, &f->all_fd, d);
}

int
host_open_folder(struct vm *vm, int (*lock)(struct vm *vm, struct diag *d),
    struct diag *d)
{
	auto_close int own = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	int r;

	if (vm->host_ns_fd < 0)
		return open_all(vm, lock, d);
	if (own < 0 || setns(vm->host_ns_fd, CLONE_NEWNS) != 0)
		return diag_errno(d, "cannot visit the machine's own root");
	r = open_all(vm, lock, d);
	/* Whatever is opened by name from here on must be the sealed root's. */
	if (setns(own, CLONE_NEWNS) != 0) {
		(void)diag_errno(d, "cannot come back to the sealed root");
		BUG_ON(true);
	}
	close_p(&vm->host_ns_fd);
	return r;
}
