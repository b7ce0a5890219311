/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/key.h"

#include "crypto/der.h"
#include "crypto/keys.h"

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
	struct buf sig = BUF_INIT(600), ct = BUF_INIT(600);
	struct bytes label = bytes_of("IDENTITY", 9);
	struct secret s = SECRET_NONE;
	struct diag d = { 0 };
	uint8_t digest[32];

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
	key_free(key);
	key_free(ec);
	buf_free(&sig);
	buf_free(&ct);
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

int
main(void)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		test_signature(&kinds[i]);
	test_ecdsa_raw();
	test_rsa();
	test_ecdh();
	return t_done();
}
