/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A broken invariant ends the process: the call is made in a child, whose end
 * is looked at.
 */
#ifndef TESTS_DIES_H
#define TESTS_DIES_H

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "t.h"

static inline bool
t_dies(void (*fn)(void *), void *arg)
{
	const struct rlimit none = { 0, 0 };
	int status = 0;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		t_bail("fork: %s", strerror(errno));
	if (pid == 0) {
		(void)setrlimit(RLIMIT_CORE, &none);
		(void)signal(SIGABRT, SIG_DFL);
		(void)close(STDERR_FILENO);
		(void)open("/dev/null", O_WRONLY);
		fn(arg);
		_exit(0);
	}
	if (waitpid(pid, &status, 0) != pid)
		t_bail("waitpid: %s", strerror(errno));
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

#endif
