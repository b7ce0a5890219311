/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/random.h"
#include "hgs/attest/token.h"
#include "t.h"

static struct tokens own, other;

static void
make(const struct tokens *t, uint64_t made, struct buf *ret)
{
	struct token k = { .made = made, .pcr_mask = 0xfbff };
	uint8_t iv[12];

	random_bytes(iv, sizeof(iv));
	random_bytes(k.id, sizeof(k.id));
	random_bytes(k.nonce, sizeof(k.nonce));
	if (token_seal(t, &k, iv, ret, NULL) < 0)
		t_bail("cannot make a token");
}

static bool
spends(const uint8_t *p, size_t n, void *arg)
{
	struct token k;

	(void)arg;
	return token_spend(&own, bytes_of(p, n), 1000, &k, NULL) == ERR_OK;
}

static int
compare(const void *a, const void *b)
{
	return memcmp(a, b, 32);
}

/* T04: as many nonces as a large fleet asks for in a day. */
static void
test_unique(void)
{
	static uint8_t nonces[100000][32];
	bool unique = true;

	for (size_t i = 0; i < ARRAY_LEN(nonces); i++)
		random_bytes(nonces[i], 32);
	qsort(nonces, ARRAY_LEN(nonces), 32, compare);
	for (size_t i = 1; i < ARRAY_LEN(nonces); i++)
		unique = unique && memcmp(nonces[i - 1], nonces[i], 32) != 0;
	CHECK(unique, "T04 100000 nonces are all different");
}

int
main(void)
{
	auto_buf struct buf a = BUF_INIT(4096), b = BUF_INIT(4096);
	auto_buf struct buf c = BUF_INIT(4096);
	uint8_t key[32];
	struct diag d = { 0 };
	struct token k;

	random_bytes(key, sizeof(key));
	tokens_init(&own, key);
	random_bytes(key, sizeof(key));
	tokens_init(&other, key);
	make(&own, 1000, &a);
	make(&other, 1000, &b);
	make(&own, 1000, &c);
	CHECK(t_truncations(a.p, a.len, spends, NULL) == 0,
	    "T02 a token cut anywhere is refused");
	CHECK(t_bitflips(a.p, a.len, spends, NULL) == 0,
	    "T02 a token with any bit flipped is refused");
	CHECK(token_spend(&own, buf_bytes(&a), 1001, &k, &d) == ERR_OK &&
		k.pcr_mask == 0xfbff,
	    "a token is opened once");
	CHECK(token_spend(&own, buf_bytes(&a), 1001, &k, &d) == ERR_REFUSED &&
		d.reason == REASON_ChallengeSpent,
	    "T01 T02 a second time it is refused");
	CHECK(token_spend(&own, buf_bytes(&b), 1001, &k, &d) == ERR_REFUSED &&
		d.reason == REASON_ChallengeAgain,
	    "T03 another worker's token: ask again");
	CHECK(token_spend(&own, buf_bytes(&c), 1061, &k, &d) == ERR_REFUSED &&
		d.reason == REASON_ChallengeExpired,
	    "T02 an old token is refused");
	CHECK(token_spend(&own, buf_bytes(&c), 999, &k, &d) == ERR_REFUSED &&
		d.reason == REASON_ChallengeExpired,
	    "T02 a token from the future is refused");
	test_unique();
	return t_done();
}
