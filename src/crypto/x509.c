/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing certificates: RFC 5280, 4.1, with RFC 5480, RFC 5758 and RFC 4055
 * for the algorithms.
 */
#include "crypto/x509.h"

#include <string.h>

#include "base/text.h"
#include "crypto/oid.h"
#include "crypto/x509_impl.h"

void
cert_serial(const uint8_t random[static CERT_SERIAL_SIZE],
    uint8_t ret[static CERT_SERIAL_SIZE])
{
	memmove(ret, random, CERT_SERIAL_SIZE);
	ret[0] = (uint8_t)((ret[0] & 0x3f) | 0x40);
}

int
x509_check_serial(const uint8_t serial[static CERT_SERIAL_SIZE], struct diag *d)
{
	if ((serial[0] & 0xc0) != 0x40)
		return diag_fail(d, ERR_FORMAT,
		    "certificate: serial number starts with 0x%02x", serial[0]);
	return ERR_OK;
}

/* RSASSA-PSS-params: SHA-256, MGF1 with SHA-256, 32 bytes of salt. */
static void
put_pss(struct buf *b)
{
	size_t all = der_begin(b, DER_SEQUENCE), params, tag, mgf;

	(void)der_put_oid(b, OID_RSASSA_PSS);
	params = der_begin(b, DER_SEQUENCE);
	tag = der_begin(b, DER_CONSTRUCTED(0));
	(void)der_put_algorithm(b, OID_SHA256, true);
	(void)der_end(b, tag);
	tag = der_begin(b, DER_CONSTRUCTED(1));
	mgf = der_begin(b, DER_SEQUENCE);
	(void)der_put_oid(b, OID_MGF1);
	(void)der_put_algorithm(b, OID_SHA256, true);
	(void)der_end(b, mgf);
	(void)der_end(b, tag);
	tag = der_begin(b, DER_CONSTRUCTED(2));
	(void)der_put_u64(b, 32);
	(void)der_end(b, tag);
	(void)der_end(b, params);
	(void)der_end(b, all);
}

void
x509_put_signature_algorithm(struct buf *b, enum key_type type)
{
	if (type == KEY_RSA)
		put_pss(b);
	else
		(void)der_put_algorithm(b, OID_ECDSA_SHA256, false);
}

void
x509_begin_extension(struct buf *b, struct bytes oid, bool critical,
    size_t marks[static 2])
{
	marks[0] = der_begin(b, DER_SEQUENCE);
	(void)der_put_oid(b, oid);
	if (critical) /* FALSE is the default, which DER leaves out */
		(void)der_put_bool(b, true);
	marks[1] = der_begin(b, DER_OCTET_STRING);
}

void
x509_end_extension(struct buf *b, const size_t marks[static 2])
{
	(void)der_end(b, marks[1]);
	(void)der_end(b, marks[0]);
}

/* A named BIT STRING of DER: no zero bits at its end. Bits 0 to 7 only. */
void
x509_put_key_usage(struct buf *b, unsigned bits)
{
	uint8_t value[2] = { 7, 0 };
	size_t marks[2];

	BUG_ON(bits == 0 || bits > 0xff);
	for (unsigned i = 0; i < 8; i++)
		if ((bits & 1U << i) != 0) {
			value[1] |= (uint8_t)(0x80 >> i);
			value[0] = (uint8_t)(7 - i);
		}
	x509_begin_extension(b, OID_KEY_USAGE, true, marks);
	(void)der_put(b, DER_BIT_STRING, BYTES_OF_ARRAY(value));
	x509_end_extension(b, marks);
}

void
x509_put_authority_key_id(struct buf *b, struct bytes key_id)
{
	size_t marks[2], inner;

	x509_begin_extension(b, OID_AUTHORITY_KEY_ID, false, marks);
	inner = der_begin(b, DER_SEQUENCE);
	(void)der_put(b, DER_CONTEXT(0), key_id);
	(void)der_end(b, inner);
	x509_end_extension(b, marks);
}

void
x509_put_validity(struct buf *b, uint64_t not_before, uint64_t not_after)
{
	size_t mark = der_begin(b, DER_SEQUENCE);

	(void)der_put_time(b, not_before);
	(void)der_put_time(b, not_after);
	(void)der_end(b, mark);
}

void
x509_put_certificate(struct buf *b, struct bytes tbs, enum key_type signer,
    struct bytes signature)
{
	size_t mark = der_begin(b, DER_SEQUENCE);

	(void)buf_put(b, tbs);
	x509_put_signature_algorithm(b, signer);
	(void)der_put_bits(b, signature);
	(void)der_end(b, mark);
}

int
name_put(struct buf *b, struct bytes common_name, struct diag *d)
{
	size_t name, set, pair;

	if (common_name.len == 0 || common_name.len > CERT_NAME_MAX ||
	    !text_printable(common_name))
		return diag_fail(d, ERR_USAGE,
		    "certificate: the name is not 1-%d bytes of printable "
		    "text",
		    CERT_NAME_MAX);
	name = der_begin(b, DER_SEQUENCE);
	set = der_begin(b, DER_SET);
	pair = der_begin(b, DER_SEQUENCE);
	(void)der_put_oid(b, OID_COMMON_NAME);
	(void)der_put_utf8(b, common_name);
	(void)der_end(b, pair);
	(void)der_end(b, set);
	(void)der_end(b, name);
	return buf_check(b, "certificate", d);
}

int
x509_key_id(const struct key *key, uint8_t ret[static CERT_SKI_SIZE],
    struct diag *d)
{
	auto_buf struct buf spki = BUF_INIT(KEY_SPKI_MAX);
	uint8_t digest[SHA256_SIZE];
	struct bytes algorithm, bits;
	struct reader r, seq;
	int e;

