/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HPKE, RFC 9180, base mode, one message per key: DHKEM(P-256, HKDF-SHA256),
 * HKDF-SHA256, AES-256-GCM. Sealed form: enc (65 bytes, the ephemeral public
 * point) || ciphertext || tag (16). `info` names the exchange; it is always
 * computed by the opener from what it asked, never taken from the answer.
 */
#ifndef CRYPTO_HPKE_H
#define CRYPTO_HPKE_H

#include "base/buf.h"
#include "base/secret.h"
#include "crypto/key.h"

#define HPKE_ENC_SIZE  P256_POINT_SIZE
#define HPKE_Z_SIZE    32
#define HPKE_OVERHEAD  (HPKE_ENC_SIZE + 16)
#define HPKE_PLAIN_MAX ((size_t)1 << 20)

/* ERR_FORMAT when pk is not a point of the curve. */
MUST_CHECK int hpke_seal(const uint8_t pk[static P256_POINT_SIZE],
    struct bytes info, struct bytes aad, struct bytes plaintext,
    struct buf *ret, struct diag *d);

/* The point to hand to the private key's holder (a TPM's ECDH_ZGen). */
MUST_CHECK int hpke_enc(struct bytes sealed, uint8_t ret[static HPKE_ENC_SIZE],
    struct diag *d);
/* z: x coordinate of the shared point, padded to 32 bytes. */
MUST_CHECK int hpke_open_shared(const uint8_t z[static HPKE_Z_SIZE],
    const uint8_t pk_recipient[static P256_POINT_SIZE], struct bytes info,
    struct bytes aad, struct bytes sealed, struct secret *ret, struct diag *d);
/* With a private key in memory. */
MUST_CHECK int hpke_open(const struct key *key, struct bytes info,
    struct bytes aad, struct bytes sealed, struct secret *ret, struct diag *d);

/*
 * For test vectors: the AEAD and the ephemeral key are arguments. The product
 * uses AES-256-GCM and a fresh key only.
 */
enum hpke_aead { HPKE_AES_128_GCM = 1, HPKE_AES_256_GCM = 2 };
MUST_CHECK int hpke_seal_with(enum hpke_aead aead, const struct key *ephemeral,
    const struct key *recipient, struct bytes info, struct bytes aad,
    struct bytes plaintext, struct buf *ret, struct diag *d);
MUST_CHECK int hpke_open_with(enum hpke_aead aead,
    const uint8_t z[static HPKE_Z_SIZE],
    const uint8_t pk_recipient[static P256_POINT_SIZE], struct bytes info,
    struct bytes aad, struct bytes sealed, struct secret *ret, struct diag *d);

#endif
