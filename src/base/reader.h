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

static inline struct reader
reader_of(struct bytes in)
{
	return (struct reader){ in, 0 };
}

static inline size_t
reader_left(const struct reader *r)
{
	return r->in.len - r->off;
}

/*
 * Exactly n bytes. This one and the little-endian 32 bits are what the long
 * logs of a boot are made of; a call for each costs as much as their digests.
 */
MUST_CHECK static inline bool
reader_take(struct reader *r, size_t n, struct bytes *ret)
{
	if (n > reader_left(r))
		return false;
	*ret = (struct bytes){ r->in.p + r->off, n };
	r->off += n;
	return true;
}

MUST_CHECK static inline bool
reader_le32(struct reader *r, uint32_t *ret)
{
	struct bytes b;

	if (!reader_take(r, 4, &b))
		return false;
	*ret = (uint32_t)b.p[0] | (uint32_t)b.p[1] << 8 |
	    (uint32_t)b.p[2] << 16 | (uint32_t)b.p[3] << 24;
	return true;
}

MUST_CHECK bool reader_u8(struct reader *r, uint8_t *ret);
MUST_CHECK bool reader_be16(struct reader *r, uint16_t *ret);
MUST_CHECK bool reader_be32(struct reader *r, uint32_t *ret);
MUST_CHECK bool reader_be64(struct reader *r, uint64_t *ret);
MUST_CHECK bool reader_le16(struct reader *r, uint16_t *ret);
MUST_CHECK bool reader_le64(struct reader *r, uint64_t *ret);
/* Exactly n bytes, copied out. */
MUST_CHECK bool reader_copy(struct reader *r, void *ret, size_t n);
MUST_CHECK bool reader_skip(struct reader *r, size_t n);
/* A length of 2 or 4 bytes, at most max, then that many bytes. */
MUST_CHECK bool reader_be16_blob(struct reader *r, size_t max,
    struct bytes *ret);
MUST_CHECK bool reader_be32_blob(struct reader *r, size_t max,
    struct bytes *ret);

MUST_CHECK static inline bool
reader_le32_blob(struct reader *r, size_t max, struct bytes *ret)
{
	struct reader t = *r;
	uint32_t n;

	if (!reader_le32(&t, &n) || n > max || !reader_take(&t, n, ret))
		return false;
	*r = t;
	return true;
}

#endif
