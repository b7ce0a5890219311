/* SPDX-License-Identifier: Apache-2.0 */
#include "disk/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/buf.h"
#include "base/text.h"

#define PIPE_MAX    4096
#define FD_FIRST    3
#define FD_LIMIT    64
#define SAID_MAX    1024
#define EXIT_EXEC   127
#define PROGRAM_MAX 256

int
tool_secret_pipe(struct bytes secret, int *ret_fd, struct diag *d)
{
	auto_close int in = -1, out = -1;
	int fds[2];
	ssize_t n;

	BUG_ON(secret.len > PIPE_MAX);
	if (pipe2(fds, O_CLOEXEC) != 0)
		return diag_errno(d, "cannot make a pipe");
	in = fds[0];
	out = fds[1];
	/* Below PIPE_BUF, into an empty pipe: whole, and does not wait. */
	n = write(out, secret.p, secret.len);
	if (n < 0 || (size_t)n != secret.len)
		return diag_errno(d, "cannot fill a pipe");
	*ret_fd = TAKE_FD(&in);
	return ERR_OK;
}

/* --- in the child: only calls that are safe after fork --- */

/* Every descriptor first moves out of the way of the numbers wanted. */
static bool
place_fds(const struct tool *tool, int null_fd, int err_fd)
{
	int moved[TOOL_FDS_MAX];
	size_t i;

	for (i = 0; i < tool->n_fds; i++) {
		moved[i] = fcntl(tool->fds[i].fd, F_DUPFD, FD_LIMIT);
		if (moved[i] < 0)
			return false;
	}
	err_fd = fcntl(err_fd, F_DUPFD, FD_LIMIT);
	if (err_fd < 0 || dup2(null_fd, STDIN_FILENO) < 0 ||
	    dup2(err_fd, STDOUT_FILENO) < 0 || dup2(err_fd, STDERR_FILENO) < 0)
		return false;
	if (close_range(FD_FIRST, FD_LIMIT - 1, 0) != 0)
		return false;
	for (i = 0; i < tool->n_fds; i++)
		if (dup2(moved[i], tool->fds[i].as) < 0)
			return false;
	return close_range(FD_LIMIT, ~0u, 0) == 0;
}

static void
child(const struct tool *tool, const char *program, pid_t parent, int null_fd,
    int err_fd, char *const *env)
{
	const char *const *argv = tool->argv;
	char *args[64];
	size_t n = 0;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent ||
	    signal(SIGPIPE, SIG_DFL) == SIG_ERR)
		_exit(EXIT_EXEC);
	(void)umask(077);
	while (argv[n] != NULL && n < ARRAY_LEN(args) - 1) {
		args[n] = (char *)(uintptr_t)argv[n];
		n++;
	}
	args[n] = NULL;
	if (!place_fds(tool, null_fd, err_fd))
		_exit(EXIT_EXEC);
	(void)execve(program, args, env);
	_exit(EXIT_EXEC);
}

/* --- in the parent --- */

/* Keeps the end of what it says. */
static void
gather(int fd, char said[static SAID_MAX], size_t *ret_len)
{
	char chunk[512];
	size_t len = 0;
	ssize_t n;

	for (;;) {
		n = read(fd, chunk, sizeof(chunk));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		if (len + (size_t)n > SAID_MAX) {
			size_t drop = len + (size_t)n - SAID_MAX;

			memmove(said, said + drop, len - drop);
			len -= drop;
		}
		memcpy(said + len, chunk, (size_t)n);
		len += (size_t)n;
	}
	*ret_len = len;
}

static int
say_failure(const char *name, int status, const char *said, size_t len,
    struct diag *d)
{
	char line[256];
	size_t start;

	if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_EXEC && len == 0)
		return diag_fail(d, ERR_IO, "%s: cannot be started", name);
	while (len > 0 && (said[len - 1] == '\n' || said[len - 1] == '\r'))
		len--;
	for (start = len; start > 0 && said[start - 1] != '\n';)
		start--;
	text_escape(bytes_of(said + start, len - start), line, sizeof(line));
	if (WIFSIGNALED(status))
		return diag_fail(d, ERR_IO, "%s: ended by signal %d", name,
		    WTERMSIG(status));
	return diag_fail(d, ERR_IO, "%s: %s", name,
	    len == start ? "failed without a word" : line);
}

/* Not by our own PATH, which is our caller's word. */
static int
find_program(const char *name, char ret[static PROGRAM_MAX], struct diag *d)
{
	static const char *const dirs[] = { "/usr/local/sbin", "/usr/local/bin",
		"/usr/sbin", "/usr/bin", "/sbin", "/bin" };

	if (name[0] == '/' &&
	    (size_t)snprintf(ret, PROGRAM_MAX, "%s", name) < PROGRAM_MAX &&
	    access(ret, X_OK) == 0)
		return ERR_OK;
	for (size_t i = 0; i < ARRAY_LEN(dirs); i++)
		if ((size_t)snprintf(ret, PROGRAM_MAX, "%s/%s", dirs[i], name) <
			PROGRAM_MAX &&
		    access(ret, X_OK) == 0)
			return ERR_OK;
	return diag_fail(d, ERR_IO, "%s: not found; is it installed?", name);
}

static int
start(const struct tool *tool, int err_fd, pid_t *ret, struct diag *d)
{
	auto_close int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:"
		      "/sbin:/bin";
	char locale[] = "LC_ALL=C.UTF-8", tmp[4200] = "TMPDIR=/tmp";
	char *env[] = { path, locale, tmp, NULL };
	char program[PROGRAM_MAX];
	pid_t parent = getpid();
	int r;

	if ((r = find_program(tool->argv[0], program, d)) < 0)
		return r;
	if (null_fd < 0)
		return diag_errno(d, "/dev/null");
	if (tool->tmp != NULL &&
	    (size_t)snprintf(tmp, sizeof(tmp), "TMPDIR=%s", tool->tmp) >=
		sizeof(tmp))
		return diag_fail(d, ERR_LIMIT, "path too long: %s", tool->tmp);
	*ret = fork();
	if (*ret < 0)
		return diag_errno(d, "cannot make a process");
	if (*ret == 0)
		child(tool, program, parent, null_fd, err_fd, env);
	return ERR_OK;
}

int
tool_run(const struct tool *tool, struct diag *d)
{
	auto_close int in = -1, out = -1;
	char said[SAID_MAX];
	int fds[2], status = 0, r;
	size_t len = 0;
	pid_t pid = -1;

	BUG_ON(tool->n_fds > TOOL_FDS_MAX);
	if (pipe2(fds, O_CLOEXEC) != 0)
		return diag_errno(d, "cannot make a pipe");
	in = fds[0];
	out = fds[1];
	if ((r = start(tool, out, &pid, d)) < 0)
		return r;
	close_p(&out);
	gather(in, said, &len);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return diag_errno(d, "%s: lost", tool->argv[0]);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return ERR_OK;
	return say_failure(tool->argv[0], status, said, len, d);
}
