/* SPDX-License-Identifier: Apache-2.0 */
#include "hgs/front/backend.h"

#include <event2/event.h>
#include <event2/util.h>
#include <poll.h>

#define SLOT_BITS 10 /* BACKEND_CALLS_MAX = 1 << SLOT_BITS */
#define SLOT_MASK ((uint32_t)BACKEND_CALLS_MAX - 1)
/* What may wait for room in the channel. */
#define QUEUED_MAX ((size_t)16 << 20)
/* Frames taken at one go, so that the network is not forgotten. */
#define TAKE_MAX 32

struct call {
	struct backend *backend;
	bool used;
	uint32_t id; /* slot, and above it how often the slot was used */
	uint16_t op;
	backend_done_fn done;
	void *arg;
	struct event *deadline;
	/* Until it is sent: */
	struct buf body;
	int fd;
	struct call *next;
};

struct backend {
	int channel;
	const char *name;
	unsigned answer_ms;
	backend_closed_fn closed;
	void *arg;
	struct event *readable;
	struct event *writable;
	struct buf storage;
	struct call calls[BACKEND_CALLS_MAX];
	unsigned n_calls;
	unsigned next_slot;
	struct call *queue; /* not sent yet, oldest first */
	struct call **queue_end;
	size_t queued; /* bytes in it */
};

static void
unqueue(struct backend *b, struct call *c)
{
	struct call **at = &b->queue;

	while (*at != NULL && *at != c)
		at = &(*at)->next;
	if (*at == NULL)
		return;
	*at = c->next;
	if (b->queue_end == &c->next)
		b->queue_end = at;
	b->queued -= c->body.len;
	buf_free(&c->body);
}

static void
finish(struct call *c, int err, struct bytes reply, const struct diag *why)
{
	backend_done_fn done = c->done;
	void *arg = c->arg;

	unqueue(c->backend, c);
	(void)evtimer_del(c->deadline);
	c->used = false;
	c->backend->n_calls--;
	done(arg, err, reply, why);
}

static void
on_deadline(evutil_socket_t fd, short what, void *arg)
{
	struct call *c = arg;
	struct diag d;
	int err =
	    diag_fail(&d, ERR_TIMEOUT, "%s does not answer", c->backend->name);

	(void)fd;
	(void)what;
	finish(c, err, BYTES_NONE, &d);
}

static bool
writable_now(const struct backend *b)
{
	struct pollfd p = { b->channel, POLLOUT, 0 };

	return poll(&p, 1, 0) == 1 && (p.revents & POLLOUT) != 0;
}

/* Sends what the channel has room for; the rest when it says so. */
static void
flush(struct backend *b)
{
	while (b->queue != NULL) {
		struct call *c = b->queue;
		struct frame f = FRAME_INIT;
		struct diag d;
		int err;

		if (!writable_now(b)) {
			(void)event_add(b->writable, NULL);
			return;
		}
		f.kind = FRAME_REQUEST;
		f.op = c->op;
		f.id = c->id;
		f.body = buf_bytes(&c->body);
		f.n_fds = c->fd >= 0 ? 1 : 0;
		f.fds[0] = c->fd;
		if ((err = channel_send(b->channel, &f, &d)) < 0)
			finish(c, err, BYTES_NONE, &d);
		else
			unqueue(b, c);
	}
}

static void
on_writable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	flush(arg);
}

static void
fail_all(struct backend *b)
{
	struct diag d;
	int err = diag_fail(&d, ERR_IO, "%s has gone", b->name);

	(void)event_del(b->readable);
	for (size_t i = 0; i < BACKEND_CALLS_MAX; i++)
		if (b->calls[i].used)
			finish(&b->calls[i], err, BYTES_NONE, &d);
	b->closed(b->arg);
}

