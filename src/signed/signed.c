/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CMS SignedData of RFC 5652, section 5, in the one form of
 * doc/FORMAT.signed-object. The reader takes out what may vary (content,
 * signing time, key identifier, algorithm, signature), gives it to the writer,
 * and accepts the input only if that is what the writer writes.
 */
#include "signed/signed.h"

#include "crypto/der.h"
#include "crypto/hash.h"
#include "crypto/key.h"
#include "crypto/oid.h"
#include "crypto/x509.h"

/* Room for everything of an object but its content. */
#define HEAD_MAX 2048

/* AlgorithmIdentifier id-sha256, no parameters (RFC 5754, section 2). */
static const uint8_t alg_sha256[] = { 0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48,
	0x01, 0x65, 0x03, 0x04, 0x02, 0x01 };
/* ecdsa-with-SHA256 (RFC 5754, section 3.3). */
static const uint8_t alg_ecdsa[] = { 0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48,
	0xce, 0x3d, 0x04, 0x03, 0x02 };
/*
 * id-RSASSA-PSS { [0] id-sha256 NULL, [1] id-mgf1 { id-sha256 NULL }, [2] 32 }
 * (RFC 4056, section 2.2; RFC 4055, section 3.1).
 */
static const uint8_t alg_pss[] = { 0x30, 0x41, 0x06, 0x09, 0x2a, 0x86, 0x48,
	0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a, 0x30, 0x34, 0xa0, 0x0f, 0x30, 0x0d,
	0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
	0x00, 0xa1, 0x1c, 0x30, 0x1a, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7,
	0x0d, 0x01, 0x01, 0x08, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
	0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0xa2, 0x03, 0x02, 0x01,
	0x20 };

#define OID_SIZE (sizeof(OID_OWN_ARC_BYTES) - 1 + 2)
#define OID_TEXT "2.25.330944774082046126820577436126510079317.2."

static const struct {
	const char *name;
	const char *text;
	const char *oid; /* OID_SIZE bytes, see OID_SIGNED_OBJECT */
} kinds[] = {
	[SIGNED_GRANT] = { "grant", OID_TEXT "1",
	    OID_OWN_ARC_BYTES "\x02\x01" },
	[SIGNED_SEAL] = { "seal", OID_TEXT "2", OID_OWN_ARC_BYTES "\x02\x02" },
	[SIGNED_PDK] = { "shielding data", OID_TEXT "3",
	    OID_OWN_ARC_BYTES "\x02\x03" },
	[SIGNED_CATALOGUE] = { "catalogue", OID_TEXT "4",
	    OID_OWN_ARC_BYTES "\x02\x04" },
	[SIGNED_BASELINE] = { "baseline", OID_TEXT "5",
	    OID_OWN_ARC_BYTES "\x02\x05" },
	[SIGNED_CI_POLICY] = { "CI policy", OID_TEXT "6",
	    OID_OWN_ARC_BYTES "\x02\x06" },
	[SIGNED_TICKET] = { "restore ticket", OID_TEXT "7",
	    OID_OWN_ARC_BYTES "\x02\x07" },
	[SIGNED_CHANGE] = { "change", OID_TEXT "8",
	    OID_OWN_ARC_BYTES "\x02\x08" },
};

static struct bytes
kind_oid(enum signed_kind kind)
{
	return bytes_of(kinds[kind].oid, OID_SIZE);
}

const char *
signed_kind_name(enum signed_kind kind)
{
	return kinds[kind].name;
}

const char *
signed_kind_oid(enum signed_kind kind)
{
	return kinds[kind].text;
}

static struct bytes
alg_bytes(enum signed_alg alg)
{
	return alg == SIGNED_ECDSA_SHA256 ? BYTES_OF_ARRAY(alg_ecdsa)
					  : BYTES_OF_ARRAY(alg_pss);
}

static enum signed_alg
alg_of(const struct key *key)
{
	return key_type(key) == KEY_RSA ? SIGNED_RSA_PSS_SHA256
					: SIGNED_ECDSA_SHA256;
}

static int
refuse(enum signed_kind kind, struct diag *d, const char *what)
{
	return diag_refuse(d, REASON_FileInvalid, "%s: %s",
	    signed_kind_name(kind), what);
}

/* Attribute ::= SEQUENCE { OID, SET { one value } }, RFC 5652, 5.3. */
static void
put_attribute(struct buf *b, struct bytes oid, uint8_t tag, struct bytes value)
{
	size_t attribute = der_begin(b, DER_SEQUENCE), set;

	(void)der_put_oid(b, oid);
	set = der_begin(b, DER_SET);
	(void)der_put(b, tag, value);
	(void)der_end(b, set);
	(void)der_end(b, attribute);
}

/*
 * The attributes in DER's order, which their lengths fix: 0x1c, 0x25, 0x2f.
 * o->kind, content and time are used.
 */
