/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The VM's folder: locked while we live, and read once.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/file.h"
#include "guard/vm/vm.h"
#include "vm/firmware.h"

/* What a killed process leaves behind takes a moment to go. */
#define LOCK_TRIES 60
#define LOCK_PAUSE 50000 /* microseconds */

static int
take_lock(int fd, const char *path, struct diag *d)
{
	for (int i = 0; flock(fd, LOCK_EX | LOCK_NB) != 0; i++) {
		if (i == LOCK_TRIES)
			return diag_refuse(d, REASON_VmRunning,
			    "another process uses the VM in %s", path);
		(void)usleep(LOCK_PAUSE);
	}
	return ERR_OK;
}

/*
 * QEMU and swtpm hold the first lock as well: after a kill of this process it is
 * free only when they are gone.
 */
static int
lock_opened(struct vm *vm, struct diag *d)
{
	struct vm_folder *f = &vm->folder;
	int r;

	f->lock_fd = openat(f->fd, VM_FILE_LOCK,
	    O_RDONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (f->lock_fd < 0)
		return diag_errno(d, "%s/" VM_FILE_LOCK, f->path);
	vm->held_fds[vm->n_held++] = f->lock_fd;
	if (vm->kernel_lock_fd >= 0)
		vm->held_fds[vm->n_held++] = vm->kernel_lock_fd;
	/* The folder's own lock is what shield looks at. */
	if ((r = take_lock(f->lock_fd, f->path, d)) < 0)
		return r;
	return take_lock(f->fd, f->path, d);
}

int
folder_lock(struct vm *vm, struct diag *d)
{
	int r = host_open_folder(vm, lock_opened, d);

	return r < 0 ? r : rights_give_up_visit(d);
}

static int
read_config(struct vm *vm, struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(VM_CONFIG_MAX);
	int r = file_read(vm->folder.fd, VM_FILE_CONFIG, VM_CONFIG_MAX, &b, d);

	if (r == ERR_NOT_FOUND)
		return diag_refuse(d, REASON_FileInvalid,
		    "%s: no " VM_FILE_CONFIG, vm->folder.path);
	return r < 0 ? r
		     : vm_config_parse(buf_bytes(&b), &vm->folder.config, d);
}

static int
read_protector(struct vm_folder *f, const char *name, struct diag *d)
{
	int r;

	buf_free(&f->file);
	f->file = (struct buf)BUF_INIT(PROTECTOR_MAX);
	protector_free(f->protector);
	f->protector = NULL;
	if ((r = file_read(f->fd, name, PROTECTOR_MAX, &f->file, d)) < 0)
		return r;
	r = protector_parse(buf_bytes(&f->file), &f->protector, d);
	if (r < 0) {
		diag_prefix(d, "%s", name);
		return r;
	}
	if (core_is_template(f->protector->core))
		return diag_refuse(d, REASON_ProtectorInvalid,
		    "%s: is shielding data's, not a VM's", name);
	return ERR_OK;
}

int
folder_read_previous(struct vm *vm, struct diag *d)
{
	return read_protector(&vm->folder, VM_FILE_PREVIOUS, d);
}

/* The owner's word that an older state may start; seldom there. */
static int
read_ticket(struct vm_folder *f, struct diag *d)
{
	int r;

	f->ticket = (struct buf)BUF_INIT(TICKET_LIMIT);
	r = file_read(f->fd, VM_FILE_TICKET, TICKET_LIMIT, &f->ticket, d);
	return r == ERR_NOT_FOUND ? ERR_OK : r;
}

/* Root's, and nobody else's to change: a host's other users are strangers. */
static int
check_rights(const char *name, const struct stat *st, enum reason kind,
    struct diag *d)
{
	if (!S_ISREG(st->st_mode))
		return diag_refuse(d, kind, "%s: not a plain file", name);
	if (st->st_uid != geteuid() || (st->st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return diag_refuse(d, REASON_FileInvalid,
		    "%s: not root's, or others may write it", name);
	return ERR_OK;
}

static int
check_files(const struct vm_folder *f, struct diag *d)
{
	static const char *const names[] = { VM_FILE_CONFIG, VM_FILE_PROTECTOR,
		VM_FILE_PREVIOUS, VM_FILE_NVRAM, VM_FILE_TICKET,
		VM_FILE_STATE_KEY };
	struct stat st;
	int r = ERR_OK;

	for (size_t i = 0; i < ARRAY_LEN(names) && r == ERR_OK; i++) {
		/* What must be there is missed by who reads it. */
		if (fstatat(f->fd, names[i], &st, AT_SYMLINK_NOFOLLOW) == 0)
			r = check_rights(names[i], &st, REASON_FileInvalid, d);
		else if (errno != ENOENT)
			r = diag_errno(d, "%s", names[i]);
	}
	return r;
}

/* What a crash left of file_write_atomic(); we hold the lock. */
static void
remove_unfinished(const struct vm_folder *f)
{
	(void)unlinkat(f->fd, VM_FILE_PROTECTOR ".new", 0);
	(void)unlinkat(f->fd, VM_FILE_PREVIOUS ".new", 0);
	(void)unlinkat(f->fd, VM_FILE_NVRAM ".new", 0);
	(void)unlinkat(f->fd, VM_FILE_CONFIG ".new", 0);
}

int
folder_write_config(struct vm *vm, struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(VM_CONFIG_MAX);
	int r = vm_config_write(&vm->folder.config, &b, d);

	return r < 0 ? r
		     : file_write_atomic(vm->folder.fd, VM_FILE_CONFIG, 0600,
			   buf_bytes(&b), d);
}

/*
 * E4: the fabric's file cannot say less than the owner's grant, nor that
 * there is no owner.
 */
static int
check_level(const struct vm_folder *f, struct diag *d)
{
	const struct grant_policy *p;
	uint32_t granted = 0;
	int r;

	if (f->config.level == VM_LEVEL_REGULAR &&
	    faccessat(f->fd, VM_FILE_PROTECTOR, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return diag_refuse(d, REASON_PolicyLowered,
		    VM_FILE_CONFIG ": level regular, but the VM has an owner: "
				   "there is a " VM_FILE_PROTECTOR);
	if (f->config.level == VM_LEVEL_REGULAR)
		return ERR_OK;
	p = &f->protector->core->grant->c.policy;
	if (f->config.level != p->level)
		return diag_refuse(d, REASON_PolicyLowered,
		    VM_FILE_CONFIG ": level %s, but the grant says %s",
		    vm_level_name(f->config.level), grant_level_name(p->level));
	if (p->console)
		granted |= VM_FEATURE_BIT(VM_FEATURE_CONSOLE);
	r = vm_features_check(f->config.level, f->config.features, granted, d);
	if (r < 0)
		diag_prefix(d, VM_FILE_CONFIG);
	return r;
}

static int
open_firmware(struct vm *vm, struct diag *d)
{
	struct vm_folder *f = &vm->folder;
	char firmware[PATH_TEXT_MAX];
	int r;

	if ((r = path_under(vm->root, vm->conf.firmware, firmware,
		 sizeof(firmware), d)) < 0)
		return r;
	/* A relocated installation uses the machine's own firmware. */
	if (access(firmware, F_OK) != 0)
		(void)snprintf(firmware, sizeof(firmware), "%s",
		    vm->conf.firmware);
	if ((r = firmware_open(firmware, f->firmware_digest, &f->firmware_fd,
		 d)) < 0)
		return r;
	/* T97: the secrets would not open either; this says why. */
	if (!vm_is_regular(vm) &&
	    !bytes_equal(BYTES_OF_ARRAY(f->firmware_digest),
		BYTES_OF_ARRAY(f->config.firmware)))
		return diag_refuse(d, REASON_SecretsInvalid,
		    "%s: not the firmware that the VM was made for", firmware);
	return ERR_OK;
}

static int
open_vtpm(struct vm_folder *f, struct diag *d)
{
	if (f->vtpm_mount_fd < 0)
		return diag_fail(d, ERR_NOT_FOUND,
		    "%s/" VM_DIR_VTPM ": not there", f->path);
	f->vtpm_fd = openat(f->vtpm_mount_fd, ".",
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (f->vtpm_fd < 0 && (errno == ELOOP || errno == ENOTDIR))
		return diag_refuse(d, REASON_FileInvalid,
		    VM_DIR_VTPM ": not a folder");
	if (f->vtpm_fd < 0)
		return diag_errno(d, "%s/" VM_DIR_VTPM, f->path);
	return ERR_OK;
}

int
folder_read(struct vm *vm, struct diag *d)
{
	struct vm_folder *f = &vm->folder;
	int r;

	remove_unfinished(f);
	if ((r = check_files(f, d)) < 0 || (r = read_config(vm, d)) < 0)
		return r;
	if (!vm_is_regular(vm) &&
	    ((r = read_protector(f, VM_FILE_PROTECTOR, d)) < 0 ||
		(r = read_ticket(f, d)) < 0))
		return r;
	vm->lease.none = vm_is_regular(vm);
	if ((r = check_level(f, d)) < 0 || (r = open_firmware(vm, d)) < 0)
		return r;
	return vm_has(vm, VM_FEATURE_TPM) ? open_vtpm(f, d) : ERR_OK;
}

int
folder_open_disk(const struct vm *vm, const char *file, int flags, int *ret_fd,
    struct diag *d)
{
	/* Nor what root has mounted there: /proc is full of plain files. */
	struct open_how how = { .flags = (unsigned)(flags | O_CLOEXEC |
				    O_NOFOLLOW | O_NONBLOCK),
		.resolve =
		    RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS };
	auto_close int fd =
	    (int)syscall(SYS_openat2, vm->folder.fd, file, &how, sizeof(how));
	struct stat st;
	int r;

	if (fd < 0 && (errno == ELOOP || errno == EXDEV))
		return diag_refuse(d, REASON_ImageUnsafe,
		    "%s: not a plain file", file);
	if (fd < 0 || fstat(fd, &st) != 0)
		return diag_errno(d, "%s/%s", vm->folder.path, file);
	if ((r = check_rights(file, &st, REASON_ImageUnsafe, d)) < 0)
		return r;
	*ret_fd = TAKE_FD(&fd);
	return ERR_OK;
}

int
folder_give_vtpm(struct vm *vm, uid_t uid, struct diag *d)
{
	auto_close int fd =
	    openat(vm->folder.vtpm_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent *e;
	int r = ERR_OK;
	DIR *dir;

	if (fd < 0 || fchown(fd, uid, uid) != 0 || fchmod(fd, 0700) != 0 ||
	    (dir = fdopendir(fd)) == NULL)
		return diag_errno(d, VM_DIR_VTPM ": cannot hand over");
	fd = -1;
	while (r == ERR_OK && (e = readdir(dir)) != NULL) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if (fchownat(dirfd(dir), e->d_name, uid, uid,
			AT_SYMLINK_NOFOLLOW) != 0)
			r = diag_errno(d, VM_DIR_VTPM ": cannot hand over");
	}
	(void)closedir(dir);
	return r;
}

void
folder_close(struct vm_folder *f)
{
	close_p(&f->vtpm_fd);
	close_p(&f->vtpm_mount_fd);
	close_p(&f->all_fd);
	close_p(&f->firmware_fd);
	close_p(&f->lock_fd);
	close_p(&f->fd);
	protector_free(f->protector);
	buf_free(&f->file);
	buf_free(&f->ticket);
}
