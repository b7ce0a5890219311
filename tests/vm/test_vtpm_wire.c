/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The answers of a VM's TPM are swtpm's words: real ones (swtpm 0.7.1) are
 * read, all others are refused.
 */
#include "t.h"

#include "vm/vtpm_wire.h"

static const uint8_t done[] = { 0x80, 1, 0, 0, 0, 10, 0, 0, 0, 0 };
static const uint8_t no_index[] = { 0x80, 1, 0, 0, 0, 10, 0, 0, 1, 0x8b };
static const uint8_t done_sessions[] = { 0x80, 2, 0, 0, 0, 19, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 1, 0, 0 };
static const uint8_t counted[] = { 0x80, 2, 0, 0, 0, 29, 0, 0, 0, 0, 0, 0, 0,
	10, 0, 8, 0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 1, 0, 0 };
static const uint8_t public[] = { 0x80, 1, 0, 0, 0, 62, 0, 0, 0, 0, 0, 14, 1,
	0x40, 0x53, 0x57, 0, 0x0b, 0x62, 0x01, 0x04, 0x11, 0, 0, 0, 8, 0, 0x22,
	0, 0x0b, 0x30, 0x68, 0xb9, 0x08, 0x23, 0x5d, 0x10, 0x9d, 0x5b, 0xc6,
	0x64, 0x40, 0x50, 0x16, 0xfc, 0x6e, 0x78, 0x61, 0xd6, 0x51, 0xe5, 0xaa,
	0xb1, 0x20, 0x37, 0xe5, 0x1d, 0xa1, 0xb1, 0xc7, 0x00, 0xbd };

static const struct {
	enum vtpm_request q;
	struct bytes answer;
} good[] = {
	{ VTPM_STARTUP, { done, sizeof(done) } },
	{ VTPM_READ_PUBLIC, { public, sizeof(public) } },
	{ VTPM_DEFINE, { done_sessions, sizeof(done_sessions) } },
	{ VTPM_INCREMENT, { done_sessions, sizeof(done_sessions) } },
	{ VTPM_READ, { counted, sizeof(counted) } },
	{ VTPM_SHUTDOWN, { done, sizeof(done) } },
	{ VTPM_READ_PUBLIC, { no_index, sizeof(no_index) } },
};

static bool
accepts(const uint8_t *p, size_t n, void *arg)
{
	const enum vtpm_request *q = arg;
	struct vtpm_answer a;

	return vtpm_answer_parse(*q, bytes_of(p, n), &a, NULL) == ERR_OK;
}

static void
test_good(void)
{
	struct vtpm_answer a;
	struct diag d = { 0 };
	size_t size;

	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		enum vtpm_request q = good[i].q;

		CHECK(vtpm_answer_parse(q, good[i].answer, &a, &d) == ERR_OK &&
			vtpm_answer_size(bytes_of(good[i].answer.p,
					     VTPM_HEAD_SIZE),
			    &size, &d) == ERR_OK &&
			size == good[i].answer.len,
		    "request %d: its answer is read", (int)q);
		CHECK(t_truncations(good[i].answer.p, good[i].answer.len,
			  accepts, &q) == 0,
		    "request %d: no shorter answer", (int)q);
		CHECK(!t_trailing(good[i].answer.p, good[i].answer.len, accepts,
			  &q),
		    "request %d: no longer answer", (int)q);
	}
	CHECK(vtpm_answer_parse(VTPM_READ, BYTES_OF_ARRAY(counted), &a, &d) ==
		    ERR_OK &&
		a.count == 0x102,
	    "the count is read");
	CHECK(vtpm_answer_parse(VTPM_READ, BYTES_OF_ARRAY(no_index), &a, &d) ==
		    ERR_OK &&
		a.code == VTPM_NO_INDEX,
	    "a code is an answer");
	CHECK(vtpm_answer_parse(VTPM_READ_PUBLIC, BYTES_OF_ARRAY(public), &a,
		  &d) == ERR_OK &&
		a.ours && a.written,
	    "the counter is known by its public area");
}

static void
test_mixed(void)
{
	struct vtpm_answer a;

	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		for (enum vtpm_request q = 0; q < VTPM_N_REQUESTS; q++) {
			bool same = good[i].answer.p == no_index;

			for (size_t k = 0; k < ARRAY_LEN(good); k++)
				same = same ||
				    (good[k].q == q &&
					good[k].answer.p == good[i].answer.p);
			if (!same)
				CHECK(vtpm_answer_parse(q, good[i].answer, &a,
					  NULL) == ERR_FORMAT,
				    "answer %zu to request %d: refused", i,
				    (int)q);
		}
}

/* An index in the counter's place that the guest, or a later one, could count,
 * remove or set must not pass for it. */
static void
test_not_ours(void)
{
	uint8_t b[sizeof(public)];
	struct vtpm_answer a;
	unsigned ours = 0;

	/* The public area: bytes 12 to 25. */
	for (size_t bit = 12 * 8; bit < 26 * 8; bit++) {
		memcpy(b, public, sizeof(b));
		b[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
		if (vtpm_answer_parse(VTPM_READ_PUBLIC, BYTES_OF_ARRAY(b), &a,
			NULL) != ERR_OK ||
		    !a.ours)
			continue;
		ours++;
		CHECK(!a.written, "one that has not counted yet is told");
	}
	CHECK(ours == 1, "T73 any other bit makes it another index");
}

static void
test_head(void)
{
	uint8_t b[VTPM_HEAD_SIZE] = { 0x80, 1, 0, 0, 1, 0 };
	struct diag d = { 0 };
	size_t size = 0;

	CHECK(vtpm_answer_size(BYTES_OF_ARRAY(b), &size, &d) == ERR_OK &&
		size == VTPM_ANSWER_MAX,
	    "the longest answer");
	b[5] = 1;
	CHECK(vtpm_answer_size(BYTES_OF_ARRAY(b), &size, &d) == ERR_FORMAT,
	    "one byte more: refused");
	b[4] = 0;
	b[5] = VTPM_HEAD_SIZE - 1;
	CHECK(vtpm_answer_size(BYTES_OF_ARRAY(b), &size, &d) == ERR_FORMAT,
	    "less than a head: refused");
	memset(b, 0xff, sizeof(b));
	CHECK(vtpm_answer_size(BYTES_OF_ARRAY(b), &size, &d) == ERR_FORMAT,
	    "4 GiB: refused");
}

int
main(void)
{
	test_good();
	test_mixed();
	test_not_ours();
	test_head();
	return t_done();
}
