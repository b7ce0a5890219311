/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AES-128-CFB with a zero IV, as TPM 2.0 (Part 1, 11.4.5) protects what it
 * exports: under a key that is used once. Not for anything else.
 */
#ifndef CRYPTO_CFB_H
#define CRYPTO_CFB_H

#include "base/base.h"

#define CFB_KEY_SIZE 16

/* In place; n is at most 1024. */
void aes128_cfb_encrypt(const uint8_t key[static CFB_KEY_SIZE], uint8_t *p,
    size_t n);

#endif
