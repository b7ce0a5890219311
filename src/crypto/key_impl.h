/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of struct key, for src/crypto alone.
 */
#ifndef CRYPTO_KEY_IMPL_H
#define CRYPTO_KEY_IMPL_H

#include <openssl/evp.h>

#include "crypto/key.h"

struct key {
	EVP_PKEY *pkey;
	enum key_type type;
	bool is_private;
	uint8_t point[KEY_POINT_MAX]; /* of an elliptic key */
};

/* Bytes of a coordinate. */
size_t key_field_size(enum key_type type);

/*
 * key_cache.c. The id is of what a public key is made from: a point, or an
 * exponent and a modulus. A key that is found is one more owner of the object.
 */
void key_cache_id(enum key_type type, struct bytes a, struct bytes b,
    uint8_t ret[static SHA256_SIZE]);
MUST_CHECK bool key_cache_find(const uint8_t id[static SHA256_SIZE],
    struct key **ret);
void key_cache_put(const uint8_t id[static SHA256_SIZE], const struct key *key);

/* Takes the key over, also on failure; refuses types and sizes that are not ours. */
MUST_CHECK int key_adopt(EVP_PKEY *pkey, bool is_private, struct key **ret,
    struct diag *d);
/* Writes "what: <OpenSSL's reason>" and empties its error queue. */
int openssl_fail(struct diag *d, enum err err, const char *what);

#define DEFINE_OPENSSL_FREE_P(type, fn)     \
	static inline void fn##_p(type **p) \
	{                                   \
		fn(*p);                     \
		*p = NULL;                  \
	}                                   \
	struct fn##_needs_a_semicolon

DEFINE_OPENSSL_FREE_P(EVP_PKEY, EVP_PKEY_free);
DEFINE_OPENSSL_FREE_P(EVP_PKEY_CTX, EVP_PKEY_CTX_free);
DEFINE_OPENSSL_FREE_P(EVP_MD_CTX, EVP_MD_CTX_free);
#define auto_pkey     CLEANUP(EVP_PKEY_free_p)
#define auto_pkey_ctx CLEANUP(EVP_PKEY_CTX_free_p)
#define auto_md_ctx   CLEANUP(EVP_MD_CTX_free_p)

#endif
