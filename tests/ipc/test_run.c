/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loop over peers: who may leave, and whose end or error ends it.
 */
#include "ipc/run.h"

#include <fcntl.h>
#include <sys/wait.h>

#include "frame.h"

static int
on_peer(struct service_call *call, struct diag *d)
{
	(void)d;
	(void)buf_put_text(call->reply, call->peer);
	return ERR_OK;
}

static const struct service_op ops[] = { { 1, 1, on_peer, "peer" } };
static const struct service service = { ops, ARRAY_LEN(ops), NULL };
static char first[] = "first", second[] = "second";

/* Runs the loop in a child; 0 ended well, 1 by an error. */
static pid_t
run(int a, int b, bool b_optional, const int *close_here, size_t n)
{
	struct run_peer peers[2] = { { a, 0, "a", first, false },
		{ b, 0, "b", second, b_optional } };
	struct diag d = { 0 };
	pid_t pid;
	int r;

	fflush(stdout);
	if ((pid = fork()) != 0)
		return pid;
	for (size_t i = 0; i < n; i++)
		(void)close(close_here[i]);
	r = service_run(&service, peers, 2, &d);
	if (r < 0 && strncmp(d.text, "a: ", 3) != 0 &&
	    strncmp(d.text, "b: ", 3) != 0)
		_exit(9);
	/* A dropped peer's descriptor was closed. */
	if (b_optional && r == ERR_OK && peers[1].fd >= 0)
		_exit(8);
	_exit(r < 0 ? 1 : 0);
}

static int
ended(pid_t pid)
{
	int status = 0;

	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

static bool
says(int fd, uint16_t op, const char *want)
{
	auto_buf struct buf b = BUF_INIT(64);
	struct diag d = { 0 };

	return channel_call(fd, op, BYTES_NONE, NULL, 0, 5000, &b, NULL, &d) ==
	    ERR_OK &&
	    bytes_equal_text(buf_bytes(&b), want);
}

struct two {
	int a[2], b[2];
	pid_t pid;
};

static struct two
start(bool b_optional)
{
	struct two t = { 0 };
	int ours[2];

	t_pair(t.a);
	t_pair(t.b);
	ours[0] = t.a[0];
	ours[1] = t.b[0];
	t.pid = run(t.a[1], t.b[1], b_optional, ours, 2);
	close_p(&t.a[1]);
	close_p(&t.b[1]);
	return t;
}

int
main(void)
{
	struct two t = start(false);

	CHECK(says(t.a[0], 1, "first") && says(t.b[0], 1, "second") &&
		says(t.a[0], 1, "first"),
	    "each peer is answered in its own name");
	close_p(&t.b[0]);
	CHECK(ended(t.pid) == 0,
	    "a peer that must stay ends the loop in order");
	close_p(&t.a[0]);

	t = start(false);
	CHECK(!says(t.a[0], 2, ""),
	    "a peer that asks out of turn is not answered");
	CHECK(ended(t.pid) == 1, "and ends the loop as an error");
	close_p(&t.a[0]);
	close_p(&t.b[0]);

	t = start(true);
	CHECK(!says(t.b[0], 2, ""), "nor is one that may leave");
	CHECK(says(t.a[0], 1, "first"), "but the others are answered on");
	close_p(&t.a[0]);
	CHECK(ended(t.pid) == 0, "until one that must stay leaves");
	close_p(&t.b[0]);
	return t_done();
}
