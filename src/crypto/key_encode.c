/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys as SubjectPublicKeyInfo (RFC 5280 4.1.2.7, RFC 5480, RFC 3279 2.3.1)
 * and PrivateKeyInfo (RFC 5958). A public key has one notation here: named
 * curve, uncompressed point; RSA with NULL parameters.
 */
#include "crypto/key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/x509.h>

#include "crypto/der.h"
#include "crypto/key_impl.h"
#include "crypto/oid.h"

static int
read_ec(struct reader *alg, struct bytes bits, struct key **ret, struct diag *d)
{
	enum key_type type = KEY_P256;
	struct bytes curve;
	size_t n;

	if (!der_oid(alg, &curve) || reader_left(alg) != 0)
		return diag_fail(d, ERR_FORMAT, "public key: no named curve");
	if (bytes_equal(curve, OID_P384))
		type = KEY_P384;
	else if (!bytes_equal(curve, OID_P256))
		return diag_fail(d, ERR_UNSUPPORTED,
		    "public key: curve is neither P-256 nor P-384");
	n = key_field_size(type);
	if (bits.len != 1 + 2 * n || bits.p[0] != 4)
		return diag_fail(d, ERR_FORMAT,
		    "public key: not an uncompressed point");
	return key_from_point(type, bytes_of(bits.p + 1, n),
	    bytes_of(bits.p + 1 + n, n), ret, d);
}

static int
read_rsa(struct reader *alg, struct bytes bits, struct key **ret,
    struct diag *d)
{
	struct reader r = reader_of(bits), seq;
	struct bytes n;
	uint64_t e;

	if (!der_null(alg) || reader_left(alg) != 0 ||
	    !der_enter(&r, DER_SEQUENCE, &seq) || /* RSAPublicKey */
	    reader_left(&r) != 0 || !der_uint(&seq, &n) || !der_u64(&seq, &e) ||
	    reader_left(&seq) != 0)
		return diag_fail(d, ERR_FORMAT, "public key: not an RSA key");
	return key_from_rsa(n, e, ret, d);
}

int
key_from_spki(struct bytes der, struct key **ret, struct diag *d)
{
	struct reader r = reader_of(der), seq, alg;
	struct bytes oid, bits;

	if (der.len > KEY_SPKI_MAX)
		return diag_fail(d, ERR_LIMIT,
		    "public key: %zu bytes, at most %d", der.len, KEY_SPKI_MAX);
	if (!der_enter(&r, DER_SEQUENCE, &seq) || reader_left(&r) != 0 ||
	    !der_enter(&seq, DER_SEQUENCE, &alg) || !der_oid(&alg, &oid) ||
	    !der_bits(&seq, &bits) || reader_left(&seq) != 0)
		return diag_fail(d, ERR_FORMAT,
		    "public key: not a SubjectPublicKeyInfo");
	if (bytes_equal(oid, OID_EC_PUBLIC_KEY))
		return read_ec(&alg, bits, ret, d);
	if (bytes_equal(oid, OID_RSA))
		return read_rsa(&alg, bits, ret, d);
	return diag_fail(d, ERR_UNSUPPORTED,
	    "public key: neither RSA nor elliptic curve");
}

static void
put_bn(struct buf *b, const struct key *key, const char *name)
{
	uint8_t out[KEY_RSA_MODULUS_MAX];
	BIGNUM *bn = NULL;
	int n;

	BUG_ON(EVP_PKEY_get_bn_param(key->pkey, name, &bn) != 1 ||
	    BN_num_bytes(bn) > (int)sizeof(out));
	n = BN_bn2bin(bn, out);
	BN_free(bn);
	(void)der_put_uint(b, bytes_of(out, (size_t)n));
}

int
key_to_spki(const struct key *key, struct buf *ret, struct diag *d)
{
	size_t spki = der_begin(ret, DER_SEQUENCE), mark, inner;

	if (key->type == KEY_RSA) {
		(void)der_put_algorithm(ret, OID_RSA, true);
		mark = der_begin_bits(ret);
		inner = der_begin(ret, DER_SEQUENCE);
		put_bn(ret, key, OSSL_PKEY_PARAM_RSA_N);
		put_bn(ret, key, OSSL_PKEY_PARAM_RSA_E);
		(void)der_end(ret, inner);
		(void)der_end(ret, mark);
	} else {
		mark = der_begin(ret, DER_SEQUENCE);
		(void)der_put_oid(ret, OID_EC_PUBLIC_KEY);
		(void)der_put_oid(ret,
		    key->type == KEY_P256 ? OID_P256 : OID_P384);
		(void)der_end(ret, mark);
		(void)der_put_bits(ret,
		    bytes_of(key->point, 1 + 2 * key_field_size(key->type)));
	}
	(void)der_end(ret, spki);
	return buf_check(ret, "public key", d);
}

int
key_to_pkcs8(const struct key *key, struct secret *ret, struct diag *d)
{
	PKCS8_PRIV_KEY_INFO *info;
	uint8_t *der = NULL;
	int len, r;

	BUG_ON(!key->is_private);
	info = EVP_PKEY2PKCS8(key->pkey);
	BUG_ON(info == NULL);
	len = i2d_PKCS8_PRIV_KEY_INFO(info, &der);
	PKCS8_PRIV_KEY_INFO_free(info); /* wipes it */
	BUG_ON(len <= 0);
	r = secret_copy(ret, bytes_of(der, (size_t)len), d);
	OPENSSL_clear_free(der, (size_t)len);
	return r;
}
