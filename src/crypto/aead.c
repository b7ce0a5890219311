/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/aead.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

/* Made once: looking a cipher up costs more than using it. */
static EVP_CIPHER_CTX *
context(void)
{
	static EVP_CIPHER_CTX *ctx;

	if (ctx == NULL)
		ctx = EVP_CIPHER_CTX_new();
	BUG_ON(ctx == NULL);
	return ctx;
}

static const EVP_CIPHER *
cipher(size_t key_len)
{
	static EVP_CIPHER *aes128, *aes256;

	BUG_ON(key_len != 16 && key_len != 32);
	if (key_len == 16) {
		if (aes128 == NULL)
			aes128 = EVP_CIPHER_fetch(NULL, "AES-128-GCM", NULL);
		return aes128;
	}
	if (aes256 == NULL)
		aes256 = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	return aes256;
}

bool
aead_gcm_encrypt(struct bytes key, const uint8_t *nonce, struct bytes aad,
    struct bytes plaintext, uint8_t *ret)
{
	EVP_CIPHER_CTX *ctx = context();
	int n = 0;
	bool ok;

	BUG_ON(plaintext.len > AEAD_PLAIN_MAX || aad.len > AEAD_PLAIN_MAX);
	ok = EVP_EncryptInit_ex2(ctx, cipher(key.len), key.p, nonce, NULL) ==
		1 &&
	    (aad.len == 0 ||
		EVP_EncryptUpdate(ctx, NULL, &n, aad.p, (int)aad.len) == 1) &&
	    (plaintext.len == 0 ||
		EVP_EncryptUpdate(ctx, ret, &n, plaintext.p,
		    (int)plaintext.len) == 1) &&
	    EVP_EncryptFinal_ex(ctx, ret + plaintext.len, &n) == 1 &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, AEAD_TAG_SIZE,
		ret + plaintext.len) == 1;
	(void)EVP_CIPHER_CTX_reset(ctx); /* wipes the key */
	return ok;
}

bool
aead_gcm_decrypt(struct bytes key, const uint8_t *nonce, struct bytes aad,
    struct bytes sealed, uint8_t *ret)
{
	EVP_CIPHER_CTX *ctx = context();
	uint8_t tag[AEAD_TAG_SIZE];
	uint8_t none[AEAD_TAG_SIZE];
	size_t len;
	int n = 0;
	bool ok;

	BUG_ON(sealed.len < sizeof(tag) || aad.len > AEAD_PLAIN_MAX);
	len = sealed.len - sizeof(tag);
	BUG_ON(len > AEAD_PLAIN_MAX);
	for (size_t i = 0; i < sizeof(tag); i++)
		tag[i] = sealed.p[len + i];
	ok = EVP_DecryptInit_ex2(ctx, cipher(key.len), key.p, nonce, NULL) ==
		1 &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, sizeof(tag), tag) ==
		1 &&
	    (aad.len == 0 ||
		EVP_DecryptUpdate(ctx, NULL, &n, aad.p, (int)aad.len) == 1) &&
	    (len == 0 ||
		EVP_DecryptUpdate(ctx, ret, &n, sealed.p, (int)len) == 1) &&
	    EVP_DecryptFinal_ex(ctx, none, &n) == 1;
	(void)EVP_CIPHER_CTX_reset(ctx);
	/* Nothing unauthenticated is left for anyone to find. */
	if (!ok && len != 0)
		OPENSSL_cleanse(ret, len);
	return ok;
}

int
aead_seal(const uint8_t key[static AEAD_KEY_SIZE],
    const uint8_t nonce[static AEAD_NONCE_SIZE], struct bytes aad,
    struct bytes plaintext, struct buf *ret, struct diag *d)
{
	uint8_t *out;

	if (plaintext.len > AEAD_PLAIN_MAX || aad.len > AEAD_PLAIN_MAX)
		return diag_fail(d, ERR_LIMIT, "encryption: too much at once");
	out = buf_extend(ret, plaintext.len + AEAD_TAG_SIZE);
	if (out == NULL)
		return buf_check(ret, "encryption", d);
	BUG_ON(!aead_gcm_encrypt(bytes_of(key, AEAD_KEY_SIZE), nonce, aad,
	    plaintext, out));
	return ERR_OK;
}

