/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/health.h"

#include <string.h>

#include "base/field.h"
#include "base/text.h"
#include "crypto/oid.h"
#include "crypto/x509_impl.h"

static const struct field fact_list[] = {
	FIELD_U8(struct health, version),
	FIELD_FIXED(struct health, host_id),
	FIELD_NAME(struct health, host_name),
	FIELD_U8(struct health, mode),
	FIELD_FIXED(struct health, baseline_id),
	FIELD_FIXED(struct health, ci_id),
	FIELD_BYTES(struct health, ak_name, HEALTH_NAME_SIZE),
	FIELD_BYTES(struct health, hk_name, HEALTH_NAME_SIZE),
	FIELD_U32(struct health, reset_count),
	FIELD_U32(struct health, restart_count),
	FIELD_U64(struct health, policy_epoch),
	FIELD_U64(struct health, attested_at),
	FIELD_FIXED(struct health, audit_head),
};
static const struct fields facts =
    FIELDS(struct health, "health certificate", fact_list);

static int
invalid(struct diag *d, const char *problem)
{
	return diag_refuse(d, REASON_CertificateInvalid,
	    "health certificate: %s", problem);
}

/* What both directions demand of the facts. */
static int
check_facts(const struct health *h, struct diag *d)
{
	bool tpm = h->mode == HEALTH_MODE_TPM;

	if (h->version != HEALTH_VERSION)
		return invalid(d, "unknown version");
	if (h->mode < HEALTH_MODE_TPM || h->mode > HEALTH_MODE_KERBEROS)
		return invalid(d, "unknown mode");
	if (!name_valid(h->host_name))
		return invalid(d, "the host has no name");
	if (h->ak_name.len != (tpm ? HEALTH_NAME_SIZE : 0) ||
	    h->hk_name.len != (tpm ? HEALTH_NAME_SIZE : 0))
		return invalid(d, "the TPM's names do not fit the mode");
	if (h->not_after <= h->not_before)
		return invalid(d, "ends before it begins");
	if (x509_check_serial(h->serial, NULL) < 0)
		return invalid(d, "serial number");
	if (h->host_key[0] != 4)
		return invalid(d, "host key is not an uncompressed point");
	return ERR_OK;
}

static void
put_host_key(struct buf *b, const uint8_t point[static P256_POINT_SIZE])
{
	size_t all = der_begin(b, DER_SEQUENCE);
	size_t mark = der_begin(b, DER_SEQUENCE);

	(void)der_put_oid(b, OID_EC_PUBLIC_KEY);
	(void)der_put_oid(b, OID_P256);
	(void)der_end(b, mark);
	(void)der_put_bits(b, bytes_of(point, P256_POINT_SIZE));
	(void)der_end(b, all);
}

/* Key usage, purpose and issuer as others read them, then the facts. */
static int
put_extensions(struct buf *b, const struct health *h, struct bytes key_id,
    struct diag *d)
{
	size_t tag = der_begin(b, DER_CONSTRUCTED(3));
	size_t list = der_begin(b, DER_SEQUENCE), marks[2], inner;
	int r;

	x509_put_key_usage(b, CERT_KU_KEY_AGREEMENT);
	/* Critical, so that no other software takes it for its own purpose. */
	x509_begin_extension(b, OID_EXT_KEY_USAGE, true, marks);
	inner = der_begin(b, DER_SEQUENCE);
	(void)der_put_oid(b, OID_EKU_HOST_HEALTH);
	(void)der_end(b, inner);
	x509_end_extension(b, marks);
	x509_put_authority_key_id(b, key_id);
	x509_begin_extension(b, OID_EXT_HOST_HEALTH, false, marks);
	if ((r = fields_encode(&facts, h, b, d)) < 0)
		return r;
	x509_end_extension(b, marks);
	(void)der_end(b, list);
	(void)der_end(b, tag);
	return ERR_OK;
}

static int
put_tbs(struct buf *b, const struct health *h, struct bytes issuer,
    struct bytes key_id, struct diag *d)
{
	size_t all, tag;
	int r;

	all = der_begin(b, DER_SEQUENCE);
	tag = der_begin(b, DER_CONSTRUCTED(0));
	(void)der_put_u64(b, 2); /* v3 */
	(void)der_end(b, tag);
	(void)der_put_uint(b, BYTES_OF_ARRAY(h->serial));
	x509_put_signature_algorithm(b, KEY_P256);
	(void)buf_put(b, issuer);
	x509_put_validity(b, h->not_before, h->not_after);
	if ((r = name_put(b, h->host_name, d)) < 0)
		return r;
	put_host_key(b, h->host_key);
	if ((r = put_extensions(b, h, key_id, d)) < 0)
		return r;
	(void)der_end(b, all);
	return buf_check(b, "health certificate", d);
}

int
health_encode(const struct health *health, const struct health_signer *signer,
    struct buf *ret, struct diag *d)
{
	auto_buf struct buf tbs = BUF_INIT(HEALTH_MAX);
	auto_buf struct buf signature = BUF_INIT(KEY_SIGNATURE_MAX);
	int r;

	BUG_ON(key_type(signer->key) != KEY_P256 ||
	    signer->key_id.len != CERT_SKI_SIZE);
	if ((r = check_facts(health, d)) < 0 ||
	    (r = put_tbs(&tbs, health, signer->name, signer->key_id, d)) < 0 ||
	    (r = key_sign(signer->key, buf_bytes(&tbs), &signature, d)) < 0)
		return r;
	x509_put_certificate(ret, buf_bytes(&tbs), KEY_P256,
	    buf_bytes(&signature));
	return buf_check(ret, "health certificate", d);
}

