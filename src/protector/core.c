/* SPDX-License-Identifier: Apache-2.0 */
#include "protector/core.h"

#include <string.h>

#include "base/field.h"
#include "crypto/hash.h"
#include "crypto/key.h"
#include "protector/core_impl.h"
#include "protector/refuse.h"
#include "signed/signed.h"

static const struct field plain_list[] = {
	FIELD_FIXED(struct core_plain, tk),
	FIELD_FIXED(struct core_plain, grant_digest),
	FIELD_FIXED(struct core_plain, vm_id),
	FIELD_U64(struct core_plain, generation),
};
const struct fields core_plain_fields =
    FIELDS(struct core_plain, "wrap", plain_list);

void
core_plain_wipe(struct core_plain *p)
{
	explicit_bzero(p, sizeof(*p));
}

static int
refuse(struct diag *d, const char *what)
{
	return diag_refuse(d, REASON_ProtectorInvalid, "protector: %s", what);
}

int
core_split(struct bytes in, struct bytes *ret_grant, struct bytes *ret_wrap,
    struct bytes *ret_seal, struct diag *d)
{
	struct reader r = reader_of(in);
	struct bytes magic, grant, wrap, seal;
	uint8_t version;

	if (!reader_take(&r, 4, &magic) ||
	    !bytes_equal_text(magic, CORE_MAGIC) || !reader_u8(&r, &version))
		return refuse(d, "no header of a protector's core");
	if (version != CORE_VERSION)
		return diag_refuse(d, REASON_UnsupportedVersion,
		    "protector: version %u is not 1", version);
	if (!reader_be32_blob(&r, GRANT_MAX, &grant) ||
	    !reader_be32_blob(&r, WRAP_MAX, &wrap) ||
	    !reader_be32_blob(&r, SEAL_MAX, &seal) || reader_left(&r) != 0)
		return refuse(d, "lengths do not fit");
	*ret_grant = grant;
	*ret_wrap = wrap;
	*ret_seal = seal;
	return ERR_OK;
}

static int
find_grant(struct core *c, const struct grant *cached, struct diag *d)
{
	int r;

	if (cached != NULL &&
	    bytes_equal(buf_bytes(&cached->der), c->grant_der)) {
		c->grant = cached;
		return ERR_OK;
	}
	if ((r = grant_open(c->grant_der, &c->own_grant, d)) < 0)
		return r;
	c->grant = c->own_grant;
	return ERR_OK;
}

static bool
already_there(const struct core *c, const struct guardian_cert *cert)
{
	for (size_t i = 0; i < c->n; i++) {
		if (bytes_equal(c->sign[i]->ski, cert->ski) ||
		    bytes_equal(c->enc[i]->ski, cert->ski) ||
		    key_public_equal(c->sign[i]->key, cert->key) ||
		    key_public_equal(c->enc[i]->key, cert->key))
			return true;
	}
	return false;
}

/* The one pair the owner named, in the place of its predecessor. */
static int
replace(struct core *c, const struct seal_successor *s, struct diag *d)
{
	struct guardian_cert *sign = &c->succ_sign[s->guardian];
	struct guardian_cert *enc = &c->succ_enc[s->guardian];
	uint8_t digest[GUARDIAN_FINGERPRINT_SIZE];
	int r;

	if (s->guardian >= c->grant->c.n_guardians)
		return refuse(d, "successor of no guardian");
	guardian_pair_digest(s->sign_cert, s->enc_cert, digest);
	if (!bytes_equal(BYTES_OF_ARRAY(digest),
		BYTES_OF_ARRAY(c->grant->c.guardians[s->guardian].successor)))
		return diag_refuse(d, REASON_GuardianNotGranted,
		    "protector: the owner named another successor, or none");
	if ((r = guardian_cert_parse(s->sign_cert, GUARDIAN_SIGN, sign, d)) <
		0 ||
	    (r = guardian_cert_parse(s->enc_cert, GUARDIAN_ENCRYPT, enc, d)) <
		0)
		return refuse_as(d, r, REASON_ProtectorInvalid);
	if (already_there(c, sign) || already_there(c, enc) ||
	    bytes_equal(sign->ski, enc->ski) ||
	    key_public_equal(sign->key, enc->key))
		return refuse(d, "a successor's key is another's");
	c->sign[1 + s->guardian] = sign;
	c->enc[1 + s->guardian] = enc;
	return ERR_OK;
}

int
core_list_parties(struct core *c, struct diag *d)
{
	const struct grant *g = c->grant;
	int r;

	c->sign[0] = &g->owner_sign;
	c->enc[0] = &g->owner_enc;
	for (size_t i = 0; i < g->c.n_guardians; i++) {
		c->sign[1 + i] = &g->sign[i];
		c->enc[1 + i] = &g->enc[i];
	}
	c->n = 1 + g->c.n_guardians;
	for (size_t i = 0; i < c->seal.n_successors; i++)
		if ((r = replace(c, &c->seal.successors[i], d)) < 0)
			return r;
	return ERR_OK;
}

/*
 * The seal says who signed it by an index into the grant, so its content is
 * decoded first; nothing is decided by it before the signature is checked.
 */
