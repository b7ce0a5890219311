/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/der.h"

#include "base/text.h"

/* X.690, 8.1.3 and 10.1: 1 to 3 bytes of length after the short form. */
static bool
read_length(struct reader *r, size_t *ret)
{
	uint8_t first, b;
	size_t len = 0;

	if (!reader_u8(r, &first))
		return false;
	if (first < 0x80) {
		*ret = first;
		return true;
	}
	if (first == 0x80 || first > 0x83)
		return false;
	for (uint8_t i = 0x80; i < first; i++) {
		if (!reader_u8(r, &b) || (i == 0x80 && b == 0))
			return false;
		len = len << 8 | b;
	}
	if (len < 0x80)
		return false;
	*ret = len;
	return true;
}

static bool
read_element(struct reader *r, uint8_t *ret_tag, struct bytes *ret_value,
    struct bytes *ret_whole)
{
	struct reader t = *r;
	struct bytes value;
	uint8_t tag;
	size_t len;

	/* 0x1f announces a tag of several bytes, 0 an end of contents. */
	if (!reader_u8(&t, &tag) || tag == 0 || (tag & 0x1f) == 0x1f ||
	    !read_length(&t, &len) || !reader_take(&t, len, &value))
		return false;
	*ret_tag = tag;
	if (ret_value != NULL)
		*ret_value = value;
	if (ret_whole != NULL)
		*ret_whole = bytes_of(r->in.p + r->off, t.off - r->off);
	*r = t;
	return true;
}

uint8_t
der_peek(const struct reader *r)
{
	struct reader t = *r;
	uint8_t tag;

	return read_element(&t, &tag, NULL, NULL) ? tag : 0;
}

bool
der_any(struct reader *r, uint8_t *ret_tag, struct bytes *ret_value)
{
	return read_element(r, ret_tag, ret_value, NULL);
}

bool
der_take(struct reader *r, uint8_t tag, struct bytes *ret)
{
	struct reader t = *r;
	struct bytes value;
	uint8_t found;

	if (!read_element(&t, &found, &value, NULL) || found != tag)
		return false;
	*r = t;
	*ret = value;
	return true;
}

bool
der_whole(struct reader *r, uint8_t tag, struct bytes *ret)
{
	struct reader t = *r;
	struct bytes whole;
	uint8_t found;

	if (!read_element(&t, &found, NULL, &whole) || found != tag)
		return false;
	*r = t;
	*ret = whole;
	return true;
}

bool
der_enter(struct reader *r, uint8_t tag, struct reader *ret)
{
	struct bytes value;

	if (!der_take(r, tag, &value))
		return false;
	*ret = reader_of(value);
	return true;
}

bool
der_expect(struct reader *r, struct bytes whole)
{
	struct reader t = *r;
	struct bytes found;

	if (!reader_take(&t, whole.len, &found) || !bytes_equal(found, whole))
		return false;
	*r = t;
	return true;
}

bool
der_uint(struct reader *r, struct bytes *ret)
{
	struct reader t = *r;
	struct bytes v;

	if (!der_take(&t, DER_INTEGER, &v) || v.len == 0 ||
	    (v.p[0] & 0x80) != 0)
		return false;
	if (v.p[0] == 0 && v.len > 1) {
		/* 8.3.2: a zero byte only where it keeps the sign. */
		if ((v.p[1] & 0x80) == 0)
			return false;
		v = bytes_of(v.p + 1, v.len - 1);
	}
	*r = t;
	*ret = v;
	return true;
}

bool
der_u64(struct reader *r, uint64_t *ret)
{
	struct reader t = *r;
	struct bytes v;
	uint64_t n = 0;

	if (!der_uint(&t, &v) || v.len > sizeof(n))
		return false;
	for (size_t i = 0; i < v.len; i++)
		n = n << 8 | v.p[i];
	*r = t;
	*ret = n;
	return true;
}

bool
der_bool(struct reader *r, bool *ret)
{
	struct reader t = *r;
	struct bytes v;

	if (!der_take(&t, DER_BOOLEAN, &v) || v.len != 1 ||
	    (v.p[0] != 0x00 && v.p[0] != 0xff))
		return false;
	*r = t;
	*ret = v.p[0] == 0xff;
	return true;
}

bool
der_null(struct reader *r)
{
	static const uint8_t null[] = { DER_NULL, 0 };

	return der_expect(r, BYTES_OF_ARRAY(null));
}

/* 8.19.2: subidentifiers are minimal, and the last one ends. */
static bool
oid_valid(struct bytes v)
{
	bool first = true;

	for (size_t i = 0; i < v.len; i++) {
		if (first && v.p[i] == 0x80)
			return false;
		first = (v.p[i] & 0x80) == 0;
	}
	return v.len != 0 && first;
}

bool
der_oid(struct reader *r, struct bytes *ret)
{
	struct reader t = *r;
	struct bytes v;

	if (!der_take(&t, DER_OID, &v) || !oid_valid(v))
		return false;
	*r = t;
	*ret = v;
	return true;
}

bool
der_expect_oid(struct reader *r, struct bytes oid)
{
	struct reader t = *r;
	struct bytes v;

	if (!der_oid(&t, &v) || !bytes_equal(v, oid))
		return false;
	*r = t;
	return true;
}

bool
der_bits(struct reader *r, struct bytes *ret)
{
	struct reader t = *r;
	struct bytes v;

	if (!der_take(&t, DER_BIT_STRING, &v) || v.len == 0 || v.p[0] != 0)
		return false;
	*r = t;
	*ret = bytes_of(v.p + 1, v.len - 1);
	return true;
}

/* X.680, 41.4. */
static bool
printable_string(struct bytes v)
{
	for (size_t i = 0; i < v.len; i++) {
		uint8_t c = v.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			(c >= '\'' && c <= ':' && c != '*') || c == ' ' ||
			c == '=' || c == '?'))
			return false;
	}
	return true;
}

bool
der_text(struct reader *r, struct bytes *ret)
{
	struct reader t = *r;
	struct bytes v;
	uint8_t tag;

	if (!der_any(&t, &tag, &v) ||
	    !((tag == DER_UTF8_STRING && text_printable(v)) ||
		(tag == DER_PRINTABLE_STRING && printable_string(v))))
		return false;
	*r = t;
	*ret = v;
	return true;
}

bool
der_time(struct reader *r, uint64_t *ret)
{
	struct reader t = *r;
	char text[TIME_TEXT_SIZE] = "20";
	size_t n = 2, year = 2;
	struct bytes v;
	uint64_t seconds;
	uint8_t tag;

	if (!der_any(&t, &tag, &v))
		return false;
	if (tag == DER_GENERALIZED_TIME)
		n = year = 0;
	else if (tag != DER_UTC_TIME)
		return false;
	if (v.len != 15 - year || v.p[v.len - 1] != 'Z')
		return false;
	if (tag == DER_UTC_TIME && v.p[0] >= '5') {
		text[0] = '1';
		text[1] = '9';
	}
	/* YYYYMMDDhhmmss to YYYY-MM-DDThh:mm:ss; time_parse() checks it. */
	for (size_t i = 0; i < v.len; i++) {
		static const char after[] = "----T::";
		size_t digits = i + year;

		if (digits >= 4 && digits < 14 && digits % 2 == 0)
			text[n++] = after[digits / 2];
		text[n++] = (char)v.p[i];
	}
	if (time_parse(bytes_of(text, n), &seconds, NULL) < 0 ||
	    (tag == DER_GENERALIZED_TIME &&
		bytes_compare(v, bytes_of_text("2050")) < 0))
		return false;
	*r = t;
	*ret = seconds;
	return true;
}