	if ((e = key_to_spki(key, &spki, d)) < 0)
		return e;
	r = reader_of(buf_bytes(&spki));
	BUG_ON(!der_enter(&r, DER_SEQUENCE, &seq) ||
	    !der_whole(&seq, DER_SEQUENCE, &algorithm) ||
	    !der_bits(&seq, &bits));
	sha256(bits, digest);
	memcpy(ret, digest, CERT_SKI_SIZE);
	return ERR_OK;
}

static unsigned
usage_bits(enum cert_usage usage, enum key_type type)
{
	switch (usage) {
	case CERT_USAGE_SIGN:
		return CERT_KU_DIGITAL_SIGNATURE;
	case CERT_USAGE_ENCRYPT:
		return type == KEY_RSA ? CERT_KU_KEY_ENCIPHERMENT
				       : CERT_KU_KEY_AGREEMENT;
	case CERT_USAGE_ISSUE:
		return CERT_KU_DIGITAL_SIGNATURE | CERT_KU_CERT_SIGN;
	}
	BUG_ON(true);
}

static void
put_extensions(struct buf *b, enum cert_usage usage, enum key_type type,
    const uint8_t key_id[static CERT_SKI_SIZE])
{
	size_t tag = der_begin(b, DER_CONSTRUCTED(3));
	size_t list = der_begin(b, DER_SEQUENCE), marks[2], inner;

	if (usage == CERT_USAGE_ISSUE) {
		/* It issues health certificates, never another issuer. */
		x509_begin_extension(b, OID_BASIC_CONSTRAINTS, true, marks);
		inner = der_begin(b, DER_SEQUENCE);
		(void)der_put_bool(b, true);
		(void)der_put_u64(b, 0);
		(void)der_end(b, inner);
		x509_end_extension(b, marks);
	}
	x509_put_key_usage(b, usage_bits(usage, type));
	x509_begin_extension(b, OID_SUBJECT_KEY_ID, false, marks);
	(void)der_put(b, DER_OCTET_STRING, bytes_of(key_id, CERT_SKI_SIZE));
	x509_end_extension(b, marks);
	(void)der_end(b, list);
	(void)der_end(b, tag);
}

int
x509_self_signed(const struct x509_profile *profile, const struct key *key,
    struct buf *ret, struct diag *d)
{
	auto_buf struct buf tbs = BUF_INIT(CERT_MAX);
	auto_buf struct buf signature = BUF_INIT(KEY_SIGNATURE_MAX);
	uint8_t key_id[CERT_SKI_SIZE];
	enum key_type type = key_type(key);
	size_t all, tag;
	int r;

	if ((r = x509_check_serial(profile->serial, d)) < 0 ||
	    (r = x509_key_id(key, key_id, d)) < 0)
		return r;
	if (profile->not_after <= profile->not_before)
		return diag_fail(d, ERR_USAGE,
		    "certificate: ends before it begins");
	all = der_begin(&tbs, DER_SEQUENCE);
	tag = der_begin(&tbs, DER_CONSTRUCTED(0));
	(void)der_put_u64(&tbs, 2); /* v3 */
	(void)der_end(&tbs, tag);
	(void)der_put_uint(&tbs, BYTES_OF_ARRAY(profile->serial));
	x509_put_signature_algorithm(&tbs, type);
	if ((r = name_put(&tbs, profile->common_name, d)) < 0)
		return r;
	x509_put_validity(&tbs, profile->not_before, profile->not_after);
	if ((r = name_put(&tbs, profile->common_name, d)) < 0 ||
	    (r = key_to_spki(key, &tbs, d)) < 0)
		return r;
	put_extensions(&tbs, profile->usage, type, key_id);
	(void)der_end(&tbs, all);
	if ((r = buf_check(&tbs, "certificate", d)) < 0 ||
	    (r = key_sign(key, buf_bytes(&tbs), &signature, d)) < 0)
		return r;
	x509_put_certificate(ret, buf_bytes(&tbs), type, buf_bytes(&signature));
	return buf_check(ret, "certificate", d);
}

/* RFC 5652, 5.1 with no signers ("certs-only"). */
int
pkcs7_bag(const struct bytes *certs, size_t n, struct buf *ret, struct diag *d)
{
	size_t all, tag, data, inner;
	struct bytes sorted[64];

	if (n > ARRAY_LEN(sorted))
		return diag_fail(d, ERR_LIMIT,
		    "certificates: %zu in one bag, at most %zu", n,
		    ARRAY_LEN(sorted));
	if (n != 0)
		memcpy(sorted, certs, n * sizeof(*certs));
	all = der_begin(ret, DER_SEQUENCE);
	(void)der_put_oid(ret, OID_CMS_SIGNED_DATA);
	tag = der_begin(ret, DER_CONSTRUCTED(0));
	data = der_begin(ret, DER_SEQUENCE);
	(void)der_put_u64(ret, 1);
	(void)der_put(ret, DER_SET, BYTES_NONE); /* digestAlgorithms */
	inner = der_begin(ret, DER_SEQUENCE);
	(void)der_put_oid(ret, OID_CMS_DATA);
	(void)der_end(ret, inner);
	(void)der_put_set_of(ret, DER_CONSTRUCTED(0), sorted, n);
	(void)der_put(ret, DER_SET, BYTES_NONE); /* signerInfos */
	(void)der_end(ret, data);
	(void)der_end(ret, tag);
	(void)der_end(ret, all);
	return buf_check(ret, "certificates", d);
}
