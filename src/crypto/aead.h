/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AES-256-GCM (NIST SP 800-38D) with 12-byte nonces and 16-byte tags, and
 * AES-256 key wrap (RFC 3394). Sealed form is ciphertext || tag; the caller
 * carries the nonce and never uses one twice with a key.
 */
#ifndef CRYPTO_AEAD_H
#define CRYPTO_AEAD_H

#include "base/buf.h"
#include "base/secret.h"

#define AEAD_KEY_SIZE   32
#define AEAD_NONCE_SIZE 12
#define AEAD_TAG_SIZE   16
/* At most this much plaintext at once. */
#define AEAD_PLAIN_MAX ((size_t)1 << 30)
#define WRAP_OVERHEAD  8

/* Appends plaintext.len + 16 bytes to ret. */
MUST_CHECK int aead_seal(const uint8_t key[static AEAD_KEY_SIZE],
    const uint8_t nonce[static AEAD_NONCE_SIZE], struct bytes aad,
    struct bytes plaintext, struct buf *ret, struct diag *d);
/* ERR_CRYPTO when key, nonce, aad or a bit of it is not as sealed. */
MUST_CHECK int aead_open(const uint8_t key[static AEAD_KEY_SIZE],
    const uint8_t nonce[static AEAD_NONCE_SIZE], struct bytes aad,
    struct bytes sealed, struct secret *ret, struct diag *d);
/* The same for what is not secret: appends to ret. */
MUST_CHECK int aead_open_buf(const uint8_t key[static AEAD_KEY_SIZE],
    const uint8_t nonce[static AEAD_NONCE_SIZE], struct bytes aad,
    struct bytes sealed, struct buf *ret, struct diag *d);

/* key_data: 16 to 64 bytes, a multiple of 8; appends 8 bytes more than it. */
MUST_CHECK int key_wrap(const uint8_t kek[static AEAD_KEY_SIZE],
    struct bytes key_data, struct buf *ret, struct diag *d);
MUST_CHECK int key_unwrap(const uint8_t kek[static AEAD_KEY_SIZE],
    struct bytes wrapped, struct secret *ret, struct diag *d);

/*
 * Underneath, for crypto/hpke.h: a key of 16 or 32 bytes. Writes
 * plaintext.len + 16 bytes, or sealed.len - 16; false if it fails.
 */
bool aead_gcm_encrypt(struct bytes key, const uint8_t *nonce, struct bytes aad,
    struct bytes plaintext, uint8_t *ret);
bool aead_gcm_decrypt(struct bytes key, const uint8_t *nonce, struct bytes aad,
    struct bytes sealed, uint8_t *ret);

#endif
