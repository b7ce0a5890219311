/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto/der.c: every element is taken apart by all getters; what a getter
 * accepts is written again by its counterpart, to the same bytes.
 */
#include "fuzz.h"

#include "crypto/der.h"

#define DEPTH_MAX 20

static void
same(const struct buf *b, struct bytes whole)
{
	BUG_ON(!buf_ok(b) || !bytes_equal(buf_bytes(b), whole));
}

/* in is one whole element. */
static void
try_all(struct bytes in)
{
	struct buf b = BUF_INIT(in.len + 16);
	struct reader r;
	struct bytes v;
	uint64_t n;
	bool flag;

	r = reader_of(in);
	if (der_uint(&r, &v)) {
		der_put_uint(&b, v);
		same(&b, in);
	}
	buf_reset(&b);
	r = reader_of(in);
	if (der_u64(&r, &n)) {
		der_put_u64(&b, n);
		same(&b, in);
	}
	buf_reset(&b);
	r = reader_of(in);
	if (der_bool(&r, &flag)) {
		der_put_bool(&b, flag);
		same(&b, in);
	}
	buf_reset(&b);
	r = reader_of(in);
	if (der_bits(&r, &v)) {
		der_put_bits(&b, v);
		same(&b, in);
	}
	buf_reset(&b);
	r = reader_of(in);
	if (der_time(&r, &n)) {
		der_put_time(&b, n);
		same(&b, in);
	}
	buf_reset(&b);
	r = reader_of(in);
	if (der_oid(&r, &v)) {
		struct buf text = BUF_INIT(8 * in.len + 64);

		BUG_ON(!oid_put_text(&text, v));
		der_put_oid(&b, v);
		same(&b, in);
		buf_free(&text);
	}
	r = reader_of(in);
	if (der_text(&r, &v))
		BUG_ON(reader_left(&r) != 0);
	buf_free(&b);
}

static void
walk(struct bytes in, unsigned depth)
{
	struct reader r = reader_of(in);
	struct bytes value;
	uint8_t tag;
	size_t at;

	for (at = 0; der_any(&r, &tag, &value); at = r.off) {
		struct bytes whole = bytes_of(in.p + at, r.off - at);
		struct buf b = BUF_INIT(whole.len + 16);

		der_put(&b, tag, value);
		same(&b, whole);
		buf_free(&b);
		try_all(whole);
		if ((tag & 0x20) != 0 && depth < DEPTH_MAX)
			walk(value, depth + 1);
	}
	BUG_ON(r.off != at);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	walk(bytes_of(p, n), 0);
	return 0;
}
