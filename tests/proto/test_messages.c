/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every message: decode(encode(x)) == x in bytes and in JSON, both say the
 * same, every truncation is refused, every limit holds at its edge.
 */
#include "../t.h"
#include "messages.h"
#include "json/json.h"

#define ROOM ((size_t)4 << 20)

/* How a message is filled. */
enum fill { SMALL, EMPTY, FULL_LISTS };

static uint8_t pool[(size_t)1 << 20];
static size_t used;
static unsigned seed;

static unsigned
next(void)
{
	seed = seed * 1103515245U + 12345U;
	return seed >> 8;
}

static void *
at(void *base, size_t offset)
{
	return (char *)base + offset;
}

static const void *
in(const void *base, size_t offset)
{
	return (const char *)base + offset;
}

static struct bytes
some_bytes(const struct field *f, size_t len)
{
	static const char letters[] = "abcXYZ019-_.";
	uint8_t *p = pool + used;

	if (len > f->max)
		len = f->max;
	used += len;
	if (used > sizeof(pool))
		t_bail("the pool is too small");
	for (size_t i = 0; i < len; i++)
		p[i] = f->type == FIELD_TYPE_BYTES
		    ? (uint8_t)next()
		    : (uint8_t)letters[i == 0 ? next() % 9
					      : next() % (sizeof(letters) - 1)];
	return bytes_of(p, len);
}

static void fill(const struct fields *f, void *ret, enum fill how);

static void
fill_one(const struct field *f, void *ret, enum fill how)
{
	void *p = at(ret, f->offset);
	uint64_t v = how == EMPTY ? 0 : (uint64_t)next() << 32 | next();
	size_t n;

	switch (f->type) {
	case FIELD_TYPE_U8:
		*(uint8_t *)p = (uint8_t)v;
		break;
	case FIELD_TYPE_BOOL:
		*(bool *)p = (v & 1) != 0;
		break;
	case FIELD_TYPE_U16:
		*(uint16_t *)p = (uint16_t)v;
		break;
	case FIELD_TYPE_U32:
		*(uint32_t *)p = (uint32_t)v;
		break;
	case FIELD_TYPE_U64:
		*(uint64_t *)p = v >> 1;
		break;
	case FIELD_TYPE_FIXED:
		for (size_t i = 0; i < f->max; i++)
			((uint8_t *)p)[i] = how == EMPTY ? 0 : (uint8_t)next();
		break;
	case FIELD_TYPE_BYTES:
	case FIELD_TYPE_TEXT:
	case FIELD_TYPE_NAME:
		*(struct bytes *)p =
		    some_bytes(f, how == EMPTY ? 0 : next() % 24);
		break;
	case FIELD_TYPE_RECORD:
		fill(f->sub, p, how);
		break;
	case FIELD_TYPE_LIST:
		n = how == EMPTY ? 0 : how == FULL_LISTS ? f->max : 2;
		*(size_t *)at(ret, f->count_offset) = n;
		for (size_t i = 0; i < n; i++)
			fill(f->sub, at(p, i * f->sub->size), how);
		break;
	}
}

static void
fill(const struct fields *f, void *ret, enum fill how)
{
	memset(ret, 0, f->size);
	for (size_t i = 0; i < f->n; i++)
		fill_one(&f->list[i], ret, how);
}

static bool same(const struct fields *f, const void *a, const void *b);

static bool
same_one(const struct field *f, const void *a, const void *b)
{
	static const size_t sizes[] = { [FIELD_TYPE_U8] = 1,
		[FIELD_TYPE_U16] = 2,
		[FIELD_TYPE_U32] = 4,
		[FIELD_TYPE_U64] = 8,
		[FIELD_TYPE_BOOL] = sizeof(bool) };
	const void *p = in(a, f->offset), *q = in(b, f->offset);
	size_t n;

	switch (f->type) {
	case FIELD_TYPE_U8:
	case FIELD_TYPE_BOOL:
	case FIELD_TYPE_U16:
	case FIELD_TYPE_U32:
	case FIELD_TYPE_U64:
		return memcmp(p, q, sizes[f->type]) == 0;
	case FIELD_TYPE_FIXED:
		return memcmp(p, q, f->max) == 0;
	case FIELD_TYPE_BYTES:
	case FIELD_TYPE_TEXT:
	case FIELD_TYPE_NAME:
		return bytes_equal(*(const struct bytes *)p,
		    *(const struct bytes *)q);
	case FIELD_TYPE_RECORD:
		return same(f->sub, p, q);
	case FIELD_TYPE_LIST:
		break;
	}
	n = *(const size_t *)in(a, f->count_offset);
	if (*(const size_t *)in(b, f->count_offset) != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!same(f->sub, in(p, i * f->sub->size),
			in(q, i * f->sub->size)))
			return false;
	return true;
}

static bool
same(const struct fields *f, const void *a, const void *b)
{
	for (size_t i = 0; i < f->n; i++)
		if (!same_one(&f->list[i], a, b))
			return false;
	return true;
}

static void *
room_for(const struct fields *f)
{
	void *p = malloc(f->size);

	if (p == NULL)
		t_bail("out of memory");
	return p;
}

static bool
bytes_round_trip(const struct fields *f, const void *x, struct buf *ret)
{
	auto_buf struct buf again = BUF_INIT(ROOM);
	auto_free void *y = room_for(f);

	return fields_encode(f, x, ret, NULL) == ERR_OK &&
	    fields_decode(f, buf_bytes(ret), y, NULL) == ERR_OK &&
	    same(f, x, y) && fields_encode(f, y, &again, NULL) == ERR_OK &&
	    bytes_equal(buf_bytes(ret), buf_bytes(&again));
}

