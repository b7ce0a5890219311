/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing: ASCII only, so that no terminal, log or page is told anything by a
 * string that came from outside.
 */
#include "json/json.h"

#include <string.h>

#include "base/text.h"

struct json_out
json_out_of(struct buf *b)
{
	return (struct json_out){ b, false, 0 };
}

static void
before_value(struct json_out *o)
{
	if (o->comma)
		(void)buf_put_u8(o->b, ',');
	o->comma = true;
}

static void
begin(struct json_out *o, uint8_t bracket)
{
	BUG_ON(o->depth == JSON_DEPTH_MAX);
	before_value(o);
	(void)buf_put_u8(o->b, bracket);
	o->comma = false;
	o->depth++;
}

static void
end(struct json_out *o, uint8_t bracket)
{
	BUG_ON(o->depth == 0);
	(void)buf_put_u8(o->b, bracket);
	o->comma = true;
	o->depth--;
}

void
json_out_begin_object(struct json_out *o)
{
	begin(o, '{');
}

void
json_out_end_object(struct json_out *o)
{
	end(o, '}');
}

void
json_out_begin_array(struct json_out *o)
{
	begin(o, '[');
}

void
json_out_end_array(struct json_out *o)
{
	end(o, ']');
}

/*
 * One character from UTF-8 and its length; 0xfffd and 1 for a byte that starts
 * none.
 */
static size_t
next_character(struct bytes text, size_t i, uint32_t *ret)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint8_t c = text.p[i];
	uint32_t v;
	size_t n;

	*ret = c;
	if (c < 0x80)
		return 1;
	n = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
	v = c & (0x7fU >> n);
	*ret = 0xfffd;
	if (c < 0xc0 || c >= 0xf8 || n > text.len - i)
		return 1;
	for (size_t j = 1; j < n; j++) {
		if ((text.p[i + j] & 0xc0) != 0x80)
			return 1;
		v = v << 6 | (text.p[i + j] & 0x3fU);
	}
	if (v < least[n] || v > 0x10ffff || (v >= 0xd800 && v < 0xe000))
		return 1;
	*ret = v;
	return n;
}

static void
put_character(struct buf *b, uint32_t c)
{
	if (c == '"' || c == '\\') {
		(void)buf_put_u8(b, '\\');
		(void)buf_put_u8(b, (uint8_t)c);
	} else if (c == '\n') {
		(void)buf_put_text(b, "\\n");
	} else if (c >= 0x20 && c < 0x7f) {
		(void)buf_put_u8(b, (uint8_t)c);
	} else if (c < 0x10000) {
		(void)buf_printf(b, "\\u%04x", c);
	} else {
		c -= 0x10000;
		(void)buf_printf(b, "\\u%04x\\u%04x", 0xd800 | c >> 10,
		    0xdc00 | (c & 0x3ff));
	}
}

static void
put_text(struct buf *b, struct bytes text)
{
	uint32_t c;
	size_t n;

	(void)buf_put_u8(b, '"');
	for (size_t i = 0; i < text.len; i += n) {
		n = next_character(text, i, &c);
		put_character(b, c);
	}
	(void)buf_put_u8(b, '"');
}

void
json_out_key(struct json_out *o, const char *key)
{
	before_value(o);
	put_text(o->b, bytes_of_text(key));
	(void)buf_put_u8(o->b, ':');
	o->comma = false;
}

void
json_out_text(struct json_out *o, struct bytes text)
{
	before_value(o);
	put_text(o->b, text);
}

void
json_out_string(struct json_out *o, const char *text)
{
	json_out_text(o, bytes_of_text(text));
}

/* Beyond 2^63 - 1 our own reader would refuse it. */
void
json_out_number(struct json_out *o, uint64_t v)
{
	before_value(o);
	if (v > INT64_MAX)
		o->b->failed = true;
	(void)buf_printf(o->b, "%llu", (unsigned long long)v);
}

void
json_out_bool(struct json_out *o, bool v)
{
	before_value(o);
	(void)buf_put_text(o->b, v ? "true" : "false");
}

void
json_out_null(struct json_out *o)
{
	before_value(o);
	(void)buf_put_text(o->b, "null");
}

void
json_out_hex(struct json_out *o, struct bytes b)
{
	before_value(o);
	(void)buf_put_u8(o->b, '"');
	(void)hex_put(o->b, b);
	(void)buf_put_u8(o->b, '"');
}

void
json_out_base64(struct json_out *o, struct bytes b)
{
	before_value(o);
	(void)buf_put_u8(o->b, '"');
	(void)base64_put(o->b, b);
	(void)buf_put_u8(o->b, '"');
}

void
json_out_put_text(struct json_out *o, const char *key, struct bytes text)
{
	json_out_key(o, key);
	json_out_text(o, text);
}

