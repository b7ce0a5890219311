/* SPDX-License-Identifier: Apache-2.0 */
/* Vectors: FIPS 180-4 ("abc"), GB/T 32905, RFC 4231, RFC 5869 appendix A. */
#include "crypto/hash.h"

#include "hex.h"

static void
test_digests(void)
{
	static const struct {
		enum hash_alg alg;
		const char *want;
	} cases[] = {
		{ HASH_SHA1, "a9993e364706816aba3e25717850c26c9cd0d89d" },
		{ HASH_SHA256,
		    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
		{ HASH_SHA384,
		    "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
		    "8086072ba1e7cc2358baeca134c825a7" },
		{ HASH_SHA512,
		    "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
		    "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f" },
		{ HASH_SM3,
		    "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0" },
	};
	struct bytes parts[] = { bytes_of_text("a"), BYTES_NONE,
		bytes_of_text("bc") };
	uint8_t got[HASH_SIZE_MAX];

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		enum hash_alg alg = cases[i].alg;
		struct hash *h = hash_new(alg);
		struct bytes result = bytes_of(got, hash_size(alg));

		hash_bytes(alg, bytes_of_text("abc"), got);
		CHECK(t_is_hex(result, cases[i].want), "%s of abc",
		    hash_name(alg));
		hash_parts(alg, parts, ARRAY_LEN(parts), got);
		CHECK(t_is_hex(result, cases[i].want), "%s of a, bc",
		    hash_name(alg));
		for (int again = 0; again < 2; again++) {
			memset(got, 0, sizeof(got));
			hash_update(h, parts[0]);
			hash_update(h, parts[2]);
			hash_final(h, got);
			CHECK(t_is_hex(result, cases[i].want),
			    "%s in pieces, use %d", hash_name(alg), again + 1);
		}
		hash_free(h);
	}
}

static void
test_extend(void)
{
	uint8_t pcr[32] = { 0 }, digest[32], want[32];
	struct bytes parts[] = { BYTES_OF_ARRAY(pcr), BYTES_OF_ARRAY(digest) };

	sha256(bytes_of_text("abc"), digest);
	hash_parts(HASH_SHA256, parts, 2, want);
	sha256_extend(pcr, digest, pcr);
	CHECK(bytes_equal(BYTES_OF_ARRAY(pcr), BYTES_OF_ARRAY(want)),
	    "extending in place is SHA-256 of old and digest");
}

static void
test_hmac(void)
{
	uint8_t key[131], got[32];
	struct bytes part = bytes_of_text("what do ya want for nothing?");

	hmac_sha256(bytes_of_text("Jefe"), &part, 1, got);
	CHECK(
	    t_is_hex(BYTES_OF_ARRAY(got),
		"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
	    "HMAC-SHA-256 of RFC 4231 case 2");
	memset(key, 0xaa, sizeof(key));
	part = bytes_of_text(
	    "Test Using Larger Than Block-Size Key - Hash Key First");
	hmac_sha256(BYTES_OF_ARRAY(key), &part, 1, got);
	CHECK(
	    t_is_hex(BYTES_OF_ARRAY(got),
		"60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"),
	    "HMAC-SHA-256 of RFC 4231 case 6, a key longer than a block");
}

static void
test_hkdf(void)
{
	struct buf ikm = BUF_INIT(100), salt = BUF_INIT(100),
		   info = BUF_INIT(100);
	uint8_t got[82];

	t_hex(&ikm, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b");
	t_hex(&salt, "000102030405060708090a0b0c");
	t_hex(&info, "f0f1f2f3f4f5f6f7f8f9");
	hkdf_sha256(buf_bytes(&ikm), buf_bytes(&salt), buf_bytes(&info), got,
	    42);
	CHECK(
	    t_is_hex(bytes_of(got, 42),
		"3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
		"34007208d5b887185865"),
	    "HKDF of RFC 5869 A.1");
	hkdf_sha256(buf_bytes(&ikm), BYTES_NONE, BYTES_NONE, got, 42);
	CHECK(
	    t_is_hex(bytes_of(got, 42),
		"8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
		"9d201395faa4b61a96c8"),
	    "HKDF of RFC 5869 A.3, without salt and info");
	buf_free(&ikm);
	buf_free(&salt);
	buf_free(&info);
}

int
main(void)
{
	test_digests();
	test_extend();
	test_hmac();
	test_hkdf();
	return t_done();
}