/* JSON and bytes say the same, so re-encoding on the way changes nothing. */
static bool
json_agrees(const struct fields *f, const void *x, struct bytes byte_form)
{
	auto_buf struct buf text = BUF_INIT(ROOM), again = BUF_INIT(ROOM);
	auto_json_doc struct json_doc *doc = NULL;
	auto_free void *y = room_for(f);

	return json_encode(f, x, &text, NULL) == ERR_OK &&
	    json_decode(buf_bytes(&text), f, y, &doc, NULL) == ERR_OK &&
	    same(f, x, y) && fields_encode(f, y, &again, NULL) == ERR_OK &&
	    bytes_equal(byte_form, buf_bytes(&again));
}

static bool
accepts(const uint8_t *p, size_t n, void *arg)
{
	const struct fields *f = arg;
	auto_free void *y = room_for(f);

	return fields_decode(f, bytes_of(p, n), y, NULL) == ERR_OK;
}

static bool
accepts_json(const uint8_t *p, size_t n, void *arg)
{
	const struct fields *f = arg;
	auto_json_doc struct json_doc *doc = NULL;
	auto_free void *y = room_for(f);

	return json_decode(bytes_of(p, n), f, y, &doc, NULL) == ERR_OK;
}

static void
test_message(const struct message *m)
{
	struct fields *f = (struct fields *)(uintptr_t)m->fields;
	auto_buf struct buf b = BUF_INIT(ROOM), empty = BUF_INIT(ROOM);
	auto_buf struct buf full = BUF_INIT(ROOM), text = BUF_INIT(ROOM);
	auto_free void *x = room_for(f);

	used = 0;
	fill(f, x, SMALL);
	CHECK(bytes_round_trip(f, x, &b), "%s: decode(encode(x)) is x",
	    m->name);
	CHECK(json_agrees(f, x, buf_bytes(&b)),
	    "T58 %s: JSON and byte form say the same", m->name);
	CHECK(t_truncations(b.p, b.len, accepts, f) == 0 &&
		!t_trailing(b.p, b.len, accepts, f),
	    "T17 %s: no truncation and no byte more is accepted", m->name);
	if (json_encode(f, x, &text, NULL) < 0)
		t_bail("%s", m->name);
	CHECK(t_truncations(text.p, text.len, accepts_json, f) == 0,
	    "%s: no truncated JSON is accepted", m->name);
	fill(f, x, EMPTY);
	CHECK(bytes_round_trip(f, x, &empty) &&
		json_agrees(f, x, buf_bytes(&empty)),
	    "%s: the empty one goes both ways", m->name);
	used = 0;
	fill(f, x, FULL_LISTS);
	CHECK(bytes_round_trip(f, x, &full), "%s: with every list full",
	    m->name);
}

/* Each field with a maximum: max is written and read, max and one is not. */
static void
test_limits(const struct message *m)
{
	static uint8_t big[(size_t)1 << 21];
	const struct fields *f = m->fields;
	auto_free void *x = room_for(f);
	bool all = true;
	size_t n = 0;

	memset(big, 'a', sizeof(big));
	fill(f, x, EMPTY);
	for (size_t i = 0; i < f->n; i++) {
		const struct field *one = &f->list[i];
		struct bytes *p;

		if (one->type != FIELD_TYPE_BYTES &&
		    one->type != FIELD_TYPE_TEXT &&
		    one->type != FIELD_TYPE_NAME)
			continue;
		if (one->max >= sizeof(big))
			t_bail("%s.%s: %zu", m->name, one->name, one->max);
		p = at(x, one->offset);
		*p = bytes_of(big, one->max);
		{
			auto_buf struct buf b = BUF_INIT(ROOM);

			all = all && bytes_round_trip(f, x, &b);
		}
		p->len++;
		{
			auto_buf struct buf b = BUF_INIT(ROOM);

			all = all && fields_encode(f, x, &b, NULL) == ERR_LIMIT;
		}
		*p = BYTES_NONE;
		n++;
	}
	if (n > 0)
		CHECK(all, "%s: %zu fields are taken to their limit", m->name,
		    n);
}

/* Stores keep what releases without parameters wrote. */
static void
test_policy_record(void)
{
	static const uint8_t old[] = { 1, 1 }, bad[] = { 1, 2 },
			     longer[] = { 1, 1, 0, 0, 0, 1, 'x' };
	struct policy_record rec;
	struct diag d = { 0 };

	CHECK(policy_record_decode(BYTES_OF_ARRAY(old), &rec, &d) == 0 &&
		rec.version == 1 && rec.enabled && rec.parameter.len == 0,
	    "a policy record of two bytes has no parameter: %s", d.text);
	CHECK(policy_record_decode(BYTES_OF_ARRAY(bad), &rec, &d) < 0,
	    "T17 it is read as strictly: %s", d.text);
	CHECK(policy_record_decode(BYTES_OF_ARRAY(longer), &rec, &d) == 0 &&
		bytes_equal_text(rec.parameter, "x"),
	    "one with a parameter: %s", d.text);
	for (size_t n = 0; n < sizeof(longer); n++)
		CHECK((policy_record_decode(bytes_of(longer, n), &rec, &d) ==
			  0) == (n == 2),
		    "T17 %zu bytes of it", n);
}

int
main(void)
{
	for (size_t i = 0; i < ARRAY_LEN(messages); i++) {
		seed = (unsigned)i + 1;
		test_message(&messages[i]);
		test_limits(&messages[i]);
	}
	test_policy_record();
	return t_done();
}
