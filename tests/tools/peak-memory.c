/* SPDX-License-Identifier: Apache-2.0 */
/*
 * peak-memory KIB COMMAND...: runs the command and ends with 1 if its resident
 * memory was ever over so many KiB, whatever its own exit status.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	struct rusage used = { 0 };
	int status = 0;
	pid_t pid;

	if (argc < 3)
		return 2;
	pid = fork();
	if (pid == 0) {
		(void)execvp(argv[2], argv + 2);
		_exit(127);
	}
	while (pid > 0 && wait4(pid, &status, 0, &used) < 0)
		if (errno != EINTR)
			return 3;
	if (pid < 0 || !WIFEXITED(status) || WEXITSTATUS(status) > 3)
		return 3;
	(void)fprintf(stderr, "peak %ld KiB, exit status %d\n", used.ru_maxrss,
	    WEXITSTATUS(status));
	return used.ru_maxrss > strtol(argv[1], NULL, 10) ? 1 : 0;
}
