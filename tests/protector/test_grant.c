/* SPDX-License-Identifier: Apache-2.0 */
#include "protector/grant.h"
#include "signed/signed.h"
#include "vm.h"

static bool
accepts(const uint8_t *p, size_t n, void *arg)
{
	struct grant *g = NULL;
	bool good = grant_open(bytes_of(p, n), &g, NULL) == ERR_OK;

	(void)arg;
	grant_free(g);
	return good;
}

static void
test_round(const struct party *owner, const struct party *g, size_t n,
    const char *what)
{
	struct grant_content content;
	struct buf der = BUF_INIT(GRANT_MAX);
	struct grant *grant = NULL;
	struct diag d = { 0 };

	t_grant_content(owner, g, n, &content);
	content.policy.catalogue_min = UINT64_C(0x0001000200030004);
	content.offline_starts = 3;
	content.offline_hours = 24;
	t_need(grant_make(&content, owner->sign, &der, &d), &d, "grant_make");
	CHECK(grant_open(buf_bytes(&der), &grant, &d) == ERR_OK &&
		grant->c.n_guardians == n &&
		memcmp(&grant->c.policy, &content.policy,
		    sizeof(content.policy)) == 0 &&
		memcmp(grant->c.family, content.family, FAMILY_SIZE) == 0 &&
		grant->c.offline_hours == 24,
	    "%s: a grant is read as it was made", what);
	CHECK(t_byteflips(buf_bytes(&der), n > 2 ? 7 : 1, accepts, NULL) == 0,
	    "T63 %s: no flipped bit of a grant is accepted", what);
	CHECK(t_truncations(der.p, der.len, accepts, NULL) == 0,
	    "T63 %s: no truncation is accepted", what);
	CHECK(!t_trailing(der.p, der.len, accepts, NULL),
	    "T63 %s: a trailing byte is refused", what);
	grant_free(grant);
	buf_free(&der);
}

static int
try_content(const struct grant_content *c, const struct party *owner,
    struct diag *d)
{
	struct buf der = BUF_INIT(GRANT_MAX);
	int r = grant_make(c, owner->sign, &der, d);

	buf_free(&der);
	return r;
}

static void
test_rules(const struct party *owner, const struct party *g)
{
	struct grant_content good, c;
	struct diag d;

	t_grant_content(owner, g, 2, &good);
	CHECK(try_content(&good, owner, &d) == ERR_OK, "a good grant");
	c = good;
	c.version = 2;
	CHECK(t_said(try_content(&c, owner, &d), &d, REASON_UnsupportedVersion),
	    "another version is refused");
	c = good;
	c.suite = 2;
	CHECK(t_said(try_content(&c, owner, &d), &d, REASON_SuiteUnknown),
	    "T93 an unknown suite is refused");
#define REFUSED(change, what)                                \
	do {                                                 \
		c = good;                                    \
		change;                                      \
		CHECK(t_said(try_content(&c, owner, &d), &d, \
			  REASON_ProtectorInvalid),          \
		    what ": refused");                       \
	} while (0)
	REFUSED(c.policy.level = 0, "level 0");
	REFUSED(c.policy.level = 3, "level 3");
	REFUSED(c.policy.unknown_vm = 2, "an unknown rule for unknown VMs");
	REFUSED(memset(c.family, 0, sizeof(c.family)), "no family");
	REFUSED(c.revision = 0, "revision 0");
	REFUSED(c.modes = 0, "no attestation mode");
	REFUSED(c.modes = 8, "an unknown attestation mode");
	REFUSED(c.threshold = 0, "threshold 0");
	REFUSED(c.threshold = 2, "threshold 2");
	REFUSED(c.offline_starts = 1, "offline starts without hours");
	REFUSED(c.guardians[1] = c.guardians[0], "a guardian twice");
	REFUSED(c.guardians[1].enc_cert = c.guardians[0].enc_cert,
	    "an encryption certificate twice");
	REFUSED(c.guardians[0].sign_cert = c.owner.sign_cert,
	    "the owner as a guardian");
#undef REFUSED
	c = good;
	c.policy.level = GRANT_ENCRYPTION_SUPPORTED;
	c.policy.console = true;
	CHECK(try_content(&c, owner, &d) == ERR_OK,
	    "an encryption-supported VM may have a console");
	c = good;
	c.policy.console = true;
	CHECK(try_content(&c, owner, &d) == ERR_OK,
	    "a shielded VM may have one, if its owner says so");
	c = good;
	c.guardians[0].sign_cert = c.guardians[0].enc_cert;
	CHECK(try_content(&c, owner, &d) < 0,
	    "an encryption certificate in a signer's place: refused");
	CHECK(try_content(&good, &g[0], &d) == ERR_USAGE,
	    "another's key does not sign the owner's grant");
}

