/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/common/vm_exec.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/signals.h"
#include "base/text.h"

#define FAILED 127

int
vm_exec_open(const char *path, int *ret_fd, struct diag *d)
{
	auto_close int fd = open(path, O_PATH | O_CLOEXEC | O_NOFOLLOW);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0)
		return diag_errno(d, "%s", path);
	if (!S_ISREG(st.st_mode) ||
	    (st.st_uid != 0 && st.st_uid != geteuid()) ||
	    (st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return diag_refuse(d, REASON_FileInvalid,
		    "%s: not root's, or others may write it", path);
	*ret_fd = TAKE_FD(&fd);
	return ERR_OK;
}

/* Nothing is cut: another folder would be meant. */
static void
put(char *ret, size_t size, const char *key, const char *value)
{
	if ((size_t)snprintf(ret, size, "%s=%s", key, value) >= size)
		_exit(FAILED);
}

static void
put_fd(char ret[static 32], const char *key, int fd)
{
	(void)snprintf(ret, 32, "%s=%d", key, fd);
	if (fcntl(fd, F_SETFD, 0) != 0)
		_exit(FAILED);
}

void
vm_exec(int program_fd, const struct vm_exec *v)
{
	static const char *const env[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
		"LC_ALL=C.UTF-8", NULL };
	char name[NAME_MAX_LEN + 8], folder[VM_EXEC_FOLDER_MAX + 8];
	char root[VM_EXEC_ROOT_MAX + 8], tpm[32], control[32], relay[32];
	const char *const argv[] = { "guard-vm", "--fd", tpm, "--fd", control,
		"--fd", relay, "--set", name, "--set", folder, "--set", root,
		v->local ? "--set" : NULL, "mode=local", NULL };

	put(name, sizeof(name), "name", v->name);
	put(folder, sizeof(folder), "folder", v->folder);
	put(root, sizeof(root), "root", v->root);
	signals_reset();
	/* Signals of a terminal are for whoever started it. */
	(void)setsid();
	if (close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) != 0)
		_exit(FAILED);
	put_fd(tpm, "tpm", v->tpm_fd);
	put_fd(control, "control", v->control_fd);
	put_fd(relay, "relay", v->relay_fd);
	(void)fexecve(program_fd, (char *const *)(uintptr_t)argv,
	    (char *const *)(uintptr_t)env);
	_exit(FAILED);
}
