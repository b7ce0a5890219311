/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The asking side of a channel in an event loop: many requests outstanding,
 * each answered exactly once - by the peer, by its deadline, or because the
 * peer has gone or has too much to do.
 */
#ifndef HGS_FRONT_BACKEND_H
#define HGS_FRONT_BACKEND_H

#include "ipc/channel.h"

struct event_base;
struct backend;

/* Longer than hgs-attest may take with one evidence bundle. */
#define BACKEND_ANSWER_MS 25000
#define BACKEND_CALLS_MAX 1024

/* err is 0 with a reply, or what failed, with why. */
typedef void (*backend_done_fn)(void *arg, int err, struct bytes reply,
    const struct diag *why);
/* The peer has gone; every call was answered before. */
typedef void (*backend_closed_fn)(void *arg);

MUST_CHECK int backend_new(struct event_base *base, int fd, const char *name,
    unsigned answer_ms, backend_closed_fn closed, void *arg,
    struct backend **ret, struct diag *d);
void backend_free(struct backend *b);
/* body_fd: -1, or a descriptor that stays open until done is called. */
void backend_ask(struct backend *b, uint16_t op, struct bytes body, int body_fd,
    backend_done_fn done, void *arg);
const char *backend_name(const struct backend *b);
unsigned backend_outstanding(const struct backend *b);

#endif
