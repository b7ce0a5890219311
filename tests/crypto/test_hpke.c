/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Vectors: RFC 9180 A.3.1 (AES-128-GCM), and for AES-256-GCM the record of the
 * same suite in the CFRG's test-vectors.json, from which that appendix is
 * taken. The ephemeral keys are opened, not sealed with: their private halves
 * come from a derivation that we do not need.
 */
#include "crypto/hpke.h"

#include "crypto/der.h"
#include "crypto/oid.h"
#include "hex.h"

static const struct vector {
	const char *what;
	enum hpke_aead aead;
	const char *pk, *sk, *enc, *ct;
} vectors[] = {
	{ "RFC 9180 A.3.1, AES-128-GCM", HPKE_AES_128_GCM,
	    "04fe8c19ce0905191ebc298a9245792531f26f0cece2460639e8bc39cb7f706a"
	    "826a779b4cf969b8a0e539c7f62fb3d30ad6aa8f80e30f1d128aafd68a2ce72ea0",
	    "f3ce7fdae57e1a310d87f1ebbde6f328be0a99cdbcadf4d6589cf29de4b8ffd2",
	    "04a92719c6195d5085104f469a8b9814d5838ff72b60501e2c4466e5e67b325a"
	    "c98536d7b61a1af4b78e5b7f951c0900be863c403ce65c9bfcb9382657222d18c4",
	    "5ad590bb8baa577f8619db35a36311226a896e7342a6d836d8b7bcd2f20b6c7f"
	    "9076ac232e3ab2523f39513434" },
	{ "CFRG test-vectors.json, AES-256-GCM", HPKE_AES_256_GCM,
	    "04abc7e49a4c6b3566d77d0304addc6ed0e98512ffccf505e6a8e3eb25c68513"
	    "6f853148544876de76c0f2ef99cdc3a05ccf5ded7860c7c021238f9e2073d2356c",
	    "317f915db7bc629c48fe765587897e01e282d3e8445f79f27f65d031a88082b2",
	    "04c06b4f6bebc7bb495cb797ab753f911aff80aefb86fd8b6fcc35525f3ab5f0"
	    "3e0b21bd31a86c6048af3cb2d98e0d3bf01da5cc4c39ff5370d331a4f1f7d5a4e0",
	    "58c61a45059d0c5704560e9d88b564a8b63f1364b8d1fcb3c4c6ddc1d2917424"
	    "65e902cd216f8908da49f8f96f" },
};

static const char info_hex[] = "4f6465206f6e2061204772656369616e2055726e";

/* A P-256 private key from its number: PrivateKeyInfo around RFC 5915. */
static struct key *
key_of_scalar(const char *sk, const char *pk)
{
	struct buf scalar = BUF_INIT(32), point = BUF_INIT(65),
		   der = BUF_INIT(300), spki = BUF_INIT(300);
	struct key *key = NULL;
	size_t outer, mark, inner;

	t_hex(&scalar, sk);
	t_hex(&point, pk);
	outer = der_begin(&der, DER_SEQUENCE);
	der_put_u64(&der, 0);
	mark = der_begin(&der, DER_SEQUENCE);
	der_put_oid(&der, OID_EC_PUBLIC_KEY);
	der_put_oid(&der, OID_P256);
	der_end(&der, mark);
	mark = der_begin(&der, DER_OCTET_STRING);
	inner = der_begin(&der, DER_SEQUENCE);
	der_put_u64(&der, 1);
	der_put(&der, DER_OCTET_STRING, buf_bytes(&scalar));
	der_put_bits(&spki, buf_bytes(&point));
	der_put(&der, DER_CONSTRUCTED(1), buf_bytes(&spki));
	der_end(&der, inner);
	der_end(&der, mark);
	der_end(&der, outer);
	if (key_from_pkcs8(buf_bytes(&der), &key, NULL) < 0)
		t_bail("no private key");
	buf_free(&scalar);
	buf_free(&point);
	buf_free(&der);
	buf_free(&spki);
	return key;
}

