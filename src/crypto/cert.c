/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading certificates: RFC 5280, 4.1 and 4.2. Nothing is trusted yet while
 * they are parsed; views in the result point into the input.
 */
#include "crypto/x509.h"

#include "crypto/oid.h"
#include "crypto/x509_impl.h"

static int
bad(struct diag *d, const char *problem)
{
	return diag_fail(d, ERR_FORMAT, "certificate: %s", problem);
}

/*
 * Name ::= SEQUENCE OF SET OF { type, value }; at most 16 attributes. The
 * commonName is reported if there is one of them.
 */
static bool
read_name(struct bytes whole, struct bytes *ret_common_name)
{
	struct reader r = reader_of(whole), seq, set, pair;
	size_t n = 0, n_names = 0;
	struct bytes oid, value, name = BYTES_NONE;
	uint8_t tag;

	if (!der_enter(&r, DER_SEQUENCE, &seq))
		return false;
	while (reader_left(&seq) != 0) {
		if (!der_enter(&seq, DER_SET, &set) || reader_left(&set) == 0)
			return false;
		while (reader_left(&set) != 0) {
			struct reader at;

			if (++n > 16 || !der_enter(&set, DER_SEQUENCE, &pair) ||
			    !der_oid(&pair, &oid))
				return false;
			at = pair;
			if (!der_any(&pair, &tag, &value) ||
			    reader_left(&pair) != 0)
				return false;
			if (bytes_equal(oid, OID_COMMON_NAME) &&
			    der_text(&at, &name))
				n_names++;
		}
	}
	*ret_common_name = n_names == 1 ? name : BYTES_NONE;
	return true;
}

/* BasicConstraints ::= SEQUENCE { cA DEFAULT FALSE, pathLen OPTIONAL }. */
static bool
read_basic_constraints(struct bytes value, struct cert *c)
{
	struct reader r = reader_of(value), seq;
	uint64_t path;

	if (!der_enter(&r, DER_SEQUENCE, &seq) || reader_left(&r) != 0)
		return false;
	if (der_peek(&seq) == DER_BOOLEAN &&
	    (!der_bool(&seq, &c->is_ca) || !c->is_ca))
		return false;
	if (der_peek(&seq) == DER_INTEGER &&
	    (!c->is_ca || !der_u64(&seq, &path)))
		return false;
	return reader_left(&seq) == 0;
}

/* A named BIT STRING: its unused bits are zero, and the one before is set. */
static bool
read_key_usage(struct bytes value, struct cert *c)
{
	struct reader r = reader_of(value);
	struct bytes v;
	uint8_t last;

	if (!der_take(&r, DER_BIT_STRING, &v) || reader_left(&r) != 0 ||
	    v.len < 2 || v.len > 3 || v.p[0] > 7)
		return false;
	last = v.p[v.len - 1];
	if ((last & ((1U << v.p[0]) - 1)) != 0 || (last & (1U << v.p[0])) == 0)
		return false;
	for (unsigned i = 0; i < 8 * (v.len - 1); i++)
		if ((v.p[1 + i / 8] & (0x80U >> (i % 8))) != 0)
			c->key_usage |= 1U << i;
	return true;
}

static bool
read_ski(struct bytes value, struct cert *c)
{
	struct reader r = reader_of(value);

	return der_take(&r, DER_OCTET_STRING, &c->ski) &&
	    reader_left(&r) == 0 && c->ski.len > 0 && c->ski.len <= 64;
}

/* One extension of a known kind; others pass unless they are critical. */
static int
read_extension(struct bytes oid, bool critical, struct bytes value,
    struct cert *c, struct diag *d)
{
	if (bytes_equal(oid, OID_BASIC_CONSTRAINTS))
		return read_basic_constraints(value, c)
		    ? ERR_OK
		    : bad(d, "malformed basic constraints");
	if (bytes_equal(oid, OID_KEY_USAGE))
		return read_key_usage(value, c) ? ERR_OK
						: bad(d, "malformed key usage");
	if (bytes_equal(oid, OID_SUBJECT_KEY_ID))
		return read_ski(value, c) ? ERR_OK
					  : bad(d, "malformed key identifier");
	if (critical)
		return diag_fail(d, ERR_UNSUPPORTED,
		    "certificate: unknown critical extension");
	return ERR_OK;
}

static int
read_extensions(struct reader *tbs, struct cert *c, struct diag *d)
{
	struct bytes seen[CERT_EXT_MAX], value;
	struct reader tag, list, one;
	size_t n = 0;
	int r;

	if (reader_left(tbs) == 0)
		return ERR_OK;
	if (!der_enter(tbs, DER_CONSTRUCTED(3), &tag) ||
	    !der_enter(&tag, DER_SEQUENCE, &list) || reader_left(&tag) != 0 ||
	    reader_left(&list) == 0)
		return bad(d, "malformed extensions");
	while (reader_left(&list) != 0) {
		bool critical = false;

		if (n == CERT_EXT_MAX)
			return diag_fail(d, ERR_LIMIT,
			    "certificate: more than %d extensions",
			    CERT_EXT_MAX);
		if (!der_enter(&list, DER_SEQUENCE, &one) ||
		    !der_oid(&one, &seen[n]) ||
		    (der_peek(&one) == DER_BOOLEAN &&
			(!der_bool(&one, &critical) || !critical)) ||
		    !der_take(&one, DER_OCTET_STRING, &value) ||
		    reader_left(&one) != 0)
			return bad(d, "malformed extension");
		/* Of two, one reader would take the first, one the last. */
		for (size_t i = 0; i < n; i++)
			if (bytes_equal(seen[i], seen[n]))
				return bad(d, "an extension twice");
		if ((r = read_extension(seen[n], critical, value, c, d)) < 0)
			return r;
		n++;
	}
	return ERR_OK;
}

