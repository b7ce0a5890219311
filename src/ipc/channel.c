/* SPDX-License-Identifier: Apache-2.0 */
#include "ipc/channel.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/field.h"

#define HEADER_SIZE    8
#define FRAME_VERSION  1
#define ERROR_TEXT_MAX 512

/* Body of an error frame. */
struct error_body {
	uint16_t err; /* the positive of enum err */
	struct bytes reason;
	struct bytes text;
};

static const struct field error_list[] = {
	FIELD_U16(struct error_body, err),
	FIELD_NAME(struct error_body, reason),
	FIELD_BYTES(struct error_body, text, ERROR_TEXT_MAX),
};
static const struct fields error_fields =
    FIELDS(struct error_body, "error", error_list);

int
channel_pair(int ret_fds[static 2], struct diag *d)
{
	int fds[2], size = 2 * (int)CHANNEL_BODY_MAX;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0)
		return diag_errno(d, "channel: cannot make a socket pair");
	for (int i = 0; i < 2; i++)
		(void)setsockopt(fds[i], SOL_SOCKET, SO_SNDBUF, &size,
		    sizeof(size));
	ret_fds[0] = fds[0];
	ret_fds[1] = fds[1];
	return ERR_OK;
}

union control {
	char bytes[CMSG_SPACE(CHANNEL_FDS_MAX * sizeof(int))];
	struct cmsghdr align;
};

static void
attach_fds(struct msghdr *m, union control *c, const struct frame *f)
{
	struct cmsghdr *h;

	if (f->n_fds == 0)
		return;
	*c = (union control){ 0 };
	m->msg_control = c->bytes;
	m->msg_controllen = CMSG_SPACE(f->n_fds * sizeof(int));
	h = CMSG_FIRSTHDR(m);
	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_RIGHTS;
	h->cmsg_len = CMSG_LEN(f->n_fds * sizeof(int));
	memcpy(CMSG_DATA(h), f->fds, f->n_fds * sizeof(int));
}

