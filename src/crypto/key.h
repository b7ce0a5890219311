/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asymmetric keys: P-256, P-384 and RSA of 2048 to 4096 bits; all others are
 * refused (ERR_UNSUPPORTED). A key fixes its algorithms: messages are signed by
 * ECDSA with SHA-256 (DER, canonical), or RSA-PSS with SHA-256 and 32 bytes of
 * salt. The *_raw functions serve what a TPM signs.
 */
#ifndef CRYPTO_KEY_H
#define CRYPTO_KEY_H

#include "base/buf.h"
#include "base/secret.h"
#include "crypto/hash.h"

enum key_type { KEY_P256, KEY_P384, KEY_RSA };

#define P256_POINT_SIZE     65 /* 04 || x || y */
#define P256_SIZE           32
#define KEY_COORDINATE_MAX  48
#define KEY_POINT_MAX       (1 + 2 * KEY_COORDINATE_MAX)
#define KEY_SIGNATURE_MAX   512
#define KEY_SPKI_MAX        1024
#define KEY_PKCS8_MAX       4096
#define KEY_RSA_BITS_MIN    2048
#define KEY_RSA_BITS_MAX    4096
#define KEY_RSA_MODULUS_MAX (KEY_RSA_BITS_MAX / 8)

struct key;

/* bits: of an RSA modulus, 2048, 3072 or 4096; ignored for others. */
MUST_CHECK int key_generate(enum key_type type, unsigned bits, struct key **ret,
    struct diag *d);
/* PrivateKeyInfo; the public half is checked against the private one. */
MUST_CHECK int key_from_pkcs8(struct bytes der, struct key **ret,
    struct diag *d);
/* SubjectPublicKeyInfo, canonical DER only; named curve, uncompressed. */
MUST_CHECK int key_from_spki(struct bytes der, struct key **ret,
    struct diag *d);
/* Fast: no decoder. Big-endian coordinates, leading zeros may be missing. */
MUST_CHECK int key_from_point(enum key_type type, struct bytes x,
    struct bytes y, struct key **ret, struct diag *d);
MUST_CHECK int key_from_p256_point(const uint8_t point[static P256_POINT_SIZE],
    struct key **ret, struct diag *d);
/* Big-endian modulus; e odd, 65537 or more. */
MUST_CHECK int key_from_rsa(struct bytes n, uint64_t e, struct key **ret,
    struct diag *d);
/* An owned key without the private half. */
struct key *key_public_of(const struct key *key);
void key_free(struct key *key);
DEFINE_FREE_P(struct key, key_free);
#define auto_key CLEANUP(key_free_p)

enum key_type key_type(const struct key *key);
const char *key_type_name(enum key_type type); /* "P-256" */
unsigned key_bits(const struct key *key);
bool key_is_private(const struct key *key);
/* By type and public half. */
bool key_public_equal(const struct key *a, const struct key *b);

MUST_CHECK int key_to_pkcs8(const struct key *key, struct secret *ret,
    struct diag *d);
/* Appends the SubjectPublicKeyInfo. */
MUST_CHECK int key_to_spki(const struct key *key, struct buf *ret,
    struct diag *d);
/* 04 || x || y of an elliptic key; returns its length, 65 or 97. */
size_t key_point(const struct key *key, uint8_t ret[static KEY_POINT_MAX]);
/* key must be P-256. */
void key_p256_point(const struct key *key, uint8_t ret[static P256_POINT_SIZE]);

/* Appends the signature of the message itself (hashed here). */
MUST_CHECK int key_sign(const struct key *key, struct bytes message,
    struct buf *ret, struct diag *d);
/* ERR_CRYPTO with REASON_SignatureInvalid in d when it does not verify. */
MUST_CHECK int key_verify(const struct key *key, struct bytes message,
    struct bytes signature, struct diag *d);
/*
 * Over a digest of alg; r and s are big-endian, at most the curve's size.
 * SHA-1 is refused.
 */
MUST_CHECK int key_verify_ecdsa_raw(const struct key *key, enum hash_alg alg,
    struct bytes digest, struct bytes r, struct bytes s, struct diag *d);
MUST_CHECK int key_verify_rsassa(const struct key *key, enum hash_alg alg,
    struct bytes digest, struct bytes signature, struct diag *d);
/* Any salt length: TPMs differ in theirs. */
MUST_CHECK int key_verify_rsapss(const struct key *key, enum hash_alg alg,
    struct bytes digest, struct bytes signature, struct diag *d);

/* OAEP with SHA-256; the label is used as given, a NUL at its end included. */
MUST_CHECK int rsa_oaep_encrypt(const struct key *key, struct bytes label,
    struct bytes plaintext, struct buf *ret, struct diag *d);
MUST_CHECK int rsa_oaep_decrypt(const struct key *key, struct bytes label,
    struct bytes ciphertext, struct secret *ret, struct diag *d);

/*
 * The shared x coordinate, as long as the curve's field (32 or 48 bytes). Both
 * keys are of one curve; points off the curve do not become keys at all.
 */
MUST_CHECK int ecdh_derive(const struct key *own, const struct key *peer,
    uint8_t *ret, size_t size, struct diag *d);

#endif