static int
read_tbs(struct cert *c, struct diag *d)
{
	struct reader r = reader_of(c->tbs), tbs, tag, time;
	struct bytes algorithm, issuer_name;
	uint64_t version;
	int e;

	if (!der_enter(&r, DER_SEQUENCE, &tbs) ||
	    !der_enter(&tbs, DER_CONSTRUCTED(0), &tag) ||
	    !der_u64(&tag, &version) || reader_left(&tag) != 0 || version != 2)
		return bad(d, "not of version 3");
	if (!der_uint(&tbs, &c->serial) || c->serial.len > 20 ||
	    bytes_all_zero(c->serial))
		return bad(d, "malformed serial number");
	/* The algorithm outside the signature must be the one inside. */
	if (!der_whole(&tbs, DER_SEQUENCE, &algorithm) ||
	    !bytes_equal(algorithm, c->signature_algorithm))
		return bad(d, "two signature algorithms");
	if (!der_whole(&tbs, DER_SEQUENCE, &c->issuer) ||
	    !read_name(c->issuer, &issuer_name))
		return bad(d, "malformed issuer");
	if (!der_enter(&tbs, DER_SEQUENCE, &time) ||
	    !der_time(&time, &c->not_before) ||
	    !der_time(&time, &c->not_after) || reader_left(&time) != 0)
		return bad(d, "malformed validity");
	if (!der_whole(&tbs, DER_SEQUENCE, &c->subject) ||
	    !read_name(c->subject, &c->common_name))
		return bad(d, "malformed subject");
	if (!der_whole(&tbs, DER_SEQUENCE, &c->spki))
		return bad(d, "no public key");
	/* issuerUniqueID and subjectUniqueID would stand here: none. */
	if ((e = read_extensions(&tbs, c, d)) < 0)
		return e;
	if (reader_left(&tbs) != 0)
		return bad(d, "bytes left over");
	return ERR_OK;
}

int
cert_parse(struct bytes der, struct cert *ret, struct diag *d)
{
	struct reader r = reader_of(der), all;
	struct cert c = { .der = der };
	int e;

	if (der.len > CERT_MAX)
		return diag_fail(d, ERR_LIMIT,
		    "certificate: %zu bytes, at most %zu", der.len, CERT_MAX);
	if (!der_enter(&r, DER_SEQUENCE, &all) || reader_left(&r) != 0 ||
	    !der_whole(&all, DER_SEQUENCE, &c.tbs) ||
	    !der_whole(&all, DER_SEQUENCE, &c.signature_algorithm) ||
	    !der_bits(&all, &c.signature) || reader_left(&all) != 0)
		return bad(d, "malformed");
	if ((e = read_tbs(&c, d)) < 0)
		return e;
	*ret = c;
	return ERR_OK;
}

int
cert_public_key(const struct cert *cert, struct key **ret, struct diag *d)
{
	return key_from_spki(cert->spki, ret, d);
}

/*
 * Our own two algorithms, and the two that other issuers' certificates use
 * most. The key says which kind of signature there can be: an algorithm that
 * does not fit it is refused, never tried.
 */
int
cert_verify_signature(const struct cert *cert, const struct key *issuer,
    struct diag *d)
{
	static const struct bytes sha256_rsa = {
		(const uint8_t *)"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d"
				 "\x01\x01\x0b\x05\x00",
		15
	};
	auto_buf struct buf ours = BUF_INIT(128);
	uint8_t digest[SHA256_SIZE];

	x509_put_signature_algorithm(&ours, key_type(issuer));
	if (!buf_ok(&ours))
		return diag_nomem(d);
	if (bytes_equal(cert->signature_algorithm, buf_bytes(&ours)))
		return key_verify(issuer, cert->tbs, cert->signature, d);
	if (key_type(issuer) == KEY_RSA &&
	    bytes_equal(cert->signature_algorithm, sha256_rsa)) {
		sha256(cert->tbs, digest);
		return key_verify_rsassa(issuer, HASH_SHA256,
		    BYTES_OF_ARRAY(digest), cert->signature, d);
	}
	return diag_fail(d, ERR_UNSUPPORTED,
	    "certificate: signature algorithm does not fit the issuer's key, "
	    "or is not accepted");
}

int
cert_verify_self_signed(const struct cert *cert, struct diag *d)
{
	auto_key struct key *key = NULL;
	int r;

	if (!bytes_equal(cert->issuer, cert->subject))
		return diag_refuse(d, REASON_SignatureInvalid,
		    "certificate: not self-signed");
	if ((r = cert_public_key(cert, &key, d)) < 0)
		return r;
	return cert_verify_signature(cert, key, d);
}

bool
cert_valid_at(const struct cert *cert, uint64_t now)
{
	return now >= cert->not_before && now <= cert->not_after;
}

void
cert_fingerprint(const struct cert *cert, uint8_t ret[static 32])
{
	sha256(cert->der, ret);
}
