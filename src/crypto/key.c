/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys: where they come from and what they are written as. Public keys are
 * built from numbers, not by OpenSSL's decoder, which costs more than a
 * signature (105 us against 15).
 */
#include "crypto/key.h"

#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "crypto/der.h"
#include "crypto/key_impl.h"
#include "crypto/oid.h"

int
openssl_fail(struct diag *d, enum err err, const char *what)
{
	unsigned long code = ERR_peek_last_error();
	const char *reason = ERR_reason_error_string(code);

	ERR_clear_error();
	return diag_fail(d, err, "%s: %s", what,
	    reason != NULL ? reason : "refused by the cryptographic library");
}

size_t
key_field_size(enum key_type type)
{
	BUG_ON(type == KEY_RSA);
	return type == KEY_P256 ? 32 : 48;
}

static const char *
group_name(enum key_type type)
{
	return type == KEY_P256 ? "P-256" : "P-384";
}

/* The coordinates, once, so that nobody has to ask OpenSSL again. */
static int
fill_point(struct key *key, struct diag *d)
{
	size_t n = key_field_size(key->type);
	BIGNUM *x = NULL, *y = NULL;
	bool ok;

	ok = EVP_PKEY_get_bn_param(key->pkey, OSSL_PKEY_PARAM_EC_PUB_X, &x) ==
		1 &&
	    EVP_PKEY_get_bn_param(key->pkey, OSSL_PKEY_PARAM_EC_PUB_Y, &y) ==
		1 &&
	    BN_bn2binpad(x, key->point + 1, (int)n) == (int)n &&
	    BN_bn2binpad(y, key->point + 1 + n, (int)n) == (int)n;
	BN_free(x);
	BN_free(y);
	if (!ok)
		return openssl_fail(d, ERR_FORMAT, "key: no public point");
	key->point[0] = 4;
	return ERR_OK;
}

static int
check_rsa(const EVP_PKEY *pkey, struct diag *d)
{
	int bits = EVP_PKEY_get_bits(pkey);
	BIGNUM *n = NULL, *e = NULL;
	bool good;

	if (bits < KEY_RSA_BITS_MIN || bits > KEY_RSA_BITS_MAX)
		return diag_fail(d, ERR_UNSUPPORTED,
		    "key: RSA of %d bits is not %d-%d", bits, KEY_RSA_BITS_MIN,
		    KEY_RSA_BITS_MAX);
	good = EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_N, &n) == 1 &&
	    EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_E, &e) == 1 &&
	    BN_is_odd(n) && BN_is_odd(e) && BN_num_bits(e) > 16 &&
	    BN_num_bits(e) <= 64;
	BN_free(n);
	BN_free(e);
	if (!good)
		return diag_fail(d, ERR_UNSUPPORTED,
		    "key: RSA modulus or exponent is not accepted");
	return ERR_OK;
}

static int
find_type(const EVP_PKEY *pkey, enum key_type *ret, struct diag *d)
{
	char group[64] = "";
	int explicit = 0;

	if (EVP_PKEY_is_a(pkey, "RSA")) {
		*ret = KEY_RSA;
		return check_rsa(pkey, d);
	}
	if (!EVP_PKEY_is_a(pkey, "EC"))
		return diag_fail(d, ERR_UNSUPPORTED,
		    "key: neither RSA nor elliptic curve");
	/* A curve spelled out may be a known one with another generator. */
	if (EVP_PKEY_get_int_param(pkey,
		OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS,
		&explicit) == 1 &&
	    explicit != 0)
		return diag_fail(d, ERR_UNSUPPORTED,
		    "key: explicit curve parameters");
	(void)EVP_PKEY_get_group_name(pkey, group, sizeof(group), NULL);
	if (strcmp(group, "prime256v1") == 0 || strcmp(group, "P-256") == 0)
		*ret = KEY_P256;
	else if (strcmp(group, "secp384r1") == 0 || strcmp(group, "P-384") == 0)
		*ret = KEY_P384;
	else
		return diag_fail(d, ERR_UNSUPPORTED,
		    "key: curve is neither P-256 nor P-384");
	return ERR_OK;
}

/* octets: its point, where the caller has it; asking OpenSSL costs 35 us. */
static int
adopt(EVP_PKEY *pkey, bool is_private, struct bytes octets, struct key **ret,
    struct diag *d)
{
	auto_key struct key *key = calloc(1, sizeof(*key));
	int r;

	if (key == NULL) {
		EVP_PKEY_free(pkey);
		return diag_nomem(d);
	}
	key->pkey = pkey;
	key->is_private = is_private;
	if ((r = find_type(pkey, &key->type, d)) < 0)
		return r;
	if (octets.len != 0)
		memcpy(key->point, octets.p, octets.len);
	else if (key->type != KEY_RSA && (r = fill_point(key, d)) < 0)
		return r;
	*ret = TAKE_PTR(&key);
	return ERR_OK;
}

