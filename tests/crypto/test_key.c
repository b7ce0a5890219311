/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/key.h"

#include "crypto/der.h"
#include "crypto/oid.h"
#include "hex.h"

static const struct kind {
	const char *name;
	enum key_type type;
	unsigned bits;
} kinds[] = {
	{ "P-256", KEY_P256, 0 },
	{ "P-384", KEY_P384, 0 },
	{ "RSA 2048", KEY_RSA, 2048 },
};

static struct key *
generate(const struct kind *kind)
{
	struct key *key = NULL;
	struct diag d = { 0 };

	if (key_generate(kind->type, kind->bits, &key, &d) < 0)
		t_bail("%s", d.text);
	return key;
}

static bool
spki_accepted(const uint8_t *p, size_t n, void *arg)
{
	struct key *key = NULL;
	bool ok = key_from_spki(bytes_of(p, n), &key, arg) == 0;

	key_free(key);
	return ok;
}

static void
test_encodings(const struct kind *kind)
{
	struct key *key = generate(kind), *again = NULL, *public;
	struct buf spki = BUF_INIT(KEY_SPKI_MAX),
		   spki2 = BUF_INIT(KEY_SPKI_MAX);
	struct secret pkcs8 = SECRET_NONE;
	struct diag d = { 0 };

	CHECK(key_to_pkcs8(key, &pkcs8, &d) == 0 &&
		key_from_pkcs8(secret_bytes(&pkcs8), &again, &d) == 0 &&
		key_public_equal(key, again) && key_is_private(again),
	    "%s: private key out and in", kind->name);
	key_free(again);
	again = NULL;
	CHECK(key_from_pkcs8(bytes_of(pkcs8.p, pkcs8.len - 1), &again, &d) < 0,
	    "%s: cut: %s", kind->name, d.text);
	public = key_public_of(key);
	CHECK(key_public_equal(key, public) && !key_is_private(public),
	    "%s: its public half", kind->name);
	CHECK(key_to_spki(key, &spki, &d) == 0 &&
		key_from_spki(buf_bytes(&spki), &again, &d) == 0 &&
		key_public_equal(key, again) &&
		key_to_spki(again, &spki2, &d) == 0 &&
		bytes_equal(buf_bytes(&spki), buf_bytes(&spki2)),
	    "%s: public key out, in and out", kind->name);
	CHECK(t_truncations(spki.p, spki.len, spki_accepted, &d) == 0,
	    "%s: every truncation of it is refused", kind->name);
	CHECK(!t_trailing(spki.p, spki.len, spki_accepted, &d),
	    "%s: a trailing byte is refused", kind->name);
	if (kind->type != KEY_RSA)
		CHECK(t_bitflips(spki.p, spki.len, spki_accepted, &d) == 0,
		    "%s: every flipped bit leaves the curve or the form",
		    kind->name);
	secret_free(&pkcs8);
	buf_free(&spki);
	buf_free(&spki2);
	key_free(key);
	key_free(again);
	key_free(public);
}

struct signed_message {
	const struct key *key;
	struct bytes message;
};

static bool
verifies(const uint8_t *p, size_t n, void *arg)
{
	const struct signed_message *m = arg;

	return key_verify(m->key, m->message, bytes_of(p, n), NULL) == 0;
}

static void
test_signature(const struct kind *kind)
{
	struct key *key = generate(kind), *other = generate(kind);
	struct signed_message m = { key, bytes_of_text("message") };
	struct buf s = BUF_INIT(KEY_SIGNATURE_MAX);
	struct diag d = { 0 };

	CHECK(key_sign(key, m.message, &s, &d) == 0 && verifies(s.p, s.len, &m),
	    "%s: what is signed verifies", kind->name);
	CHECK(t_bitflips(s.p, s.len, verifies, &m) == 0,
	    "%s: every flipped bit of a signature is refused", kind->name);
	CHECK(t_truncations(s.p, s.len, verifies, &m) == 0,
	    "%s: every truncation is refused", kind->name);
	CHECK(!t_trailing(s.p, s.len, verifies, &m),
	    "%s: a trailing byte is refused", kind->name);
	CHECK(key_verify(key, bytes_of_text("messagf"), buf_bytes(&s), &d) ==
		    ERR_CRYPTO &&
		d.reason == REASON_SignatureInvalid,
	    "%s: another message: %s", kind->name, d.text);
	CHECK(key_verify(other, m.message, buf_bytes(&s), &d) == ERR_CRYPTO,
	    "%s: another key: %s", kind->name, d.text);
	buf_free(&s);
	key_free(key);
	key_free(other);
}

