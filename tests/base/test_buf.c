/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The growable buffer: its maximum, its failed state, its byte orders.
 */
#include "base/buf.h"

#include "../dies.h"

static bool
holds(const struct buf *b, const char *want, size_t n)
{
	return bytes_equal(buf_bytes(b), bytes_of(want, n));
}

static void
test_numbers(void)
{
	auto_buf struct buf b = BUF_INIT(64);
	static const char want[] = "\x01"
				   "\x02\x03"
				   "\x04\x05\x06\x07"
				   "\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f"
				   "\x03\x02"
				   "\x07\x06\x05\x04"
				   "\x0f\x0e\x0d\x0c\x0b\x0a\x09\x08";

	CHECK(buf_put_u8(&b, 0x01) && buf_put_be16(&b, 0x0203) &&
		buf_put_be32(&b, 0x04050607) &&
		buf_put_be64(&b, 0x08090a0b0c0d0e0f) &&
		buf_put_le16(&b, 0x0203) && buf_put_le32(&b, 0x04050607) &&
		buf_put_le64(&b, 0x08090a0b0c0d0e0f),
	    "numbers of every size are put");
	CHECK(holds(&b, want, sizeof(want) - 1), "in their byte orders");
}

static void
test_maximum(void)
{
	auto_buf struct buf b = BUF_INIT(5);
	struct diag d = { 0 };

	CHECK(buf_put_be32(&b, 1) && buf_put_u8(&b, 2),
	    "as many bytes as the maximum fit");
	CHECK(buf_ok(&b) && buf_check(&b, "x", &d) == ERR_OK,
	    "a full buffer is good");
	CHECK(!buf_put_u8(&b, 3), "one byte more does not fit");
	CHECK(!buf_ok(&b) && b.len == 5, "and is not written");
	CHECK(buf_check(&b, "message", &d) == ERR_LIMIT &&
		strstr(d.text, "message") != NULL,
	    "the check says what was too large");
	CHECK(!buf_put(&b, BYTES_NONE) && !buf_put_text(&b, ""),
	    "after a failure nothing is put, not even nothing");
	buf_reset(&b);
	CHECK(buf_ok(&b) && b.len == 0 && buf_put_u8(&b, 3),
	    "reset empties it and clears the failure");
	buf_free(&b);
	CHECK(b.p == NULL && b.len == 0 && buf_put_u8(&b, 4) && b.len == 1,
	    "a freed buffer serves again");
	CHECK(!buf_put(&b, bytes_of("12345", 5)) && b.len == 1,
	    "what does not fit whole is not put in part");
}

static void
test_lengths(void)
{
	auto_buf struct buf b = BUF_INIT((size_t)1 << 20);
	uint8_t *big = calloc(1, 65536);

	if (big == NULL)
		t_bail("out of memory");
	CHECK(buf_put_be16_blob(&b, bytes_of("ab", 2)) &&
		buf_put_be32_blob(&b, bytes_of("c", 1)) &&
		holds(&b, "\0\2ab\0\0\0\1c", 9),
	    "lengths stand before the bytes");
	buf_reset(&b);
	CHECK(buf_put_be16_blob(&b, bytes_of(big, 65535)) && b.len == 65537,
	    "65535 bytes have a 16 bit length");
	buf_reset(&b);
	CHECK(!buf_put_be16_blob(&b, bytes_of(big, 65536)) && !buf_ok(&b),
	    "65536 bytes have none");
	free(big);
}

static void
test_text(void)
{
	auto_buf struct buf b = BUF_INIT(4096), small = BUF_INIT(4);
	char x[1001];

	memset(x, 'x', 1000);
	x[1000] = '\0';
	CHECK(buf_put_text(&b, "a") && buf_printf(&b, "%d-%s", 7, "z") &&
		holds(&b, "a7-z", 4),
	    "text and formats are put without a NUL");
	buf_reset(&b);
	CHECK(buf_printf(&b, "%s", x) && b.len == 1000,
	    "a format longer than the inner array is whole");
	x[511] = '\0';
	buf_reset(&b);
	CHECK(buf_printf(&b, "%s", x) && b.len == 511, "511 characters");
	x[511] = 'x';
	x[512] = '\0';
	buf_reset(&b);
	CHECK(buf_printf(&b, "%s", x) && b.len == 512, "512 characters");
	CHECK(buf_printf(&small, "%d", 1234) && !buf_printf(&small, "%d", 5),
	    "a format obeys the maximum");
}

static void
move_onto(void *arg)
{
	struct buf from = BUF_INIT(8);

	(void)buf_put_u8(&from, 1);
	buf_move(&from, arg);
}

static void
test_memory(void)
{
	auto_buf struct buf b = BUF_INIT((size_t)1 << 16), to = { 0 };
	uint8_t *p = buf_extend(&b, 3);
	bool all = true;

	CHECK(p != NULL && b.len == 3, "room is given for the caller to fill");
	memcpy(p, "abc", 3);
	CHECK(buf_extend(&b, ((size_t)1 << 16) - 2) == NULL && !buf_ok(&b),
	    "room beyond the maximum is not given");
	buf_reset(&b);
	CHECK(buf_extend(&b, SIZE_MAX) == NULL, "nor a size that wraps");
	buf_reset(&b);
	CHECK(buf_extend(&b, 0) != NULL, "no room is room too");
	for (unsigned i = 0; i < 65536; i++)
		all = all && buf_put_u8(&b, (uint8_t)(i * 7));
	for (unsigned i = 0; i < 65536; i++)
		all = all && b.p[i] == (uint8_t)(i * 7);
	CHECK(all && b.len == 65536, "growing keeps what was there");
	buf_move(&b, &to);
	CHECK(b.p == NULL && b.len == 0 && to.len == 65536,
	    "a moved buffer leaves an empty one");
	CHECK(t_dies(move_onto, &to), "moving onto contents is a bug");
	buf_free(NULL);
	CHECK(true, "freeing no buffer is allowed");
}

int
main(void)
{
	test_numbers();
	test_maximum();
	test_lengths();
	test_text();
	test_memory();
	return t_done();
}
