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

#define FDS_MAX 5
struct words {
	const char *argv[10 + 2 * FDS_MAX];
	size_t n;
	char fds[FDS_MAX][32];
	size_t n_fds;
};

static void
add(struct words *w, const char *option, const char *value)
{
	w->argv[w->n++] = option;
	w->argv[w->n++] = value;
}

static void
add_fd(struct words *w, const char *key, int fd)
{
	char *text = w->fds[w->n_fds++];

	if (fd < 0)
		return;
	(void)snprintf(text, sizeof(w->fds[0]), "%s=%d", key, fd);
	if (fcntl(fd, F_SETFD, 0) != 0)
		_exit(FAILED);
	add(w, "--fd", text);
}

void
vm_exec(int program_fd, const struct vm_exec *v)
{
	static const char *const env[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
		"LC_ALL=C.UTF-8", NULL };
	char name[NAME_MAX_LEN + 8], folder[VM_EXEC_FOLDER_MAX + 8];
	char root[VM_EXEC_ROOT_MAX + 8];
	struct words w = { .argv = { "guard-vm" }, .n = 1 };

	put(name, sizeof(name), "name", v->name);
	put(folder, sizeof(folder), "folder", v->folder);
	put(root, sizeof(root), "root", v->root);
	signals_reset();
	/* Signals of a terminal are for whoever started it. */
	(void)setsid();
	if (close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) != 0)
		_exit(FAILED);
	add_fd(&w, "tpm", v->tpm_fd);
	add_fd(&w, "control", v->control_fd);
	add_fd(&w, "relay", v->relay_fd);
	add_fd(&w, "host", v->host_ns_fd);
	add_fd(&w, "lock", v->lock_fd);
	add(&w, "--set", name);
	add(&w, "--set", folder);
	add(&w, "--set", root);
	if (v->local)
		add(&w, "--set", "mode=local");
	(void)fexecve(program_fd, (char *const *)(uintptr_t)w.argv,
	    (char *const *)(uintptr_t)env);
	_exit(FAILED);
}
