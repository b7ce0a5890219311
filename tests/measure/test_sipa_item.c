/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/sipa_item.h"

#include "made_sipa.h"

static bool
accepts(const uint8_t *p, size_t n, void *arg)
{
	struct sipa_items in = sipa_items_of(bytes_of(p, n), 0);
	struct sipa_item item;
	unsigned *want = arg;
	unsigned count = 0;
	int e;

	while ((e = sipa_item_next(&in, &item, NULL)) == ERR_OK)
		count++;
	return e == ERR_NOT_FOUND && count == *want;
}

static void
test_numbers(void)
{
	uint64_t v;

	CHECK(sipa_number(bytes_of("\1\2\0\0", 4), 4, &v) && v == 0x201,
	    "numbers are little-endian");
	CHECK(!sipa_number(bytes_of("\1\2\0", 3), 4, &v) &&
		!sipa_number(bytes_of("123456789", 9), 9, &v),
	    "and of their exact size");
}

static void
test_module(void)
{
	struct sipa_item item = { .type = SIPA_LOADED_MODULE };
	struct sipa_module m;
	struct buf b = BUF_INIT(4096);

	put_item(&b, 0x00070004, "hash", 4);
	put_item(&b, 0x00070003, "\x0c\x80\0\0", 4);
	put_item(&b, 0x00070007, "\1\0\0\0\0\0\0\0", 8);
	put_item(&b, 0x0007000a, "\1", 1);
	item.data = buf_bytes(&b);
	CHECK(sipa_module_parse(&item, &m, NULL) == ERR_OK && m.hash.len == 4 &&
		m.hash_alg == 0x0c && m.base == 1 && m.n_loads == 1 &&
		m.validated == SIPA_YES,
	    "a loaded module has its fields");
	put_item(&b, 0x00070009, "x", 1);
	item.data = buf_bytes(&b);
	CHECK(sipa_module_parse(&item, &m, NULL) == ERR_FORMAT,
	    "a thumbprint of one byte is refused");
	buf_reset(&b);
	put_item(&b, 0x00070007, "\1\0\0\0\0\0\0\0", 8);
	item.data = buf_bytes(&b);
	CHECK(sipa_module_parse(&item, &m, NULL) == ERR_FORMAT,
	    "a module without a hash is refused");
	item.depth = SIPA_DEPTH_MAX - 1;
	CHECK(sipa_module_parse(&item, &m, NULL) == ERR_LIMIT,
	    "and one below the deepest level is too deep");
	buf_free(&b);
}

int
main(void)
{
	struct buf b = BUF_INIT(4096);
	unsigned two = 2, none = 0, bad = 0;

	put_item(&b, 1, "abc", 3);
	put_item(&b, 2, "", 0);
	CHECK(accepts(b.p, b.len, &two), "two items are two");
	for (size_t i = 0; i < b.len; i++)
		bad += t_try(b.p, i, accepts, &two);
	CHECK(bad == 0, "T34 every truncation has fewer");
	CHECK(!t_trailing(b.p, b.len, accepts, &two),
	    "T34 one byte more is refused");
	CHECK(accepts(b.p, 0, &none), "nothing has none");
	memcpy(b.p + 4, "\0\0\0\x40", 4);
	CHECK(!accepts(b.p, b.len, &two) && !accepts(b.p, b.len, &none),
	    "TestParseWinEvents_Failures: 1 GiB inner SIPA size");
	test_numbers();
	test_module();
	buf_free(&b);
	return t_done();
}
