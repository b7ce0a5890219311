/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages by table: one of every type, every limit at its edge.
 */
#include "base/field.h"

#include "../dies.h"

struct inner {
	uint8_t id[4];
	struct bytes note;
};
static const struct field inner_list[] = {
	FIELD_FIXED(struct inner, id),
	FIELD_BYTES(struct inner, note, 3),
};
static const struct fields inner_fields =
    FIELDS(struct inner, "inner", inner_list);

struct all {
	uint8_t u8;
	uint16_t u16;
	uint32_t u32;
	uint64_t u64;
	bool yes;
	uint8_t fixed[2];
	struct bytes bytes, text, name;
	struct inner record;
	struct inner items[2];
	size_t n_items;
};
static const struct field all_list[] = {
	FIELD_U8(struct all, u8),
	FIELD_U16(struct all, u16),
	FIELD_U32(struct all, u32),
	FIELD_U64(struct all, u64),
	FIELD_BOOL(struct all, yes),
	FIELD_FIXED(struct all, fixed),
	FIELD_BYTES(struct all, bytes, 4),
	FIELD_TEXT(struct all, text, 4),
	FIELD_NAME(struct all, name),
	FIELD_RECORD(struct all, record, &inner_fields),
	FIELD_LIST(struct all, items, n_items, &inner_fields),
};
static const struct fields all_fields = FIELDS(struct all, "all", all_list);

static const struct all sample = {
	.u8 = 1,
	.u16 = 0x0203,
	.u32 = 0x04050607,
	.u64 = 0x08090a0b0c0d0e0f,
	.yes = true,
	.fixed = { 0x10, 0x11 },
	.bytes = { (const uint8_t *)"\0\xff", 2 },
	.text = { (const uint8_t *)"\xc3\xa4!", 3 },
	.name = { (const uint8_t *)"vm-1", 4 },
	.record = { { 1, 2, 3, 4 }, { (const uint8_t *)"abc", 3 } },
	.items = { { { 5, 6, 7, 8 }, { NULL, 0 } },
	    { { 9, 9, 9, 9 }, { (const uint8_t *)"z", 1 } } },
	.n_items = 2,
};
static const char bytes_of_sample[] = "\x01"
				      "\x02\x03"
				      "\x04\x05\x06\x07"
				      "\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f"
				      "\x01"
				      "\x10\x11"
				      "\0\0\0\2\0\xff"
				      "\0\0\0\3\xc3\xa4!"
				      "\0\0\0\4vm-1"
				      "\1\2\3\4\0\0\0\3abc"
				      "\0\2"
				      "\5\6\7\x8\0\0\0\0"
				      "\t\t\t\t\0\0\0\1z";
#define SAMPLE bytes_of(bytes_of_sample, sizeof(bytes_of_sample) - 1)
/* Where some fields lie in it. */
#define AT_BOOL  15
#define AT_BYTES 18
#define AT_TEXT  24
#define AT_NAME  31
#define AT_NOTE  43
#define AT_LIST  50

static bool
accepts(const uint8_t *p, size_t n, void *arg)
{
	struct all a;

	(void)arg;
	return fields_decode(&all_fields, bytes_of(p, n), &a, NULL) == ERR_OK;
}

static void
test_round_trip(void)
{
	auto_buf struct buf b = BUF_INIT(256), again = BUF_INIT(256);
	struct diag d = { 0 };
	struct all a;

	CHECK(fields_encode(&all_fields, &sample, &b, &d) == ERR_OK &&
		bytes_equal(buf_bytes(&b), SAMPLE),
	    "one of every type has the documented byte form");
	memset(&a, 0x55, sizeof(a));
	CHECK(fields_decode(&all_fields, buf_bytes(&b), &a, &d) == ERR_OK,
	    "which is read");
	CHECK(a.u8 == 1 && a.u16 == 0x0203 && a.u32 == 0x04050607 &&
		a.u64 == 0x08090a0b0c0d0e0f && a.yes && a.fixed[1] == 0x11,
	    "numbers come back");
	CHECK(bytes_equal(a.bytes, sample.bytes) &&
		bytes_equal(a.text, sample.text) &&
		bytes_equal(a.name, sample.name) &&
		a.bytes.p == b.p + AT_BYTES + 4,
	    "bytes come back as views");
	CHECK(a.record.id[3] == 4 && bytes_equal_text(a.record.note, "abc") &&
		a.n_items == 2 && a.items[1].id[0] == 9 &&
		bytes_equal_text(a.items[1].note, "z"),
	    "records and lists come back");
	CHECK(fields_encode(&all_fields, &a, &again, &d) == ERR_OK &&
		bytes_equal(buf_bytes(&b), buf_bytes(&again)),
	    "and are written alike");
	CHECK(t_truncations(SAMPLE.p, SAMPLE.len, accepts, NULL) == 0,
	    "T17 every truncation is refused");
	CHECK(!t_trailing(SAMPLE.p, SAMPLE.len, accepts, NULL),
	    "T17 a byte behind the message is refused");
}

