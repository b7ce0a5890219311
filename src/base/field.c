/* SPDX-License-Identifier: Apache-2.0 */
#include "base/field.h"

#include <string.h>

#include "base/text.h"

/* The only pointer arithmetic on structs: offsets are compile-time ours. */
static const void *
at(const void *base, size_t offset)
{
	return (const char *)base + offset;
}

static void *
at_out(void *base, size_t offset)
{
	return (char *)base + offset;
}

static uint64_t
number_at(const struct field *f, const void *p)
{
	uint16_t u16;
	uint32_t u32;
	uint64_t u64;

	if (f->type == FIELD_TYPE_U8)
		return *(const uint8_t *)p;
	if (f->type == FIELD_TYPE_BOOL)
		return *(const bool *)p;
	if (f->type == FIELD_TYPE_U16) {
		memcpy(&u16, p, sizeof(u16));
		return u16;
	}
	if (f->type == FIELD_TYPE_U32) {
		memcpy(&u32, p, sizeof(u32));
		return u32;
	}
	memcpy(&u64, p, sizeof(u64));
	return u64;
}

static int
text_rule(const struct fields *of, const struct field *f, struct bytes b,
    struct diag *d)
{
	if (b.len > f->max)
		return diag_fail(d, ERR_LIMIT, "%s.%s: %zu bytes, at most %zu",
		    of->name, f->name, b.len, f->max);
	if (f->type == FIELD_TYPE_TEXT && !text_printable(b))
		return diag_fail(d, ERR_FORMAT, "%s.%s: not printable text",
		    of->name, f->name);
	if (f->type == FIELD_TYPE_NAME && b.len != 0 && !name_valid(b))
		return diag_fail(d, ERR_FORMAT, "%s.%s: not a name", of->name,
		    f->name);
	return ERR_OK;
}

static int
encode_list(const struct field *f, const void *in, struct buf *ret,
    struct diag *d)
{
	size_t n = *(const size_t *)at(in, f->count_offset);
	int r;

	BUG_ON(n > f->max);
	(void)buf_put_be16(ret, (uint16_t)n);
	for (size_t i = 0; i < n; i++) {
		const void *item = at(in, f->offset + i * f->sub->size);

		if ((r = fields_encode(f->sub, item, ret, d)) < 0)
			return r;
	}
	return ERR_OK;
}

static int
encode_one(const struct fields *of, const struct field *f, const void *in,
    struct buf *ret, struct diag *d)
{
	const void *p = at(in, f->offset);
	struct bytes b;
	int r;

	switch (f->type) {
	case FIELD_TYPE_U8:
	case FIELD_TYPE_BOOL:
		(void)buf_put_u8(ret, (uint8_t)number_at(f, p));
		return ERR_OK;
	case FIELD_TYPE_U16:
		(void)buf_put_be16(ret, (uint16_t)number_at(f, p));
		return ERR_OK;
	case FIELD_TYPE_U32:
		(void)buf_put_be32(ret, (uint32_t)number_at(f, p));
		return ERR_OK;
	case FIELD_TYPE_U64:
		(void)buf_put_be64(ret, number_at(f, p));
		return ERR_OK;
	case FIELD_TYPE_FIXED:
		(void)buf_put(ret, bytes_of(p, f->max));
		return ERR_OK;
	case FIELD_TYPE_BYTES:
	case FIELD_TYPE_TEXT:
	case FIELD_TYPE_NAME:
		memcpy(&b, p, sizeof(b));
		if ((r = text_rule(of, f, b, d)) < 0)
			return r;
		(void)buf_put_be32_blob(ret, b);
		return ERR_OK;
	case FIELD_TYPE_RECORD:
		return fields_encode(f->sub, p, ret, d);
	case FIELD_TYPE_LIST:
		return encode_list(f, in, ret, d);
	}
	BUG_ON(true);
}

int
fields_encode(const struct fields *f, const void *in, struct buf *ret,
    struct diag *d)
{
	int r;

	for (size_t i = 0; i < f->n; i++)
		if ((r = encode_one(f, &f->list[i], in, ret, d)) < 0)
			return r;
	return buf_check(ret, f->name, d);
}

static bool
read_bool(struct reader *r, bool *ret)
{
	struct reader t = *r;
	uint8_t v;

	if (!reader_u8(&t, &v) || v > 1)
		return false;
	*r = t;
	*ret = v == 1;
	return true;
}

static int
read_list(const struct field *f, struct reader *r, void *ret, struct diag *d)
{
	size_t *count = at_out(ret, f->count_offset);
	uint16_t n;
	int e;

	if (!reader_be16(r, &n))
		return diag_fail(d, ERR_SHORT, "no count");
	if (n > f->max)
		return diag_fail(d, ERR_LIMIT, "%u records, at most %zu", n,
		    f->max);
	for (size_t i = 0; i < n; i++) {
		void *item = at_out(ret, f->offset + i * f->sub->size);

		if ((e = fields_read(f->sub, r, item, d)) < 0)
			return e;
	}
	*count = n;
	return ERR_OK;
}

static bool
read_scalar(const struct field *f, struct reader *r, void *p)
{
	switch (f->type) {
	case FIELD_TYPE_U8:
		return reader_u8(r, p);
	case FIELD_TYPE_BOOL:
		return read_bool(r, p);
	case FIELD_TYPE_U16:
		return reader_be16(r, p);
	case FIELD_TYPE_U32:
		return reader_be32(r, p);
	case FIELD_TYPE_U64:
		return reader_be64(r, p);
	case FIELD_TYPE_FIXED:
		return reader_copy(r, p, f->max);
	case FIELD_TYPE_BYTES:
	case FIELD_TYPE_TEXT:
	case FIELD_TYPE_NAME:
		return reader_be32_blob(r, f->max, p);
	case FIELD_TYPE_RECORD:
	case FIELD_TYPE_LIST:
		break;
	}
	BUG_ON(true);
}

int
fields_read(const struct fields *f, struct reader *r, void *ret, struct diag *d)
{
	int e;

	memset(ret, 0, f->size);
	for (size_t i = 0; i < f->n; i++) {
		const struct field *one = &f->list[i];
		void *p = at_out(ret, one->offset);

		if (one->type == FIELD_TYPE_RECORD)
			e = fields_read(one->sub, r, p, d);
		else if (one->type == FIELD_TYPE_LIST)
			e = read_list(one, r, ret, d);
		else if (!read_scalar(one, r, p))
			return diag_fail(d, ERR_FORMAT,
			    "%s.%s: bad or short field at byte %zu", f->name,
			    one->name, r->off);
		else
			e = ERR_OK;
		if (e < 0) {
			diag_prefix(d, "%s.%s", f->name, one->name);
			return e;
		}
		if (one->type == FIELD_TYPE_TEXT ||
		    one->type == FIELD_TYPE_NAME) {
			struct bytes b;

			memcpy(&b, p, sizeof(b));
			if ((e = text_rule(f, one, b, d)) < 0)
				return e;
		}
	}
	return ERR_OK;
}

int
fields_decode(const struct fields *f, struct bytes in, void *ret,
    struct diag *d)
{
	struct reader r = reader_of(in);
	int e;

	if ((e = fields_read(f, &r, ret, d)) < 0) {
		memset(ret, 0, f->size);
		return e;
	}
	if (reader_left(&r) != 0) {
		memset(ret, 0, f->size);
		return diag_fail(d, ERR_FORMAT, "%s: %zu bytes left over",
		    f->name, reader_left(&r));
	}
	return ERR_OK;
}
