/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Words to the guest's agent. Those of every VM keep it well: whether it is
 * there, what it can, shut down, freeze and thaw its file systems, set its
 * clock. The others look into the guest and act in it, which takes the feature
 * "integration" (vm/level.h). What comes back is the guest's and may be
 * anything: it is bounded, checked to be one JSON object, and otherwise handed
 * on as it is.
 */
#ifndef VM_QGA_H
#define VM_QGA_H

#include "vm/lines.h"

#define QGA_REPLY_MAX ((size_t)64 << 10)

enum qga_verb {
	QGA_PING,
	QGA_INFO,
	QGA_SHUTDOWN,
	QGA_FREEZE,
	QGA_THAW,
	QGA_TIME,
	QGA_OSINFO,
	QGA_NETWORK,
	QGA_EXEC
};

/* One request; command is for QGA_EXEC, now (ns since 1970) for QGA_TIME. */
struct qga_request {
	enum qga_verb verb;
	struct bytes command; /* one line for the guest's /bin/sh */
	uint64_t now;
};

struct qga {
	struct lines lines;
	uint64_t last_id;
};

void qga_init(struct qga *g, int fd);
void qga_free(struct qga *g);

/* "ping", "info", "shutdown", "freeze", "thaw", "time", "osinfo", ... */
bool qga_verb_find(struct bytes word, enum qga_verb *ret);
/* True for those that a guest may be asked whatever its type. */
bool qga_verb_is_basic(enum qga_verb verb);
/*
 * ret: the reply's JSON text; "{}" for a shutdown, which has none. ERR_TIMEOUT
 * when no agent answers.
 */
MUST_CHECK int qga_call(struct qga *g, enum qga_verb verb, unsigned timeout_ms,
    struct buf *ret, struct diag *d);
/* QGA_EXEC: the reply is that of guest-exec-status, when the command ended. */
MUST_CHECK int qga_ask(struct qga *g, const struct qga_request *q,
    unsigned timeout_ms, struct buf *ret, struct diag *d);

#endif
