/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A refusal is told twice: to the audit log, with everything that is known,
 * and to the other side, with no more than it may hear. Neither without the
 * other: where the audit log cannot be written, the service says it is not
 * available.
 */
#ifndef HGS_COMMON_REFUSAL_H
#define HGS_COMMON_REFUSAL_H

#include "base/buf.h"
#include "base/err.h"

struct refusal {
	const char *action;     /* "challenge", "attest", "release", ... */
	struct bytes host;      /* registered name, or empty */
	const uint8_t *host_id; /* 32 bytes, or NULL */
	struct bytes subject;   /* a VM's id in hex, or empty: the host */
	int err;
	const struct diag *why;
};

/* Writes the audit record, then the outcome for hgs-front into ret. */
MUST_CHECK int refuse_host(int store_fd, const struct refusal *f,
    struct buf *ret, struct diag *d);
/* "host NAME" or "host id HEX8" or "unknown host", for audit's actor. */
void refusal_actor(const struct refusal *f, char *text, size_t size);

#endif
