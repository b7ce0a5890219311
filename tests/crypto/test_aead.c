/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Vectors: McGrew and Viega's GCM test cases 13, 14 and 16 (AES-256), RFC 3394
 * 4.3 and 4.6.
 */
#include "crypto/aead.h"

#include "hex.h"

static const uint8_t key[32] = { 1, 2, 3 };
static const uint8_t nonce[12] = { 4, 5, 6 };

static void
test_gcm_vectors(void)
{
	static const struct {
		const char *key, *nonce, *plain, *aad, *want;
	} cases[] = {
		{ "0000000000000000000000000000000000000000000000000000000000000000",
		    "000000000000000000000000", "", "",
		    "530f8afbc74536b9a963b4f1c4cb738b" },
		{ "0000000000000000000000000000000000000000000000000000000000000000",
		    "000000000000000000000000",
		    "00000000000000000000000000000000", "",
		    "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919" },
		{ "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
		    "cafebabefacedbaddecaf888",
		    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
		    "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
		    "feedfacedeadbeeffeedfacedeadbeefabaddad2",
		    "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
		    "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
		    "76fc6ece0f4e1768cddf8853bb2d551b" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf k = BUF_INIT(99), n = BUF_INIT(99), p = BUF_INIT(99),
			   a = BUF_INIT(99), out = BUF_INIT(199);
		struct secret s = SECRET_NONE;

		t_hex(&k, cases[i].key);
		t_hex(&n, cases[i].nonce);
		t_hex(&p, cases[i].plain);
		t_hex(&a, cases[i].aad);
		CHECK(aead_seal(k.p, n.p, buf_bytes(&a), buf_bytes(&p), &out,
			  NULL) == 0 &&
			t_is_hex(buf_bytes(&out), cases[i].want),
		    "AES-256-GCM vector %zu is sealed", i + 1);
		CHECK(aead_open(k.p, n.p, buf_bytes(&a), buf_bytes(&out), &s,
			  NULL) == 0 &&
			t_is_hex(secret_bytes(&s), cases[i].plain),
		    "AES-256-GCM vector %zu is opened", i + 1);
		secret_free(&s);
		buf_free(&k);
		buf_free(&n);
		buf_free(&p);
		buf_free(&a);
		buf_free(&out);
	}
}

static bool
opens(const uint8_t *p, size_t n, void *arg)
{
	struct secret s = SECRET_NONE;
	struct buf b = BUF_INIT(100);
	bool to_secret, to_buf;

	(void)arg;
	to_secret = aead_open(key, nonce, bytes_of_text("aad"), bytes_of(p, n),
			&s, NULL) == 0;
	to_buf = aead_open_buf(key, nonce, bytes_of_text("aad"), bytes_of(p, n),
		     &b, NULL) == 0;
	if (!to_secret && (s.p != NULL || b.len != 0))
		to_secret = true;
	secret_free(&s);
	buf_free(&b);
	return to_secret || to_buf;
}

static void
test_gcm_refusals(void)
{
	struct buf out = BUF_INIT(100), small = BUF_INIT(20);
	struct secret s = SECRET_NONE;
	struct diag d = { 0 };
	uint8_t other[32] = { 0 };

	CHECK(aead_seal(key, nonce, bytes_of_text("aad"),
		  bytes_of_text("plain text"), &out, NULL) == 0 &&
		opens(out.p, out.len, NULL),
	    "what was sealed opens");
	CHECK(t_bitflips(out.p, out.len, opens, NULL) == 0,
	    "every flipped bit is refused");
	CHECK(t_truncations(out.p, out.len, opens, NULL) == 0,
	    "every truncation is refused");
	CHECK(!t_trailing(out.p, out.len, opens, NULL),
	    "a trailing byte is refused");
	CHECK(aead_open(other, nonce, bytes_of_text("aad"), buf_bytes(&out), &s,
		  &d) == ERR_CRYPTO,
	    "another key: %s", d.text);
	CHECK(aead_open(key, other, bytes_of_text("aad"), buf_bytes(&out), &s,
		  &d) == ERR_CRYPTO,
	    "another nonce: %s", d.text);
	CHECK(aead_open(key, nonce, BYTES_NONE, buf_bytes(&out), &s, &d) ==
		ERR_CRYPTO,
	    "other associated data: %s", d.text);
	CHECK(aead_seal(key, nonce, BYTES_NONE, bytes_of_text("plain"), &small,
		  &d) == ERR_LIMIT,
	    "no room: %s", d.text);
	buf_free(&out);
	buf_free(&small);
}

static bool
unwraps(const uint8_t *p, size_t n, void *arg)
{
	struct secret s = SECRET_NONE;
	bool ok = key_unwrap(arg, bytes_of(p, n), &s, NULL) == 0;

	secret_free(&s);
	return ok;
}

static void
test_key_wrap(void)
{
	struct buf kek = BUF_INIT(32), k128 = BUF_INIT(32), k256 = BUF_INIT(32),
		   out = BUF_INIT(100);
	struct secret s = SECRET_NONE;

	t_hex(&kek,
	    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
	t_hex(&k128, "00112233445566778899aabbccddeeff");
	t_hex(&k256,
	    "00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f");
	CHECK(key_wrap(kek.p, buf_bytes(&k128), &out, NULL) == 0 &&
		t_is_hex(buf_bytes(&out),
		    "64e8c3f9ce0f5ba263e9777905818a2a93c8191e7d6e8ae7"),
	    "RFC 3394 4.3");
	buf_reset(&out);
	CHECK(key_wrap(kek.p, buf_bytes(&k256), &out, NULL) == 0 &&
		t_is_hex(buf_bytes(&out),
		    "28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43b"
		    "fb988b9b7a02dd21"),
	    "RFC 3394 4.6");
	CHECK(key_unwrap(kek.p, buf_bytes(&out), &s, NULL) == 0 &&
		bytes_equal(secret_bytes(&s), buf_bytes(&k256)),
	    "it unwraps");
	CHECK(t_bitflips(out.p, out.len, unwraps, kek.p) == 0,
	    "key unwrap refuses every flipped bit");
	CHECK(t_truncations(out.p, out.len, unwraps, kek.p) == 0,
	    "key unwrap refuses every truncation");
	secret_free(&s);
	buf_free(&kek);
	buf_free(&k128);
	buf_free(&k256);
	buf_free(&out);
}

int
main(void)
{
	test_gcm_vectors();
	test_gcm_refusals();
	test_key_wrap();
	return t_done();
}
