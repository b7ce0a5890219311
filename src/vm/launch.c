/* SPDX-License-Identifier: Apache-2.0 */
#include "vm/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/file.h"
#include "base/signals.h"
#include "vm/cage.h"

#define ARGS_MAX   160
#define LAST_CAP   63
#define EXEC_ERROR 127
/* Where descriptors are parked while they change places. */
#define PARK_FD 200

static pid_t
clone_child(void)
{
	struct clone_args a = { .flags = CLONE_NEWNS | CLONE_NEWNET |
		    CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWPID,
		.exit_signal = SIGCHLD };

	return (pid_t)syscall(SYS_clone3, &a, sizeof(a));
}

/* First above all targets, so that no target overwrites a source. */
static int
place_fds(const struct launch *l, int sync_fd, struct diag *d)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int log = fcntl(l->log_fd, F_DUPFD, PARK_FD), parked[LAUNCH_FDS_MAX];

	if (null < 0 || dup2(null, 0) < 0)
		return diag_errno(d, "/dev/null: cannot open");
	for (size_t i = 0; i < l->n_fds; i++)
		if ((parked[i] = fcntl(l->fds[i], F_DUPFD, PARK_FD)) < 0)
			return diag_errno(d, "descriptor %d", l->fds[i]);
	for (size_t i = 0; i < l->n_fds; i++)
		if (dup2(parked[i], LAUNCH_FIRST_FD + (int)i) < 0)
			return diag_errno(d, "descriptor %d", l->fds[i]);
	if (log < 0 || dup2(log, 1) < 0 || dup2(log, 2) < 0)
		return diag_errno(d, "cannot place the log");
	if (close_range(LAUNCH_FIRST_FD + (unsigned)l->n_fds,
		(unsigned)sync_fd - 1, 0) != 0 ||
	    close_range((unsigned)sync_fd + 1, ~0U, 0) != 0)
		return diag_errno(d, "cannot close descriptors");
	return ERR_OK;
}

static int
drop_rights(const struct launch *l, struct diag *d)
{
	static const struct rlimit none = { 0, 0 };
	struct stat kvm = { 0 };
	bool by_group;

	for (int cap = 0; cap <= LAST_CAP; cap++)
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) != 0 &&
		    errno != EINVAL)
			return diag_errno(d, "cannot drop capability %d", cap);
	/* The device's group is all that it takes to open it. */
	if (l->kvm && stat("/dev/kvm", &kvm) != 0)
		return diag_errno(d, "/dev/kvm");
	/* In a sealed root it is open to all, and of no group of its own. */
	by_group = l->kvm && kvm.st_gid != 0 && (kvm.st_mode & S_IWOTH) == 0;
	if (setgroups(by_group ? 1 : 0, &kvm.st_gid) != 0 ||
	    setresgid(l->uid, l->uid, l->uid) != 0 ||
	    setresuid(l->uid, l->uid, l->uid) != 0)
		return diag_errno(d, "cannot become user %u", l->uid);
	if (setrlimit(RLIMIT_CORE, &none) != 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0)
		return diag_errno(d, "cannot give up rights");
	return ERR_OK;
}

static int
become(const struct launch *l, int sync_fd, struct diag *d)
{
	int r;

	signals_reset();
	if ((r = place_fds(l, sync_fd, d)) < 0 || (r = cage_enter(l, d)) < 0)
		return r;
	return drop_rights(l, d);
}

/*
 * The word "ready" comes after the death signal is set and waits for an
 * answer: a starter that died before it could not be noticed otherwise.
 */
static void
child(const struct launch *l, int starter_fd)
{
	int sync_fd = fcntl(starter_fd, F_DUPFD_CLOEXEC, PARK_FD);
	const char *argv[ARGS_MAX + 2] = { l->program };
	static char *const env[] = { NULL };
	struct diag d = { 0 };
	char word = 'r';
	size_t n = 0;

	while (l->args[n] != NULL && n < ARGS_MAX) {
		argv[n + 1] = l->args[n];
		n++;
	}
	if (sync_fd < 0)
		_exit(EXEC_ERROR);
	if (l->args[n] != NULL)
		(void)diag_fail(&d, ERR_LIMIT, "too many arguments");
	else if (become(l, sync_fd, &d) == ERR_OK) {
		if (write(sync_fd, &word, 1) != 1 ||
		    read(sync_fd, &word, 1) != 1)
			_exit(EXEC_ERROR);
		(void)execve(CAGE_PROGRAM, (char *const *)(uintptr_t)argv, env);
		(void)diag_errno(&d, "cannot run");
	}
	if (write(sync_fd, d.text, strlen(d.text)) < 0)
		_exit(EXEC_ERROR);
	_exit(EXEC_ERROR);
}

/* "r", then our answer, then nothing: it runs. Anything else is an error. */
static int
await(int fd, const char *program, struct diag *d)
{
	char text[DIAG_TEXT_MAX / 2];
	ssize_t n = recv(fd, text, 1, 0);
	size_t len = n > 0 ? (size_t)n : 0;

	if (len == 1 && text[0] == 'r') {
		if (send(fd, "g", 1, MSG_NOSIGNAL) != 1)
			return diag_errno(d, "%s: gone", program);
		n = recv(fd, text, sizeof(text) - 1, 0);
		if (n == 0)
			return ERR_OK;
		len = n > 0 ? (size_t)n : 0;
	} else if (len == 1) {
		n = recv(fd, text + 1, sizeof(text) - 2, 0);
		len += n > 0 ? (size_t)n : 0;
	}
	text[len] = '\0';
	return diag_fail(d, ERR_IO, "%s: %s", program,
	    len != 0 ? text : "ended before it ran");
}

/* With 1 or 2 there the kernel would let the child's memory be dumped. */
static int
check_dumps(struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(16);
	int r = file_read(AT_FDCWD, "/proc/sys/fs/suid_dumpable", 16, &b, d);

	if (r < 0)
		return r;
	if (!bytes_equal_text(buf_bytes(&b), "0\n"))
		return diag_refuse(d, REASON_VmFailed,
		    "fs.suid_dumpable is not 0: the VM's memory could be "
		    "dumped");
	return ERR_OK;
}

int
launch(const struct launch *l, pid_t *ret, struct diag *d)
{
	int sync[2], r;
	pid_t pid;

	BUG_ON(l->uid == 0 || l->n_fds > LAUNCH_FDS_MAX);
	if ((r = check_dumps(d)) < 0)
		return r;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sync) != 0)
		return diag_errno(d, "cannot make a socket pair");
	pid = clone_child();
	if (pid == 0)
		child(l, sync[1]);
	(void)close(sync[1]);
	if (pid < 0) {
		r = diag_errno(d, "%s: cannot start", l->program);
	} else {
		r = await(sync[0], l->program, d);
		if (r < 0)
			launch_kill(pid);
		else
			*ret = pid;
	}
	(void)close(sync[0]);
	return r;
}

int
launch_wait(pid_t pid, int timeout_ms, int *ret_status, struct diag *d)
{
	auto_close int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd p = { fd, POLLIN, 0 };
	int status, n;

	if (fd < 0)
		return diag_errno(d, "process %d", (int)pid);
	do
		n = poll(&p, 1, timeout_ms);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return diag_fail(d, ERR_TIMEOUT, "process %d goes on",
		    (int)pid);
	if (waitpid(pid, &status, 0) != pid)
		return diag_errno(d, "process %d", (int)pid);
	*ret_status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	return ERR_OK;
}

void
launch_kill(pid_t pid)
{
	if (pid <= 0)
		return;
	(void)kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		continue;
}