static int
check_sealed(struct bytes aad, struct bytes sealed, struct diag *d)
{
	if (sealed.len < AEAD_TAG_SIZE)
		return diag_fail(d, ERR_SHORT, "decryption: %zu bytes",
		    sealed.len);
	if (sealed.len > AEAD_PLAIN_MAX || aad.len > AEAD_PLAIN_MAX)
		return diag_fail(d, ERR_LIMIT, "decryption: too much at once");
	return ERR_OK;
}

int
aead_open(const uint8_t key[static AEAD_KEY_SIZE],
    const uint8_t nonce[static AEAD_NONCE_SIZE], struct bytes aad,
    struct bytes sealed, struct secret *ret, struct diag *d)
{
	auto_secret struct secret s = SECRET_NONE;
	int r;

	if ((r = check_sealed(aad, sealed, d)) < 0 ||
	    (r = secret_alloc(&s, sealed.len - AEAD_TAG_SIZE, d)) < 0)
		return r;
	if (!aead_gcm_decrypt(bytes_of(key, AEAD_KEY_SIZE), nonce, aad, sealed,
		s.p))
		return diag_fail(d, ERR_CRYPTO,
		    "decryption: wrong key or altered data");
	secret_move(&s, ret);
	return ERR_OK;
}

int
aead_open_buf(const uint8_t key[static AEAD_KEY_SIZE],
    const uint8_t nonce[static AEAD_NONCE_SIZE], struct bytes aad,
    struct bytes sealed, struct buf *ret, struct diag *d)
{
	uint8_t *out;
	int r;

	if ((r = check_sealed(aad, sealed, d)) < 0)
		return r;
	out = buf_extend(ret, sealed.len - AEAD_TAG_SIZE);
	if (out == NULL)
		return buf_check(ret, "decryption", d);
	if (!aead_gcm_decrypt(bytes_of(key, AEAD_KEY_SIZE), nonce, aad, sealed,
		out)) {
		ret->len -= sealed.len - AEAD_TAG_SIZE;
		return diag_fail(d, ERR_CRYPTO,
		    "decryption: wrong key or altered data");
	}
	return ERR_OK;
}

/* RFC 3394 with its default initial value; n bytes in, n -+ 8 out. */
static bool
wrap_run(bool encrypt, const uint8_t *kek, struct bytes in, uint8_t *ret)
{
	static EVP_CIPHER *wrap;
	EVP_CIPHER_CTX *ctx = context();
	int n = 0, end = 0;
	bool ok;

	if (wrap == NULL)
		wrap = EVP_CIPHER_fetch(NULL, "AES-256-WRAP", NULL);
	EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
	ok = EVP_CipherInit_ex2(ctx, wrap, kek, NULL, encrypt, NULL) == 1 &&
	    EVP_CipherUpdate(ctx, ret, &n, in.p, (int)in.len) == 1 &&
	    EVP_CipherFinal_ex(ctx, ret + n, &end) == 1;
	(void)EVP_CIPHER_CTX_reset(ctx);
	return ok;
}

int
key_wrap(const uint8_t kek[static AEAD_KEY_SIZE], struct bytes key_data,
    struct buf *ret, struct diag *d)
{
	uint8_t *out;

	BUG_ON(key_data.len < 16 || key_data.len > 64 || key_data.len % 8 != 0);
	out = buf_extend(ret, key_data.len + WRAP_OVERHEAD);
	if (out == NULL)
		return buf_check(ret, "key wrap", d);
	BUG_ON(!wrap_run(true, kek, key_data, out));
	return ERR_OK;
}

int
key_unwrap(const uint8_t kek[static AEAD_KEY_SIZE], struct bytes wrapped,
    struct secret *ret, struct diag *d)
{
	auto_secret struct secret s = SECRET_NONE;
	uint8_t out[64 + 2 * WRAP_OVERHEAD];
	bool ok;
	int r;

	if (wrapped.len < 16 + WRAP_OVERHEAD ||
	    wrapped.len > 64 + WRAP_OVERHEAD || wrapped.len % 8 != 0)
		return diag_fail(d, ERR_FORMAT, "key wrap: %zu bytes",
		    wrapped.len);
	ok = wrap_run(false, kek, wrapped, out);
	r = ok ? secret_copy(&s, bytes_of(out, wrapped.len - WRAP_OVERHEAD), d)
	       : diag_fail(d, ERR_CRYPTO, "key wrap: wrong key or altered");
	OPENSSL_cleanse(out, sizeof(out));
	if (r < 0)
		return r;
	secret_move(&s, ret);
	return ERR_OK;
}
