/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who asks: the checks that stand before any private key is touched.
 */
#ifndef HGS_KEY_ASKER_H
#define HGS_KEY_ASKER_H

#include "crypto/health.h"
#include "hgs/key/keyhold.h"
#include "proto/release.h"

struct caller {
	struct health health;    /* views into the request */
	struct host_record host; /* views into storage */
	struct buf storage;
	uint8_t request_digest[32]; /* SHA-256 of the message's byte form */
};

void caller_free(struct caller *c);
#define auto_caller CLEANUP(caller_free)

/*
 * In this order: certificate's form and signer, release-key proof, request's
 * time, certificate's time, policy epoch, host still registered, AK's certify
 * of the host key in the certificate. Reason codes Certificate*, Request*,
 * UnauthorizedHost, HostKey*. `path` is what was called.
 */
MUST_CHECK int caller_check(const struct keyhold *k,
    const struct key_call *call, const struct asker *asker, uint64_t now,
    struct caller *ret, struct diag *d);
/* CertificateStale: a release needs a fresh attestation. */
MUST_CHECK int caller_check_fresh(const struct keyhold *k,
    const struct caller *c, uint64_t now, struct diag *d);

#endif
