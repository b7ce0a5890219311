/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The writing half of der.h. Lengths of nested elements are put in when the
 * element ends, moving its contents up by the bytes that the length takes.
 */
#include "crypto/der.h"

#include <string.h>

#include "base/text.h"

#define DER_LENGTH_MAX ((size_t)0xffffff)

size_t
der_begin(struct buf *b, uint8_t tag)
{
	(void)buf_put_u8(b, tag);
	(void)buf_put_u8(b, 0);
	return b->len;
}

size_t
der_begin_bits(struct buf *b)
{
	size_t mark = der_begin(b, DER_BIT_STRING);

	(void)buf_put_u8(b, 0);
	return mark;
}

bool
der_end(struct buf *b, size_t mark)
{
	size_t len, extra;

	if (!buf_ok(b))
		return false;
	BUG_ON(mark < 2 || mark > b->len);
	len = b->len - mark;
	if (len < 0x80) {
		b->p[mark - 1] = (uint8_t)len;
		return true;
	}
	extra = len < 0x100 ? 1 : len < 0x10000 ? 2 : 3;
	if (len > DER_LENGTH_MAX || buf_extend(b, extra) == NULL) {
		b->failed = true;
		return false;
	}
	memmove(b->p + mark + extra, b->p + mark, len);
	b->p[mark - 1] = (uint8_t)(0x80 | extra);
	for (size_t i = 0; i < extra; i++)
		b->p[mark + i] = (uint8_t)(len >> (8 * (extra - 1 - i)));
	return true;
}

bool
der_put(struct buf *b, uint8_t tag, struct bytes value)
{
	size_t mark = der_begin(b, tag);

	(void)buf_put(b, value);
	return der_end(b, mark);
}

bool
der_put_uint(struct buf *b, struct bytes magnitude)
{
	size_t mark = der_begin(b, DER_INTEGER), skip = 0;

	while (skip < magnitude.len && magnitude.p[skip] == 0)
		skip++;
	if (skip == magnitude.len || (magnitude.p[skip] & 0x80) != 0)
		(void)buf_put_u8(b, 0);
	(void)buf_put(b, bytes_of(magnitude.p + skip, magnitude.len - skip));
	return der_end(b, mark);
}

bool
der_put_u64(struct buf *b, uint64_t v)
{
	uint8_t big[8];

	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (uint8_t)(v >> (56 - 8 * i));
	return der_put_uint(b, BYTES_OF_ARRAY(big));
}

bool
der_put_bool(struct buf *b, bool v)
{
	uint8_t c = v ? 0xff : 0;

	return der_put(b, DER_BOOLEAN, bytes_of(&c, 1));
}

bool
der_put_null(struct buf *b)
{
	return der_put(b, DER_NULL, BYTES_NONE);
}

bool
der_put_oid(struct buf *b, struct bytes oid)
{
	return der_put(b, DER_OID, oid);
}

bool
der_put_bits(struct buf *b, struct bytes whole_bytes)
{
	size_t mark = der_begin_bits(b);

	(void)buf_put(b, whole_bytes);
	return der_end(b, mark);
}

bool
der_put_utf8(struct buf *b, struct bytes text)
{
	return der_put(b, DER_UTF8_STRING, text);
}

bool
der_put_time(struct buf *b, uint64_t seconds)
{
	char text[TIME_TEXT_SIZE];
	uint8_t out[15];
	size_t n = 0;
	bool utc;

	time_format(seconds, text);
	utc = strncmp(text, "2050", 4) < 0;
	for (size_t i = utc ? 2 : 0; text[i] != '\0'; i++)
		if (text[i] != '-' && text[i] != ':' && text[i] != 'T')
			out[n++] = (uint8_t)text[i];
	return der_put(b, utc ? DER_UTC_TIME : DER_GENERALIZED_TIME,
	    bytes_of(out, n));
}

bool
der_put_algorithm(struct buf *b, struct bytes oid, bool with_null)
{
	size_t mark = der_begin(b, DER_SEQUENCE);

	(void)der_put_oid(b, oid);
	if (with_null)
		(void)der_put_null(b);
	return der_end(b, mark);
}

static int
by_bytes(const void *a, const void *b)
{
	return bytes_compare(*(const struct bytes *)a,
	    *(const struct bytes *)b);
}

bool
der_put_set_of(struct buf *b, uint8_t tag, struct bytes *elements, size_t n)
{
	size_t mark = der_begin(b, tag);

	qsort(elements, n, sizeof(*elements), by_bytes);
	for (size_t i = 0; i < n; i++)
		(void)buf_put(b, elements[i]);
	return der_end(b, mark);
}

static bool
put_base128(struct buf *b, uint64_t v)
{
	uint8_t out[10];
	size_t n = sizeof(out);

	out[--n] = (uint8_t)(v & 0x7f);
	while ((v >>= 7) != 0)
		out[--n] = (uint8_t)(0x80 | (v & 0x7f));
	return buf_put(b, bytes_of(out + n, sizeof(out) - n));
}

bool
oid_from_text(const char *text, struct buf *ret)
{
	struct bytes left = bytes_of_text(text);
	uint64_t arc[2] = { 0, 0 };
	size_t n = 0;

	while (left.len != 0) {
		const uint8_t *dot = memchr(left.p, '.', left.len);
		size_t len = dot != NULL ? (size_t)(dot - left.p) : left.len;
		uint64_t v;

		if (number_parse("OID", bytes_of(left.p, len), 0,
			UINT64_MAX - 80, &v, NULL) < 0 ||
		    (dot != NULL && len + 1 == left.len))
			return false;
		left = dot != NULL ? bytes_of(dot + 1, left.len - len - 1)
				   : BYTES_NONE;
		if (n < 2)
			arc[n] = v;
		n++;
		if (n == 2 && (arc[0] > 2 || (arc[0] < 2 && arc[1] > 39)))
			return false;
		if (n == 2)
			v += 40 * arc[0];
		if (n >= 2 && !put_base128(ret, v))
			return false;
	}
	return n >= 2;
}

bool
oid_put_text(struct buf *b, struct bytes oid)
{
	uint64_t v = 0;
	size_t start = 0;

	for (size_t i = 0; i < oid.len; i++) {
		bool first = start == 0;

		v = v << 7 | (oid.p[i] & 0x7f);
		if ((oid.p[i] & 0x80) != 0)
			continue;
		if (i - start > 8) {
			(void)buf_put_text(b, ".<");
			(void)hex_put(b,
			    bytes_of(oid.p + start, i + 1 - start));
			(void)buf_put_text(b, ">");
		} else if (first) {
			uint64_t top = v < 40 ? 0 : v < 80 ? 1 : 2;

			(void)buf_printf(b, "%llu.%llu",
			    (unsigned long long)top,
			    (unsigned long long)(v - 40 * top));
		} else {
			(void)buf_printf(b, ".%llu", (unsigned long long)v);
		}
		start = i + 1;
		v = 0;
	}
	return buf_ok(b);
}
