/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/evidence.h"

#include "t.h"

static bool
accepts(const uint8_t *p, size_t n, void *arg)
{
	struct evidence e;
	struct diag d;

	(void)arg;
	return evidence_decode(bytes_of(p, n), &e, &d) == ERR_OK;
}

static struct evidence
sample(void)
{
	struct evidence e = { 0 };

	e.part[EVIDENCE_REQUEST] = bytes_of_text("{}");
	e.part[EVIDENCE_QUOTE] = bytes_of_text("quote");
	e.part[EVIDENCE_BOOT_LOG] = bytes_of_text("a boot log");
	e.part[EVIDENCE_CMDLINE] = bytes_of_text("");
	return e;
}

static void
test_round_trip(void)
{
	auto_buf struct buf b = BUF_INIT(4096);
	struct evidence e = sample(), back;
	struct diag d;

	CHECK(evidence_encode(&e, &b, &d) == ERR_OK, "a bundle is made");
	CHECK(evidence_decode(buf_bytes(&b), &back, &d) == ERR_OK, "and read");
	for (unsigned i = 1; i < EVIDENCE_PARTS; i++)
		CHECK(bytes_equal(e.part[i], back.part[i]) &&
			(e.part[i].p == NULL) == (back.part[i].p == NULL),
		    "%s is what went in", evidence_part_name(i));
	CHECK(t_truncations(b.p, b.len, accepts, NULL) == 0,
	    "T49 a bundle cut anywhere: refused");
	CHECK(!t_trailing(b.p, b.len, accepts, NULL),
	    "a byte after the last part: refused");
}

static const struct {
	const char *what;
	const char *bytes;
	size_t n;
} bad[] = {
#define ROW(what, text)                      \
	{                                    \
		what, text, sizeof(text) - 1 \
	}
	ROW("another magic", "SWEX\1\0\1\0\1\0\0\0\0"),
	ROW("version 0", "SWEV\0\0\1\0\1\0\0\0\0"),
	ROW("version 2", "SWEV\2\0\1\0\1\0\0\0\0"),
	ROW("no part", "SWEV\1\0\0"),
	ROW("part type 0", "SWEV\1\0\1\0\0\0\0\0\0"),
	ROW("part type 12", "SWEV\1\0\1\0\14\0\0\0\0"),
	ROW("a part twice", "SWEV\1\0\2\0\1\0\0\0\0\0\1\0\0\0\0"),
	ROW("parts out of order", "SWEV\1\0\2\0\2\0\0\0\0\0\1\0\0\0\0"),
	ROW("more parts than there are types",
	    "SWEV\1\0\14\0\1\0\0\0\0\0\2\0\0\0\0"),
	ROW("a length of 4 GiB", "SWEV\1\0\1\0\10\377\377\377\377"),
	ROW("a count above the parts", "SWEV\1\0\2\0\1\0\0\0\0"),
#undef ROW
};

static void
test_limits(void)
{
	auto_buf struct buf b = BUF_INIT(EVIDENCE_MAX + 4096);
	struct evidence e = { 0 }, back;
	uint8_t *big = calloc(1, EVIDENCE_MAX + 1);
	struct diag d;

	e.part[EVIDENCE_QUOTE] = bytes_of(big, EVIDENCE_SMALL_MAX);
	CHECK(evidence_encode(&e, &b, &d) == ERR_OK &&
		evidence_decode(buf_bytes(&b), &back, &d) == ERR_OK,
	    "a small part of 4096 bytes passes");
	buf_reset(&b);
	e.part[EVIDENCE_QUOTE].len++;
	CHECK(evidence_encode(&e, &b, &d) == ERR_LIMIT,
	    "T49 one of 4097 bytes is not made");
	buf_put(&b, bytes_of("SWEV\1\0\1\0\2\0\0\20\1", 13));
	buf_put(&b, bytes_of(big, EVIDENCE_SMALL_MAX + 1));
	CHECK(evidence_decode(buf_bytes(&b), &back, &d) < 0, "T49 nor read");
	e.part[EVIDENCE_QUOTE] = BYTES_NONE;
	buf_reset(&b);

	e.part[EVIDENCE_IMA_LOG] = bytes_of(big, EVIDENCE_MAX - 13);
	CHECK(evidence_encode(&e, &b, &d) == ERR_OK &&
		evidence_decode(buf_bytes(&b), &back, &d) == ERR_OK,
	    "a bundle of 64 MiB passes");
	e.part[EVIDENCE_IMA_LOG].len++;
	buf_reset(&b);
	CHECK(evidence_encode(&e, &b, &d) == ERR_LIMIT,
	    "T49 one byte more is not made");
	buf_put(&b, bytes_of("SWEV\1\0\1\0\11\3\377\377\364", 13));
	buf_put(&b, e.part[EVIDENCE_IMA_LOG]);
	CHECK(b.len == EVIDENCE_MAX + 1 &&
		evidence_decode(buf_bytes(&b), &back, &d) == ERR_LIMIT,
	    "T49 nor read");
	free(big);
}

int
main(void)
{
	struct evidence none = { 0 };
	auto_buf struct buf b = BUF_INIT(64);
	struct diag d;

	test_round_trip();
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		CHECK(!t_try((const uint8_t *)bad[i].bytes, bad[i].n, accepts,
			  NULL),
		    "%s: refused", bad[i].what);
	CHECK(evidence_encode(&none, &b, &d) == ERR_FORMAT,
	    "a bundle of nothing is not made");
	test_limits();
	return t_done();
}