static void
test_vector(const struct vector *v)
{
	struct key *key = key_of_scalar(v->sk, v->pk), *peer = NULL;
	struct buf sealed = BUF_INIT(500), info = BUF_INIT(50);
	uint8_t enc[HPKE_ENC_SIZE], z[32], pk[P256_POINT_SIZE];
	struct secret plain = SECRET_NONE;

	t_hex(&info, info_hex);
	t_hex(&sealed, v->enc);
	t_hex(&sealed, v->ct);
	key_p256_point(key, pk);
	CHECK(t_is_hex(BYTES_OF_ARRAY(pk), v->pk), "%s: public key", v->what);
	CHECK(hpke_enc(buf_bytes(&sealed), enc, NULL) == 0 &&
		key_from_p256_point(enc, &peer, NULL) == 0 &&
		ecdh_derive(key, peer, z, sizeof(z), NULL) == 0,
	    "%s: the shared coordinate is derived", v->what);
	CHECK(hpke_open_with(v->aead, z, pk, buf_bytes(&info),
		  bytes_of_text("Count-0"), buf_bytes(&sealed), &plain,
		  NULL) == 0 &&
		bytes_equal_text(secret_bytes(&plain),
		    "Beauty is truth, truth beauty"),
	    "%s: opens to its plaintext", v->what);
	secret_free(&plain);
	key_free(key);
	key_free(peer);
	buf_free(&sealed);
	buf_free(&info);
}

static bool
opens(const uint8_t *p, size_t n, void *arg)
{
	struct secret s = SECRET_NONE;
	bool ok = hpke_open(arg, bytes_of_text("info"), bytes_of_text("aad"),
		      bytes_of(p, n), &s, NULL) == 0;

	secret_free(&s);
	return ok;
}

static void
test_refusals(void)
{
	struct buf sealed = BUF_INIT(500), other = BUF_INIT(500);
	struct key *key = NULL, *stranger = NULL;
	struct secret s = SECRET_NONE;
	uint8_t pk[P256_POINT_SIZE];
	struct diag d = { 0 };

	if (key_generate(KEY_P256, 0, &key, NULL) < 0 ||
	    key_generate(KEY_P256, 0, &stranger, NULL) < 0)
		t_bail("no key");
	key_p256_point(key, pk);
	CHECK(hpke_seal(pk, bytes_of_text("info"), bytes_of_text("aad"),
		  bytes_of_text("secret"), &sealed, &d) == 0 &&
		sealed.len == HPKE_OVERHEAD + 6 &&
		opens(sealed.p, sealed.len, key),
	    "what is sealed opens, and is %d bytes longer", HPKE_OVERHEAD);
	CHECK(hpke_seal(pk, bytes_of_text("info"), bytes_of_text("aad"),
		  bytes_of_text("secret"), &other, &d) == 0 &&
		!bytes_equal(buf_bytes(&sealed), buf_bytes(&other)),
	    "sealing twice uses two ephemeral keys");
	CHECK(t_bitflips(sealed.p, sealed.len, opens, key) == 0,
	    "every flipped bit is refused");
	CHECK(t_truncations(sealed.p, sealed.len, opens, key) == 0,
	    "every truncation is refused");
	CHECK(!t_trailing(sealed.p, sealed.len, opens, key),
	    "a trailing byte is refused");
	CHECK(hpke_open(stranger, bytes_of_text("info"), bytes_of_text("aad"),
		  buf_bytes(&sealed), &s, &d) == ERR_CRYPTO,
	    "another key: %s", d.text);
	CHECK(hpke_open(key, bytes_of_text("inf0"), bytes_of_text("aad"),
		  buf_bytes(&sealed), &s, &d) == ERR_CRYPTO,
	    "T56 the answer to another exchange (info): %s", d.text);
	CHECK(hpke_open(key, bytes_of_text("info"), BYTES_NONE,
		  buf_bytes(&sealed), &s, &d) == ERR_CRYPTO,
	    "other associated data: %s", d.text);
	pk[64] ^= 1;
	buf_reset(&other);
	CHECK(hpke_seal(pk, BYTES_NONE, BYTES_NONE, bytes_of_text("secret"),
		  &other, &d) == ERR_FORMAT &&
		other.len == 0,
	    "a point off the curve is not sealed to: %s", d.text);
	buf_free(&sealed);
	buf_free(&other);
	key_free(key);
	key_free(stranger);
}

int
main(void)
{
	for (size_t i = 0; i < ARRAY_LEN(vectors); i++)
		test_vector(&vectors[i]);
	test_refusals();
	return t_done();
}
