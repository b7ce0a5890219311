/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TPMT_SIGNATURE (TPM 2.0 Part 2, 11.3.4): ECDSA, RSASSA and RSAPSS, each
 * with SHA-256. Every other scheme, the null and HMAC ones above all, and
 * every other hash is refused when it is read.
 */
#ifndef TPM_SIGNATURE_H
#define TPM_SIGNATURE_H

#include "base/err.h"
#include "tpm/types.h"

struct key; /* crypto/key.h */

struct tpm_signature {
	uint16_t scheme; /* TPM_ALG_ECDSA, _RSASSA or _RSAPSS */
	uint16_t hash;   /* TPM_ALG_SHA256 */
	struct bytes r;  /* ECDSA: 1 to 66 bytes, big-endian */
	struct bytes s;
	struct bytes rsa;
};

/* All views point into the input. */
MUST_CHECK int tpm_signature_parse(struct bytes in, struct tpm_signature *ret,
    struct diag *d);
/* Over SHA-256 of message. A scheme that is not the key's type is refused. */
MUST_CHECK int tpm_signature_verify(const struct tpm_signature *sig,
    const struct key *key, struct bytes message, struct diag *d);

#endif
