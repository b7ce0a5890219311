/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/cfb.h"

#include <openssl/evp.h>

#include "base/err.h"

void
aes128_cfb_encrypt(const uint8_t key[static CFB_KEY_SIZE], uint8_t *p, size_t n)
{
	static const uint8_t iv[16];
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int out = 0;

	BUG_ON(ctx == NULL || n > 1024);
	BUG_ON(
	    EVP_EncryptInit_ex2(ctx, EVP_aes_128_cfb128(), key, iv, NULL) != 1);
	BUG_ON(EVP_EncryptUpdate(ctx, p, &out, p, (int)n) != 1 ||
	    (size_t)out != n);
	EVP_CIPHER_CTX_free(ctx); /* wipes the key */
}
