/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TPMT_PUBLIC (TPM 2.0 Part 2, 12.2.4) of RSA and ECC keys: read strictly,
 * and compared byte for byte with the three templates the product uses.
 *
 *   EK  TCG EK Credential Profile templates L-1 (RSA-2048) and L-2 (P-256)
 *   AK  P-256 ECDSA-SHA256, restricted signing, primary of the endorsement
 *       hierarchy
 *   HK  P-256 ECDH, unrestricted decryption with an authValue, primary of
 *       the null hierarchy
 */
#ifndef TPM_PUBLIC_H
#define TPM_PUBLIC_H

#include "base/buf.h"
#include "base/err.h"
#include "tpm/types.h"

struct key; /* crypto/key.h */

struct tpm_public {
	uint16_t type; /* TPM_ALG_RSA or TPM_ALG_ECC */
	uint16_t name_alg;
	uint32_t attributes;
	struct bytes auth_policy;
	uint16_t sym_alg; /* TPM_ALG_NULL, or AES with bits and mode */
	uint16_t sym_bits;
	uint16_t sym_mode;
	uint16_t scheme; /* TPM_ALG_NULL or a scheme with its hash */
	uint16_t scheme_hash;
	uint16_t rsa_bits;
	uint32_t rsa_exponent; /* 0 means 65537 */
	uint16_t ecc_curve;
	struct bytes modulus; /* RSA */
	struct bytes x;       /* ECC; as sent, 1 to 66 bytes */
	struct bytes y;
};

/* All views point into the input. No decision is taken but on the format. */
MUST_CHECK int tpm_public_parse(struct bytes in, struct tpm_public *ret,
    struct diag *d);

/* Name (Part 1, 16) of a SHA-256 object: nameAlg || H(TPMT_PUBLIC). */
void tpm_name(struct bytes public, uint8_t ret[static TPM_NAME_SIZE]);
/*
 * Qualified Name of a primary (Part 1, 26.3): nameAlg || H(hierarchy || Name).
 */
void tpm_qualified_name(uint32_t hierarchy,
    const uint8_t name[static TPM_NAME_SIZE],
    uint8_t ret[static TPM_NAME_SIZE]);
/* host_id: SHA-256 of the EK's TPMT_PUBLIC. */
void tpm_host_id(struct bytes ek_public, uint8_t ret[static TPM_SHA256_SIZE]);

/*
 * Whether this is exactly such a key: everything but the key's own point or
 * modulus equals the template. Refused with EkTemplate, AkTemplate or
 * HostKeyTemplate, the text naming the first field that differs.
 */
MUST_CHECK int public_is_ek(struct bytes public, struct diag *d);
MUST_CHECK int public_is_ak(struct bytes public, struct diag *d);
MUST_CHECK int public_is_hk(struct bytes public, struct diag *d);

/*
 * The templates, as TPMT_PUBLIC. x and y are the point's coordinates, or what
 * the template's unique field shall say; 32 bytes each.
 */
MUST_CHECK bool public_put_ak(struct buf *b, struct bytes x, struct bytes y);
MUST_CHECK bool public_put_hk(struct buf *b, struct bytes x, struct bytes y);
MUST_CHECK bool public_put_ek_ecc(struct buf *b, struct bytes x,
    struct bytes y);
/* modulus: 256 bytes. */
MUST_CHECK bool public_put_ek_rsa(struct buf *b, struct bytes modulus);

/* RSA of 2048 to 4096 bits, or P-256 or P-384; on the curve, or refused. */
MUST_CHECK int tpm_public_key(const struct tpm_public *public, struct key **ret,
    struct diag *d);
/* parse and tpm_public_key() in one. */
MUST_CHECK int public_key(struct bytes public, struct key **ret,
    struct diag *d);
/* The uncompressed point 04 || x || y of a P-256 key's TPMT_PUBLIC. */
MUST_CHECK int public_point(struct bytes public, uint8_t ret[static 65],
    struct diag *d);

#endif
