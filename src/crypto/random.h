/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random bytes of the library's generator, seeded by the kernel. There is no
 * failure to handle: without randomness no program of ours may go on.
 */
#ifndef CRYPTO_RANDOM_H
#define CRYPTO_RANDOM_H

#include "base/base.h"

void random_bytes(uint8_t *ret, size_t n);

#endif
