/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From what a client sent to the byte form that goes to a backend. No
 * decision is taken here, and what does not decode by its table goes no
 * further. Proofs are over the byte form, so that nothing is proved that the
 * backend does not read.
 */
#ifndef HGS_FRONT_REQUEST_H
#define HGS_FRONT_REQUEST_H

#include "base/buf.h"
#include "base/field.h"
#include "proto/attest.h"
#include "proto/release.h"

/* The JSON text of a message of table f, in its byte form. */
MUST_CHECK int request_message(const struct fields *f, struct bytes text,
    struct buf *ret, struct diag *d);
/*
 * An evidence bundle as struct attest_parts: small parts inside, bulk parts
 * by their place in the bundle, which travels beside it.
 */
MUST_CHECK int request_evidence(struct bytes bundle, const uint8_t exporter[32],
    const char *peer, struct buf *ret, struct diag *d);

/* The values of the three header fields of a key-service request. */
struct request_proof_text {
	struct bytes time;
	struct bytes request;
	struct bytes mac;
};
/* A key-service request as struct key_call; f is the table of its body. */
MUST_CHECK int request_key_call(const struct fields *f, const char *path,
    const struct request_proof_text *proof, struct bytes text, const char *peer,
    struct buf *ret, struct diag *d);

#endif
