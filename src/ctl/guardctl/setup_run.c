/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/guardctl/setup_run.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/file.h"

#define ARGS_MAX  16
#define SAID_MAX  ((size_t)16 << 10)
#define EXIT_EXEC 127

/* A fixed environment: nothing of the caller's reaches what runs as root. */
static void
child(const char *const *argv, int null_fd, int out_fd)
{
	static char *const env[] = { (char *)(uintptr_t) "PATH=/usr/local/sbin:"
							 "/usr/local/bin:/usr/"
							 "sbin:/usr/bin:/sbin:"
							 "/bin",
		(char *)(uintptr_t) "LC_ALL=C.UTF-8",
		(char *)(uintptr_t) "HOME=/root", NULL };
	char *args[ARGS_MAX + 1] = { NULL };
	size_t n = 0;

	while (argv[n] != NULL && n < ARGS_MAX) {
		args[n] = (char *)(uintptr_t)argv[n];
		n++;
	}
	if (dup2(null_fd, STDIN_FILENO) < 0 ||
	    dup2(out_fd, STDOUT_FILENO) < 0 ||
	    dup2(out_fd, STDERR_FILENO) < 0 || chdir("/") != 0)
		_exit(EXIT_EXEC);
	(void)umask(022);
	(void)signal(SIGPIPE, SIG_DFL);
	(void)execve(args[0], args, env);
	_exit(EXIT_EXEC);
}

static int
wait_for(pid_t pid, const char *what, struct diag *d)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return diag_errno(d, "%s: cannot wait for it", what);
	if (WIFSIGNALED(status))
		return diag_fail(d, ERR_IO, "%s: ended by signal %d", what,
		    WTERMSIG(status));
	if (WEXITSTATUS(status) == EXIT_EXEC)
		return diag_fail(d, ERR_IO, "%s: cannot be started", what);
	if (WEXITSTATUS(status) != 0)
		return diag_fail(d, ERR_IO, "%s: ended with %d", what,
		    WEXITSTATUS(status));
	return ERR_OK;
}

/* The end is where the reason stands. */
static int
read_end(int fd, struct buf *ret, struct diag *d)
{
	off_t size = lseek(fd, 0, SEEK_END);
	off_t from = size > (off_t)SAID_MAX ? size - (off_t)SAID_MAX : 0;
	size_t n = (size_t)(size - from);
	uint8_t *p;

	if (size <= 0)
		return ERR_OK;
	if ((p = buf_extend(ret, n)) == NULL)
		return diag_nomem(d);
	return file_read_at(fd, "what it said", (uint64_t)from, p, n, d);
}

int
setup_run(const char *const *argv, struct buf *ret_said, struct diag *d)
{
	auto_close int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	auto_close int out_fd = memfd_create("output", MFD_CLOEXEC);
	pid_t pid;
	int r;

	if (null_fd < 0 || out_fd < 0)
		return diag_errno(d, "%s: cannot prepare", argv[0]);
	pid = fork();
	if (pid < 0)
		return diag_errno(d, "%s: cannot fork", argv[0]);
	if (pid == 0)
		child(argv, null_fd, out_fd);
	r = wait_for(pid, argv[0], d);
	if (r < 0 && read_end(out_fd, ret_said, NULL) < 0)
		buf_reset(ret_said);
	return r;
}
