/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guard-tpm's socket as a replaced guardd uses it.
 */
#ifndef ATTACK_ASK_H
#define ATTACK_ASK_H

#include "attack.h"
#include "base/buf.h"
#include "base/err.h"

struct ask_identity {
	uint8_t hk[512], ak[512];
	size_t hk_len, ak_len;
};

/* False: there is no guard-tpm that answers. */
bool ask_identity(const struct attack *a, struct ask_identity *ret);
/* One request; 0, or what refused it. fds may be NULL. */
int ask(const struct attack *a, uint16_t op, struct bytes body, const int *fds,
    size_t n_fds, struct buf *ret, struct diag *d);
/* An attestation with a made-up challenge: has guard-tpm load its keys. */
void ask_attest(const struct attack *a, char *ret, size_t size);
/* The same again and again, in another process. */
pid_t ask_in_background(const struct attack *a, unsigned seconds);
void ask_end(pid_t pid);

#endif
