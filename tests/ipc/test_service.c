/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The permit table: who may ask what, and that anything else ends the channel.
 */
#include "ipc/service.h"

#include <fcntl.h>

#include "../dies.h"
#include "frame.h"

enum { OP_ECHO = 1, OP_REFUSE = 2, OP_FD = 3, OP_TAKE = 4 };
enum { KIND_A = 0, KIND_B = 31 };

static int n_called, taken = -1;

static int
on_echo(struct service_call *call, struct diag *d)
{
	n_called++;
	if (!buf_put(call->reply, call->in->body))
		return buf_check(call->reply, "echo", d);
	return ERR_OK;
}

static int
on_refuse(struct service_call *call, struct diag *d)
{
	n_called++;
	(void)buf_put_text(call->reply, "half an answer");
	call->reply_fd = dup(0);
	return diag_refuse(d, REASON_InUse, "no");
}

static int
on_fd(struct service_call *call, struct diag *d)
{
	(void)d;
	n_called++;
	call->reply_fd = dup(0);
	return ERR_OK;
}

static int
on_take(struct service_call *call, struct diag *d)
{
	(void)d;
	n_called++;
	taken = TAKE_FD(&call->in->fds[0]);
	return call->context == &n_called && call->peer == &taken ? ERR_OK
								  : ERR_USAGE;
}

static const struct service_op ops[] = {
	{ OP_ECHO, 1u << KIND_A | 1u << KIND_B, on_echo, "echo" },
	{ OP_REFUSE, 1u << KIND_A, on_refuse, "refuse" },
	{ OP_FD, 1u << KIND_B, on_fd, "descriptor" },
	{ OP_TAKE, 1u << KIND_A, on_take, "take" },
};
static const struct service service = { ops, ARRAY_LEN(ops), &n_called };

static int mine, theirs;

/* Sends a frame as a peer of this kind; the service's result. */
static int
ask(unsigned kind, uint8_t frame_kind, uint16_t op, size_t n_fds)
{
	struct frame f = { .kind = frame_kind,
		.op = op,
		.id = 5,
		.body = bytes_of("hello", 5),
		.fds = { 0, 0, 0, 0 },
		.n_fds = n_fds };
	struct diag d = { 0 };

	n_called = 0;
	if (channel_send(mine, &f, &d) < 0)
		t_bail("%s", d.text);
	return service_answer(&service, theirs, kind, &taken, &d);
}

static int
answered(struct buf *storage, struct frame *ret)
{
	struct diag d = { 0 };

	frame_close(ret);
	return channel_receive(mine, 0, storage, ret, &d);
}

static void
test_permitted(void)
{
	auto_buf struct buf storage = BUF_INIT(CHANNEL_BODY_MAX + 64);
	auto_frame struct frame f = FRAME_INIT;
	struct diag d = { 0 };
	size_t before = t_open_fds();

	CHECK(ask(KIND_A, FRAME_REQUEST, OP_ECHO, 2) == ERR_OK &&
		answered(&storage, &f) == ERR_OK && f.kind == FRAME_REPLY &&
		f.op == OP_ECHO && f.id == 5 &&
		bytes_equal_text(f.body, "hello"),
	    "who may ask is answered");
	CHECK(t_open_fds() == before, "descriptors not taken are closed");
	CHECK(ask(KIND_B, FRAME_REQUEST, OP_ECHO, 0) == ERR_OK &&
		answered(&storage, &f) == ERR_OK,
	    "the last kind of peer may ask, too");
	CHECK(ask(KIND_A, FRAME_REQUEST, OP_REFUSE, 0) == ERR_OK &&
		answered(&storage, &f) == ERR_OK && f.kind == FRAME_ERROR &&
		channel_error_decode(&f, &d) == ERR_REFUSED &&
		d.reason == REASON_InUse && f.n_fds == 0,
	    "T62 a refusal carries no half answer and no descriptor");
	CHECK(t_open_fds() == before, "which is closed");
	CHECK(ask(KIND_B, FRAME_REQUEST, OP_FD, 0) == ERR_OK &&
		answered(&storage, &f) == ERR_OK && f.n_fds == 1,
	    "an answer may carry a descriptor");
	frame_close(&f);
	CHECK(t_open_fds() == before, "which does not stay open here");
	CHECK(ask(KIND_A, FRAME_REQUEST, OP_TAKE, 1) == ERR_OK &&
		answered(&storage, &f) == ERR_OK && f.kind == FRAME_REPLY &&
		fcntl(taken, F_GETFD) >= 0,
	    "a handler may take a descriptor, and knows service and peer");
	close_p(&taken);
}

static void
test_refused(void)
{
	auto_buf struct buf storage = BUF_INIT(CHANNEL_BODY_MAX + 64);
	auto_frame struct frame f = FRAME_INIT;
	size_t before = t_open_fds();

	CHECK(ask(KIND_A, FRAME_REQUEST, OP_FD, 1) == ERR_PROTOCOL &&
		n_called == 0,
	    "T87 who may not ask this is disconnected, unheard");
	CHECK(ask(KIND_B, FRAME_REQUEST, OP_TAKE, 1) == ERR_PROTOCOL &&
		n_called == 0 && taken == -1,
	    "T87 also with what another may ask");
	CHECK(ask(5, FRAME_REQUEST, OP_ECHO, 0) == ERR_PROTOCOL &&
		n_called == 0,
	    "T87 an unknown kind of peer may ask nothing");
	CHECK(ask(KIND_A, FRAME_REQUEST, 99, 0) == ERR_PROTOCOL &&
		n_called == 0,
	    "an unknown operation ends the channel");
	CHECK(ask(KIND_A, FRAME_REPLY, OP_ECHO, 1) == ERR_PROTOCOL &&
		ask(KIND_A, FRAME_ERROR, OP_ECHO, 1) == ERR_PROTOCOL &&
		n_called == 0,
	    "so does a reply that was not asked for");
	CHECK(t_send_raw(mine, "\1\0\0", 3, 1) &&
		service_answer(&service, theirs, KIND_A, NULL, NULL) ==
		    ERR_PROTOCOL,
	    "so does a frame that is none");
	CHECK(answered(&storage, &f) == ERR_TIMEOUT,
	    "none of them is answered");
	CHECK(t_open_fds() == before, "none leaves a descriptor open");
}

static void
ask_kind_32(void *arg)
{
	(void)arg;
	(void)ask(32, FRAME_REQUEST, OP_ECHO, 0);
}

int
main(void)
{
	int fds[2];

	t_pair(fds);
	mine = fds[0];
	theirs = fds[1];
	test_permitted();
	test_refused();
	CHECK(t_dies(ask_kind_32, NULL),
	    "a peer kind beyond the bits is a bug");
	close_p(&mine);
	/* What that child left in the queue does not matter: it is drained. */
	while (service_answer(&service, theirs, KIND_A, NULL, NULL) == ERR_OK)
		;
	CHECK(service_answer(&service, theirs, KIND_A, NULL, NULL) ==
		ERR_NOT_FOUND,
	    "a peer that has closed is not found");
	close_p(&theirs);
	return t_done();
}
