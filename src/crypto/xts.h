/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AES-256-XTS (IEEE 1619) over sectors of 512 bytes as dm-crypt's plain64
 * numbers them: the tweak is the sector's number, little endian. There is no
 * authentication: whoever can write to the disk can make noise of a sector.
 */
#ifndef CRYPTO_XTS_H
#define CRYPTO_XTS_H

#include "base/base.h"
#include "base/err.h"

#define XTS_KEY_SIZE 64
#define XTS_SECTOR   512

enum xts_way { XTS_ENCRYPT, XTS_DECRYPT };

/* For one way and one thread. */
struct xts;

/* ERR_CRYPTO: also a key whose halves are the same. */
MUST_CHECK int xts_new(const uint8_t key[static XTS_KEY_SIZE], enum xts_way way,
    struct xts **ret, struct diag *d);
void xts_free(struct xts *x);
DEFINE_FREE_P(struct xts, xts_free);
#define auto_xts CLEANUP(xts_free_p)

/* In place; n: whole sectors, of which the first has this number. */
void xts_run(struct xts *x, uint64_t sector, uint8_t *p, size_t n);

#endif
