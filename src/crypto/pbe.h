/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Passphrase container: something secret in a file, under scrypt (RFC 7914)
 * and AES-256-GCM. doc/FORMAT.passphrase-container is its format.
 */
#ifndef CRYPTO_PBE_H
#define CRYPTO_PBE_H

#include "base/buf.h"
#include "base/secret.h"

#define PBE_SALT_SIZE      16
#define PBE_NONCE_SIZE     12
#define PBE_PLAIN_MAX      ((size_t)16 << 20)
#define PBE_OVERHEAD       (4 + 4 + PBE_SALT_SIZE + PBE_NONCE_SIZE + 16)
#define PBE_PASSPHRASE_MAX 1024

/*
 * Appends the container. salt and nonce are random and never used again; aad is
 * what the opener must know besides (may be empty).
 */
MUST_CHECK int pbe_seal(struct bytes passphrase, struct bytes plaintext,
    struct bytes aad, const uint8_t salt[static PBE_SALT_SIZE],
    const uint8_t nonce[static PBE_NONCE_SIZE], struct buf *ret,
    struct diag *d);
/*
 * REASON_PassphraseWrong when it does not open, whether for the passphrase or
 * for a changed byte: the two cannot be told apart.
 */
MUST_CHECK int pbe_open(struct bytes passphrase, struct bytes container,
    struct bytes aad, struct secret *ret, struct diag *d);

#endif
