/* SPDX-License-Identifier: Apache-2.0 */
#include "ipc/service.h"

static const struct service_op *
find_op(const struct service *s, uint16_t op)
{
	for (size_t i = 0; i < s->n_ops; i++)
		if (s->ops[i].op == op)
			return &s->ops[i];
	return NULL;
}

int
service_dispatch(const struct service *s, int fd, unsigned peer_kind,
    void *peer, struct frame *in, struct diag *d)
{
	auto_buf struct buf reply = BUF_INIT(CHANNEL_BODY_MAX);
	const struct service_op *op = find_op(s, in->op);
	struct service_call call = { .context = s->context,
		.peer = peer,
		.peer_kind = peer_kind,
		.in = in,
		.reply = &reply,
		.reply_fd = -1 };
	struct diag why = { 0 };
	int r;

	BUG_ON(peer_kind > 31);
	if (in->kind != FRAME_REQUEST)
		return diag_fail(d, ERR_PROTOCOL, "a reply without a request");
	if (op == NULL || (op->peers & (uint32_t)1 << peer_kind) == 0)
		return diag_fail(d, ERR_PROTOCOL,
		    "peer of kind %u may not ask for %s (%u)", peer_kind,
		    op == NULL ? "an unknown operation" : op->name, in->op);
	r = op->handler(&call, &why);
	if (r < 0) {
		close_p(&call.reply_fd);
		return channel_reply_error(fd, in, r, &why, d);
	}
	r = channel_reply(fd, in, buf_bytes(&reply), &call.reply_fd,
	    call.reply_fd >= 0 ? 1 : 0, d);
	close_p(&call.reply_fd);
	return r;
}

int
service_answer(const struct service *s, int fd, unsigned peer_kind, void *peer,
    struct diag *d)
{
	auto_buf struct buf storage = BUF_INIT(CHANNEL_BODY_MAX + 64);
	auto_frame struct frame in = FRAME_INIT;
	int r;

	if ((r = channel_receive(fd, -1, &storage, &in, d)) < 0)
		return r;
	return service_dispatch(s, fd, peer_kind, peer, &in, d);
}