int
channel_send(int fd, const struct frame *f, struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(CHANNEL_BODY_MAX + HEADER_SIZE);
	struct msghdr m = { 0 };
	struct iovec v;
	union control c;
	ssize_t n;

	BUG_ON(f->n_fds > CHANNEL_FDS_MAX);
	(void)buf_put_u8(&b, FRAME_VERSION);
	(void)buf_put_u8(&b, f->kind);
	(void)buf_put_be16(&b, f->op);
	(void)buf_put_be32(&b, f->id);
	if (!buf_put(&b, f->body))
		return diag_fail(d, ERR_LIMIT,
		    "channel: a frame of %zu bytes, at most %zu", f->body.len,
		    CHANNEL_BODY_MAX);
	v = (struct iovec){ b.p, b.len };
	m.msg_iov = &v;
	m.msg_iovlen = 1;
	attach_fds(&m, &c, f);
	do
		n = sendmsg(fd, &m, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return diag_errno(d, "channel: cannot send");
	return ERR_OK;
}

/* Takes every descriptor that came, so that none leaks on a refusal. */
static bool
collect_fds(struct msghdr *m, struct frame *f)
{
	bool ok = true;

	for (struct cmsghdr *h = CMSG_FIRSTHDR(m); h != NULL;
	     h = CMSG_NXTHDR(m, h)) {
		size_t n;

		if (h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_RIGHTS)
			continue;
		n = (h->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < n; i++) {
			int got;

			memcpy(&got, CMSG_DATA(h) + i * sizeof(int),
			    sizeof(got));
			if (f->n_fds < CHANNEL_FDS_MAX)
				f->fds[f->n_fds++] = got;
			else {
				(void)close(got);
				ok = false;
			}
		}
	}
	return ok && (m->msg_flags & MSG_CTRUNC) == 0;
}

static int
wait_readable(int fd, int timeout_ms, struct diag *d)
{
	struct pollfd p = { fd, POLLIN, 0 };
	int n;

	do
		n = poll(&p, 1, timeout_ms);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return diag_errno(d, "channel: cannot wait");
	if (n == 0)
		return diag_fail(d, ERR_TIMEOUT,
		    "channel: no answer within %d ms", timeout_ms);
	return ERR_OK;
}

static int
parse_header(struct bytes in, struct frame *f, struct diag *d)
{
	struct reader r = reader_of(in);
	uint8_t version;

	if (!reader_u8(&r, &version) || !reader_u8(&r, &f->kind) ||
	    !reader_be16(&r, &f->op) || !reader_be32(&r, &f->id) ||
	    !reader_take(&r, reader_left(&r), &f->body))
		return diag_fail(d, ERR_PROTOCOL, "channel: short frame");
	if (version != FRAME_VERSION || f->kind > FRAME_ERROR)
		return diag_fail(d, ERR_PROTOCOL,
		    "channel: frame version %u kind %u", version, f->kind);
	return ERR_OK;
}

/*
 * Room for the datagram that waits, not for the largest: the difference would
 * be mapped, wiped and given back for each frame. NULL: out of memory.
 */
static uint8_t *
make_room(int fd, struct buf *storage, size_t *ret_size)
{
	const size_t max = CHANNEL_BODY_MAX + HEADER_SIZE;
	struct msghdr m = { 0 }; /* not even the descriptors */
	ssize_t n;

	do
		n = recvmsg(fd, &m, MSG_PEEK | MSG_TRUNC);
	while (n < 0 && errno == EINTR);
	/* The end, an error and what is too large are seen when it is read. */
	*ret_size = n < HEADER_SIZE ? HEADER_SIZE
	    : (size_t)n < max       ? (size_t)n
				    : max;
	buf_reset(storage);
	return buf_extend(storage, *ret_size);
}

int
channel_receive(int fd, int timeout_ms, struct buf *storage, struct frame *ret,
    struct diag *d)
{
	auto_frame struct frame f = FRAME_INIT;
	struct msghdr m = { 0 };
	struct iovec v;
	union control c;
	uint8_t *p;
	size_t size;
	ssize_t n;
	bool fds_fit;
	int r;

	if ((r = wait_readable(fd, timeout_ms, d)) < 0)
		return r;
	if ((p = make_room(fd, storage, &size)) == NULL)
		return diag_nomem(d);
	v = (struct iovec){ p, size };
	m.msg_iov = &v;
	m.msg_iovlen = 1;
	m.msg_control = c.bytes;
	m.msg_controllen = sizeof(c.bytes);
	do
		n = recvmsg(fd, &m, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno != ECONNRESET)
		return diag_errno(d, "channel: cannot receive");
	if (n < 0)
		return diag_fail(d, ERR_NOT_FOUND, "channel: peer has closed");
	/* Also of an empty datagram, which otherwise looks like the end. */
	fds_fit = collect_fds(&m, &f);
	if (n == 0)
		return diag_fail(d, ERR_NOT_FOUND, "channel: peer has closed");
	storage->len = (size_t)n;
	if (!fds_fit || (m.msg_flags & MSG_TRUNC) != 0)
		return diag_fail(d, ERR_PROTOCOL, "channel: oversized frame");
	if ((r = parse_header(buf_bytes(storage), &f, d)) < 0)
		return r;
	*ret = f;
	f = (struct frame)FRAME_INIT;
	return ERR_OK;
}

void
frame_close(struct frame *f)
{
	for (size_t i = 0; i < CHANNEL_FDS_MAX; i++)
		close_p(&f->fds[i]);
	f->n_fds = 0;
}

int
channel_reply(int fd, const struct frame *to, struct bytes body, const int *fds,
    size_t n_fds, struct diag *d)
{
	struct frame f = FRAME_INIT;

	BUG_ON(n_fds > CHANNEL_FDS_MAX);
	f.kind = FRAME_REPLY;
	f.op = to->op;
	f.id = to->id;
	f.body = body;
	for (size_t i = 0; i < n_fds; i++)
		f.fds[i] = fds[i];
	f.n_fds = n_fds;
	return channel_send(fd, &f, d);
}

int
channel_reply_error(int fd, const struct frame *to, int err,
    const struct diag *why, struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(2048);
	struct frame f = FRAME_INIT;
	struct error_body e = {
		.err = (uint16_t)-err,
		.reason = why->reason == REASON_NONE
		    ? BYTES_NONE
		    : bytes_of_text(reason_name(why->reason)),
		.text = bytes_of_text(why->text),
	};
	int r;

	if ((r = fields_encode(&error_fields, &e, &b, d)) < 0)
		return r;
	f.kind = FRAME_ERROR;
	f.op = to->op;
	f.id = to->id;
	f.body = buf_bytes(&b);
	return channel_send(fd, &f, d);
}

int
channel_error_decode(const struct frame *f, struct diag *d)
{
	struct error_body e;
	int r;

	if ((r = fields_decode(&error_fields, f->body, &e, d)) < 0)
		return r;
	if (e.err == 0 || e.err > -ERR_PROTOCOL)
		return diag_fail(d, ERR_PROTOCOL, "channel: error code %u",
		    e.err);
	if (d != NULL) {
		(void)diag_fail(d, ERR_OK, "%.*s", (int)e.text.len,
		    (const char *)e.text.p);
		d->reason = reason_find(e.reason);
	}
	return -(int)e.err;
}

static int64_t
now_ms(void)
{
	struct timespec t;

	BUG_ON(clock_gettime(CLOCK_MONOTONIC, &t) != 0);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int
channel_call(int fd, uint16_t op, struct bytes body, const int *fds,
    size_t n_fds, int timeout_ms, struct buf *ret_body, int *ret_fd,
    struct diag *d)
{
	static uint32_t last_id;
	auto_buf struct buf in = BUF_INIT(CHANNEL_BODY_MAX + 64);
	auto_frame struct frame f = FRAME_INIT;
	struct frame q = { .kind = FRAME_REQUEST,
		.op = op,
		.id = ++last_id,
		.body = body,
		.fds = { -1, -1, -1, -1 },
		.n_fds = n_fds };
	int64_t start = now_ms();
	int left = timeout_ms, r;

	BUG_ON(n_fds > CHANNEL_FDS_MAX);
	for (size_t i = 0; i < n_fds; i++)
		q.fds[i] = fds[i];
	if ((r = channel_send(fd, &q, d)) < 0)
		return r;
	for (;;) {
		if ((r = channel_receive(fd, left, &in, &f, d)) < 0)
			return r;
		if (f.kind != FRAME_REQUEST && f.op == op && f.id == q.id)
			break;
		/* The late answer to a call that timed out before. */
		frame_close(&f);
		if (timeout_ms >= 0) {
			int64_t spent = now_ms() - start;

			left = spent < timeout_ms ? timeout_ms - (int)spent : 0;
			if (left == 0)
				return diag_fail(d, ERR_TIMEOUT,
				    "channel: no answer within %d ms",
				    timeout_ms);
		}
	}
	if (f.kind == FRAME_ERROR)
		return channel_error_decode(&f, d);
	if (!buf_put(ret_body, f.body))
		return buf_check(ret_body, "reply", d);
	if (ret_fd != NULL)
		*ret_fd = f.n_fds > 0 ? TAKE_FD(&f.fds[0]) : -1;
	return ERR_OK;
}