static void
put_attributes(struct buf *b, const struct signed_object *o)
{
	uint8_t digest[SHA256_SIZE];

	sha256(o->content, digest);
	if (o->time.len != 0)
		put_attribute(b, OID_ATTR_SIGNING_TIME, DER_UTC_TIME, o->time);
	put_attribute(b, OID_ATTR_CONTENT_TYPE, DER_OID, kind_oid(o->kind));
	put_attribute(b, OID_ATTR_MESSAGE_DIGEST, DER_OCTET_STRING,
	    BYTES_OF_ARRAY(digest));
}

/* SignerInfo, RFC 5652, 5.3: version 3, as it names a key identifier. */
static void
put_signer(struct buf *b, const struct signed_object *o)
{
	size_t info = der_begin(b, DER_SEQUENCE), attrs;

	(void)der_put_u64(b, 3);
	(void)der_put(b, DER_CONTEXT(0), o->ski);
	(void)buf_put(b, BYTES_OF_ARRAY(alg_sha256));
	attrs = der_begin(b, DER_CONSTRUCTED(0));
	put_attributes(b, o);
	(void)der_end(b, attrs);
	(void)buf_put(b, alg_bytes(o->alg));
	(void)der_put(b, DER_OCTET_STRING, o->signature);
	(void)der_end(b, info);
}

/* ContentInfo with SignedData, RFC 5652, 3 and 5.1: version 3. */
static int
put_object(struct buf *b, const struct signed_object *o, struct diag *d)
{
	size_t info = der_begin(b, DER_SEQUENCE), outer, data, part, inner;

	(void)der_put_oid(b, OID_CMS_SIGNED_DATA);
	outer = der_begin(b, DER_CONSTRUCTED(0));
	data = der_begin(b, DER_SEQUENCE);
	(void)der_put_u64(b, 3);
	part = der_begin(b, DER_SET);
	(void)buf_put(b, BYTES_OF_ARRAY(alg_sha256));
	(void)der_end(b, part);
	part = der_begin(b, DER_SEQUENCE);
	(void)der_put_oid(b, kind_oid(o->kind));
	inner = der_begin(b, DER_CONSTRUCTED(0));
	(void)der_put(b, DER_OCTET_STRING, o->content);
	(void)der_end(b, inner);
	(void)der_end(b, part);
	part = der_begin(b, DER_SET);
	put_signer(b, o);
	(void)der_end(b, part);
	(void)der_end(b, data);
	(void)der_end(b, outer);
	(void)der_end(b, info);
	return buf_check(b, signed_kind_name(o->kind), d);
}

/* What is signed: the attributes as a SET, not as [0] (RFC 5652, 5.4). */
static bool
put_signed_bytes(struct buf *b, const struct signed_object *o)
{
	return der_put(b, DER_SET, o->attrs);
}

int
signed_make(enum signed_kind kind, struct bytes content,
    const struct key *signer, struct bytes ski, struct buf *ret, struct diag *d)
{
	auto_buf struct buf attrs = BUF_INIT(HEAD_MAX);
	auto_buf struct buf message = BUF_INIT(HEAD_MAX);
	auto_buf struct buf signature = BUF_INIT(SIGNED_SIGNATURE_MAX);
	auto_buf struct buf out = BUF_INIT(SIGNED_MAX);
	struct signed_object o = { .kind = kind,
		.content = content,
		.ski = ski };
	int r;

	if (content.len > SIGNED_CONTENT_MAX)
		return diag_fail(d, ERR_LIMIT, "%s: %zu bytes, at most %zu",
		    signed_kind_name(kind), content.len, SIGNED_CONTENT_MAX);
	if (ski.len == 0 || ski.len > SIGNED_SKI_MAX)
		return diag_fail(d, ERR_USAGE,
		    "%s: key identifier of %zu bytes, not 1-%u",
		    signed_kind_name(kind), ski.len, SIGNED_SKI_MAX);
	o.alg = alg_of(signer);
	put_attributes(&attrs, &o);
	o.attrs = buf_bytes(&attrs);
	if (!put_signed_bytes(&message, &o))
		return diag_nomem(d);
	if ((r = key_sign(signer, buf_bytes(&message), &signature, d)) < 0)
		return r;
	o.signature = buf_bytes(&signature);
	if ((r = put_object(&out, &o, d)) < 0)
		return r;
	(void)buf_put(ret, buf_bytes(&out));
	return buf_check(ret, signed_kind_name(kind), d);
}

static bool
read_attributes(struct reader *r, struct signed_object *o)
{
	struct reader attribute, set;

	/* Only what varies; the comparison is for the rest. */
	if (!der_enter(r, DER_SEQUENCE, &attribute))
		return false;
	if (!der_expect_oid(&attribute, OID_ATTR_SIGNING_TIME))
		return true;
	return der_enter(&attribute, DER_SET, &set) &&
	    der_take(&set, DER_UTC_TIME, &o->time) && o->time.len == 13;
}

