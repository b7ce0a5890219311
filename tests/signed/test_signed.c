/* SPDX-License-Identifier: Apache-2.0 */
#include "signed/signed.h"

#include "crypto/der.h"
#include "crypto/hash.h"
#include "crypto/oid.h"
#include "example.h"
#include "party.h"

static const enum signed_kind kinds[] = { SIGNED_GRANT, SIGNED_SEAL, SIGNED_PDK,
	SIGNED_CATALOGUE, SIGNED_BASELINE, SIGNED_CI_POLICY, SIGNED_TICKET,
	SIGNED_CHANGE };

struct opener {
	enum signed_kind kind;
	const struct party *signer;
};

static bool
accepts(const uint8_t *p, size_t n, void *arg)
{
	const struct opener *o = arg;
	struct signed_object object;

	return signed_parse(o->kind, bytes_of(p, n), &object, NULL) == ERR_OK &&
	    signed_verify(&object, o->signer->s.key, o->signer->s.ski, NULL) ==
	    ERR_OK;
}

static bool
opens(enum signed_kind kind, const struct party *signer, const struct buf *der)
{
	struct opener o = { kind, signer };

	return accepts(der->p, der->len, &o);
}

static void
test_kinds(const struct party *signer, const char *type)
{
	struct bytes content = bytes_of_text("what is signed"), got;
	size_t n_opened = 0, n_others = 0;
	struct diag d;

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		struct buf der = BUF_INIT(4096);

		t_need(signed_make(kinds[i], content, signer->sign,
			   signer->s.ski, &der, &d),
		    &d, "signed_make");
		if (signed_open(kinds[i], buf_bytes(&der),
			signer->file.g.sign_cert, &got, &d) == ERR_OK &&
		    bytes_equal(got, content))
			n_opened++;
		for (size_t j = 0; j < ARRAY_LEN(kinds); j++)
			if (j != i && opens(kinds[j], signer, &der))
				n_others++;
		buf_free(&der);
	}
	CHECK(n_opened == ARRAY_LEN(kinds), "%s signs and opens every kind",
	    type);
	CHECK(n_others == 0,
	    "T93 %s: no kind of signed object passes for another", type);
}

static void
test_changes(const struct party *signer, const char *type)
{
	struct opener o = { SIGNED_SEAL, signer };
	struct buf der = BUF_INIT(4096);
	struct diag d;

	t_need(signed_make(SIGNED_SEAL, bytes_of_text("content"), signer->sign,
		   signer->s.ski, &der, &d),
	    &d, "signed_make");
	CHECK(accepts(der.p, der.len, &o), "%s: the object is good", type);
	CHECK(t_bitflips(der.p, der.len, accepts, &o) == 0,
	    "T63 %s: no flipped bit in all of it is accepted", type);
	CHECK(t_truncations(der.p, der.len, accepts, &o) == 0,
	    "T63 %s: no truncation is accepted", type);
	CHECK(!t_trailing(der.p, der.len, accepts, &o),
	    "T63 %s: a trailing byte is refused", type);
	buf_free(&der);
}

/* What a forger may do differently from signed_make(). */
struct forgery {
	bool time;          /* signingTime attribute */
	bool no_attributes; /* signature over the content itself */
	bool extra_attribute;
	bool attributes_unordered;
	bool wrong_digest;
	bool unsigned_attributes;
	bool certificates;
	bool second_signer;
	bool no_signer;
	bool digest_null;   /* id-sha256 with NULL parameters */
	bool issuer_serial; /* signer named the other way */
	bool version_1;
	bool long_length; /* content's length in more bytes than needed */
	bool detached;
};

static void
put_sha256(struct buf *b, const struct forgery *f)
{
	der_put_algorithm(b, OID_SHA256, f->digest_null);
}

static void
put_attribute(struct buf *b, struct bytes oid, uint8_t tag, struct bytes value)
{
	size_t a = der_begin(b, DER_SEQUENCE), s;

	der_put_oid(b, oid);
	s = der_begin(b, DER_SET);
	der_put(b, tag, value);
	der_end(b, s);
	der_end(b, a);
}

static void
put_attributes(struct buf *b, const struct forgery *f, struct bytes content)
{
	uint8_t digest[32];

	sha256(content, digest);
	if (f->wrong_digest)
		digest[0] ^= 1;
	if (f->time)
		put_attribute(b, OID_ATTR_SIGNING_TIME, DER_UTC_TIME,
		    bytes_of_text("260101000000Z"));
	if (f->attributes_unordered)
		put_attribute(b, OID_ATTR_MESSAGE_DIGEST, DER_OCTET_STRING,
		    BYTES_OF_ARRAY(digest));
	put_attribute(b, OID_ATTR_CONTENT_TYPE, DER_OID,
	    OID_SIGNED_OBJECT("\x02"));
	if (!f->attributes_unordered)
		put_attribute(b, OID_ATTR_MESSAGE_DIGEST, DER_OCTET_STRING,
		    BYTES_OF_ARRAY(digest));
	if (f->extra_attribute)
		put_attribute(b, OID_COMMON_NAME, DER_UTF8_STRING,
		    bytes_of_text(
			"a name that is long enough to come last in order"));
}

