/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A datagram from another process: the frame, its error body, and that the
 * channel still serves afterwards. The first byte's low bits are how many
 * descriptors come with it.
 */
#include "fuzz.h"

#include <string.h>
#include <sys/socket.h>

#include "ipc/channel.h"

static int fds[2] = { -1, -1 };

static void
send_raw(const uint8_t *p, size_t n, size_t n_fds)
{
	union {
		char bytes[CMSG_SPACE(8 * sizeof(int))];
		struct cmsghdr align;
	} c = { { 0 } };
	struct iovec v = { (void *)(uintptr_t)p, n };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 };
	struct cmsghdr *h;
	int list[8];

	if (n_fds > 0) {
		for (size_t i = 0; i < n_fds; i++)
			list[i] = fds[0];
		m.msg_control = c.bytes;
		m.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
		h = CMSG_FIRSTHDR(&m);
		h->cmsg_level = SOL_SOCKET;
		h->cmsg_type = SCM_RIGHTS;
		h->cmsg_len = CMSG_LEN(n_fds * sizeof(int));
		memcpy(CMSG_DATA(h), list, n_fds * sizeof(int));
	}
	BUG_ON(sendmsg(fds[0], &m, MSG_NOSIGNAL) != (ssize_t)n);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_buf struct buf storage = BUF_INIT(CHANNEL_BODY_MAX + 64);
	auto_frame struct frame f = FRAME_INIT;
	struct diag d = { 0 };
	int r, next;

	if (size < 1)
		return 0;
	if (fds[0] < 0)
		BUG_ON(channel_pair(fds, &d) < 0);
	send_raw(data + 1, size - 1, data[0] % 8);
	r = channel_receive(fds[1], 0, &storage, &f, &d);
	if (r == ERR_OK) {
		BUG_ON(f.body.len != size - 1 - 8);
		if (f.kind == FRAME_ERROR)
			BUG_ON(channel_error_decode(&f, &d) >= 0);
	}
	frame_close(&f);
	/* A descriptor left open would make this number grow. */
	next = dup(0);
	BUG_ON(next < 0 || next > 200);
	(void)close(next);
	return 0;
}
