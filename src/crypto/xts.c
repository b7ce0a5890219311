/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/xts.h"

#include <openssl/evp.h>

struct xts {
	EVP_CIPHER_CTX *ctx; /* holds the key; wipes it when freed */
};

int
xts_new(const uint8_t key[static XTS_KEY_SIZE], enum xts_way way,
    struct xts **ret, struct diag *d)
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, "AES-256-XTS", NULL);
	auto_xts struct xts *x = calloc(1, sizeof(*x));
	bool same = bytes_equal(bytes_of(key, XTS_KEY_SIZE / 2),
	    bytes_of(key + XTS_KEY_SIZE / 2, XTS_KEY_SIZE / 2));
	int r = ERR_OK;

	if (x != NULL)
		x->ctx = EVP_CIPHER_CTX_new();
	if (x == NULL || x->ctx == NULL)
		r = diag_nomem(d);
	/* OpenSSL takes such a key for decryption; nobody may have it. */
	else if (same ||
	    EVP_CipherInit_ex2(x->ctx, cipher, key, NULL, way == XTS_ENCRYPT,
		NULL) != 1)
		r = diag_fail(d, ERR_CRYPTO, "AES-XTS: the key is not taken");
	EVP_CIPHER_free(cipher);
	if (r == ERR_OK)
		*ret = TAKE_PTR(&x);
	return r;
}

void
xts_free(struct xts *x)
{
	if (x == NULL)
		return;
	EVP_CIPHER_CTX_free(x->ctx);
	free(x);
}

static void
put_tweak(uint64_t sector, uint8_t tweak[static 16])
{
	for (unsigned i = 0; i < 8; i++)
		tweak[i] = (uint8_t)(sector >> (8 * i));
}

/*
 * A new tweak for a context that keeps its key costs 70 ns a sector, a third
 * of the whole. Making the tweaks of many sectors ourselves around one call of
 * AES-ECB was measured: a fifth faster, for arithmetic of our own.
 */
void
xts_run(struct xts *x, uint64_t sector, uint8_t *p, size_t n)
{
	uint8_t tweak[16] = { 0 };
	int out;

	BUG_ON(n % XTS_SECTOR != 0);
	for (size_t at = 0; at < n; at += XTS_SECTOR) {
		put_tweak(sector++, tweak);
		out = 0;
		BUG_ON(EVP_CipherInit_ex2(x->ctx, NULL, NULL, tweak, -1,
			   NULL) != 1 ||
		    EVP_CipherUpdate(x->ctx, p + at, &out, p + at,
			XTS_SECTOR) != 1 ||
		    out != XTS_SECTOR);
	}
}
