/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The answering side of channels: a permit table says which peer may ask
 * what. Anything else closes the channel: a peer that asks out of turn is
 * broken or hostile.
 */
#ifndef IPC_SERVICE_H
#define IPC_SERVICE_H

#include "ipc/channel.h"

#define SERVICE_PEERS_MAX 64

/* One request being answered. */
struct service_call {
	void *context; /* of the service */
	void *peer;    /* of the peer */
	unsigned peer_kind;
	struct frame *in; /* descriptors not taken are closed afterwards */
	struct buf *reply;
	int reply_fd; /* -1; sent and closed when set */
};

/* Returns 0 with the reply's body, or an error that becomes the reply. */
typedef int (*service_fn)(struct service_call *call, struct diag *d);

struct service_op {
	uint16_t op;
	uint32_t peers; /* bit 1 << kind for each kind that may ask */
	service_fn handler;
	const char *name;
};

struct service {
	const struct service_op *ops;
	size_t n_ops;
	void *context;
};

/*
 * Receives one frame from a peer of this kind and answers it. ERR_NOT_FOUND
 * when the peer has closed; ERR_PROTOCOL when it must be disconnected; other
 * errors of a handler are sent to the peer and give ERR_OK.
 */
MUST_CHECK int service_answer(const struct service *s, int fd,
    unsigned peer_kind, void *peer, struct diag *d);

/* Dispatches a frame that the caller received itself, and answers it. */
MUST_CHECK int service_dispatch(const struct service *s, int fd,
    unsigned peer_kind, void *peer, struct frame *in, struct diag *d);

#endif