/* A frame for no call is the late answer to one that timed out. */
static void
deliver(struct backend *b, const struct frame *f)
{
	struct call *c = &b->calls[f->id & SLOT_MASK];
	struct diag d = { 0 };
	int err;

	if (!c->used || c->id != f->id || c->op != f->op ||
	    f->kind == FRAME_REQUEST)
		return;
	if (f->kind == FRAME_REPLY) {
		finish(c, ERR_OK, f->body, &d);
		return;
	}
	err = channel_error_decode(f, &d);
	finish(c, err, BYTES_NONE, &d);
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct backend *b = arg;
	struct diag d;
	int r;

	(void)fd;
	(void)what;
	for (int i = 0; i < TAKE_MAX; i++) {
		auto_frame struct frame f = FRAME_INIT;

		r = channel_receive(b->channel, 0, &b->storage, &f, &d);
		if (r == ERR_TIMEOUT)
			return;
		if (r < 0) {
			fail_all(b);
			return;
		}
		deliver(b, &f);
	}
}

int
backend_new(struct event_base *base, int fd, const char *name,
    unsigned answer_ms, backend_closed_fn closed, void *arg,
    struct backend **ret, struct diag *d)
{
	struct backend *b = calloc(1, sizeof(*b));
	bool ok = true;

	_Static_assert(BACKEND_CALLS_MAX == 1 << SLOT_BITS, "slots");
	if (b == NULL)
		return diag_nomem(d);
	b->channel = fd;
	b->name = name;
	b->answer_ms = answer_ms;
	b->closed = closed;
	b->arg = arg;
	b->queue_end = &b->queue;
	b->storage = (struct buf)BUF_INIT(CHANNEL_BODY_MAX + 64);
	b->readable = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, b);
	b->writable = event_new(base, fd, EV_WRITE, on_writable, b);
	for (size_t i = 0; i < BACKEND_CALLS_MAX; i++) {
		struct call *c = &b->calls[i];

		c->backend = b;
		c->id = (uint32_t)i;
		c->fd = -1;
		c->body = (struct buf)BUF_INIT(CHANNEL_BODY_MAX);
		c->deadline = evtimer_new(base, on_deadline, c);
		ok = ok && c->deadline != NULL;
	}
	if (!ok || b->readable == NULL || b->writable == NULL ||
	    evutil_make_socket_nonblocking(fd) != 0 ||
	    event_add(b->readable, NULL) != 0) {
		backend_free(b);
		return diag_nomem(d);
	}
	*ret = b;
	return ERR_OK;
}

void
backend_free(struct backend *b)
{
	if (b == NULL)
		return;
	for (size_t i = 0; i < BACKEND_CALLS_MAX; i++) {
		if (b->calls[i].deadline != NULL)
			event_free(b->calls[i].deadline);
		buf_free(&b->calls[i].body);
	}
	if (b->readable != NULL)
		event_free(b->readable);
	if (b->writable != NULL)
		event_free(b->writable);
	buf_free(&b->storage);
	free(b);
}

static struct call *
free_slot(struct backend *b)
{
	if (b->n_calls == BACKEND_CALLS_MAX)
		return NULL;
	for (;;) {
		struct call *c = &b->calls[b->next_slot++ & SLOT_MASK];

		if (!c->used)
			return c;
	}
}

void
backend_ask(struct backend *b, uint16_t op, struct bytes body, int body_fd,
    backend_done_fn done, void *arg)
{
	struct timeval tv = { b->answer_ms / 1000,
		(suseconds_t)(b->answer_ms % 1000) * 1000 };
	struct call *c = free_slot(b);
	struct diag d;
	int err;

	if (c == NULL || b->queued + body.len > QUEUED_MAX ||
	    !buf_put(&c->body, body)) {
		err = diag_fail(&d, ERR_TIMEOUT, "%s has too much to do",
		    b->name);
		if (c != NULL)
			buf_free(&c->body);
		done(arg, err, BYTES_NONE, &d);
		return;
	}
	c->used = true;
	c->id += (uint32_t)1 << SLOT_BITS;
	c->op = op;
	c->done = done;
	c->arg = arg;
	c->fd = body_fd;
	c->next = NULL;
	*b->queue_end = c;
	b->queue_end = &c->next;
	b->queued += body.len;
	b->n_calls++;
	(void)evtimer_add(c->deadline, &tv);
	flush(b);
}

const char *
backend_name(const struct backend *b)
{
	return b->name;
}

unsigned
backend_outstanding(const struct backend *b)
{
	return b->n_calls;
}