static void
put_signer(struct buf *b, const struct forgery *f, struct bytes content,
    const struct party *signer)
{
	struct buf attrs = BUF_INIT(1024), message = BUF_INIT(1024);
	struct buf signature = BUF_INIT(512);
	size_t info = der_begin(b, DER_SEQUENCE), s;
	struct diag d;

	put_attributes(&attrs, f, content);
	if (f->no_attributes)
		buf_put(&message, content);
	else
		der_put(&message, DER_SET, buf_bytes(&attrs));
	t_need(key_sign(signer->sign, buf_bytes(&message), &signature, &d), &d,
	    "key_sign");
	der_put_u64(b, f->version_1 ? 1 : 3);
	if (f->issuer_serial) {
		s = der_begin(b, DER_SEQUENCE);
		name_put(b, bytes_of_text("owner"), &d) < 0 ? abort() : (void)0;
		der_put_u64(b, 1);
		der_end(b, s);
	} else {
		der_put(b, DER_CONTEXT(0), signer->s.ski);
	}
	put_sha256(b, f);
	if (!f->no_attributes)
		der_put(b, DER_CONSTRUCTED(0), buf_bytes(&attrs));
	s = der_begin(b, DER_SEQUENCE);
	der_put_oid(b, OID_ECDSA_SHA256);
	der_end(b, s);
	der_put(b, DER_OCTET_STRING, buf_bytes(&signature));
	if (f->unsigned_attributes) {
		s = der_begin(b, DER_CONSTRUCTED(1));
		put_attribute(b, OID_COMMON_NAME, DER_UTF8_STRING,
		    bytes_of_text("x"));
		der_end(b, s);
	}
	der_end(b, info);
	buf_free(&attrs);
	buf_free(&message);
	buf_free(&signature);
}

static void
put_content(struct buf *b, const struct forgery *f, struct bytes content)
{
	size_t part = der_begin(b, DER_SEQUENCE), inner;

	der_put_oid(b, OID_SIGNED_OBJECT("\x02"));
	if (!f->detached) {
		inner = der_begin(b, DER_CONSTRUCTED(0));
		if (f->long_length) {
			buf_put_u8(b, DER_OCTET_STRING);
			buf_put_u8(b, 0x81);
			buf_put_u8(b, (uint8_t)content.len);
			buf_put(b, content);
		} else {
			der_put(b, DER_OCTET_STRING, content);
		}
		der_end(b, inner);
	}
	der_end(b, part);
}

static void
forge(struct buf *b, const struct forgery *f, struct bytes content,
    const struct party *signer)
{
	size_t info = der_begin(b, DER_SEQUENCE), outer, data, part;

	der_put_oid(b, OID_CMS_SIGNED_DATA);
	outer = der_begin(b, DER_CONSTRUCTED(0));
	data = der_begin(b, DER_SEQUENCE);
	der_put_u64(b, f->version_1 ? 1 : 3);
	part = der_begin(b, DER_SET);
	put_sha256(b, f);
	der_end(b, part);
	put_content(b, f, content);
	if (f->certificates)
		der_put(b, DER_CONSTRUCTED(0), signer->file.g.sign_cert);
	part = der_begin(b, DER_SET);
	if (!f->no_signer)
		put_signer(b, f, content, signer);
	if (f->second_signer)
		put_signer(b, f, content, signer);
	der_end(b, part);
	der_end(b, data);
	der_end(b, outer);
	der_end(b, info);
	if (!buf_ok(b))
		t_bail("forge");
}

static bool
forged_opens(struct forgery f, struct bytes content, const struct party *signer)
{
	struct buf der = BUF_INIT(8192);
	bool opened;

	forge(&der, &f, content, signer);
	opened = opens(SIGNED_SEAL, signer, &der);
	buf_free(&der);
	return opened;
}

static void
test_forms(const struct party *signer)
{
	static const struct {
		const char *what;
		struct forgery f;
	} bad[] = {
		{ "no signed attributes", { .no_attributes = true } },
		{ "a further signed attribute", { .extra_attribute = true } },
		{ "signed attributes out of order",
		    { .attributes_unordered = true } },
		{ "a digest that is not the content's",
		    { .wrong_digest = true } },
		{ "unsigned attributes", { .unsigned_attributes = true } },
		{ "an embedded certificate", { .certificates = true } },
		{ "a second signer", { .second_signer = true } },
		{ "no signer", { .no_signer = true } },
		{ "other parameters of the digest", { .digest_null = true } },
		{ "a signer named by issuer and serial",
		    { .issuer_serial = true } },
		{ "version 1", { .version_1 = true } },
		{ "a length in more bytes than it needs",
		    { .long_length = true } },
		{ "detached content", { .detached = true } },
	};
	struct bytes content = bytes_of_text("content");
	struct buf attrs = BUF_INIT(1024);
	struct forgery none = { 0 }, f = { .no_attributes = true };

	CHECK(forged_opens(none, content, signer),
	    "what the test writes without a change is accepted");
	CHECK(forged_opens((struct forgery){ .time = true }, content, signer),
	    "a signing time is accepted");
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		CHECK(!forged_opens(bad[i].f, content, signer),
		    "T58 %s: refused", bad[i].what);

	/* Signed attributes of one object as another's content. */
	put_attributes(&attrs, &none, content);
	CHECK(!forged_opens(f, buf_bytes(&attrs), signer),
	    "T58 signed attributes offered as content: refused");
	buf_free(&attrs);
}

