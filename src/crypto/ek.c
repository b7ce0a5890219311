/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/ek.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "crypto/der.h"
#include "crypto/ek_impl.h"
#include "crypto/key_impl.h"

#define DEPTH_MAX 6

struct ek_cert {
	X509 *x509;
	struct key *key;
	struct buf der;
	struct buf chain; /* what came behind it */
};

void
ek_cert_free(struct ek_cert *cert)
{
	if (cert == NULL)
		return;
	X509_free(cert->x509);
	key_free(cert->key);
	buf_free(&cert->der);
	buf_free(&cert->chain);
	free(cert);
}

const struct key *
ek_cert_key(const struct ek_cert *cert)
{
	return cert->key;
}

struct bytes
ek_cert_der(const struct ek_cert *cert)
{
	return buf_bytes(&cert->der);
}

/*
 * An RSA key marked for RSAES-OAEP alone (TCG's old credential profile asked
 * for it), which OpenSSL 3.0 does not decode: the numbers are where they
 * always are.
 */
static int
read_oaep_key(X509_PUBKEY *spki, struct key **ret, struct diag *d)
{
	const unsigned char *p = NULL;
	struct reader r, seq;
	struct bytes n;
	uint64_t e;
	int len = 0;

	if (X509_PUBKEY_get0_param(NULL, &p, &len, NULL, spki) != 1 || len <= 0)
		return openssl_fail(d, ERR_FORMAT, "EK certificate");
	r = reader_of(bytes_of(p, (size_t)len));
	if (!der_enter(&r, DER_SEQUENCE, &seq) || !der_uint(&seq, &n) ||
	    !der_u64(&seq, &e) || reader_left(&seq) != 0)
		return diag_fail(d, ERR_FORMAT,
		    "EK certificate: malformed RSA key");
	return key_from_rsa(n, e, ret, d);
}

static int
read_key(X509 *x509, struct key **ret, struct diag *d)
{
	X509_PUBKEY *spki = X509_get_X509_PUBKEY(x509);
	ASN1_OBJECT *algorithm = NULL;
	EVP_PKEY *pkey;
	char oid[64];

	if (X509_PUBKEY_get0_param(&algorithm, NULL, NULL, NULL, spki) == 1 &&
	    OBJ_obj2txt(oid, sizeof(oid), algorithm, 1) > 0 &&
	    strcmp(oid, "1.2.840.113549.1.1.7") == 0)
		return read_oaep_key(spki, ret, d);
	pkey = X509_get_pubkey(x509);
	if (pkey == NULL)
		return openssl_fail(d, ERR_UNSUPPORTED,
		    "EK certificate: public key");
	return key_adopt(pkey, false, ret, d);
}

int
ek_cert_read(struct bytes in, struct ek_cert **ret, struct diag *d)
{
	auto_ek_cert struct ek_cert *cert = calloc(1, sizeof(*cert));
	const uint8_t *p = in.p;
	int r;

	if (cert == NULL)
		return diag_nomem(d);
	if (in.len > EK_CERT_MAX)
		return diag_fail(d, ERR_LIMIT,
		    "EK certificate: %zu bytes, at most %zu", in.len,
		    EK_CERT_MAX);
	cert->x509 = d2i_X509(NULL, &p, (long)in.len);
	if (cert->x509 == NULL)
		return openssl_fail(d, ERR_FORMAT, "EK certificate");
	cert->der = (struct buf)BUF_INIT(EK_CERT_MAX);
	cert->chain = (struct buf)BUF_INIT(EK_CERT_MAX);
	if (!buf_put(&cert->der, bytes_of(in.p, (size_t)(p - in.p))) ||
	    !buf_put(&cert->chain, bytes_of(p, in.len - (size_t)(p - in.p))))
		return diag_nomem(d);
	if ((r = read_key(cert->x509, &cert->key, d)) < 0)
		return r;
	*ret = TAKE_PTR(&cert);
	return ERR_OK;
}

/* The purpose must be named: a CA that makes EK certificates makes others. */
bool
ek_is_purpose(X509 *x509)
{
	EXTENDED_KEY_USAGE *list =
	    X509_get_ext_d2i(x509, NID_ext_key_usage, NULL, NULL);
	bool found = false;
	char oid[64];

	for (int i = 0; i < sk_ASN1_OBJECT_num(list); i++)
		if (OBJ_obj2txt(oid, sizeof(oid), sk_ASN1_OBJECT_value(list, i),
			1) > 0 &&
		    strcmp(oid, EK_PURPOSE) == 0)
			found = true;
	EXTENDED_KEY_USAGE_free(list);
	return found;
}

/*
 * An endorsement key decrypts. GCE certifies its signing keys under the same
 * authority and with the same purpose: only the usage tells them apart.
 */
static bool
has_usage(X509 *x509)
{
	uint32_t usage = X509_get_key_usage(x509);

	return usage == UINT32_MAX ||
	    (usage & (KU_KEY_ENCIPHERMENT | KU_KEY_AGREEMENT)) != 0;
}

/* Parsed certificates, owned by the stack. */
static int
read_list(const struct bytes *list, size_t n, STACK_OF(X509) * ret,
    struct diag *d)
{
	for (size_t i = 0; i < n; i++) {
		const uint8_t *p = list[i].p;
		X509 *x509 = NULL;

		if (list[i].len <= EK_CERT_MAX)
			x509 = d2i_X509(NULL, &p, (long)list[i].len);
		if (x509 == NULL)
			return openssl_fail(d, ERR_FORMAT,
			    "EK certificate chain");
		BUG_ON(sk_X509_push(ret, x509) == 0);
	}
	return ERR_OK;
}

