/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a program that we start gets, and what it does not get.
 */
#include "t.h"

#include <fcntl.h>

#include "disk/tool.h"

static int
run(const char *script, int fd, struct diag *d)
{
	const char *const argv[] = { "sh", "-c", script, NULL };
	struct tool t = { .argv = argv, .fds = { { fd, 10 } } };

	t.n_fds = fd >= 0 ? 1 : 0;
	return tool_run(&t, d);
}

static void
test_secret(void)
{
	struct diag d = { 0 };
	int fd = -1;

	CHECK(tool_secret_pipe(bytes_of_text("open sesame"), &fd, &d) == ERR_OK,
	    "a secret goes into a pipe");
	CHECK(run("test \"$(cat /dev/fd/10)\" = 'open sesame'", fd, &d) ==
		ERR_OK,
	    "the program reads it there, and its end");
	(void)close(fd);
}

static void
test_world(void)
{
	struct diag d = { 0 };
	int extra = open("/dev/null", O_RDONLY); /* not close-on-exec */

	setenv("SHIELDWALL_TEST", "leak", 1);
	setenv("PATH", "/nonexistent", 1);
	CHECK(run("test -z \"$SHIELDWALL_TEST\"", -1, &d) == ERR_OK,
	    "T97 our PATH does not choose it, our environment stays here");
	CHECK(run("for f in /proc/self/fd/*; do case ${f##*/} in 0|1|2|3) ;; "
		  "*) exit 1 ;; esac; done",
		  -1, &d) == ERR_OK,
	    "no descriptor of ours is passed on");
	CHECK(run("test ! -e /proc/$$/fd/63 && test -z \"$(cat)\"", -1, &d) ==
		ERR_OK,
	    "its standard input is empty");
	(void)close(extra);
}

static void
test_failures(void)
{
	const char *const none[] = { "shieldwall-no-such-program", NULL };
	struct tool t = { .argv = none };
	struct diag d = { 0 };

	CHECK(run("echo first; echo 'no room \033[31m' >&2; exit 3", -1, &d) ==
		    ERR_IO &&
		strstr(d.text, "no room") != NULL &&
		strchr(d.text, '\033') == NULL,
	    "T98 the last line of a failure is told, escaped");
	CHECK(run("kill -9 $$", -1, &d) == ERR_IO &&
		strstr(d.text, "signal 9") != NULL,
	    "so is the signal that ended it");
	CHECK(run("head -c 100000 /dev/zero; echo; echo end; exit 1", -1, &d) ==
		    ERR_IO &&
		strstr(d.text, "end") != NULL,
	    "it may say much: the end is kept");
	CHECK(tool_run(&t, &d) == ERR_IO && strstr(d.text, "installed") != NULL,
	    "a program that is not there is said to be missing");
}

int
main(void)
{
	test_secret();
	test_world();
	test_failures();
	return t_done();
}