static void
test_signers(const struct party *signer, const struct party *other,
    const struct party *rsa)
{
	struct buf der = BUF_INIT(4096);
	struct signed_object o;
	struct diag d;
	int r;

	t_need(signed_make(SIGNED_TICKET, bytes_of_text("x"), signer->sign,
		   signer->s.ski, &der, &d),
	    &d, "signed_make");
	t_need(signed_parse(SIGNED_TICKET, buf_bytes(&der), &o, &d), &d,
	    "signed_parse");
	r = signed_verify(&o, other->s.key, other->s.ski, &d);
	CHECK(t_said(r, &d, REASON_SignatureInvalid),
	    "another's certificate does not verify it");
	r = signed_verify(&o, other->s.key, signer->s.ski, &d);
	CHECK(t_said(r, &d, REASON_SignatureInvalid),
	    "another's key under the same identifier does not verify it");
	r = signed_verify(&o, rsa->s.key, signer->s.ski, &d);
	CHECK(t_said(r, &d, REASON_SignatureInvalid),
	    "a key of another algorithm does not verify it");
	r = signed_verify(&o, signer->s.key, other->s.ski, &d);
	CHECK(t_said(r, &d, REASON_SignatureInvalid),
	    "the right key under another identifier does not verify it");
	r = signed_parse(SIGNED_GRANT, buf_bytes(&der), &o, &d);
	CHECK(t_said(r, &d, REASON_FileInvalid),
	    "T93 another kind is refused as FileInvalid");
	buf_free(&der);
}

static void
test_limits(const struct party *signer)
{
	uint8_t *big = calloc(1, SIGNED_CONTENT_MAX + 1);
	struct buf der = BUF_INIT(SIGNED_MAX), none = BUF_INIT(SIGNED_MAX);
	struct bytes got;
	struct diag d;

	if (big == NULL)
		t_bail("out of memory");
	CHECK(signed_make(SIGNED_CI_POLICY, bytes_of(big, SIGNED_CONTENT_MAX),
		  signer->sign, signer->s.ski, &der, &d) == ERR_OK &&
		signed_open(SIGNED_CI_POLICY, buf_bytes(&der),
		    signer->file.g.sign_cert, &got, &d) == ERR_OK &&
		got.len == SIGNED_CONTENT_MAX,
	    "content of the largest size");
	CHECK(signed_make(SIGNED_CI_POLICY,
		  bytes_of(big, SIGNED_CONTENT_MAX + 1), signer->sign,
		  signer->s.ski, &none, &d) == ERR_LIMIT &&
		none.len == 0,
	    "a byte more is refused, and nothing is written");
	buf_reset(&der);
	CHECK(signed_make(SIGNED_SEAL, BYTES_NONE, signer->sign, signer->s.ski,
		  &der, &d) == ERR_OK &&
		opens(SIGNED_SEAL, signer, &der),
	    "empty content");
	buf_free(&der);
	buf_free(&none);
	free(big);
}

static void
test_example(void)
{
	struct buf cert = BUF_INIT(8192), der = BUF_INIT(8192);
	struct bytes got = BYTES_NONE;
	struct diag d;

	t_example_n("FORMAT.signed-object", 0, &cert);
	t_example_n("FORMAT.signed-object", 1, &der);
	CHECK(signed_open(SIGNED_CHANGE, buf_bytes(&der), buf_bytes(&cert),
		  &got, &d) == ERR_OK &&
		bytes_equal_text(got, "an example\n"),
	    "the example of doc/FORMAT.signed-object");
	buf_free(&cert);
	buf_free(&der);
}

int
main(void)
{
	struct party p[T_KINDS], other;

	for (unsigned i = 0; i < T_KINDS; i++) {
		t_party(&p[i], "owner", (enum t_kind)i, T_P256);
		test_kinds(&p[i], t_kind_name[i]);
		test_changes(&p[i], t_kind_name[i]);
	}
	t_party(&other, "owner", T_P256, T_P256);
	test_forms(&p[T_P256]);
	test_signers(&p[T_P256], &other, &p[T_RSA2048]);
	test_limits(&p[T_P256]);
	test_example();
	for (unsigned i = 0; i < T_KINDS; i++)
		t_party_free(&p[i]);
	t_party_free(&other);
	return t_done();
}
