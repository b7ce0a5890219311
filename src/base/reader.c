/* SPDX-License-Identifier: Apache-2.0 */
#include "base/reader.h"

#include <string.h>

bool
reader_copy(struct reader *r, void *ret, size_t n)
{
	struct bytes b;

	if (!reader_take(r, n, &b))
		return false;
	if (n != 0)
		memcpy(ret, b.p, n);
	return true;
}

bool
reader_skip(struct reader *r, size_t n)
{
	struct bytes b;

	return reader_take(r, n, &b);
}

/* n <= 8 bytes as a number, the most significant first. */
static bool
big_endian(struct reader *r, size_t n, uint64_t *ret)
{
	struct bytes b;
	uint64_t v = 0;

	if (!reader_take(r, n, &b))
		return false;
	for (size_t i = 0; i < n; i++)
		v = v << 8 | b.p[i];
	*ret = v;
	return true;
}

static bool
little_endian(struct reader *r, size_t n, uint64_t *ret)
{
	struct bytes b;
	uint64_t v = 0;

	if (!reader_take(r, n, &b))
		return false;
	for (size_t i = n; i > 0; i--)
		v = v << 8 | b.p[i - 1];
	*ret = v;
	return true;
}

bool
reader_u8(struct reader *r, uint8_t *ret)
{
	return reader_copy(r, ret, 1);
}

#define GETTER(name, order, type)                \
	bool name(struct reader *r, type *ret)   \
	{                                        \
		uint64_t v;                      \
                                                 \
		if (!order(r, sizeof(type), &v)) \
			return false;            \
		*ret = (type)v;                  \
		return true;                     \
	}

GETTER(reader_be16, big_endian, uint16_t)
GETTER(reader_be32, big_endian, uint32_t)
GETTER(reader_be64, big_endian, uint64_t)
GETTER(reader_le16, little_endian, uint16_t)
GETTER(reader_le64, little_endian, uint64_t)

/* Reads a length by `order`, then its bytes; moves only when both are there. */
static bool
blob(struct reader *r, bool (*order)(struct reader *, size_t, uint64_t *),
    size_t length_size, size_t max, struct bytes *ret)
{
	struct reader t = *r;
	uint64_t n;

	if (!order(&t, length_size, &n) || n > max ||
	    !reader_take(&t, (size_t)n, ret))
		return false;
	*r = t;
	return true;
}

bool
reader_be16_blob(struct reader *r, size_t max, struct bytes *ret)
{
	return blob(r, big_endian, 2, max, ret);
}

bool
reader_be32_blob(struct reader *r, size_t max, struct bytes *ret)
{
	return blob(r, big_endian, 4, max, ret);
}