/*
 * Takes out the parts that may differ from one certificate to the next; what
 * lies between them is checked by building it again.
 */
static bool
pick_extensions(struct reader *tbs, struct health *h, struct bytes *ret_key_id)
{
	struct reader tag, list, ext, value, seq;
	struct bytes octets, oid, skipped;
	bool critical;

	if (!der_enter(tbs, DER_CONSTRUCTED(3), &tag) ||
	    !der_enter(&tag, DER_SEQUENCE, &list) ||
	    !der_whole(&list, DER_SEQUENCE, &skipped) || /* key usage */
	    !der_whole(&list, DER_SEQUENCE, &skipped) || /* purpose */
	    !der_enter(&list, DER_SEQUENCE, &ext) ||     /* issuer's key */
	    !der_expect_oid(&ext, OID_AUTHORITY_KEY_ID) ||
	    !der_enter(&ext, DER_OCTET_STRING, &value) ||
	    !der_enter(&value, DER_SEQUENCE, &seq) ||
	    !der_take(&seq, DER_CONTEXT(0), ret_key_id) ||
	    ret_key_id->len != CERT_SKI_SIZE ||
	    !der_enter(&list, DER_SEQUENCE, &ext) || /* the facts */
	    !der_oid(&ext, &oid))
		return false;
	if (der_peek(&ext) == DER_BOOLEAN && !der_bool(&ext, &critical))
		return false;
	return bytes_equal(oid, OID_EXT_HOST_HEALTH) &&
	    der_take(&ext, DER_OCTET_STRING, &octets) &&
	    fields_decode(&facts, octets, h, NULL) == 0;
}

static bool
pick_host_key(struct bytes spki, struct health *h)
{
	struct reader r = reader_of(spki), seq;
	struct bytes algorithm, point;

	if (!der_enter(&r, DER_SEQUENCE, &seq) ||
	    !der_whole(&seq, DER_SEQUENCE, &algorithm) ||
	    !der_bits(&seq, &point) || point.len != P256_POINT_SIZE)
		return false;
	memcpy(h->host_key, point.p, P256_POINT_SIZE);
	return true;
}

/* The facts are decoded first: that zeroes everything else. */
static bool
pick(struct bytes der, struct health *ret)
{
	struct reader r = reader_of(der), all, tbs, time;
	struct bytes algorithm, version, serial, subject, spki, validity;
	struct bytes whole_tbs, signature, issuer, key_id;
	struct health h = { 0 };

	if (!der_enter(&r, DER_SEQUENCE, &all) ||
	    !der_whole(&all, DER_SEQUENCE, &whole_tbs) ||
	    !der_whole(&all, DER_SEQUENCE, &algorithm) ||
	    !der_bits(&all, &signature))
		return false;
	r = reader_of(whole_tbs);
	if (!der_enter(&r, DER_SEQUENCE, &tbs) ||
	    !der_take(&tbs, DER_CONSTRUCTED(0), &version) ||
	    !der_uint(&tbs, &serial) || serial.len != CERT_SERIAL_SIZE ||
	    !der_whole(&tbs, DER_SEQUENCE, &algorithm) ||
	    !der_whole(&tbs, DER_SEQUENCE, &issuer) ||
	    !der_take(&tbs, DER_SEQUENCE, &validity) ||
	    !der_whole(&tbs, DER_SEQUENCE, &subject) ||
	    !der_whole(&tbs, DER_SEQUENCE, &spki) ||
	    !pick_extensions(&tbs, &h, &key_id))
		return false;
	time = reader_of(validity);
	if (!der_time(&time, &h.not_before) || !der_time(&time, &h.not_after) ||
	    !pick_host_key(spki, &h))
		return false;
	memcpy(h.serial, serial.p, CERT_SERIAL_SIZE);
	h.der = der;
	h.tbs = whole_tbs;
	h.issuer = issuer;
	h.key_id = key_id;
	h.signature = signature;
	*ret = h;
	return true;
}

int
health_parse(struct bytes der, struct health *ret, struct diag *d)
{
	auto_buf struct buf tbs = BUF_INIT(HEALTH_MAX);
	auto_buf struct buf whole = BUF_INIT(HEALTH_MAX);
	struct health h;
	int r;

	if (der.len > HEALTH_MAX)
		return invalid(d, "too large");
	if (!pick(der, &h))
		return invalid(d, "malformed");
	if ((r = check_facts(&h, d)) < 0)
		return r;
	if (put_tbs(&tbs, &h, h.issuer, h.key_id, NULL) < 0 ||
	    !bytes_equal(buf_bytes(&tbs), h.tbs))
		return invalid(d, "not of the one form that is accepted");
	x509_put_certificate(&whole, h.tbs, KEY_P256, h.signature);
	if (!buf_ok(&whole) || !bytes_equal(buf_bytes(&whole), der))
		return invalid(d, "not of the one form that is accepted");
	*ret = h;
	return ERR_OK;
}

int
health_verify(const struct health *health, const struct health_signer *signer,
    struct diag *d)
{
	BUG_ON(key_type(signer->key) != KEY_P256);
	if (!bytes_equal(health->issuer, signer->name) ||
	    !bytes_equal(health->key_id, signer->key_id))
		return invalid(d, "from another signer");
	if (key_verify(signer->key, health->tbs, health->signature, NULL) < 0)
		return invalid(d, "its signature does not verify");
	return ERR_OK;
}

int
health_check_time(const struct health *health, uint64_t now, struct diag *d)
{
	if (now < health->not_before)
		return diag_refuse(d, REASON_CertificateExpired,
		    "health certificate: not valid yet");
	if (now > health->not_after)
		return diag_refuse(d, REASON_CertificateExpired,
		    "health certificate: expired");
	return ERR_OK;
}
