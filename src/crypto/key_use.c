/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is done with keys: FIPS 186-4 ECDSA, RFC 8017 PSS, PKCS#1 v1.5
 * signatures (verified only, for TPMs), OAEP, and ECDH.
 */
#include "crypto/key.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "crypto/der.h"
#include "crypto/key_impl.h"

#define PSS_SALT_SIZE 32

static int
bad_signature(struct diag *d, const char *problem)
{
	ERR_clear_error();
	(void)diag_refuse(d, REASON_SignatureInvalid, "signature: %s", problem);
	return ERR_CRYPTO;
}

static const EVP_MD *
signature_md(enum hash_alg alg)
{
	switch (alg) {
	case HASH_SHA256:
		return EVP_sha256();
	case HASH_SHA384:
		return EVP_sha384();
	case HASH_SHA512:
		return EVP_sha512();
	case HASH_SHA1: /* collisions are for sale */
	case HASH_SM3:
		break;
	}
	return NULL;
}

/* salt: of PSS; RSA_PSS_SALTLEN_AUTO to take the signature's. */
static bool
set_pss(EVP_PKEY_CTX *ctx, const EVP_MD *md, int salt)
{
	return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
	    EVP_PKEY_CTX_set_signature_md(ctx, md) == 1 &&
	    EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, md) == 1 &&
	    EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, salt) == 1;
}

int
key_sign(const struct key *key, struct bytes message, struct buf *ret,
    struct diag *d)
{
	auto_pkey_ctx EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key->pkey, NULL);
	uint8_t digest[SHA256_SIZE], out[KEY_SIGNATURE_MAX];
	size_t len = sizeof(out);

	BUG_ON(!key->is_private || ctx == NULL);
	sha256(message, digest);
	if (EVP_PKEY_sign_init(ctx) != 1 ||
	    (key->type == KEY_RSA &&
		!set_pss(ctx, EVP_sha256(), PSS_SALT_SIZE)) ||
	    EVP_PKEY_sign(ctx, out, &len, digest, sizeof(digest)) != 1)
		return openssl_fail(d, ERR_CRYPTO, "signature");
	(void)buf_put(ret, bytes_of(out, len));
	return buf_check(ret, "signature", d);
}

static int
verify(const struct key *key, const EVP_MD *md, int padding, int salt,
    struct bytes digest, struct bytes signature, struct diag *d)
{
	auto_pkey_ctx EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key->pkey, NULL);
	bool ready;

	BUG_ON(ctx == NULL || EVP_PKEY_verify_init(ctx) != 1);
	if (padding == RSA_PKCS1_PSS_PADDING)
		ready = set_pss(ctx, md, salt);
	else if (padding == RSA_PKCS1_PADDING)
		ready = EVP_PKEY_CTX_set_rsa_padding(ctx, padding) == 1 &&
		    EVP_PKEY_CTX_set_signature_md(ctx, md) == 1;
	else
		ready = true;
	BUG_ON(!ready);
	if (EVP_PKEY_verify(ctx, signature.p, signature.len, digest.p,
		digest.len) != 1)
		return bad_signature(d, "does not verify");
	return ERR_OK;
}

/*
 * SEQUENCE { r INTEGER, s INTEGER }, both positive and no longer than the
 * field, written in the one way DER allows: a signature that can be rewritten
 * would give one object two digests. OpenSSL checks both against the order.
 */
static bool
ecdsa_canonical(const struct key *key, struct bytes signature)
{
	size_t n = key_field_size(key->type);
	struct reader in = reader_of(signature), seq;
	struct bytes r, s;

	return der_enter(&in, DER_SEQUENCE, &seq) && reader_left(&in) == 0 &&
	    der_uint(&seq, &r) && der_uint(&seq, &s) &&
	    reader_left(&seq) == 0 && r.len <= n && s.len <= n &&
	    !bytes_all_zero(r) && !bytes_all_zero(s);
}

int
key_verify(const struct key *key, struct bytes message, struct bytes signature,
    struct diag *d)
{
	uint8_t digest[SHA256_SIZE];

	sha256(message, digest);
	if (key->type == KEY_RSA) {
		if (signature.len != (key_bits(key) + 7) / 8)
			return bad_signature(d, "wrong length");
		return verify(key, EVP_sha256(), RSA_PKCS1_PSS_PADDING,
		    PSS_SALT_SIZE, BYTES_OF_ARRAY(digest), signature, d);
	}
	if (!ecdsa_canonical(key, signature))
		return bad_signature(d, "not canonical DER of two numbers");
	return verify(key, NULL, 0, 0, BYTES_OF_ARRAY(digest), signature, d);
}

/* The digest is of an accepted algorithm, and as long as that says. */
static int
check_digest(enum hash_alg alg, struct bytes digest, struct diag *d)
{
	if (signature_md(alg) == NULL)
		return diag_fail(d, ERR_UNSUPPORTED,
		    "signature: over a digest of %s", hash_name(alg));
	if (digest.len != hash_size(alg))
		return bad_signature(d, "digest of the wrong length");
	return ERR_OK;
}

int
key_verify_ecdsa_raw(const struct key *key, enum hash_alg alg,
    struct bytes digest, struct bytes r, struct bytes s, struct diag *d)
{
	auto_buf struct buf der = BUF_INIT(160);
	size_t n, mark;
	int e;

