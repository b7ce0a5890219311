/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TPM2_MakeCredential in software (TPM 2.0 Part 1, 24, and Annexes B.10.4 and
 * C.6.4): a secret that only the TPM with this endorsement key gives back,
 * and only while the key of this Name is loaded beside it.
 */
#ifndef TPM_CREDENTIAL_H
#define TPM_CREDENTIAL_H

#include "base/buf.h"
#include "base/err.h"
#include "base/secret.h"
#include "tpm/types.h"

struct key; /* crypto/key.h */

#define CREDENTIAL_SECRET_SIZE 32

/* What TPM2_ActivateCredential takes: the contents of its two TPM2B. */
struct credential {
	uint8_t blob[2 + TPM_SHA256_SIZE + 2 + CREDENTIAL_SECRET_SIZE];
	size_t blob_len;     /* TPMS_ID_OBJECT: HMAC, then encIdentity */
	uint8_t secret[512]; /* encrypted seed */
	size_t secret_len;
};

/*
 * ek_public: a TPMT_PUBLIC for which public_is_ek() holds. secret: 32 bytes to
 * be proved. The randomness: `seed`, 32 bytes, for an RSA key, `ephemeral`, a
 * fresh private P-256 key, for an ECC key; the other one may be empty.
 */
MUST_CHECK int credential_make(struct bytes ek_public,
    const uint8_t ak_name[static TPM_NAME_SIZE], struct bytes secret,
    struct bytes seed, const struct key *ephemeral, struct credential *ret,
    struct diag *d);

#endif
