/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loop of a process that answers a fixed set of peers, one request at a
 * time.
 */
#ifndef IPC_RUN_H
#define IPC_RUN_H

#include "ipc/service.h"

struct run_peer {
	int fd;
	unsigned kind;
	const char *name;
	void *context;
	/* A peer that may leave: it is dropped. Without the others we end. */
	bool optional;
};

/*
 * Answers until a peer that is not optional closes (ERR_OK) or breaks the
 * protocol (its error). Closes the descriptors of dropped peers.
 */
MUST_CHECK int service_run(const struct service *s, struct run_peer *peers,
    size_t n, struct diag *d);

#endif
