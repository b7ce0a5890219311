/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/hpke.h"

#include <string.h>

#include <openssl/crypto.h>

#include "base/reader.h"
#include "crypto/aead.h"
#include "crypto/hash.h"

/* RFC 9180, 7.1 and 5.1: "KEM" || kem_id; "HPKE" || kem_id || kdf_id || aead_id */
static const uint8_t kem_suite[] = { 'K', 'E', 'M', 0, 0x10 };
#define SUITE_SIZE 10

struct context {
	enum hpke_aead aead;
	uint8_t suite[SUITE_SIZE];
	uint8_t key[AEAD_KEY_SIZE];
	uint8_t nonce[AEAD_NONCE_SIZE];
};

static size_t
key_size(enum hpke_aead aead)
{
	return aead == HPKE_AES_128_GCM ? 16 : 32;
}

/* RFC 9180, 4: LabeledExtract. */
static void
labeled_extract(struct bytes suite, struct bytes salt, const char *label,
    struct bytes ikm, uint8_t ret[static SHA256_SIZE])
{
	struct bytes parts[] = { bytes_of_text("HPKE-v1"), suite,
		bytes_of_text(label), ikm };

	hkdf_sha256_extract(salt, parts, ARRAY_LEN(parts), ret);
}

/* RFC 9180, 4: LabeledExpand; the info comes in two pieces. */
static void
labeled_expand(struct bytes suite, const uint8_t prk[static SHA256_SIZE],
    const char *label, struct bytes info1, struct bytes info2, uint8_t *ret,
    size_t size)
{
	uint8_t length[] = { (uint8_t)(size >> 8), (uint8_t)size };
	struct bytes parts[] = { BYTES_OF_ARRAY(length),
		bytes_of_text("HPKE-v1"), suite, bytes_of_text(label), info1,
		info2 };

	hkdf_sha256_expand(prk, parts, ARRAY_LEN(parts), ret, size);
}

/* 4.1 (ExtractAndExpand over enc || pkR) and 5.1 (KeySchedule, base mode). */
static void
schedule(enum hpke_aead aead, const uint8_t z[static HPKE_Z_SIZE],
    struct bytes enc, struct bytes pk, struct bytes info, struct context *ret)
{
	const uint8_t suite_bytes[] = { 'H', 'P', 'K', 'E', 0, 0x10, 0, 1, 0,
		(uint8_t)aead };
	struct bytes kem = BYTES_OF_ARRAY(kem_suite), suite;
	uint8_t prk[SHA256_SIZE], shared[SHA256_SIZE];
	uint8_t context[1 + 2 * SHA256_SIZE] = { 0 }; /* mode_base */

	ret->aead = aead;
	memcpy(ret->suite, suite_bytes, SUITE_SIZE);
	suite = BYTES_OF_ARRAY(ret->suite);

	labeled_extract(kem, BYTES_NONE, "eae_prk", bytes_of(z, HPKE_Z_SIZE),
	    prk);
	labeled_expand(kem, prk, "shared_secret", enc, pk, shared,
	    sizeof(shared));

	labeled_extract(suite, BYTES_NONE, "psk_id_hash", BYTES_NONE,
	    context + 1);
	labeled_extract(suite, BYTES_NONE, "info_hash", info,
	    context + 1 + SHA256_SIZE);
	labeled_extract(suite, BYTES_OF_ARRAY(shared), "secret", BYTES_NONE,
	    prk);
	labeled_expand(suite, prk, "key", BYTES_OF_ARRAY(context), BYTES_NONE,
	    ret->key, key_size(aead));
	labeled_expand(suite, prk, "base_nonce", BYTES_OF_ARRAY(context),
	    BYTES_NONE, ret->nonce, sizeof(ret->nonce));
	OPENSSL_cleanse(prk, sizeof(prk));
	OPENSSL_cleanse(shared, sizeof(shared));
}

int
hpke_seal_with(enum hpke_aead aead, const struct key *ephemeral,
    const struct key *recipient, struct bytes info, struct bytes aad,
    struct bytes plaintext, struct buf *ret, struct diag *d)
{
	uint8_t enc[HPKE_ENC_SIZE], pk[P256_POINT_SIZE], z[HPKE_Z_SIZE];
	struct context c;
	uint8_t *out;
	int r;

