/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/pbe.h"

#include "crypto/aead.h"
#include "example.h"
#include "hex.h"

static const uint8_t salt[16] = { 1 };
static const uint8_t nonce[12] = { 2 };

static int
open_it(const struct buf *container, const char *passphrase, struct diag *d)
{
	struct secret s = SECRET_NONE;
	int r = pbe_open(bytes_of_text(passphrase), buf_bytes(container),
	    bytes_of_text("aad"), &s, d);

	if (r == 0 && !bytes_equal_text(secret_bytes(&s), "the working keys"))
		r = ERR_CRYPTO;
	secret_free(&s);
	return r;
}

static void
test_example(void)
{
	struct buf b = BUF_INIT(1000);
	struct secret s = SECRET_NONE;
	struct diag d = { 0 };

	t_example("FORMAT.passphrase-container", &b);
	CHECK(pbe_open(bytes_of_text("correct horse battery staple"),
		  buf_bytes(&b), bytes_of_text("example"), &s, &d) == 0 &&
		bytes_equal_text(secret_bytes(&s), "secret"),
	    "the example of the document opens: %s", d.text);
	secret_free(&s);
	buf_free(&b);
}

/* Every byte of the header and some of the rest, one bit each: scrypt is slow. */
static void
test_changes(struct buf *b)
{
	struct diag d = { 0 };
	size_t bad = 0;
	int r;

	for (size_t i = 0; i < b->len; i += i < 8 ? 1 : 5) {
		b->p[i] ^= 1;
		r = open_it(b, "pass", &d);
		bad += r == 0;
		if (i >= 8)
			bad += d.reason != REASON_PassphraseWrong;
		b->p[i] ^= 1;
	}
	CHECK(bad == 0, "a changed byte does not open");
	bad = 0;
	for (size_t i = 0; i < 8 + 16 + 12 + 16; i++) {
		struct buf cut = *b;

		cut.len = i;
		bad += open_it(&cut, "pass", &d) == 0;
	}
	CHECK(bad == 0, "a truncated header is refused");
	b->len--;
	CHECK(open_it(b, "pass", &d) == ERR_REFUSED, "the last byte is needed");
	b->len++;
}

static void
test_limits(struct buf *b)
{
	static const struct {
		uint8_t log2_n, r, p;
	} hostile[] = { { 9, 8, 1 }, { 21, 8, 1 }, { 63, 8, 1 }, { 64, 8, 1 },
		{ 255, 8, 1 }, { 19, 8, 1 }, { 18, 9, 1 }, { 15, 0, 1 },
		{ 15, 33, 1 }, { 15, 8, 0 }, { 15, 8, 5 }, { 15, 255, 255 } };
	struct diag d = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(hostile); i++) {
		b->p[5] = hostile[i].log2_n;
		b->p[6] = hostile[i].r;
		b->p[7] = hostile[i].p;
		CHECK(open_it(b, "pass", &d) == ERR_LIMIT, "%s", d.text);
	}
	b->p[5] = 15;
	b->p[6] = 8;
	b->p[7] = 1;
	b->p[4] = 2;
	CHECK(open_it(b, "pass", &d) == ERR_UNSUPPORTED, "%s", d.text);
	b->p[4] = 1;
}

int
main(void)
{
	struct buf b = BUF_INIT(1000);
	struct secret s = SECRET_NONE;
	struct diag d = { 0 };

	CHECK(pbe_seal(bytes_of_text("pass"), bytes_of_text("the working keys"),
		  bytes_of_text("aad"), salt, nonce, &b, &d) == 0 &&
		b.len == PBE_OVERHEAD + 16 && open_it(&b, "pass", &d) == 0,
	    "what is sealed opens");
	CHECK(open_it(&b, "Pass", &d) == ERR_REFUSED &&
		d.reason == REASON_PassphraseWrong,
	    "%s", d.text);
	CHECK(pbe_open(bytes_of_text("pass"), buf_bytes(&b), BYTES_NONE, &s,
		  &d) == ERR_REFUSED,
	    "other associated data: %s", d.text);
	CHECK(pbe_open(BYTES_NONE, buf_bytes(&b), BYTES_NONE, &s, &d) ==
		ERR_LIMIT,
	    "%s", d.text);
	test_changes(&b);
	test_limits(&b);
	CHECK(open_it(&b, "pass", &d) == 0, "it still opens");
	test_example();
	buf_free(&b);
	return t_done();
}