/*
 * Intermediates that the TPM's vendor left in NV memory behind the certificate.
 * The host's word, like all that is offered: where they end, padding begins.
 */
static void
read_behind(const struct ek_cert *cert, STACK_OF(X509) * ret)
{
	const uint8_t *p = cert->chain.p;
	const uint8_t *end = p + cert->chain.len;

	while (
	    p < end && *p == DER_SEQUENCE && sk_X509_num(ret) < EK_CHAIN_MAX) {
		X509 *x509 = d2i_X509(NULL, &p, (long)(end - p));

		if (x509 == NULL)
			break;
		BUG_ON(sk_X509_push(ret, x509) == 0);
	}
	ERR_clear_error();
}

/*
 * For the stand-in of a certificate whose key OpenSSL cannot decode: its
 * signature is checked on the original instead.
 */
static int
allow_stand_in(int ok, X509_STORE_CTX *ctx)
{
	return ok == 1 ||
	    (X509_STORE_CTX_get_error_depth(ctx) == 0 &&
		X509_STORE_CTX_get_error(ctx) ==
		    X509_V_ERR_CERT_SIGNATURE_FAILURE);
}

/* The original is signed by the issuer that the stand-in's chain ended with. */
static bool
original_signed(X509_STORE_CTX *ctx, X509 *original)
{
	STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(ctx);
	EVP_PKEY *issuer;

	if (sk_X509_num(chain) < 2)
		return false;
	issuer = X509_get0_pubkey(sk_X509_value(chain, 1));
	return issuer != NULL && X509_verify(original, issuer) == 1;
}

/*
 * Flags: PARTIAL_CHAIN, because an administrator may register a vendor's
 * intermediate CA instead of its root; time as given, for leaf and issuers
 * alike. Level 2 refuses keys below 112 bits and SHA-1 in signatures. Names,
 * path lengths, name constraints and critical extensions are checked by
 * OpenSSL always; there is no revocation list.
 */
static int
verify_chain(X509 *leaf, X509 *original, STACK_OF(X509) * extra,
    STACK_OF(X509) * roots, uint64_t now, struct diag *d)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	X509_VERIFY_PARAM *param;
	int ok, error;

	BUG_ON(store == NULL || ctx == NULL ||
	    X509_STORE_CTX_init(ctx, store, leaf, extra) != 1);
	X509_STORE_CTX_set0_trusted_stack(ctx, roots);
	if (original != NULL)
		X509_STORE_CTX_set_verify_cb(ctx, allow_stand_in);
	param = X509_STORE_CTX_get0_param(ctx);
	X509_VERIFY_PARAM_set_time(param, (time_t)now);
	X509_VERIFY_PARAM_set_depth(param, DEPTH_MAX);
	X509_VERIFY_PARAM_set_auth_level(param, 2);
	BUG_ON(
	    X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN) != 1);
	ok = X509_verify_cert(ctx);
	error = X509_STORE_CTX_get_error(ctx);
	if (ok == 1 && original != NULL && !original_signed(ctx, original)) {
		ok = 0;
		error = X509_V_ERR_CERT_SIGNATURE_FAILURE;
	}
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	ERR_clear_error();
	if (ok != 1)
		return diag_refuse(d, REASON_EkTemplate, "EK certificate: %s",
		    X509_verify_cert_error_string(error));
	return ERR_OK;
}

/*
 * OpenSSL's chain check wants to decode the leaf's key though it has no use
 * for it. Where it cannot (RSAES-OAEP), a copy with the plain RSA key stands in
 * for everything but the signature.
 */
static int
verify_leaf(const struct ek_cert *cert, STACK_OF(X509) * extra,
    STACK_OF(X509) * roots, uint64_t now, struct diag *d)
{
	X509 *copy;
	int r;

	if (X509_get0_pubkey(cert->x509) != NULL)
		return verify_chain(cert->x509, NULL, extra, roots, now, d);
	ERR_clear_error();
	copy = X509_dup(cert->x509);
	BUG_ON(copy == NULL || X509_set_pubkey(copy, cert->key->pkey) != 1);
	r = verify_chain(copy, cert->x509, extra, roots, now, d);
	X509_free(copy);
	return r;
}

int
ek_cert_verify(const struct ek_cert *cert, const struct bytes *intermediates,
    size_t n_intermediates, const struct bytes *roots, size_t n_roots,
    uint64_t now, struct diag *d)
{
	STACK_OF(X509) *extra = sk_X509_new_null();
	STACK_OF(X509) *anchors = sk_X509_new_null();
	int r;

	BUG_ON(extra == NULL || anchors == NULL);
	if (n_intermediates > EK_CHAIN_MAX)
		r = diag_fail(d, ERR_LIMIT,
		    "EK certificate chain: %zu certificates, at most %d",
		    n_intermediates, EK_CHAIN_MAX);
	else if (X509_check_ca(cert->x509) != 0)
		r = diag_refuse(d, REASON_EkTemplate,
		    "EK certificate: it is a certificate authority's");
	else if (!ek_is_purpose(cert->x509))
		r = diag_refuse(d, REASON_EkTemplate,
		    "EK certificate: not for endorsement keys (%s)",
		    EK_PURPOSE);
	else if (!has_usage(cert->x509))
		r = diag_refuse(d, REASON_EkTemplate,
		    "EK certificate: not for a key that decrypts");
	else if ((r = read_list(intermediates, n_intermediates, extra, d)) ==
		0 &&
	    (r = read_list(roots, n_roots, anchors, d)) == 0) {
		read_behind(cert, extra);
		r = verify_leaf(cert, extra, anchors, now, d);
	}
	sk_X509_pop_free(extra, X509_free);
	sk_X509_pop_free(anchors, X509_free);
	return r;
}