	if (plaintext.len > HPKE_PLAIN_MAX)
		return diag_fail(d, ERR_LIMIT, "sealing: %zu bytes at once",
		    plaintext.len);
	key_p256_point(ephemeral, enc);
	key_p256_point(recipient, pk);
	if ((r = ecdh_derive(ephemeral, recipient, z, sizeof(z), d)) < 0)
		return r;
	if (!buf_put(ret, BYTES_OF_ARRAY(enc)) ||
	    (out = buf_extend(ret, plaintext.len + AEAD_TAG_SIZE)) == NULL)
		return buf_check(ret, "sealing", d);
	schedule(aead, z, BYTES_OF_ARRAY(enc), BYTES_OF_ARRAY(pk), info, &c);
	BUG_ON(!aead_gcm_encrypt(bytes_of(c.key, key_size(aead)), c.nonce, aad,
	    plaintext, out));
	OPENSSL_cleanse(&c, sizeof(c));
	OPENSSL_cleanse(z, sizeof(z));
	return ERR_OK;
}

int
hpke_seal(const uint8_t pk[static P256_POINT_SIZE], struct bytes info,
    struct bytes aad, struct bytes plaintext, struct buf *ret, struct diag *d)
{
	auto_key struct key *recipient = NULL, *ephemeral = NULL;
	int r;

	if ((r = key_from_p256_point(pk, &recipient, d)) < 0 ||
	    (r = key_generate(KEY_P256, 0, &ephemeral, d)) < 0)
		return r;
	return hpke_seal_with(HPKE_AES_256_GCM, ephemeral, recipient, info, aad,
	    plaintext, ret, d);
}

int
hpke_enc(struct bytes sealed, uint8_t ret[static HPKE_ENC_SIZE], struct diag *d)
{
	struct reader r = reader_of(sealed);
	uint8_t enc[HPKE_ENC_SIZE];

	if (!reader_copy(&r, enc, sizeof(enc)) ||
	    reader_left(&r) < AEAD_TAG_SIZE)
		return diag_fail(d, ERR_SHORT, "sealed message: %zu bytes",
		    sealed.len);
	if (reader_left(&r) > HPKE_PLAIN_MAX + AEAD_TAG_SIZE)
		return diag_fail(d, ERR_LIMIT, "sealed message: %zu bytes",
		    sealed.len);
	if (enc[0] != 4)
		return diag_fail(d, ERR_FORMAT,
		    "sealed message: starts with 0x%02x", enc[0]);
	memcpy(ret, enc, sizeof(enc));
	return ERR_OK;
}

int
hpke_open_with(enum hpke_aead aead, const uint8_t z[static HPKE_Z_SIZE],
    const uint8_t pk_recipient[static P256_POINT_SIZE], struct bytes info,
    struct bytes aad, struct bytes sealed, struct secret *ret, struct diag *d)
{
	auto_secret struct secret s = SECRET_NONE;
	uint8_t enc[HPKE_ENC_SIZE];
	struct bytes rest;
	struct context c;
	bool ok;
	int r;

	if ((r = hpke_enc(sealed, enc, d)) < 0)
		return r;
	rest = bytes_of(sealed.p + sizeof(enc), sealed.len - sizeof(enc));
	if ((r = secret_alloc(&s, rest.len - AEAD_TAG_SIZE, d)) < 0)
		return r;
	schedule(aead, z, BYTES_OF_ARRAY(enc),
	    bytes_of(pk_recipient, P256_POINT_SIZE), info, &c);
	ok = aead_gcm_decrypt(bytes_of(c.key, key_size(aead)), c.nonce, aad,
	    rest, s.p);
	OPENSSL_cleanse(&c, sizeof(c));
	if (!ok)
		return diag_fail(d, ERR_CRYPTO,
		    "sealed message: wrong key or exchange, or altered");
	secret_move(&s, ret);
	return ERR_OK;
}

int
hpke_open_shared(const uint8_t z[static HPKE_Z_SIZE],
    const uint8_t pk_recipient[static P256_POINT_SIZE], struct bytes info,
    struct bytes aad, struct bytes sealed, struct secret *ret, struct diag *d)
{
	return hpke_open_with(HPKE_AES_256_GCM, z, pk_recipient, info, aad,
	    sealed, ret, d);
}

int
hpke_open(const struct key *key, struct bytes info, struct bytes aad,
    struct bytes sealed, struct secret *ret, struct diag *d)
{
	uint8_t enc[HPKE_ENC_SIZE], pk[P256_POINT_SIZE], z[HPKE_Z_SIZE];
	auto_key struct key *peer = NULL;
	int r;

	if ((r = hpke_enc(sealed, enc, d)) < 0 ||
	    (r = key_from_p256_point(enc, &peer, d)) < 0 ||
	    (r = ecdh_derive(key, peer, z, sizeof(z), d)) < 0)
		return r;
	key_p256_point(key, pk);
	r = hpke_open_shared(z, pk, info, aad, sealed, ret, d);
	OPENSSL_cleanse(z, sizeof(z));
	return r;
}