int
key_adopt(EVP_PKEY *pkey, bool is_private, struct key **ret, struct diag *d)
{
	return adopt(pkey, is_private, BYTES_NONE, ret, d);
}

/* The curve alone, made once: looking it up by name costs as much as a key. */
static EVP_PKEY *
curve_of(enum key_type type)
{
	static EVP_PKEY *curves[2];
	EVP_PKEY **c = &curves[type == KEY_P256 ? 0 : 1];
	EVP_PKEY_CTX *ctx;

	if (*c != NULL)
		return *c;
	ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	BUG_ON(ctx == NULL || EVP_PKEY_paramgen_init(ctx) != 1 ||
	    EVP_PKEY_CTX_set_group_name(ctx, group_name(type)) != 1 ||
	    EVP_PKEY_paramgen(ctx, c) != 1);
	EVP_PKEY_CTX_free(ctx);
	return *c;
}

/* One for each message that is encrypted to a host or a guardian. */
static int
generate_elliptic(enum key_type type, struct key **ret, struct diag *d)
{
	auto_pkey_ctx EVP_PKEY_CTX *ctx =
	    EVP_PKEY_CTX_new(curve_of(type), NULL);
	auto_pkey EVP_PKEY *pkey = NULL;
	uint8_t octets[KEY_POINT_MAX];
	size_t n = 0;

	if (ctx == NULL || EVP_PKEY_keygen_init(ctx) != 1 ||
	    EVP_PKEY_keygen(ctx, &pkey) != 1 ||
	    EVP_PKEY_get_octet_string_param(pkey, OSSL_PKEY_PARAM_PUB_KEY,
		octets, sizeof(octets), &n) != 1)
		return openssl_fail(d, ERR_CRYPTO, "key generation");
	BUG_ON(n != 1 + 2 * key_field_size(type) || octets[0] != 4);
	return adopt(TAKE_PTR(&pkey), true, bytes_of(octets, n), ret, d);
}

int
key_generate(enum key_type type, unsigned bits, struct key **ret,
    struct diag *d)
{
	EVP_PKEY *pkey;

	if (type != KEY_RSA)
		return generate_elliptic(type, ret, d);

	if (bits != 2048 && bits != 3072 && bits != 4096)
		return diag_fail(d, ERR_UNSUPPORTED,
		    "key: RSA of %u bits is not made (2048, 3072, 4096)", bits);
	pkey = EVP_RSA_gen(bits);
	if (pkey == NULL)
		return openssl_fail(d, ERR_CRYPTO, "key generation");
	return key_adopt(pkey, true, ret, d);
}

int
key_from_pkcs8(struct bytes der, struct key **ret, struct diag *d)
{
	auto_pkey_ctx EVP_PKEY_CTX *ctx = NULL;
	auto_key struct key *key = NULL;
	PKCS8_PRIV_KEY_INFO *info;
	const uint8_t *p = der.p;
	EVP_PKEY *pkey = NULL;
	int r;

	if (der.len > KEY_PKCS8_MAX)
		return diag_fail(d, ERR_LIMIT,
		    "private key: %zu bytes, at most %d", der.len,
		    KEY_PKCS8_MAX);
	info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &p, (long)der.len);
	if (info != NULL && p == der.p + der.len)
		pkey = EVP_PKCS82PKEY(info);
	PKCS8_PRIV_KEY_INFO_free(info);
	if (pkey == NULL)
		return openssl_fail(d, ERR_FORMAT, "private key");
	if ((r = key_adopt(pkey, true, &key, d)) < 0)
		return r;
	/* A wrong public half would let signatures leak the private one. */
	ctx = EVP_PKEY_CTX_new(key->pkey, NULL);
	BUG_ON(ctx == NULL);
	if (EVP_PKEY_pairwise_check(ctx) != 1)
		return openssl_fail(d, ERR_FORMAT,
		    "private key: its halves do not fit");
	*ret = TAKE_PTR(&key);
	return ERR_OK;
}

/* EC or RSA from its parameters; owns and frees bld. */
static int
from_params(const char *algorithm, OSSL_PARAM_BLD *bld, struct bytes octets,
    struct key **ret, struct diag *d)
{
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(bld);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, algorithm, NULL);
	EVP_PKEY *pkey = NULL;
	int ok;

	BUG_ON(params == NULL || ctx == NULL);
	ok = EVP_PKEY_fromdata_init(ctx) == 1 &&
	    EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) == 1;
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(bld);
	if (!ok)
		return openssl_fail(d, ERR_FORMAT, "public key");
	return adopt(pkey, false, octets, ret, d);
}

/* Decoding the octets checks that the point is on the curve. */
static int
from_octets(enum key_type type, struct bytes octets, struct key **ret,
    struct diag *d)
{
	uint8_t id[SHA256_SIZE];
	OSSL_PARAM_BLD *bld;
	int r;

