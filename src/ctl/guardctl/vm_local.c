/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/guardctl/vm_local.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "ctl/guardctl/guardd.h"
#include "ctl/guardctl/vm_folder.h"

#define FOLDER_FLAGS (O_RDONLY | O_DIRECTORY | O_CLOEXEC)

void
vm_local_close(struct vm_local *v)
{
	close_p(&v->lock_fd);
	close_p(&v->fd);
	close_p(&v->dir_fd);
}

int
vm_local_open(const struct host *h, const char *name, struct vm_local *ret,
    struct diag *d)
{
	auto_vm_local struct vm_local v = VM_LOCAL_NONE;

	v.dir_fd = open(h->vm_dir, FOLDER_FLAGS);
	if (v.dir_fd < 0)
		return diag_errno(d, "%s", h->vm_dir);
	v.fd = openat(v.dir_fd, name, FOLDER_FLAGS | O_NOFOLLOW);
	if (v.fd < 0 && errno == ENOENT)
		return diag_refuse(d, REASON_VmNotFound, "%s: no such VM in %s",
		    name, h->vm_dir);
	if (v.fd < 0)
		return diag_errno(d, "%s/%s", h->vm_dir, name);
	*ret = v;
	v = (struct vm_local)VM_LOCAL_NONE;
	return ERR_OK;
}

/* Waiting and starting come before guard-vm's lock: guardd knows of them. */
static int
check_with_guardd(const struct cli *cli, const char *name, struct diag *d)
{
	static const char *const phases[] = { "waiting", "starting", "running",
		"stopping" };
	auto_guardd_answer struct guardd_answer a = { 0 };
	struct diag ignored = { 0 };
	const char *phase;

	/* No guardd, or none of its: then the lock alone says. */
	if (guardd_ask(cli, "vm status", name, &a, &ignored) < 0)
		return ERR_OK;
	phase = guardd_text(&a, "phase");
	for (size_t i = 0; i < ARRAY_LEN(phases); i++)
		if (strcmp(phase, phases[i]) == 0)
			return diag_refuse(d, REASON_VmRunning, "%s: is %s",
			    name, phase);
	return ERR_OK;
}

int
vm_local_lock(const struct cli *cli, const char *name, struct vm_local *v,
    struct diag *d)
{
	v->lock_fd = openat(v->fd, VM_FILE_LOCK,
	    O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (v->lock_fd < 0)
		return diag_errno(d, "%s/" VM_FILE_LOCK, name);
	if (flock(v->lock_fd, LOCK_EX | LOCK_NB) != 0)
		return diag_refuse(d, REASON_VmRunning,
		    "%s: is running, or another command works on it", name);
	return check_with_guardd(cli, name, d);
}

int
vm_local_check(const struct host *h, const char *name, struct diag *d)
{
	char path[PATH_TEXT_MAX + NAME_MAX_LEN + 2];
	struct stat st;

	(void)snprintf(path, sizeof(path), "%s/%s", h->vm_dir, name);
	if (lstat(path, &st) != 0 && errno == ENOENT)
		return diag_refuse(d, REASON_VmNotFound, "%s: no such VM in %s",
		    name, h->vm_dir);
	return ERR_OK;
}

bool
vm_local_is_held(const struct host *h, const char *name)
{
	auto_vm_local struct vm_local v = VM_LOCAL_NONE;
	struct diag ignored;

	if (vm_local_open(h, name, &v, &ignored) < 0)
		return false;
	v.lock_fd =
	    openat(v.fd, VM_FILE_LOCK, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	return v.lock_fd >= 0 && flock(v.lock_fd, LOCK_SH | LOCK_NB) != 0;
}
