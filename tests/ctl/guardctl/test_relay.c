/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes both ways between a user and a console, and what ends it.
 */
#include "ctl/guardctl/relay.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "t.h"

#define LARGE ((size_t)1 << 20)

/* The user's two pipes and the console, as the relay and the test hold them. */
struct ends {
	int in[2], out[2], peer[2];
};

static struct ends
open_ends(void)
{
	struct ends e;

	if (pipe2(e.in, O_CLOEXEC) != 0 || pipe2(e.out, O_CLOEXEC) != 0 ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, e.peer) != 0 ||
	    fcntl(e.peer[0], F_SETFL, O_NONBLOCK) != 0)
		t_bail("%s", strerror(errno));
	return e;
}

static void
shut(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

static void
close_ends(struct ends *e)
{
	for (size_t i = 0; i < 2; i++) {
		shut(&e->in[i]);
		shut(&e->out[i]);
		shut(&e->peer[i]);
	}
}

static void
put(int fd, const char *text)
{
	if (write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		t_bail("%s", strerror(errno));
}

/* What is there by now. */
static bool
holds(int fd, const char *text)
{
	char got[256] = "";
	ssize_t n = read(fd, got, sizeof(got) - 1);

	return n == (ssize_t)strlen(text) && memcmp(got, text, (size_t)n) == 0;
}

static enum relay_end
run(const struct ends *e, struct relay relay)
{
	enum relay_end end;
	struct diag d = { 0 };

	relay.in = e->in[0];
	relay.out = e->out[1];
	relay.peer = e->peer[0];
	if (relay_run(&relay, &end, &d) < 0)
		t_bail("%s", d.text);
	return end;
}

static void
test_peer(void)
{
	struct ends e = open_ends();

	put(e.in[1], "typed");
	put(e.peer[1], "printed");
	shut(&e.in[1]);
	if (shutdown(e.peer[1], SHUT_WR) != 0)
		t_bail("shutdown");
	CHECK(run(&e, (struct relay){ .escape = -1, .timeout_ms = 10000 }) ==
		RELAY_PEER,
	    "it ends with the console");
	CHECK(holds(e.out[0], "printed") && holds(e.peer[1], "typed"),
	    "both sides have what the other said");
	close_ends(&e);
}

static void
test_input(void)
{
	struct ends e = open_ends();

	put(e.in[1], "typed");
	put(e.peer[1], "printed");
	shut(&e.in[1]);
	CHECK(run(&e, (struct relay){ .escape = -1, .timeout_ms = 300 }) ==
		RELAY_TIMEOUT,
	    "without input the console may say on, until the time is up");
	CHECK(holds(e.out[0], "printed") && holds(e.peer[1], "typed"),
	    "and does");
	close_ends(&e);
	e = open_ends();
	put(e.in[1], "typed");
	shut(&e.in[1]);
	CHECK(run(&e,
		  (struct relay){ .escape = -1,
		      .timeout_ms = 10000,
		      .ends_with_in = true }) == RELAY_INPUT &&
		holds(e.peer[1], "typed"),
	    "a viewer that goes ends it, and its last bytes arrive");
	close_ends(&e);
}

static void
test_escape(void)
{
	struct ends e = open_ends();

	put(e.in[1],
	    "before\x1d"
	    "after");
	CHECK(run(&e, (struct relay){ .escape = 0x1d, .timeout_ms = 10000 }) ==
		RELAY_ESCAPE,
	    "the escape ends it");
	CHECK(holds(e.peer[1], "before"), "what stood before it arrives, only");
	close_ends(&e);
	e = open_ends();
	put(e.in[1],
	    "a\x1d"
	    "b");
	put(e.peer[1], "\x1d");
	shut(&e.in[1]);
	CHECK(run(&e,
		  (struct relay){ .escape = -1,
		      .timeout_ms = 10000,
		      .ends_with_in = true }) == RELAY_INPUT &&
		holds(e.peer[1],
		    "a\x1d"
		    "b"),
	    "without one, it is a byte as any other");
	close_ends(&e);
	e = open_ends();
	put(e.peer[1], "\x1d");
	CHECK(run(&e, (struct relay){ .escape = 0x1d, .timeout_ms = 300 }) ==
		RELAY_TIMEOUT,
	    "the guest cannot say it");
	close_ends(&e);
}

static void
test_signal(void)
{
	struct ends e = open_ends();
	volatile sig_atomic_t caught = 1;

	CHECK(run(&e,
		  (struct relay){ .escape = -1,
		      .timeout_ms = 10000,
		      .caught = &caught }) == RELAY_SIGNAL,
	    "a signal ends it");
	close_ends(&e);
}

/* More than any buffer holds, both ways at once, through slow readers. */
static void
echo(int fd)
{
	char b[1000];
	size_t all = 0;
	ssize_t n;

	while (all < LARGE && (n = read(fd, b, sizeof(b))) > 0) {
		if (file_write_all(fd, bytes_of(b, (size_t)n), NULL) < 0)
			_exit(1);
		all += (size_t)n;
	}
	_exit(0);
}

static void
test_large(void)
{
	struct ends e = open_ends();
	auto_buf struct buf got = BUF_INIT(LARGE + 1);
	size_t wrong = 0;
	pid_t echoer, writer, relayer;
	int status = -1;

	if ((echoer = fork()) == 0) {
		shut(&e.peer[0]);
		shut(&e.in[1]);
		shut(&e.out[1]);
		echo(e.peer[1]);
	}
	if ((writer = fork()) == 0) {
		shut(&e.out[1]);
		for (size_t i = 0; i < LARGE; i++) {
			char b = (char)(i % 251);

			if (write(e.in[1], &b, 1) != 1)
				_exit(1);
		}
		_exit(0);
	}
	/* It ends when the echo does. */
	if ((relayer = fork()) == 0) {
		shut(&e.in[1]);
		shut(&e.out[0]);
		shut(&e.peer[1]);
		(void)run(&e,
		    (struct relay){ .escape = -1, .timeout_ms = 20000 });
		_exit(0);
	}
	if (echoer < 0 || writer < 0 || relayer < 0)
		t_bail("fork");
	shut(&e.in[0]);
	shut(&e.in[1]);
	shut(&e.out[1]);
	shut(&e.peer[0]);
	shut(&e.peer[1]);
	if (file_read_fd(e.out[0], "out", LARGE, &got, NULL) < 0)
		t_bail("too much");
	for (size_t i = 0; i < got.len; i++)
		if (got.p[i] != (uint8_t)(i % 251))
			wrong++;
	CHECK(got.len == LARGE && wrong == 0,
	    "a megabyte there and back is whole (%zu, %zu wrong)", got.len,
	    wrong);
	(void)waitpid(writer, NULL, 0);
	(void)waitpid(echoer, NULL, 0);
	CHECK(waitpid(relayer, &status, 0) == relayer && status == 0,
	    "and it ends");
	close_ends(&e);
}

int
main(void)
{
	(void)signal(SIGPIPE, SIG_IGN);
	test_peer();
	test_input();
	test_escape();
	test_signal();
	test_large();
	return t_done();
}