static bool
read_signer(struct reader *r, struct signed_object *o)
{
	struct reader info, attrs;
	struct bytes algorithm;
	uint64_t version;

	if (!der_enter(r, DER_SEQUENCE, &info) || !der_u64(&info, &version) ||
	    !der_take(&info, DER_CONTEXT(0), &o->ski) ||
	    !der_expect(&info, BYTES_OF_ARRAY(alg_sha256)) ||
	    !der_enter(&info, DER_CONSTRUCTED(0), &attrs))
		return false;
	o->attrs = attrs.in;
	if (!read_attributes(&attrs, o) ||
	    !der_whole(&info, DER_SEQUENCE, &algorithm) ||
	    !der_take(&info, DER_OCTET_STRING, &o->signature))
		return false;
	if (bytes_equal(algorithm, BYTES_OF_ARRAY(alg_ecdsa)))
		o->alg = SIGNED_ECDSA_SHA256;
	else if (bytes_equal(algorithm, BYTES_OF_ARRAY(alg_pss)))
		o->alg = SIGNED_RSA_PSS_SHA256;
	else
		return false;
	return o->ski.len != 0 && o->ski.len <= SIGNED_SKI_MAX &&
	    o->signature.len != 0 && o->signature.len <= SIGNED_SIGNATURE_MAX;
}

/* Takes apart; what it skips, the comparison in signed_parse() covers. */
static bool
read_object(struct signed_object *o, bool *ret_other_kind)
{
	struct reader r = reader_of(o->der), info, outer, data, part, inner;
	uint64_t version;
	struct bytes digests, type;

	if (!der_enter(&r, DER_SEQUENCE, &info) || reader_left(&r) != 0 ||
	    !der_expect_oid(&info, OID_CMS_SIGNED_DATA) ||
	    !der_enter(&info, DER_CONSTRUCTED(0), &outer) ||
	    !der_enter(&outer, DER_SEQUENCE, &data) ||
	    !der_u64(&data, &version) || !der_take(&data, DER_SET, &digests) ||
	    !der_enter(&data, DER_SEQUENCE, &part) || !der_oid(&part, &type))
		return false;
	*ret_other_kind = !bytes_equal(type, kind_oid(o->kind));
	return !*ret_other_kind &&
	    der_enter(&part, DER_CONSTRUCTED(0), &inner) &&
	    der_take(&inner, DER_OCTET_STRING, &o->content) &&
	    o->content.len <= SIGNED_CONTENT_MAX &&
	    der_enter(&data, DER_SET, &part) && read_signer(&part, o);
}

int
signed_parse(enum signed_kind kind, struct bytes der, struct signed_object *ret,
    struct diag *d)
{
	struct signed_object o = { .kind = kind, .der = der };
	auto_buf struct buf expected = BUF_INIT(SIGNED_MAX);
	bool other_kind = false;
	int r;

	if (der.len > SIGNED_MAX)
		return refuse(kind, d, "longer than any signed object");
	if (!read_object(&o, &other_kind))
		return refuse(kind, d,
		    other_kind ? "another kind of signed object"
			       : "not a signed object of this product's form");
	if ((r = put_object(&expected, &o, d)) < 0)
		return r;
	if (!bytes_equal(buf_bytes(&expected), der))
		return refuse(kind, d,
		    "not written in the one form of a signed object");
	*ret = o;
	return ERR_OK;
}

int
signed_verify(const struct signed_object *object, const struct key *signer,
    struct bytes ski, struct diag *d)
{
	auto_buf struct buf message = BUF_INIT(HEAD_MAX);
	const char *name = signed_kind_name(object->kind);
	int r;

	if (!bytes_equal(object->ski, ski))
		return diag_refuse(d, REASON_SignatureInvalid,
		    "%s: signed by another key than the one expected", name);
	if (object->alg != alg_of(signer))
		return diag_refuse(d, REASON_SignatureInvalid,
		    "%s: the algorithm is not that of the signer's key", name);
	if (!put_signed_bytes(&message, object))
		return diag_nomem(d);
	r = key_verify(signer, buf_bytes(&message), object->signature, d);
	if (r == ERR_NOMEM)
		return r;
	if (r < 0)
		return diag_refuse(d, REASON_SignatureInvalid,
		    "%s: the signature does not verify", name);
	return ERR_OK;
}

int
signed_open(enum signed_kind kind, struct bytes der, struct bytes signer_cert,
    struct bytes *ret, struct diag *d)
{
	auto_key struct key *key = NULL;
	struct signed_object object;
	struct cert cert;
	int r;

	if ((r = signed_parse(kind, der, &object, d)) < 0 ||
	    (r = cert_parse(signer_cert, &cert, d)) < 0 ||
	    (r = cert_public_key(&cert, &key, d)) < 0 ||
	    (r = signed_verify(&object, key, cert.ski, d)) < 0)
		return r;
	*ret = object.content;
	return ERR_OK;
}
