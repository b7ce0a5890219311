/* SPDX-License-Identifier: Apache-2.0 */
#include "vm/lines.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define CHUNK 4096

struct lines
lines_of(int fd, size_t max)
{
	return (struct lines){ fd, BUF_INIT(max + CHUNK) };
}

void
lines_free(struct lines *l)
{
	buf_free(&l->in);
}

uint64_t
lines_now(void)
{
	struct timespec t;

	BUG_ON(clock_gettime(CLOCK_MONOTONIC, &t) != 0);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* Takes the first line out of what came; false when there is none. */
static bool
take_line(struct lines *l, struct buf *ret)
{
	uint8_t *end = l->in.len != 0 ? memchr(l->in.p, '\n', l->in.len) : NULL;
	size_t n, rest;

	if (end == NULL)
		return false;
	n = (size_t)(end - l->in.p);
	buf_reset(ret);
	(void)buf_put(ret,
	    bytes_of(l->in.p, n > 0 && end[-1] == '\r' ? n - 1 : n));
	rest = l->in.len - n - 1;
	memmove(l->in.p, end + 1, rest);
	explicit_bzero(l->in.p + rest, n + 1);
	l->in.len = rest;
	return true;
}

static int
wait_for(int fd, short events, uint64_t deadline, struct diag *d)
{
	struct pollfd p = { fd, events, 0 };
	uint64_t now;
	int n;

	do {
		now = lines_now();
		n = poll(&p, 1, deadline > now ? (int)(deadline - now) : 0);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return diag_errno(d, "cannot wait");
	if (n == 0)
		return diag_fail(d, ERR_TIMEOUT, "no answer in time");
	return ERR_OK;
}

int
lines_receive(struct lines *l, uint64_t deadline, struct buf *ret,
    struct diag *d)
{
	uint8_t *p;
	ssize_t n;
	int r;

	while (!take_line(l, ret)) {
		if (l->in.max - l->in.len < CHUNK)
			return diag_fail(d, ERR_LIMIT,
			    "a line of more than %zu bytes", l->in.max - CHUNK);
		if ((r = wait_for(l->fd, POLLIN, deadline, d)) < 0)
			return r;
		if ((p = buf_extend(&l->in, CHUNK)) == NULL)
			return diag_nomem(d);
		n = recv(l->fd, p, CHUNK, MSG_DONTWAIT);
		l->in.len -= CHUNK - (n > 0 ? (size_t)n : 0);
		if (n == 0 || (n < 0 && errno == ECONNRESET))
			return diag_fail(d, ERR_NOT_FOUND, "it has closed");
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return diag_errno(d, "cannot receive");
	}
	return buf_check(ret, "line", d);
}

/* After a send that took nothing: until the peer takes more. */
static int
wait_to_send(const struct lines *l, uint64_t deadline, struct diag *d)
{
	if (errno == EPIPE || errno == ECONNRESET)
		return diag_fail(d, ERR_NOT_FOUND, "it has closed");
	if (errno != EAGAIN && errno != EINTR)
		return diag_errno(d, "cannot send");
	return wait_for(l->fd, POLLOUT, deadline, d);
}

int
lines_send(struct lines *l, struct bytes text, uint64_t deadline,
    struct diag *d)
{
	size_t done = 0;
	ssize_t n;
	int r;

	while (done < text.len) {
		n = send(l->fd, text.p + done, text.len - done,
		    MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n >= 0) {
			done += (size_t)n;
			continue;
		}
		if ((r = wait_to_send(l, deadline, d)) < 0)
			return r;
	}
	return ERR_OK;
}

int
lines_send_fd(struct lines *l, struct bytes text, int fd, uint64_t deadline,
    struct diag *d)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec io = { (void *)(uintptr_t)text.p, text.len };
	struct msghdr m = { .msg_iov = &io,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	ssize_t n;
	int r;

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(int));
	while ((n = sendmsg(l->fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL)) < 0)
		if ((r = wait_to_send(l, deadline, d)) < 0)
			return r;
	return lines_send(l, bytes_of(text.p + (size_t)n, text.len - (size_t)n),
	    deadline, d);
}
