/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The test helpers themselves: a loop that does not find a bad parser would
 * make every parser's test pass.
 */
#include "t.h"

/* Two bytes of magic, then anything at all: a parser with no end check. */
static bool
lax(const uint8_t *p, size_t n, void *arg)
{
	(void)arg;
	return n >= 2 && p[0] == 'o' && p[1] == 'k';
}

static bool
strict(const uint8_t *p, size_t n, void *arg)
{
	const char *want = arg;

	return n == strlen(want) && memcmp(p, want, n) == 0;
}

int
main(void)
{
	const uint8_t in[] = { 'o', 'k', '!', '!' };
	char want[] = "ok!!";
	uint8_t *file;
	size_t len = 0;

	CHECK(t_truncations(in, sizeof(in), strict, want) == 0,
	    "a strict parser refuses every truncation");
	CHECK(t_truncations(in, sizeof(in), lax, NULL) == 2,
	    "the truncations that a lax parser accepts are counted");
	CHECK(t_bitflips(in, sizeof(in), strict, want) == 0,
	    "a strict parser refuses every flipped bit");
	CHECK(t_bitflips(in, sizeof(in), lax, NULL) == 16,
	    "the flipped bits that a lax parser accepts are counted");
	CHECK(!t_trailing(in, sizeof(in), strict, want) &&
		t_trailing(in, sizeof(in), lax, NULL),
	    "a trailing byte is told to both");
	file = t_load("self/test_t.c", &len);
	CHECK(len > 2 && file[0] == '/' && file[1] == '*',
	    "a file is loaded from the source tree");
	free(file);
	return t_done();
}
