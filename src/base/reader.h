/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bounded cursor over untrusted bytes: the only way outside bytes are read.
 * A getter yields a whole field and moves on, or returns false and does not
 * move, so that r.off names the offending byte. Every parser ends by checking
 * reader_left() == 0.
 */
#ifndef BASE_READER_H
#define BASE_READER_H

#include "base/base.h"

struct reader {
	struct bytes in;
	size_t off;
};

struct reader reader_of(struct bytes in);
size_t reader_left(const struct reader *r);

MUST_CHECK bool reader_u8(struct reader *r, uint8_t *ret);
MUST_CHECK bool reader_be16(struct reader *r, uint16_t *ret);
MUST_CHECK bool reader_be32(struct reader *r, uint32_t *ret);
MUST_CHECK bool reader_be64(struct reader *r, uint64_t *ret);
MUST_CHECK bool reader_le16(struct reader *r, uint16_t *ret);
MUST_CHECK bool reader_le32(struct reader *r, uint32_t *ret);
MUST_CHECK bool reader_le64(struct reader *r, uint64_t *ret);
/* Exactly n bytes. */
MUST_CHECK bool reader_take(struct reader *r, size_t n, struct bytes *ret);
/* Exactly n bytes, copied out. */
MUST_CHECK bool reader_copy(struct reader *r, void *ret, size_t n);
MUST_CHECK bool reader_skip(struct reader *r, size_t n);
/* A length of 2 or 4 bytes, at most max, then that many bytes. */
MUST_CHECK bool reader_be16_blob(struct reader *r, size_t max,
    struct bytes *ret);
MUST_CHECK bool reader_be32_blob(struct reader *r, size_t max,
    struct bytes *ret);
MUST_CHECK bool reader_le32_blob(struct reader *r, size_t max,
    struct bytes *ret);

#endif
