/* SPDX-License-Identifier: Apache-2.0 */
#include "protector/seal.h"

#include <string.h>

#include "base/field.h"
#include "base/secret.h"
#include "crypto/hash.h"
#include "protector/refuse.h"
#include "signed/signed.h"

#define TAG_SIZE  32
#define TAG_LABEL "shieldwall seal tag 1"

static const struct field receipt_list[] = {
	FIELD_FIXED(struct seal_receipt, log_id),
	FIELD_U64(struct seal_receipt, sequence),
	FIELD_FIXED(struct seal_receipt, record),
};
static const struct fields receipt_fields =
    FIELDS(struct seal_receipt, "receipt", receipt_list);

static const struct field successor_list[] = {
	FIELD_U16(struct seal_successor, guardian),
	FIELD_BYTES(struct seal_successor, sign_cert, GUARDIAN_CERT_MAX),
	FIELD_BYTES(struct seal_successor, enc_cert, GUARDIAN_CERT_MAX),
};
static const struct fields successor_fields =
    FIELDS(struct seal_successor, "successor", successor_list);

static const struct field seal_list[] = {
	FIELD_U16(struct seal_content, version),
	FIELD_U16(struct seal_content, suite),
	FIELD_FIXED(struct seal_content, grant_digest),
	FIELD_FIXED(struct seal_content, wrap_digest),
	FIELD_FIXED(struct seal_content, vm_id),
	FIELD_U64(struct seal_content, generation),
	FIELD_FIXED(struct seal_content, previous),
	FIELD_FIXED(struct seal_content, recovery_digest),
	FIELD_RECORD(struct seal_content, receipt, &receipt_fields),
	FIELD_U16(struct seal_content, signer),
	FIELD_LIST(struct seal_content, successors, n_successors,
	    &successor_fields),
	FIELD_FIXED(struct seal_content, tag),
};
static const struct fields seal_fields =
    FIELDS(struct seal_content, "seal", seal_list);

static void
make_tag(struct bytes untagged, struct bytes tk, uint8_t ret[static TAG_SIZE])
{
	uint8_t key[SHA256_SIZE];

	hkdf_sha256(tk, BYTES_NONE, bytes_of_text(TAG_LABEL), key, sizeof(key));
	hmac_sha256(BYTES_OF_ARRAY(key), &untagged, 1, ret);
	explicit_bzero(key, sizeof(key));
}

static int
refuse(struct diag *d, const char *what)
{
	return diag_refuse(d, REASON_ProtectorInvalid, "seal: %s", what);
}

/* What VM id, generation, signer and previous seal say must fit together. */
static int
check_history(const struct seal_content *s, struct diag *d)
{
	bool template = bytes_all_zero(BYTES_OF_ARRAY(s->vm_id));
	bool first = bytes_all_zero(BYTES_OF_ARRAY(s->previous));
	bool no_recovery = bytes_all_zero(BYTES_OF_ARRAY(s->recovery_digest));

	if (template != (s->generation == 0))
		return refuse(d, "generation 0 is for templates alone");
	if (template != no_recovery)
		return refuse(d, "recovery blobs are for VMs alone");
	if (template && (!first || s->signer != 0 || s->n_successors != 0))
		return refuse(d, "a template is made by its owner, once");
	if (s->generation == 1 && first != (s->signer == 0))
		return refuse(d,
		    "a first seal is the owner's, or made from a template");
	if (s->generation > 1 && first)
		return refuse(d, "no previous seal");
	return ERR_OK;
}

static int
check_content(const struct seal_content *s, struct diag *d)
{
	if (s->version != SEAL_VERSION)
		return diag_refuse(d, REASON_UnsupportedVersion,
		    "seal: version %u is not 1", s->version);
	if (s->suite != SUITE_1)
		return diag_refuse(d, REASON_SuiteUnknown,
		    "seal: suite %u is not 1", s->suite);
	if (s->signer > GRANT_GUARDIANS_MAX)
		return refuse(d, "signer is not 0-16");
	for (size_t i = 0; i < s->n_successors; i++) {
		if (s->successors[i].guardian >= GRANT_GUARDIANS_MAX)
			return refuse(d, "successor of no guardian");
		if (i > 0 &&
		    s->successors[i].guardian <= s->successors[i - 1].guardian)
			return refuse(d, "successors are not in order");
	}
	return check_history(s, d);
}

int
seal_make(const struct seal_content *in, struct bytes tk,
    const struct key *signer, struct bytes ski, struct buf *ret, struct diag *d)
{
	auto_buf struct buf content = BUF_INIT(SEAL_MAX);
	struct bytes untagged;
	int r;

	if (tk.len != TK_SIZE)
		return diag_fail(d, ERR_USAGE,
		    "seal: a transport key has 32 bytes");
	if ((r = check_content(in, d)) < 0 ||
	    (r = fields_encode(&seal_fields, in, &content, d)) < 0)
		return r;
	untagged = bytes_of(content.p, content.len - TAG_SIZE);
	make_tag(untagged, tk, content.p + untagged.len);
	return signed_make(SIGNED_SEAL, buf_bytes(&content), signer, ski, ret,
	    d);
}

int
seal_decode(struct bytes content, struct seal_content *ret, struct diag *d)
{
	struct seal_content s;
	int r;

	if ((r = fields_decode(&seal_fields, content, &s, d)) < 0 ||
	    (r = check_content(&s, d)) < 0)
		return refuse_as(d, r, REASON_ProtectorInvalid);
	*ret = s;
	return ERR_OK;
}

int
seal_check_tag(struct bytes content, struct bytes tk, struct diag *d)
{
	uint8_t tag[TAG_SIZE];
	struct bytes untagged;
	bool good;

	if (content.len < TAG_SIZE || tk.len != TK_SIZE)
		return diag_refuse(d, REASON_ProtectorNotOpenable,
		    "protector: not openable");
	untagged = bytes_of(content.p, content.len - TAG_SIZE);
	make_tag(untagged, tk, tag);
	good = secret_equal(BYTES_OF_ARRAY(tag),
	    bytes_of(content.p + untagged.len, TAG_SIZE));
	explicit_bzero(tag, sizeof(tag));
	if (!good)
		return diag_refuse(d, REASON_ProtectorNotOpenable,
		    "protector: not openable");
	return ERR_OK;
}