static int
check_seal(struct core *c, struct diag *d)
{
	struct signed_object object;
	uint8_t digest[SHA256_SIZE];
	size_t i;
	int r;

	if ((r = signed_parse(SIGNED_SEAL, c->seal_der, &object, d)) < 0)
		return refuse_as(d, r, REASON_ProtectorInvalid);
	c->seal_bytes = object.content;
	if ((r = seal_decode(object.content, &c->seal, d)) < 0)
		return r;
	if (!bytes_equal(BYTES_OF_ARRAY(c->seal.grant_digest),
		BYTES_OF_ARRAY(c->grant->digest)))
		return refuse(d, "the seal is for another grant");
	sha256(c->wrap_der, digest);
	if (!bytes_equal(BYTES_OF_ARRAY(c->seal.wrap_digest),
		BYTES_OF_ARRAY(digest)))
		return refuse(d, "the seal is for another wrap");
	if ((r = core_list_parties(c, d)) < 0)
		return r;
	i = c->seal.signer;
	if (i >= c->n)
		return diag_refuse(d, REASON_GuardianNotGranted,
		    "protector: sealed by a guardian that is not granted");
	return signed_verify(&object, c->sign[i]->key, c->sign[i]->ski, d);
}

int
core_parse(struct bytes in, const struct grant *cached, struct core **ret,
    struct diag *d)
{
	auto_core struct core *c = NULL;
	int r;

	if (in.len > CORE_MAX)
		return refuse(d, "longer than any protector");
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return diag_nomem(d);
	c->own.max = CORE_MAX;
	(void)buf_put(&c->own, in);
	if ((r = buf_check(&c->own, "protector", d)) < 0)
		return r;
	c->der = buf_bytes(&c->own);
	if ((r = core_split(c->der, &c->grant_der, &c->wrap_der, &c->seal_der,
		 d)) < 0 ||
	    (r = find_grant(c, cached, d)) < 0 || (r = check_seal(c, d)) < 0 ||
	    (r = wrap_parse(c->wrap_der, c->enc, c->n, &c->wrap, d)) < 0)
		return r;
	sha256(c->seal_der, c->seal_digest);
	*ret = TAKE_PTR(&c);
	return ERR_OK;
}

void
core_free(struct core *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < GRANT_GUARDIANS_MAX; i++) {
		guardian_cert_free(&c->succ_sign[i]);
		guardian_cert_free(&c->succ_enc[i]);
	}
	grant_free(c->own_grant);
	buf_free(&c->own);
	free(c);
}

bool
core_is_template(const struct core *c)
{
	return bytes_all_zero(BYTES_OF_ARRAY(c->seal.vm_id));
}

int
core_find(const struct core *c, struct bytes enc_cert, size_t *ret_index,
    struct diag *d)
{
	for (size_t i = 0; i < c->n; i++)
		if (bytes_equal(c->enc[i]->der, enc_cert)) {
			*ret_index = i;
			return ERR_OK;
		}
	return diag_refuse(d, REASON_GuardianNotGranted,
	    "protector: this guardian is not granted");
}

static bool
plain_fits(const struct core *c, const struct core_plain *p)
{
	return bytes_equal(BYTES_OF_ARRAY(p->grant_digest),
		   BYTES_OF_ARRAY(c->grant->digest)) &&
	    bytes_equal(BYTES_OF_ARRAY(p->vm_id),
		BYTES_OF_ARRAY(c->seal.vm_id)) &&
	    p->generation == c->seal.generation;
}

int
core_open(const struct core *c, const struct key *enc, size_t index,
    struct secret *ret, struct diag *d)
{
	CLEANUP(core_plain_wipe) struct core_plain p = { 0 };
	auto_secret struct secret plain = SECRET_NONE;
	int r;

	if (index >= c->n)
		return diag_refuse(d, REASON_GuardianNotGranted,
		    "protector: this guardian is not granted");
	if ((r = wrap_open(&c->wrap, index, c->enc[index], enc, &plain, d)) < 0)
		return r;
	/*
	 * The wrap says which grant, VM and generation it was made for, and
	 * the tag that whoever sealed it knew the key: a wrap moved under
	 * another's grant, or a seal over what its maker could not open, fails
	 * here, and says no more than a wrap of garbage does.
	 */
	if (fields_decode(&core_plain_fields, secret_bytes(&plain), &p, NULL) <
		0 ||
	    !plain_fits(c, &p))
		return diag_refuse(d, REASON_ProtectorNotOpenable,
		    "protector: not openable");
	if ((r = seal_check_tag(c->seal_bytes, BYTES_OF_ARRAY(p.tk), d)) < 0)
		return r;
	return secret_copy(ret, BYTES_OF_ARRAY(p.tk), d);
}

void
tk_derive(struct bytes tk, struct bytes salt, const char *label,
    struct bytes context, uint8_t ret[static 32])
{
	const struct bytes info[] = { bytes_of_text(label), context };
	uint8_t prk[SHA256_SIZE];

	hkdf_sha256_extract(salt, &tk, 1, prk);
	hkdf_sha256_expand(prk, info, ARRAY_LEN(info), ret, 32);
	explicit_bzero(prk, sizeof(prk));
}
