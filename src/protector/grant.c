/* SPDX-License-Identifier: Apache-2.0 */
#include "protector/grant.h"

#include "base/field.h"
#include "crypto/hash.h"
#include "crypto/key.h"
#include "protector/refuse.h"
#include "signed/signed.h"

static const struct field policy_list[] = {
	FIELD_U8(struct grant_policy, level),
	FIELD_BOOL(struct grant_policy, console),
	FIELD_FIXED(struct grant_policy, secure_boot_keys),
	FIELD_U64(struct grant_policy, catalogue_min),
	FIELD_BOOL(struct grant_policy, clean_stop),
	FIELD_U8(struct grant_policy, unknown_vm),
	FIELD_BOOL(struct grant_policy, quorum_restore),
};
static const struct fields policy_fields =
    FIELDS(struct grant_policy, "policy", policy_list);

static const struct field pair_list[] = {
	FIELD_BYTES(struct grant_pair, sign_cert, GUARDIAN_CERT_MAX),
	FIELD_BYTES(struct grant_pair, enc_cert, GUARDIAN_CERT_MAX),
};
static const struct fields pair_fields =
    FIELDS(struct grant_pair, "owner", pair_list);

static const struct field guardian_list[] = {
	FIELD_BYTES(struct grant_guardian, sign_cert, GUARDIAN_CERT_MAX),
	FIELD_BYTES(struct grant_guardian, enc_cert, GUARDIAN_CERT_MAX),
	FIELD_FIXED(struct grant_guardian, successor),
};
static const struct fields guardian_fields =
    FIELDS(struct grant_guardian, "guardian", guardian_list);

static const struct field grant_list[] = {
	FIELD_U16(struct grant_content, version),
	FIELD_U16(struct grant_content, suite),
	FIELD_FIXED(struct grant_content, family),
	FIELD_U64(struct grant_content, revision),
	FIELD_RECORD(struct grant_content, policy, &policy_fields),
	FIELD_U32(struct grant_content, modes),
	FIELD_RECORD(struct grant_content, owner, &pair_fields),
	FIELD_LIST(struct grant_content, guardians, n_guardians,
	    &guardian_fields),
	FIELD_U8(struct grant_content, threshold),
	FIELD_U32(struct grant_content, offline_starts),
	FIELD_U32(struct grant_content, offline_hours),
};
static const struct fields grant_fields =
    FIELDS(struct grant_content, "grant", grant_list);

static int
check_policy(const struct grant_policy *p, struct diag *d)
{
	if (p->level != GRANT_ENCRYPTION_SUPPORTED &&
	    p->level != GRANT_SHIELDED)
		return diag_refuse(d, REASON_ProtectorInvalid,
		    "grant: level %u is not 1 or 2", p->level);
	if (p->unknown_vm > GRANT_UNKNOWN_VM_ALLOW)
		return diag_refuse(d, REASON_ProtectorInvalid,
		    "grant: unknown_vm %u is not 0 or 1", p->unknown_vm);
	return ERR_OK;
}

/* What needs no certificate to be looked at. */
static int
check_content(const struct grant_content *c, struct diag *d)
{
	if (c->version != GRANT_VERSION)
		return diag_refuse(d, REASON_UnsupportedVersion,
		    "grant: version %u is not 1", c->version);
	if (c->suite != SUITE_1)
		return diag_refuse(d, REASON_SuiteUnknown,
		    "grant: suite %u is not 1", c->suite);
	if (bytes_all_zero(BYTES_OF_ARRAY(c->family)) || c->revision == 0)
		return diag_refuse(d, REASON_ProtectorInvalid,
		    "grant: family or revision is zero");
	if (c->modes == 0 || (c->modes & ~GRANT_MODES_ALL) != 0)
		return diag_refuse(d, REASON_ProtectorInvalid,
		    "grant: attestation modes 0x%x are not 0x1-0x7", c->modes);
	if (c->threshold != 1)
		return diag_refuse(d, REASON_ProtectorInvalid,
		    "grant: threshold %u is not 1", c->threshold);
	if ((c->offline_starts == 0) != (c->offline_hours == 0))
		return diag_refuse(d, REASON_ProtectorInvalid,
		    "grant: offline starts and hours are both or none");
	return check_policy(&c->policy, d);
}

static int
parse_certs(struct grant *g, struct diag *d)
{
	const struct grant_content *c = &g->c;
	int r;

	if ((r = guardian_cert_parse(c->owner.sign_cert, GUARDIAN_SIGN,
		 &g->owner_sign, d)) < 0 ||
	    (r = guardian_cert_parse(c->owner.enc_cert, GUARDIAN_ENCRYPT,
		 &g->owner_enc, d)) < 0)
		return r;
	for (size_t i = 0; i < c->n_guardians; i++) {
		if ((r = guardian_cert_parse(c->guardians[i].sign_cert,
			 GUARDIAN_SIGN, &g->sign[i], d)) < 0 ||
		    (r = guardian_cert_parse(c->guardians[i].enc_cert,
			 GUARDIAN_ENCRYPT, &g->enc[i], d)) < 0)
			return r;
	}
	return ERR_OK;
}