/* Re-signed by somebody else, with his certificate in the owner's place. */
static void
test_owner(const struct party *owner, const struct party *g,
    const struct party *thief)
{
	struct grant_content c;
	struct buf content = BUF_INIT(GRANT_MAX), der = BUF_INIT(GRANT_MAX);
	struct signed_object o;
	struct grant *a, *b = NULL;
	struct diag d;
	int r;

	t_grant_content(owner, g, 1, &c);
	a = t_grant(&c, owner);
	t_need(signed_parse(SIGNED_GRANT, buf_bytes(&a->der), &o, &d), &d,
	    "signed_parse");
	t_need(signed_make(SIGNED_GRANT, o.content, thief->sign, thief->s.ski,
		   &der, &d),
	    &d, "signed_make");
	r = grant_open(buf_bytes(&der), &b, &d);
	CHECK(t_said(r, &d, REASON_SignatureInvalid),
	    "T64 a grant signed by another than its owner: refused");
	buf_reset(&der);
	t_need(signed_make(SIGNED_GRANT, o.content, thief->sign, owner->s.ski,
		   &der, &d),
	    &d, "signed_make");
	r = grant_open(buf_bytes(&der), &b, &d);
	CHECK(t_said(r, &d, REASON_SignatureInvalid),
	    "T64 the same under the owner's key identifier: refused");
	buf_reset(&der);
	t_need(signed_make(SIGNED_SEAL, o.content, owner->sign, owner->s.ski,
		   &der, &d),
	    &d, "signed_make");
	r = grant_open(buf_bytes(&der), &b, &d);
	CHECK(t_said(r, &d, REASON_ProtectorInvalid),
	    "T93 the owner's seal offered as a grant: refused");
	t_grant_content(thief, g, 1, &c);
	b = t_grant(&c, thief);
	CHECK(memcmp(a->owner_id, b->owner_id, 32) != 0,
	    "T94 the same family of another owner has another owner id");
	grant_free(a);
	grant_free(b);
	buf_free(&content);
	buf_free(&der);
}

static void
test_modes(const struct party *owner)
{
	struct grant_content c;
	struct grant *g;

	t_grant_content(owner, NULL, 0, &c);
	g = t_grant(&c, owner);
	CHECK(grant_accepts_mode(g, GRANT_MODE_TPM) &&
		!grant_accepts_mode(g, GRANT_MODE_HOSTKEY) &&
		!grant_accepts_mode(g, GRANT_MODE_KERBEROS) &&
		!grant_accepts_mode(g, 0) &&
		!grant_accepts_mode(g, GRANT_MODE_TPM | GRANT_MODE_HOSTKEY),
	    "T100 a grant accepts the modes it names, one at a time");
	grant_free(g);
}

int
main(void)
{
	struct party owner, rsa, g[GRANT_GUARDIANS_MAX], thief;

	t_party(&owner, "owner", T_P256, T_P256);
	t_party(&rsa, "owner", T_RSA2048, T_RSA3072);
	t_party(&thief, "owner", T_P256, T_P256);
	for (size_t i = 0; i < GRANT_GUARDIANS_MAX; i++)
		t_party(&g[i], "fabric", T_P256, T_P256);
	test_round(&owner, NULL, 0, "no guardian");
	test_round(&owner, g, 2, "two guardians");
	test_round(&owner, g, GRANT_GUARDIANS_MAX, "sixteen guardians");
	test_round(&rsa, g, 1, "RSA owner");
	test_rules(&owner, g);
	test_owner(&owner, g, &thief);
	test_modes(&owner);
	t_party_free(&owner);
	t_party_free(&rsa);
	t_party_free(&thief);
	for (size_t i = 0; i < GRANT_GUARDIANS_MAX; i++)
		t_party_free(&g[i]);
	return t_done();
}