/* The sample with one byte changed. */
static int
with(size_t at, uint8_t v, struct all *ret, struct diag *d)
{
	uint8_t copy[sizeof(bytes_of_sample) - 1];

	memcpy(copy, SAMPLE.p, SAMPLE.len);
	copy[at] = v;
	return fields_decode(&all_fields, BYTES_OF_ARRAY(copy), ret, d);
}

static void
test_refused(void)
{
	struct diag d = { 0 };
	struct all a;

	memset(&a, 0x55, sizeof(a));
	CHECK(with(AT_BOOL, 2, &a, &d) < 0, "T58 a third truth is refused");
	CHECK(bytes_all_zero(BYTES_OF_ARRAY(a.items)) && a.u8 == 0,
	    "and nothing of the message is left");
	CHECK(strstr(d.text, "all.yes") != NULL, "the field is named: %s",
	    d.text);
	CHECK(with(AT_BYTES + 3, 5, &a, &d) < 0, "more bytes than allowed");
	CHECK(with(AT_BYTES, 0xff, &a, &d) < 0,
	    "T17 a length of four gigabytes");
	CHECK(with(AT_TEXT + 6, '\n', &a, &d) == ERR_FORMAT,
	    "a line end in a text");
	CHECK(with(AT_TEXT + 5, 'x', &a, &d) == ERR_FORMAT,
	    "T59 text that is not UTF-8");
	CHECK(with(AT_NAME + 4, '.', &a, &d) == ERR_FORMAT,
	    "T60 a name that begins with a dot");
	CHECK(with(AT_NAME + 6, '/', &a, &d) == ERR_FORMAT,
	    "T60 a name with a slash");
	CHECK(with(AT_NAME + 6, '\0', &a, &d) == ERR_FORMAT,
	    "T60 a name with a NUL");
	CHECK(with(AT_NOTE + 3, 4, &a, &d) < 0, "a record inside keeps limits");
	CHECK(with(AT_LIST + 1, 3, &a, &d) == ERR_LIMIT,
	    "T17 more records than the list holds");
	CHECK(with(AT_LIST, 0xff, &a, &d) == ERR_LIMIT, "T17 many more");
	CHECK(with(AT_LIST + 1, 1, &a, &d) == ERR_FORMAT,
	    "fewer leave bytes over");
}

/* Encoding obeys the same limits. */
static int
encode(const struct all *a, size_t room)
{
	auto_buf struct buf b = BUF_INIT(room);
	struct diag d = { 0 };

	return fields_encode(&all_fields, a, &b, &d);
}

static void
encode_too_many(void *arg)
{
	struct all a = sample;

	(void)arg;
	a.n_items = 3;
	(void)encode(&a, 256);
}

static void
test_encode(void)
{
	struct all a = sample;

	a.bytes = bytes_of("12345", 4);
	CHECK(encode(&a, 256) == ERR_OK, "as many bytes as allowed");
	a.bytes.len = 5;
	CHECK(encode(&a, 256) == ERR_LIMIT, "and no more");
	a = sample;
	a.text = bytes_of_text("\x1b");
	CHECK(encode(&a, 256) == ERR_FORMAT,
	    "T98 text is checked on its way out");
	a = sample;
	a.name = bytes_of_text("a/b");
	CHECK(encode(&a, 256) == ERR_FORMAT, "T60 so is a name");
	a.name = BYTES_NONE;
	CHECK(encode(&a, 256) == ERR_OK, "which may be empty");
	CHECK(encode(&sample, SAMPLE.len) == ERR_OK &&
		encode(&sample, SAMPLE.len - 1) == ERR_LIMIT,
	    "the buffer's maximum counts");
	CHECK(t_dies(encode_too_many, NULL),
	    "a list longer than its array is a bug");
}

static void
test_read_on(void)
{
	static const uint8_t two[] = { 1, 2, 3, 4, 0, 0, 0, 0, 5, 6, 7, 8, 0, 0,
		0, 1, 'x', 'y' };
	struct reader r = reader_of(BYTES_OF_ARRAY(two));
	struct diag d = { 0 };
	struct inner i;

	CHECK(fields_read(&inner_fields, &r, &i, &d) == ERR_OK &&
		i.id[0] == 1 && r.off == 8,
	    "a message is read from the middle of others");
	CHECK(fields_read(&inner_fields, &r, &i, &d) == ERR_OK &&
		i.id[0] == 5 && reader_left(&r) == 1,
	    "and the next one behind it");
	CHECK(fields_read(&inner_fields, &r, &i, &d) < 0,
	    "until one is cut off");
}

int
main(void)
{
	test_round_trip();
	test_refused();
	test_encode();
	test_read_on();
	return t_done();
}
