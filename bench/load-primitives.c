/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What libcrypto's bare primitives cost on this machine, now: with keys and
 * contexts made before, and nothing around them.
 */
#define OPENSSL_SUPPRESS_DEPRECATED

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>

#include "load.h"

#define TIMES 200

static struct {
	EVP_PKEY_CTX *sign, *verify, *make, *derive, *wrap;
	uint8_t digest[32], signature[80];
	size_t signature_len;
	uint8_t block[1024];
} p;

static EVP_PKEY_CTX *
ctx_of(EVP_PKEY *key)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);

	if (ctx == NULL)
		bench_die("libcrypto: no context");
	return ctx;
}

static void
set_up(void)
{
	EVP_PKEY *ec = EVP_EC_gen("P-256"), *peer = EVP_EC_gen("P-256");
	EVP_PKEY *rsa = EVP_RSA_gen(2048);

	p.sign = ctx_of(ec);
	p.verify = ctx_of(ec);
	p.make = ctx_of(ec);
	p.derive = ctx_of(ec);
	p.wrap = ctx_of(rsa);
	p.signature_len = sizeof(p.signature);
	if (EVP_PKEY_sign_init(p.sign) != 1 ||
	    EVP_PKEY_sign(p.sign, p.signature, &p.signature_len, p.digest,
		sizeof(p.digest)) != 1 ||
	    EVP_PKEY_verify_init(p.verify) != 1 ||
	    EVP_PKEY_keygen_init(p.make) != 1 ||
	    EVP_PKEY_derive_init(p.derive) != 1 ||
	    EVP_PKEY_derive_set_peer_ex(p.derive, peer, 0) != 1 ||
	    EVP_PKEY_encrypt_init(p.wrap) != 1 ||
	    EVP_PKEY_CTX_set_rsa_padding(p.wrap, RSA_PKCS1_OAEP_PADDING) != 1 ||
	    EVP_PKEY_CTX_set_rsa_oaep_md(p.wrap, EVP_sha256()) != 1)
		bench_die("libcrypto: keys");
}

static bool
once(enum primitive which)
{
	uint8_t out[512];
	size_t len = sizeof(out);
	EVP_PKEY *made = NULL;
	bool ok;

	switch (which) {
	case PRIM_P256_VERIFY:
		return EVP_PKEY_verify(p.verify, p.signature, p.signature_len,
			   p.digest, sizeof(p.digest)) == 1;
	case PRIM_P256_SIGN:
		return EVP_PKEY_sign(p.sign, out, &len, p.digest,
			   sizeof(p.digest)) == 1;
	case PRIM_P256_MAKE:
		ok = EVP_PKEY_keygen(p.make, &made) == 1;
		EVP_PKEY_free(made);
		return ok;
	case PRIM_P256_ECDH:
		return EVP_PKEY_derive(p.derive, out, &len) == 1;
	case PRIM_OAEP_WRAP:
		return EVP_PKEY_encrypt(p.wrap, out, &len, p.digest,
			   sizeof(p.digest)) == 1;
	case PRIM_SHA256_KIB:
		return SHA256(p.block, sizeof(p.block), out) != NULL;
	case PRIMITIVES:
		break;
	}
	return false;
}

void
load_primitives(double ret[static PRIMITIVES])
{
	if (p.sign == NULL)
		set_up();
	for (enum primitive i = 0; i < PRIMITIVES; i++) {
		double start = bench_cpu();

		for (int n = 0; n < TIMES; n++)
			if (!once(i))
				bench_die("libcrypto: primitive %d failed", i);
		ret[i] = (bench_cpu() - start) / TIMES;
	}
}