	key_cache_id(type, octets, BYTES_NONE, id);
	if (key_cache_find(id, ret))
		return ERR_OK;
	bld = OSSL_PARAM_BLD_new();
	BUG_ON(bld == NULL ||
	    OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME,
		group_name(type), 0) != 1 ||
	    OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY,
		octets.p, octets.len) != 1);
	r = from_params("EC", bld, octets, ret, d);
	if (r == ERR_OK)
		key_cache_put(id, *ret);
	return r;
}

int
key_from_point(enum key_type type, struct bytes x, struct bytes y,
    struct key **ret, struct diag *d)
{
	uint8_t octets[KEY_POINT_MAX] = { 4 };
	size_t n = key_field_size(type);

	if (x.len == 0 || y.len == 0 || x.len > n || y.len > n)
		return diag_fail(d, ERR_FORMAT,
		    "public key: coordinates of %zu and %zu bytes", x.len,
		    y.len);
	memcpy(octets + 1 + n - x.len, x.p, x.len);
	memcpy(octets + 1 + 2 * n - y.len, y.p, y.len);
	return from_octets(type, bytes_of(octets, 1 + 2 * n), ret, d);
}

int
key_from_p256_point(const uint8_t point[static P256_POINT_SIZE],
    struct key **ret, struct diag *d)
{
	/* No compressed or hybrid form: one key, one notation. */
	if (point[0] != 4)
		return diag_fail(d, ERR_FORMAT,
		    "public key: point starts with 0x%02x", point[0]);
	return from_octets(KEY_P256, bytes_of(point, P256_POINT_SIZE), ret, d);
}

int
key_from_rsa(struct bytes n, uint64_t e, struct key **ret, struct diag *d)
{
	uint8_t big[8], id[SHA256_SIZE];
	OSSL_PARAM_BLD *bld;
	BIGNUM *bn_n, *bn_e;
	int r;

	if (n.len > KEY_RSA_MODULUS_MAX || n.len < KEY_RSA_BITS_MIN / 8)
		return diag_fail(d, ERR_UNSUPPORTED,
		    "public key: RSA modulus of %zu bytes", n.len);
	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (uint8_t)(e >> (56 - 8 * i));
	key_cache_id(KEY_RSA, BYTES_OF_ARRAY(big), n, id);
	if (key_cache_find(id, ret))
		return ERR_OK;
	bld = OSSL_PARAM_BLD_new();
	bn_n = BN_bin2bn(n.p, (int)n.len, NULL);
	bn_e = BN_bin2bn(big, sizeof(big), NULL);
	BUG_ON(bld == NULL || bn_n == NULL || bn_e == NULL ||
	    OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, bn_n) != 1 ||
	    OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, bn_e) != 1);
	r = from_params("RSA", bld, BYTES_NONE, ret, d);
	BN_free(bn_n);
	BN_free(bn_e);
	if (r == ERR_OK)
		key_cache_put(id, *ret);
	return r;
}

struct key *
key_public_of(const struct key *key)
{
	struct key *public = NULL;
	BIGNUM *n = NULL, *e = NULL;
	OSSL_PARAM_BLD *bld;
	int r;

	if (key->type != KEY_RSA) {
		r = from_octets(key->type,
		    bytes_of(key->point, 1 + 2 * key_field_size(key->type)),
		    &public, NULL);
		BUG_ON(r < 0);
		return public;
	}
	bld = OSSL_PARAM_BLD_new();
	BUG_ON(bld == NULL ||
	    EVP_PKEY_get_bn_param(key->pkey, OSSL_PKEY_PARAM_RSA_N, &n) != 1 ||
	    EVP_PKEY_get_bn_param(key->pkey, OSSL_PKEY_PARAM_RSA_E, &e) != 1 ||
	    OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, n) != 1 ||
	    OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, e) != 1);
	r = from_params("RSA", bld, BYTES_NONE, &public, NULL);
	BUG_ON(r < 0);
	BN_free(n);
	BN_free(e);
	return public;
}

void
key_free(struct key *key)
{
	if (key == NULL)
		return;
	EVP_PKEY_free(key->pkey);
	free(key);
}

enum key_type
key_type(const struct key *key)
{
	return key->type;
}

const char *
key_type_name(enum key_type type)
{
	return type == KEY_RSA ? "RSA" : group_name(type);
}

unsigned
key_bits(const struct key *key)
{
	return (unsigned)EVP_PKEY_get_bits(key->pkey);
}

bool
key_is_private(const struct key *key)
{
	return key->is_private;
}

bool
key_public_equal(const struct key *a, const struct key *b)
{
	return a->type == b->type && EVP_PKEY_eq(a->pkey, b->pkey) == 1;
}

size_t
key_point(const struct key *key, uint8_t ret[static KEY_POINT_MAX])
{
	size_t n = 1 + 2 * key_field_size(key->type);

	memcpy(ret, key->point, n);
	return n;
}

void
key_p256_point(const struct key *key, uint8_t ret[static P256_POINT_SIZE])
{
	BUG_ON(key->type != KEY_P256);
	memcpy(ret, key->point, P256_POINT_SIZE);
}
