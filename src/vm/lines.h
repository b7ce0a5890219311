/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines of JSON from a peer that is not trusted (QEMU, the guest's agent):
 * bounded in length, waited for until a deadline.
 */
#ifndef VM_LINES_H
#define VM_LINES_H

#include "base/buf.h"

struct lines {
	int fd;        /* a stream socket, the caller's */
	struct buf in; /* what came behind the last line */
};

struct lines lines_of(int fd, size_t max);
void lines_free(struct lines *l);

/* Milliseconds of the monotonic clock. */
uint64_t lines_now(void);

/*
 * The next line, without its end, into ret (emptied first). ERR_TIMEOUT once
 * lines_now() passes the deadline (0: do not wait), ERR_NOT_FOUND when the
 * peer has closed, ERR_LIMIT when a line is longer than max: then the stream
 * is of no use any more.
 */
MUST_CHECK int lines_receive(struct lines *l, uint64_t deadline,
    struct buf *ret, struct diag *d);
/* ERR_TIMEOUT when the peer does not take it until then. */
MUST_CHECK int lines_send(struct lines *l, struct bytes text, uint64_t deadline,
    struct diag *d);
/* The same with a descriptor beside its first byte; it stays the caller's. */
MUST_CHECK int lines_send_fd(struct lines *l, struct bytes text, int fd,
    uint64_t deadline, struct diag *d);

#endif
