/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cursor over untrusted bytes: a getter yields a whole field and moves on,
 * or fails and does not move.
 */
#include "base/reader.h"

#include "../t.h"

struct got {
	uint8_t u8;
	uint16_t be16, le16;
	uint32_t be32, le32;
	uint64_t be64, le64;
	struct bytes take, b16, b32, l32;
	char copy[3];
};

/* Every getter once, in the order of the bytes below. */
static const uint8_t all[] = { 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08,
	0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x03, 0x02, 0x07, 0x06, 0x05,
	0x04, 0x0f, 0x0e, 0x0d, 0x0c, 0x0b, 0x0a, 0x09, 0x08, 't', 'k', 'c',
	'p', 'y', 's', 'k', 0, 2, 'b', '6', 0, 0, 0, 2, 'b', '3', 2, 0, 0, 0,
	'l', '3' };

static bool
read_all(struct reader *r, struct got *g)
{
	return reader_u8(r, &g->u8) && reader_be16(r, &g->be16) &&
	    reader_be32(r, &g->be32) && reader_be64(r, &g->be64) &&
	    reader_le16(r, &g->le16) && reader_le32(r, &g->le32) &&
	    reader_le64(r, &g->le64) && reader_take(r, 2, &g->take) &&
	    reader_copy(r, g->copy, 3) && reader_skip(r, 2) &&
	    reader_be16_blob(r, 2, &g->b16) &&
	    reader_be32_blob(r, 2, &g->b32) && reader_le32_blob(r, 2, &g->l32);
}

static bool
accepts(const uint8_t *p, size_t n, void *arg)
{
	struct reader r = reader_of(bytes_of(p, n));
	struct got g;

	(void)arg;
	return read_all(&r, &g);
}

static void
test_all(void)
{
	struct reader r = reader_of(BYTES_OF_ARRAY(all));
	struct got g = { 0 };

	CHECK(reader_left(&r) == sizeof(all), "at the start all is left");
	CHECK(read_all(&r, &g), "every kind of field is read");
	CHECK(reader_left(&r) == 0, "to the end");
	CHECK(g.u8 == 1 && g.be16 == 0x0203 && g.be32 == 0x04050607 &&
		g.be64 == 0x08090a0b0c0d0e0f,
	    "big-endian numbers have their values");
	CHECK(g.le16 == 0x0203 && g.le32 == 0x04050607 &&
		g.le64 == 0x08090a0b0c0d0e0f,
	    "little-endian numbers have theirs");
	CHECK(bytes_equal_text(g.take, "tk") && memcmp(g.copy, "cpy", 3) == 0 &&
		bytes_equal_text(g.b16, "b6") &&
		bytes_equal_text(g.b32, "b3") && bytes_equal_text(g.l32, "l3"),
	    "bytes are those that stand there");
	CHECK(g.take.p == all + 29, "views point into the input");
	CHECK(t_truncations(all, sizeof(all), accepts, NULL) == 0,
	    "T17 every truncation is refused");
}

/* Each getter on inputs one byte too short: it fails and stays. */
static void
test_stays(void)
{
	uint16_t u16 = 0x5555;
	uint32_t u32 = 0x5555;
	uint64_t u64 = 0x5555;
	uint8_t u8 = 0x55, copy[4] = { 0 };
	struct bytes b = BYTES_NONE;
	struct reader r = reader_of(bytes_of(all, 0));

	CHECK(!reader_u8(&r, &u8) && r.off == 0 && u8 == 0x55,
	    "an empty input has no byte, and the output stays");
	r = reader_of(bytes_of(all, 1));
	CHECK(!reader_be16(&r, &u16) && !reader_le16(&r, &u16) && r.off == 0 &&
		u16 == 0x5555,
	    "one byte is no 16 bit number");
	r = reader_of(bytes_of(all, 3));
	CHECK(!reader_be32(&r, &u32) && !reader_le32(&r, &u32) && r.off == 0 &&
		u32 == 0x5555,
	    "three bytes are no 32 bit number");
	r = reader_of(bytes_of(all, 7));
	CHECK(!reader_be64(&r, &u64) && !reader_le64(&r, &u64) && r.off == 0 &&
		u64 == 0x5555,
	    "seven bytes are no 64 bit number");
	CHECK(!reader_take(&r, 8, &b) && !reader_copy(&r, copy, 8) &&
		!reader_skip(&r, 8) && r.off == 0 && b.p == NULL,
	    "T17 more than is left is not given");
	CHECK(!reader_take(&r, SIZE_MAX, &b) && r.off == 0,
	    "T17 nor a length that wraps");
	CHECK(reader_skip(&r, 7) && reader_take(&r, 0, &b) && b.len == 0 &&
		!reader_u8(&r, &u8),
	    "at the end nothing is left but nothing");
}

static void
test_blobs(void)
{
	static const uint8_t b16[] = { 0, 3, 'a', 'b', 'c' };
	static const uint8_t huge[] = { 0xff, 0xff, 0xff, 0xff, 'a' };
	struct bytes b = BYTES_NONE;
	struct reader r = reader_of(BYTES_OF_ARRAY(b16));

	CHECK(!reader_be16_blob(&r, 2, &b) && r.off == 0 && b.p == NULL,
	    "a length of max and one is refused, and the length not skipped");
	CHECK(reader_be16_blob(&r, 3, &b) && b.len == 3 && r.off == 5,
	    "a length of max is read");
	r = reader_of(bytes_of(b16, 4));
	CHECK(!reader_be16_blob(&r, 9, &b) && r.off == 0,
	    "T17 a length beyond the input is refused");
	r = reader_of(BYTES_OF_ARRAY(huge));
	CHECK(!reader_be32_blob(&r, SIZE_MAX, &b) &&
		!reader_le32_blob(&r, SIZE_MAX, &b) && r.off == 0,
	    "T17 so is the largest length");
	r = reader_of(bytes_of("\0\0", 2));
	CHECK(reader_be16_blob(&r, 0, &b) && b.len == 0 && r.off == 2,
	    "an empty blob is a blob");
}

int
main(void)
{
	test_all();
	test_stays();
	test_blobs();
	return t_done();
}