/* DER of r and s with leading zero bytes as asked, which DER forbids. */
static void
put_padded(struct buf *b, struct bytes r, struct bytes s, size_t zeros)
{
	size_t mark = der_begin(b, DER_SEQUENCE), number;

	number = der_begin(b, DER_INTEGER);
	for (size_t i = 0; i < zeros; i++)
		buf_put_u8(b, 0);
	buf_put(b, r);
	der_end(b, number);
	number = der_begin(b, DER_INTEGER);
	buf_put(b, s);
	der_end(b, number);
	der_end(b, mark);
}

static void
test_ecdsa_raw(void)
{
	struct key *key = generate(&kinds[0]), *rsa = generate(&kinds[2]);
	struct buf sig = BUF_INIT(100), bent = BUF_INIT(200),
		   order = BUF_INIT(32);
	uint8_t digest[32], padded[33] = { 0 };
	struct bytes dg = BYTES_OF_ARRAY(digest), r, s;
	const uint8_t zero[32] = { 0 };
	struct reader in, seq;
	struct diag d = { 0 };

	sha256(bytes_of_text("message"), digest);
	if (key_sign(key, bytes_of_text("message"), &sig, &d) < 0)
		t_bail("%s", d.text);
	in = reader_of(buf_bytes(&sig));
	if (!der_enter(&in, DER_SEQUENCE, &seq) || !der_uint(&seq, &r) ||
	    !der_uint(&seq, &s))
		t_bail("no numbers");
	CHECK(key_verify_ecdsa_raw(key, HASH_SHA256, dg, r, s, &d) == 0,
	    "r and s as a TPM gives them: %s", d.text);
	memcpy(padded + 32 - r.len, r.p, r.len);
	CHECK(key_verify_ecdsa_raw(key, HASH_SHA256, dg, bytes_of(padded, 32),
		  s, &d) == 0,
	    "with leading zeros up to the field's size");
	CHECK(key_verify_ecdsa_raw(key, HASH_SHA256, dg, BYTES_OF_ARRAY(zero),
		  s, &d) == ERR_CRYPTO,
	    "T09 r = 0: %s", d.text);
	CHECK(key_verify_ecdsa_raw(key, HASH_SHA256, dg, r, BYTES_NONE, &d) ==
		ERR_CRYPTO,
	    "T09 s of no bytes: %s", d.text);
	memmove(padded + 1, padded, 32);
	CHECK(key_verify_ecdsa_raw(key, HASH_SHA256, dg, BYTES_OF_ARRAY(padded),
		  s, &d) == ERR_CRYPTO,
	    "T09 r longer than the field: %s", d.text);
	t_hex(&order,
	    "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
	CHECK(key_verify_ecdsa_raw(key, HASH_SHA256, dg, buf_bytes(&order), s,
		  &d) == ERR_CRYPTO,
	    "T09 r = the group's order: %s", d.text);
	CHECK(key_verify_ecdsa_raw(key, HASH_SHA1, bytes_of(digest, 20), r, s,
		  &d) == ERR_UNSUPPORTED,
	    "T09 over SHA-1: %s", d.text);
	CHECK(key_verify_ecdsa_raw(key, HASH_SHA384, dg, r, s, &d) ==
		ERR_CRYPTO,
	    "T14 a digest of another length: %s", d.text);
	CHECK(key_verify_ecdsa_raw(rsa, HASH_SHA256, dg, r, s, &d) ==
		ERR_CRYPTO,
	    "T09 ECDSA with an RSA key: %s", d.text);
	put_padded(&bent, r, s, 2);
	CHECK(key_verify(key, bytes_of_text("message"), buf_bytes(&bent), &d) ==
		ERR_CRYPTO,
	    "T09 a number not minimal: %s", d.text);
	key_free(key);
	key_free(rsa);
	buf_free(&sig);
	buf_free(&bent);
	buf_free(&order);
}

static void
test_rsa(void)
{
	struct key *key = generate(&kinds[2]), *ec = generate(&kinds[0]);
	struct buf sig = BUF_INIT(600), ct = BUF_INIT(600), n = BUF_INIT(600);
	struct bytes label = bytes_of("IDENTITY", 9);
	struct secret s = SECRET_NONE;
	struct key *bad = NULL;
	struct diag d = { 0 };
	uint8_t digest[32], modulus[512] = { 0x80 };

	sha256(bytes_of_text("message"), digest);
	if (key_sign(key, bytes_of_text("message"), &sig, &d) < 0)
		t_bail("%s", d.text);
	CHECK(key_verify_rsapss(key, HASH_SHA256, BYTES_OF_ARRAY(digest),
		  buf_bytes(&sig), &d) == 0,
	    "a PSS signature over a digest: %s", d.text);
	CHECK(key_verify_rsassa(key, HASH_SHA256, BYTES_OF_ARRAY(digest),
		  buf_bytes(&sig), &d) == ERR_CRYPTO,
	    "T09 PSS is not PKCS#1: %s", d.text);
	CHECK(key_verify_rsapss(key, HASH_SHA1, bytes_of(digest, 20),
		  buf_bytes(&sig), &d) == ERR_UNSUPPORTED,
	    "T09 over SHA-1: %s", d.text);
	CHECK(key_verify_rsapss(ec, HASH_SHA256, BYTES_OF_ARRAY(digest),
		  buf_bytes(&sig), &d) == ERR_CRYPTO,
	    "T09 RSA with an elliptic key: %s", d.text);

	CHECK(rsa_oaep_encrypt(key, label, bytes_of_text("seed"), &ct, &d) ==
		    0 &&
		rsa_oaep_decrypt(key, label, buf_bytes(&ct), &s, &d) == 0 &&
		bytes_equal_text(secret_bytes(&s), "seed"),
	    "OAEP with a label that ends in NUL: %s", d.text);
	secret_free(&s);
	CHECK(rsa_oaep_decrypt(key, bytes_of("IDENTITY", 8), buf_bytes(&ct), &s,
		  &d) == ERR_CRYPTO,
	    "another label: %s", d.text);
	ct.p[7] ^= 1;
	CHECK(rsa_oaep_decrypt(key, label, buf_bytes(&ct), &s, &d) ==
		ERR_CRYPTO,
	    "a changed byte: %s", d.text);

	modulus[127] = modulus[255] = modulus[511] = 1;
	CHECK(key_from_rsa(bytes_of(modulus, 128), 65537, &bad, &d) ==
		ERR_UNSUPPORTED,
	    "T09 RSA-1024: %s", d.text);
	CHECK(key_from_rsa(bytes_of(modulus, 256), 3, &bad, &d) ==
		ERR_UNSUPPORTED,
	    "exponent 3: %s", d.text);
	CHECK(key_from_rsa(bytes_of(modulus, 256), 65538, &bad, &d) ==
		ERR_UNSUPPORTED,
	    "an even exponent: %s", d.text);
	modulus[0] = 0;
	modulus[1] = 0x80;
	CHECK(key_from_rsa(bytes_of(modulus, 256), 65537, &bad, &d) ==
		ERR_UNSUPPORTED,
	    "T09 RSA-2040: %s", d.text);
	CHECK(key_generate(KEY_RSA, 1024, &bad, &d) == ERR_UNSUPPORTED, "%s",
	    d.text);
	key_free(key);
	key_free(ec);
	buf_free(&sig);
	buf_free(&ct);
	buf_free(&n);
}

static void
test_ecdh(void)
{
	struct diag d = { 0 };

	for (size_t i = 0; i < 2; i++) {
		struct key *a = generate(&kinds[i]), *b = generate(&kinds[i]);
		struct key *pa = key_public_of(a), *pb = key_public_of(b);
		uint8_t za[48], zb[48];
		size_t n = i == 0 ? 32 : 48;

		CHECK(ecdh_derive(a, pb, za, n, &d) == 0 &&
			ecdh_derive(b, pa, zb, n, &d) == 0 &&
			bytes_equal(bytes_of(za, n), bytes_of(zb, n)),
		    "%s: both sides derive the same", kinds[i].name);
		key_free(a);
		key_free(b);
		key_free(pa);
		key_free(pb);
	}
}

/* The curve's point of NIST's CAVP vectors would do; any off-curve pair too. */
static void
test_points(void)
{
	uint8_t point[P256_POINT_SIZE] = { 4 };
	struct key *key = generate(&kinds[0]), *mixed = generate(&kinds[1]),
		   *bad = NULL;
	struct diag d = { 0 };
	uint8_t z[32];

	CHECK(key_from_p256_point(point, &bad, &d) == ERR_FORMAT,
	    "the point (0, 0): %s", d.text);
	key_p256_point(key, point);
	point[0] = 6;
	CHECK(key_from_p256_point(point, &bad, &d) == ERR_FORMAT,
	    "the hybrid form: %s", d.text);
	point[0] = 4;
	point[64] ^= 1;
	CHECK(key_from_p256_point(point, &bad, &d) == ERR_FORMAT,
	    "a point off the curve: %s", d.text);
	memset(point + 1, 0xff, 64);
	CHECK(key_from_p256_point(point, &bad, &d) == ERR_FORMAT,
	    "coordinates beyond the prime: %s", d.text);
	CHECK(key_from_point(KEY_P256, bytes_of(point, 33), bytes_of(point, 32),
		  &bad, &d) == ERR_FORMAT,
	    "a coordinate too long: %s", d.text);
	CHECK(key_from_point(KEY_P256, BYTES_NONE, bytes_of(point, 32), &bad,
		  &d) == ERR_FORMAT,
	    "no coordinate: %s", d.text);
	CHECK(ecdh_derive(key, mixed, z, sizeof(z), &d) == ERR_CRYPTO,
	    "ECDH over two curves: %s", d.text);
	key_free(key);
	key_free(mixed);
}

/* PrivateKeyInfo of another key kind, and one whose halves do not fit. */
static void
test_private_refusals(void)
{
	struct key *key = generate(&kinds[0]), *bad = NULL;
	struct buf ed = BUF_INIT(100);
	struct secret pkcs8 = SECRET_NONE;
	struct diag d = { 0 };

	t_hex(&ed,
	    "302e020100300506032b657004220420"
	    "d4ee72dbf913584ad5b6d8f1f769f8ad3afe7c28cbf1d4fbe097a88f44755842");
	CHECK(key_from_pkcs8(buf_bytes(&ed), &bad, &d) == ERR_UNSUPPORTED,
	    "an Ed25519 key: %s", d.text);
	if (key_to_pkcs8(key, &pkcs8, &d) < 0)
		t_bail("%s", d.text);
	/* A byte of the private number: 26 bytes of headers stand before. */
	pkcs8.p[36 + 10] ^= 1;
	CHECK(key_from_pkcs8(secret_bytes(&pkcs8), &bad, &d) == ERR_FORMAT,
	    "a private number that is not its point's: %s", d.text);
	secret_free(&pkcs8);
	buf_free(&ed);
	key_free(key);
}

int
main(void)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		test_encodings(&kinds[i]);
		test_signature(&kinds[i]);
	}
	test_ecdsa_raw();
	test_rsa();
	test_ecdh();
	test_points();
	test_private_refusals();
	return t_done();
}
