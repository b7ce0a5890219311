/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames between our own processes: one SOCK_SEQPACKET datagram each, so a
 * frame arrives whole or not at all, with descriptors beside it. Byte-exact in
 * doc/PROTOCOL.ipc. The peer is another trust level: every length is checked,
 * every body is decoded by table, and what may be asked stands in a permit
 * table (ipc/service.h).
 */
#ifndef IPC_CHANNEL_H
#define IPC_CHANNEL_H

#include <sys/types.h>

#include "base/buf.h"

#define CHANNEL_BODY_MAX ((size_t)192 << 10)
#define CHANNEL_FDS_MAX  4

enum frame_kind { FRAME_REQUEST = 0, FRAME_REPLY = 1, FRAME_ERROR = 2 };

struct frame {
	uint8_t kind;
	uint16_t op;
	uint32_t id; /* a reply repeats its request's */
	struct bytes body;
	int fds[CHANNEL_FDS_MAX]; /* -1 where there is none */
	size_t n_fds;
};

#define FRAME_INIT                        \
	{                                 \
		.fds = { -1, -1, -1, -1 } \
	}

/* Two connected ends, close-on-exec, with room for the largest frame. */
MUST_CHECK int channel_pair(int ret_fds[static 2], struct diag *d);
/* Descriptors in the frame are sent, and stay the caller's. */
MUST_CHECK int channel_send(int fd, const struct frame *f, struct diag *d);
/*
 * Waits at most timeout_ms (-1: for ever) for one frame; its body is a view
 * into storage, its descriptors are the caller's to close (frame_close()).
 * ERR_NOT_FOUND when the peer has closed, ERR_TIMEOUT, ERR_PROTOCOL.
 */
MUST_CHECK int channel_receive(int fd, int timeout_ms, struct buf *storage,
    struct frame *ret, struct diag *d);
/* Closes the descriptors that came with a frame. */
void frame_close(struct frame *f);
#define auto_frame CLEANUP(frame_close)

/* An answer to request `to`. */
MUST_CHECK int channel_reply(int fd, const struct frame *to, struct bytes body,
    const int *fds, size_t n_fds, struct diag *d);
/* A refusal with err, reason code and text of `why`. */
MUST_CHECK int channel_reply_error(int fd, const struct frame *to, int err,
    const struct diag *why, struct diag *d);
/* What an error frame says: returns its err and fills d. */
int channel_error_decode(const struct frame *f, struct diag *d);

/*
 * Sends a request and waits for its reply. The peer's refusal comes back as
 * this function's error with the peer's reason and text. ret_fd may be NULL;
 * otherwise it gets the reply's descriptor, or -1.
 */
MUST_CHECK int channel_call(int fd, uint16_t op, struct bytes body,
    const int *fds, size_t n_fds, int timeout_ms, struct buf *ret_body,
    int *ret_fd, struct diag *d);

#endif
