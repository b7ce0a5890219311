/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Three words to the guest's agent: guest-ping, guest-info, guest-shutdown.
 * What comes back is the guest's and may be anything: it is bounded, checked
 * to be one JSON object, and otherwise handed on as it is.
 */
#ifndef VM_QGA_H
#define VM_QGA_H

#include "vm/lines.h"

#define QGA_REPLY_MAX ((size_t)64 << 10)

enum qga_verb { QGA_PING, QGA_INFO, QGA_SHUTDOWN };

struct qga {
	struct lines lines;
	uint64_t last_id;
};

void qga_init(struct qga *g, int fd);
void qga_free(struct qga *g);

/* "ping", "info", "shutdown". */
bool qga_verb_find(struct bytes word, enum qga_verb *ret);
/*
 * ret: the reply's JSON text; "{}" for a shutdown, which has none. ERR_TIMEOUT
 * when no agent answers.
 */
MUST_CHECK int qga_call(struct qga *g, enum qga_verb verb, unsigned timeout_ms,
    struct buf *ret, struct diag *d);

#endif
