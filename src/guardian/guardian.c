/* SPDX-License-Identifier: Apache-2.0 */
#include "guardian/guardian.h"

#include "base/field.h"
#include "crypto/key.h"
#include "guardian/guardian_impl.h"

#define MAGIC      "SWGP"
#define VERSION    1
#define PROOF_MAX  KEY_SIGNATURE_MAX
#define SIGN_LABEL "shieldwall guardian signing certificate 1"
#define ENC_LABEL  "shieldwall guardian encryption certificate 1"

static const struct field guardian_list[] = {
	FIELD_NAME(struct guardian, name),
	FIELD_BYTES(struct guardian, sign_cert, GUARDIAN_CERT_MAX),
	FIELD_BYTES(struct guardian, enc_cert, GUARDIAN_CERT_MAX),
	FIELD_BYTES(struct guardian, sign_proof, PROOF_MAX),
	FIELD_BYTES(struct guardian, enc_proof, PROOF_MAX),
};
static const struct fields guardian_fields =
    FIELDS(struct guardian, "guardian", guardian_list);

struct proof {
	struct bytes label;
	struct bytes cert;
};

static const struct field proof_list[] = {
	FIELD_BYTES(struct proof, label, 64),
	FIELD_BYTES(struct proof, cert, GUARDIAN_CERT_MAX),
};
static const struct fields proof_fields =
    FIELDS(struct proof, "proof", proof_list);

void
guardian_file_free(struct guardian_file *f)
{
	buf_free(&f->bytes);
	f->g = (struct guardian){ 0 };
}

static int
put_proof(const char *label, struct bytes cert, struct buf *ret, struct diag *d)
{
	struct proof p = { bytes_of_text(label), cert };

	return fields_encode(&proof_fields, &p, ret, d);
}

static int
check_proof(const char *label, struct bytes cert, struct bytes proof,
    const struct key *key, struct diag *d)
{
	auto_buf struct buf message = BUF_INIT(GUARDIAN_CERT_MAX + 128);
	int r;

	if ((r = put_proof(label, cert, &message, d)) < 0)
		return r;
	r = key_verify(key, buf_bytes(&message), proof, d);
	if (r == ERR_NOMEM)
		return r;
	if (r < 0)
		return diag_refuse(d, REASON_SignatureInvalid,
		    "guardian: its signing key did not sign its certificates");
	return ERR_OK;
}

int
guardian_check(const struct guardian *g, struct diag *d)
{
	struct guardian_cert sign = { 0 }, enc = { 0 };
	int r;

	if ((r = name_check("guardian", g->name, d)) < 0)
		return r;
	if ((r = guardian_cert_parse(g->sign_cert, GUARDIAN_SIGN, &sign, d)) <
	    0)
		return r;
	r = guardian_cert_parse(g->enc_cert, GUARDIAN_ENCRYPT, &enc, d);
	if (r == ERR_OK &&
	    (key_public_equal(sign.key, enc.key) ||
		bytes_equal(sign.ski, enc.ski)))
		r = diag_refuse(d, REASON_FileInvalid,
		    "guardian: one key, or key identifier, for both uses");
	if (r == ERR_OK)
		r = check_proof(SIGN_LABEL, g->sign_cert, g->sign_proof,
		    sign.key, d);
	if (r == ERR_OK)
		r = check_proof(ENC_LABEL, g->enc_cert, g->enc_proof, sign.key,
		    d);
	guardian_cert_free(&sign);
	guardian_cert_free(&enc);
	return r;
}

int
guardian_encode(const struct guardian *g, struct buf *ret, struct diag *d)
{
	(void)buf_put_text(ret, MAGIC);
	(void)buf_put_u8(ret, VERSION);
	return fields_encode(&guardian_fields, g, ret, d);
}

static int
read_parts(struct bytes in, struct guardian *ret, struct diag *d)
{
	struct reader r = reader_of(in);
	struct bytes magic;
	uint8_t version;

	if (!reader_take(&r, 4, &magic) || !bytes_equal_text(magic, MAGIC) ||
	    !reader_u8(&r, &version))
		return diag_refuse(d, REASON_FileInvalid,
		    "guardian: no header");
	if (version != VERSION)
		return diag_refuse(d, REASON_UnsupportedVersion,
		    "guardian: version %u is not 1", version);
	return fields_decode(&guardian_fields,
	    bytes_of(in.p + r.off, reader_left(&r)), ret, d);
}

/* Takes the bytes over into a result of its own. */
static int
own_bytes(struct bytes in, struct guardian_file *ret, struct diag *d)
{
	auto_guardian_file struct guardian_file f = { 0 };
	int r;

	f.bytes.max = GUARDIAN_MAX;
	(void)buf_put(&f.bytes, in);
	if ((r = buf_check(&f.bytes, "guardian", d)) < 0 ||
	    (r = read_parts(buf_bytes(&f.bytes), &f.g, d)) < 0)
		return r;
	*ret = f;
	f = (struct guardian_file){ 0 };
	return ERR_OK;
}

int
guardian_own(const struct guardian *g, struct guardian_file *ret,
    struct diag *d)
{
	auto_buf struct buf bytes = BUF_INIT(GUARDIAN_MAX);
	int r;

	if ((r = guardian_encode(g, &bytes, d)) < 0)
		return r;
	return own_bytes(buf_bytes(&bytes), ret, d);
}

int
guardian_decode(struct bytes in, struct guardian_file *ret, struct diag *d)
{
	auto_guardian_file struct guardian_file f = { 0 };
	int r;

	if ((r = own_bytes(in, &f, d)) < 0 ||
	    (r = guardian_check(&f.g, d)) < 0) {
		if (d != NULL && d->reason == REASON_NONE)
			d->reason = REASON_FileInvalid;
		return r == ERR_NOMEM ? r : ERR_REFUSED;
	}
	*ret = f;
	f = (struct guardian_file){ 0 };
	return ERR_OK;
}

int
guardian_prove(struct bytes name, struct bytes sign_cert, struct bytes enc_cert,
    const struct key *sign, struct guardian_file *ret, struct diag *d)
{
	auto_buf struct buf message = BUF_INIT(GUARDIAN_CERT_MAX + 128);
	auto_buf struct buf sign_proof = BUF_INIT(PROOF_MAX);
	auto_buf struct buf enc_proof = BUF_INIT(PROOF_MAX);
	auto_guardian_file struct guardian_file f = { 0 };
	struct guardian g = { name, sign_cert, enc_cert, BYTES_NONE,
		BYTES_NONE };
	int r;

	if ((r = put_proof(SIGN_LABEL, sign_cert, &message, d)) < 0 ||
	    (r = key_sign(sign, buf_bytes(&message), &sign_proof, d)) < 0)
		return r;
	buf_reset(&message);
	if ((r = put_proof(ENC_LABEL, enc_cert, &message, d)) < 0 ||
	    (r = key_sign(sign, buf_bytes(&message), &enc_proof, d)) < 0)
		return r;
	g.sign_proof = buf_bytes(&sign_proof);
	g.enc_proof = buf_bytes(&enc_proof);
	if ((r = guardian_own(&g, &f, d)) < 0 ||
	    (r = guardian_check(&f.g, d)) < 0)
		return r;
	*ret = f;
	f = (struct guardian_file){ 0 };
	return ERR_OK;
}