/*
 * A key identifier that two certificates share would let one be taken for the
 * other; so would one key in two places.
 */
static int
check_distinct(const struct grant *g, struct diag *d)
{
	const struct guardian_cert *all[2 + 2 * GRANT_GUARDIANS_MAX];
	size_t n = 0;

	all[n++] = &g->owner_sign;
	all[n++] = &g->owner_enc;
	for (size_t i = 0; i < g->c.n_guardians; i++) {
		all[n++] = &g->sign[i];
		all[n++] = &g->enc[i];
	}
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < i; j++)
			if (bytes_equal(all[i]->ski, all[j]->ski) ||
			    key_public_equal(all[i]->key, all[j]->key))
				return diag_refuse(d, REASON_ProtectorInvalid,
				    "grant: certificates %zu and %zu share a key or key identifier",
				    j, i);
	return ERR_OK;
}

int
grant_make(const struct grant_content *in, const struct key *owner_sign,
    struct buf *ret, struct diag *d)
{
	auto_grant struct grant *g = calloc(1, sizeof(*g));
	auto_buf struct buf content = BUF_INIT(GRANT_MAX);
	int r;

	if (g == NULL)
		return diag_nomem(d);
	g->c = *in;
	if ((r = check_content(&g->c, d)) < 0 || (r = parse_certs(g, d)) < 0 ||
	    (r = check_distinct(g, d)) < 0)
		return r;
	if (!key_public_equal(owner_sign, g->owner_sign.key))
		return diag_fail(d, ERR_USAGE,
		    "grant: the key is not that of the owner's certificate");
	if ((r = fields_encode(&grant_fields, &g->c, &content, d)) < 0)
		return r;
	return signed_make(SIGNED_GRANT, buf_bytes(&content), owner_sign,
	    g->owner_sign.ski, ret, d);
}

/*
 * The signer is named by the content, so the content is decoded before its
 * signature is known to be good: by the field tables and the certificate
 * reader, which decide nothing.
 */
static int
open_into(struct grant *g, struct diag *d)
{
	struct signed_object object;
	int r;

	if ((r = signed_parse(SIGNED_GRANT, buf_bytes(&g->der), &object, d)) <
		0 ||
	    (r = fields_decode(&grant_fields, object.content, &g->c, d)) < 0 ||
	    (r = check_content(&g->c, d)) < 0 ||
	    (r = guardian_cert_parse(g->c.owner.sign_cert, GUARDIAN_SIGN,
		 &g->owner_sign, d)) < 0 ||
	    (r = signed_verify(&object, g->owner_sign.key, g->owner_sign.ski,
		 d)) < 0)
		return r;
	guardian_cert_free(&g->owner_sign);
	if ((r = parse_certs(g, d)) < 0)
		return r;
	return check_distinct(g, d);
}

int
grant_open(struct bytes der, struct grant **ret, struct diag *d)
{
	auto_grant struct grant *g = calloc(1, sizeof(*g));
	int r;

	if (g == NULL)
		return diag_nomem(d);
	g->der.max = GRANT_MAX;
	(void)buf_put(&g->der, der);
	if ((r = buf_check(&g->der, "grant", d)) < 0 ||
	    (r = open_into(g, d)) < 0)
		return refuse_as(d, r, REASON_ProtectorInvalid);
	sha256(buf_bytes(&g->der), g->digest);
	sha256(g->c.owner.sign_cert, g->owner_id);
	*ret = TAKE_PTR(&g);
	return ERR_OK;
}

void
grant_free(struct grant *g)
{
	if (g == NULL)
		return;
	guardian_cert_free(&g->owner_sign);
	guardian_cert_free(&g->owner_enc);
	for (size_t i = 0; i < GRANT_GUARDIANS_MAX; i++) {
		guardian_cert_free(&g->sign[i]);
		guardian_cert_free(&g->enc[i]);
	}
	buf_free(&g->der);
	free(g);
}

bool
grant_accepts_mode(const struct grant *g, uint32_t mode)
{
	return mode != 0 && (mode & (mode - 1)) == 0 &&
	    (g->c.modes & mode) != 0;
}

const char *
grant_level_name(uint8_t level)
{
	switch (level) {
	case GRANT_ENCRYPTION_SUPPORTED:
		return "encryption-supported";
	case GRANT_SHIELDED:
		return "shielded";
	default:
		return "unknown";
	}
}
