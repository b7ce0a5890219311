/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Digests, HMAC and HKDF (RFC 2104, RFC 5869). Nothing here can fail on any
 * input: a failure of the library is a broken invariant. Contexts are made
 * once and reused, so none of it may be called from two threads at a time.
 */
#ifndef CRYPTO_HASH_H
#define CRYPTO_HASH_H

#include "base/base.h"

enum hash_alg { HASH_SHA1, HASH_SHA256, HASH_SHA384, HASH_SHA512, HASH_SM3 };

#define HASH_SIZE_MAX 64
#define SHA256_SIZE   32

size_t hash_size(enum hash_alg alg);
const char *hash_name(enum hash_alg alg); /* "sha256" */

/* Over the concatenation; ret has hash_size(alg) bytes, and may be a part. */
void hash_bytes(enum hash_alg alg, struct bytes in, uint8_t *ret);
void hash_parts(enum hash_alg alg, const struct bytes *parts, size_t n,
    uint8_t *ret);
/* The fast path of replaying a measurement log; ret may be inside `in`. */
void sha256(struct bytes in, uint8_t ret[static SHA256_SIZE]);
/* ret = SHA-256(old || digest); ret may be old. */
void sha256_extend(const uint8_t old[static SHA256_SIZE],
    const uint8_t digest[static SHA256_SIZE], uint8_t ret[static SHA256_SIZE]);

void hmac_sha256(struct bytes key, const struct bytes *parts, size_t n,
    uint8_t ret[static SHA256_SIZE]);
void hkdf_sha256_extract(struct bytes salt, const struct bytes *ikm_parts,
    size_t n, uint8_t ret_prk[static SHA256_SIZE]);
/* size at most 255 * 32. */
void hkdf_sha256_expand(const uint8_t prk[static SHA256_SIZE],
    const struct bytes *info_parts, size_t n, uint8_t *ret, size_t size);
void hkdf_sha256(struct bytes ikm, struct bytes salt, struct bytes info,
    uint8_t *ret, size_t size);

/* A digest in pieces. */
struct hash;
struct hash *hash_new(enum hash_alg alg);
void hash_update(struct hash *h, struct bytes in);
/* ret has hash_size(alg) bytes; h starts anew. */
void hash_final(struct hash *h, uint8_t *ret);
void hash_free(struct hash *h);
DEFINE_FREE_P(struct hash, hash_free);
#define auto_hash CLEANUP(hash_free_p)

#endif