void
json_out_put_string(struct json_out *o, const char *key, const char *text)
{
	json_out_key(o, key);
	json_out_string(o, text);
}

void
json_out_put_number(struct json_out *o, const char *key, uint64_t v)
{
	json_out_key(o, key);
	json_out_number(o, v);
}

void
json_out_put_bool(struct json_out *o, const char *key, bool v)
{
	json_out_key(o, key);
	json_out_bool(o, v);
}

void
json_out_put_hex(struct json_out *o, const char *key, struct bytes b)
{
	json_out_key(o, key);
	json_out_hex(o, b);
}

static uint64_t
number_of(const struct field *f, const void *p)
{
	uint16_t u16;
	uint32_t u32;
	uint64_t u64;

	switch (f->type) {
	case FIELD_TYPE_U8:
		return *(const uint8_t *)p;
	case FIELD_TYPE_U16:
		memcpy(&u16, p, sizeof(u16));
		return u16;
	case FIELD_TYPE_U32:
		memcpy(&u32, p, sizeof(u32));
		return u32;
	case FIELD_TYPE_U64:
	case FIELD_TYPE_BOOL:
	case FIELD_TYPE_FIXED:
	case FIELD_TYPE_BYTES:
	case FIELD_TYPE_TEXT:
	case FIELD_TYPE_NAME:
	case FIELD_TYPE_RECORD:
	case FIELD_TYPE_LIST:
		break;
	}
	memcpy(&u64, p, sizeof(u64));
	return u64;
}

/* What the reader would refuse is not written. */
static int
check_text(const struct fields *of, const struct field *f, struct bytes b,
    struct diag *d)
{
	if (b.len > f->max)
		return diag_fail(d, ERR_LIMIT, "%s.%s: %zu bytes, at most %zu",
		    of->name, f->name, b.len, f->max);
	if ((f->type == FIELD_TYPE_TEXT && !text_printable(b)) ||
	    (f->type == FIELD_TYPE_NAME && b.len != 0 && !name_valid(b)))
		return diag_fail(d, ERR_FORMAT, "%s.%s: not %s", of->name,
		    f->name,
		    f->type == FIELD_TYPE_TEXT ? "printable text" : "a name");
	return ERR_OK;
}

static int
out_list(struct json_out *o, const struct field *f, const void *in,
    struct diag *d)
{
	size_t n;
	int r;

	memcpy(&n, (const char *)in + f->count_offset, sizeof(n));
	BUG_ON(n > f->max);
	json_out_begin_array(o);
	for (size_t i = 0; i < n; i++) {
		const char *item =
		    (const char *)in + f->offset + i * f->sub->size;

		if ((r = json_out_fields(o, f->sub, item, d)) < 0)
			return r;
	}
	json_out_end_array(o);
	return ERR_OK;
}

static int
out_field(struct json_out *o, const struct fields *of, const struct field *f,
    const void *in, struct diag *d)
{
	const void *p = (const char *)in + f->offset;
	struct bytes b = BYTES_NONE;
	int r;

	json_out_key(o, f->name);
	switch (f->type) {
	case FIELD_TYPE_U8:
	case FIELD_TYPE_U16:
	case FIELD_TYPE_U32:
	case FIELD_TYPE_U64:
		json_out_number(o, number_of(f, p));
		return ERR_OK;
	case FIELD_TYPE_BOOL:
		json_out_bool(o, *(const bool *)p);
		return ERR_OK;
	case FIELD_TYPE_FIXED:
		json_out_base64(o, bytes_of(p, f->max));
		return ERR_OK;
	case FIELD_TYPE_BYTES:
	case FIELD_TYPE_TEXT:
	case FIELD_TYPE_NAME:
		memcpy(&b, p, sizeof(b));
		if ((r = check_text(of, f, b, d)) < 0)
			return r;
		if (f->type == FIELD_TYPE_BYTES)
			json_out_base64(o, b);
		else
			json_out_text(o, b);
		return ERR_OK;
	case FIELD_TYPE_RECORD:
		return json_out_fields(o, f->sub, p, d);
	case FIELD_TYPE_LIST:
		return out_list(o, f, in, d);
	}
	BUG_ON(true);
}

int
json_out_fields(struct json_out *o, const struct fields *f, const void *in,
    struct diag *d)
{
	int r;

	json_out_begin_object(o);
	for (size_t i = 0; i < f->n; i++)
		if ((r = out_field(o, f, &f->list[i], in, d)) < 0)
			return r;
	json_out_end_object(o);
	return ERR_OK;
}

int
json_encode(const struct fields *f, const void *in, struct buf *ret,
    struct diag *d)
{
	struct json_out o = json_out_of(ret);
	int r;

	if ((r = json_out_fields(&o, f, in, d)) < 0)
		return r;
	return buf_check(ret, f->name, d);
}
