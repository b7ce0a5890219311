/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/guardctl/relay.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* What a pipe or terminal takes at once when it says that it takes any. */
#define PIECE 4096

/* One direction. */
struct flow {
	int from, to;
	uint8_t bytes[PIECE];
	size_t at, n; /* to be written */
	bool is_over; /* nothing more is read */
	int escape;
};

struct running {
	const struct relay *relay;
	struct flow in, out;
	uint64_t end; /* 0: never */
	bool escaped;
};

static uint64_t
now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static bool
is_transient(void)
{
	return errno == EINTR || errno == EAGAIN;
}

static int
take(struct running *w, struct flow *f, struct diag *d)
{
	ssize_t n = read(f->from, f->bytes, sizeof(f->bytes));
	const uint8_t *escape;

	if (n < 0 && is_transient())
		return ERR_OK;
	/* A side that breaks off has ended. */
	if (n < 0 && errno != ECONNRESET && errno != EIO)
		return diag_errno(d, "console: cannot read");
	f->at = 0;
	f->n = n > 0 ? (size_t)n : 0;
	f->is_over = n <= 0;
	if (f->escape < 0 || f->n == 0)
		return ERR_OK;
	escape = memchr(f->bytes, f->escape, f->n);
	if (escape == NULL)
		return ERR_OK;
	f->n = (size_t)(escape - f->bytes);
	f->is_over = true;
	w->escaped = true;
	return ERR_OK;
}

static int
give(struct flow *f, struct diag *d)
{
	ssize_t n = write(f->to, f->bytes + f->at, f->n - f->at);

	if (n < 0 && is_transient())
		return ERR_OK;
	if (n < 0 && errno != EPIPE && errno != ECONNRESET)
		return diag_errno(d, "console: cannot write");
	if (n < 0) {
		/* Nobody is there to take it. */
		f->at = f->n = 0;
		f->is_over = true;
		return ERR_OK;
	}
	f->at += (size_t)n;
	if (f->at == f->n)
		f->at = f->n = 0;
	return ERR_OK;
}

static int
turn(struct running *w, struct flow *f, const struct pollfd *p, struct diag *d)
{
	if (p->revents == 0)
		return ERR_OK;
	return f->n > 0 ? give(f, d) : take(w, f, d);
}

static struct pollfd
wait_for(const struct flow *f)
{
	struct pollfd p = { .fd = -1 };

	if (f->n > 0)
		p = (struct pollfd){ .fd = f->to, .events = POLLOUT };
	else if (!f->is_over)
		p = (struct pollfd){ .fd = f->from, .events = POLLIN };
	return p;
}

static bool
is_over(const struct running *w, enum relay_end *ret)
{
	bool in_over = w->in.is_over && w->in.n == 0;
	bool out_over = w->out.is_over && w->out.n == 0;

	if (w->relay->caught != NULL && *w->relay->caught != 0)
		*ret = RELAY_SIGNAL;
	else if (out_over)
		*ret = RELAY_PEER;
	else if (in_over && w->escaped)
		*ret = RELAY_ESCAPE;
	else if (in_over && w->relay->ends_with_in)
		*ret = RELAY_INPUT;
	else if (w->end != 0 && now_ms() >= w->end)
		*ret = RELAY_TIMEOUT;
	else
		return false;
	return true;
}

int
relay_run(const struct relay *relay, enum relay_end *ret, struct diag *d)
{
	struct running w = { .relay = relay,
		.in = { relay->in, relay->peer, .escape = relay->escape },
		.out = { relay->peer, relay->out, .escape = -1 } };
	int r;

	if (relay->timeout_ms >= 0)
		w.end = now_ms() + (uint64_t)relay->timeout_ms;
	while (!is_over(&w, ret)) {
		struct pollfd p[2] = { wait_for(&w.in), wait_for(&w.out) };
		int ms = -1;

		if (w.end != 0) {
			uint64_t now = now_ms();

			ms = now >= w.end ? 0 : (int)(w.end - now);
		}
		if (poll(p, ARRAY_LEN(p), ms) < 0) {
			if (errno != EINTR)
				return diag_errno(d, "console: cannot wait");
			continue;
		}
		if ((r = turn(&w, &w.in, &p[0], d)) < 0 ||
		    (r = turn(&w, &w.out, &p[1], d)) < 0)
			return r;
	}
	return ERR_OK;
}