	if (key->type == KEY_RSA)
		return bad_signature(d, "ECDSA with an RSA key");
	if ((e = check_digest(alg, digest, d)) < 0)
		return e;
	n = key_field_size(key->type);
	if (r.len == 0 || s.len == 0 || r.len > n || s.len > n ||
	    bytes_all_zero(r) || bytes_all_zero(s))
		return bad_signature(d, "numbers out of range");
	mark = der_begin(&der, DER_SEQUENCE);
	(void)der_put_uint(&der, r);
	(void)der_put_uint(&der, s);
	if (!der_end(&der, mark))
		return diag_nomem(d);
	return verify(key, NULL, 0, 0, digest, buf_bytes(&der), d);
}

static int
verify_rsa(const struct key *key, int padding, enum hash_alg alg,
    struct bytes digest, struct bytes signature, struct diag *d)
{
	int e;

	if (key->type != KEY_RSA)
		return bad_signature(d, "RSA with an elliptic key");
	if ((e = check_digest(alg, digest, d)) < 0)
		return e;
	if (signature.len != (key_bits(key) + 7) / 8)
		return bad_signature(d, "wrong length");
	return verify(key, signature_md(alg), padding, RSA_PSS_SALTLEN_AUTO,
	    digest, signature, d);
}

int
key_verify_rsassa(const struct key *key, enum hash_alg alg, struct bytes digest,
    struct bytes signature, struct diag *d)
{
	return verify_rsa(key, RSA_PKCS1_PADDING, alg, digest, signature, d);
}

int
key_verify_rsapss(const struct key *key, enum hash_alg alg, struct bytes digest,
    struct bytes signature, struct diag *d)
{
	return verify_rsa(key, RSA_PKCS1_PSS_PADDING, alg, digest, signature,
	    d);
}

static bool
set_oaep(EVP_PKEY_CTX *ctx, struct bytes label)
{
	void *copy;

	if (EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) != 1 ||
	    EVP_PKEY_CTX_set_rsa_oaep_md(ctx, EVP_sha256()) != 1 ||
	    EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, EVP_sha256()) != 1)
		return false;
	if (label.len == 0)
		return true;
	copy = OPENSSL_memdup(label.p, label.len);
	if (copy == NULL)
		return false;
	if (EVP_PKEY_CTX_set0_rsa_oaep_label(ctx, copy, (int)label.len) == 1)
		return true;
	OPENSSL_free(copy);
	return false;
}

int
rsa_oaep_encrypt(const struct key *key, struct bytes label,
    struct bytes plaintext, struct buf *ret, struct diag *d)
{
	auto_pkey_ctx EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key->pkey, NULL);
	uint8_t out[KEY_RSA_MODULUS_MAX];
	size_t len = sizeof(out);

	BUG_ON(key->type != KEY_RSA || ctx == NULL || label.len > 1024);
	if (EVP_PKEY_encrypt_init(ctx) != 1 || !set_oaep(ctx, label) ||
	    EVP_PKEY_encrypt(ctx, out, &len, plaintext.p, plaintext.len) != 1)
		return openssl_fail(d, ERR_CRYPTO, "RSA encryption");
	(void)buf_put(ret, bytes_of(out, len));
	return buf_check(ret, "RSA encryption", d);
}

int
rsa_oaep_decrypt(const struct key *key, struct bytes label,
    struct bytes ciphertext, struct secret *ret, struct diag *d)
{
	auto_pkey_ctx EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key->pkey, NULL);
	auto_secret struct secret s = SECRET_NONE;
	size_t len = KEY_RSA_MODULUS_MAX;
	int r;

	BUG_ON(key->type != KEY_RSA || !key->is_private || ctx == NULL ||
	    label.len > 1024);
	if ((r = secret_alloc(&s, len, d)) < 0)
		return r;
	/* One answer for every cause: no oracle. */
	if (ciphertext.len != (key_bits(key) + 7) / 8 ||
	    EVP_PKEY_decrypt_init(ctx) != 1 || !set_oaep(ctx, label) ||
	    EVP_PKEY_decrypt(ctx, s.p, &len, ciphertext.p, ciphertext.len) !=
		1) {
		ERR_clear_error();
		return diag_fail(d, ERR_CRYPTO,
		    "RSA decryption: wrong key or altered data");
	}
	s.len = len;
	secret_move(&s, ret);
	return ERR_OK;
}

int
ecdh_derive(const struct key *own, const struct key *peer, uint8_t *ret,
    size_t size, struct diag *d)
{
	auto_pkey_ctx EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(own->pkey, NULL);
	size_t len = size;

	BUG_ON(ctx == NULL || !own->is_private || own->type == KEY_RSA ||
	    size != key_field_size(own->type));
	if (peer->type != own->type)
		return diag_fail(d, ERR_CRYPTO, "ECDH: keys of two curves");
	/*
	 * OpenSSL's own check of the peer doubles the cost. A struct key is on
	 * its curve since it was made, and both curves have cofactor 1.
	 */
	if (EVP_PKEY_derive_init(ctx) != 1 ||
	    EVP_PKEY_derive_set_peer_ex(ctx, peer->pkey, 0) != 1 ||
	    EVP_PKEY_derive(ctx, ret, &len) != 1 || len != size)
		return openssl_fail(d, ERR_CRYPTO, "ECDH");
	return ERR_OK;
}
