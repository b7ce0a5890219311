/* SPDX-License-Identifier: Apache-2.0 */
#include "protector/core.h"
#include "signed/signed.h"
#include "vm.h"

struct opener {
	const struct key *key;
	size_t index;
};

static bool
accepts(const uint8_t *p, size_t n, void *arg)
{
	const struct opener *o = arg;
	auto_secret struct secret tk = SECRET_NONE;
	auto_core struct core *c = NULL;

	return core_parse(bytes_of(p, n), NULL, &c, NULL) == ERR_OK &&
	    (o == NULL || core_open(c, o->key, o->index, &tk, NULL) == ERR_OK);
}

static void
put_core(struct buf *b, struct bytes grant, struct bytes wrap,
    struct bytes seal)
{
	buf_put_text(b, "SWKC");
	buf_put_u8(b, 1);
	buf_put_be32_blob(b, grant);
	buf_put_be32_blob(b, wrap);
	buf_put_be32_blob(b, seal);
	if (!buf_ok(b))
		t_bail("put_core");
}

/* Parses what is put together, and returns how it was refused. */
static int
try_parts(struct bytes grant, struct bytes wrap, struct bytes seal,
    struct diag *d)
{
	struct buf b = BUF_INIT(CORE_MAX);
	auto_core struct core *c = NULL;
	int r;

	put_core(&b, grant, wrap, seal);
	r = core_parse(buf_bytes(&b), NULL, &c, d);
	buf_free(&b);
	return r;
}

static void
test_types(enum t_kind owner_sign, enum t_kind owner_enc, size_t step,
    const enum t_kind kinds[][2])
{
	struct vm vm;
	struct opener o;
	char what[80];
	size_t good = 0;

	t_vm(&vm, owner_sign, owner_enc, 2, kinds);
	(void)snprintf(what, sizeof(what), "owner %s/%s, guardian %s/%s",
	    t_kind_name[owner_sign], t_kind_name[owner_enc],
	    t_kind_name[kinds[0][0]], t_kind_name[kinds[0][1]]);
	good += t_opens_to(vm.parsed, vm.owner.enc, 0, vm.tk);
	good += t_opens_to(vm.parsed, vm.g[0].enc, 1, vm.tk);
	good += t_opens_to(vm.parsed, vm.g[1].enc, 2, vm.tk);
	CHECK(good == 3, "%s: owner and guardians open a fresh core", what);
	CHECK(!t_opens_to(vm.parsed, vm.g[0].enc, 2, vm.tk) &&
		!t_opens_to(vm.parsed, vm.g[0].enc, 3, vm.tk) &&
		!t_opens_to(vm.parsed, vm.g[0].sign, 1, vm.tk),
	    "%s: another's place or key opens nothing", what);
	o = (struct opener){ vm.g[0].enc, 1 };
	CHECK(t_byteflips(buf_bytes(&vm.core), step, accepts, &o) == 0,
	    "T63 %s: no flipped bit is accepted", what);
	CHECK(t_truncations(vm.core.p, vm.core.len, accepts, NULL) == 0,
	    "T63 %s: no truncation is accepted", what);
	CHECK(!t_trailing(vm.core.p, vm.core.len, accepts, NULL),
	    "T63 %s: a trailing byte is refused", what);
	t_vm_free(&vm);
}

/* Parts of two VMs of one owner and grant, mixed. */
static void
test_splices(void)
{
	struct wrap_random random = t_random();
	struct buf other = BUF_INIT(CORE_MAX);
	uint8_t id[16] = { 2 }, digest[32] = { 3 }, tk[32] = { 4 };
	struct core_new in = { .tk = BYTES_OF_ARRAY(tk), .random = &random };
	struct core *a, *b;
	struct vm vm;
	struct diag d = { 0 };
	int r;

	t_vm_p256(&vm, 2);
	in.signer = vm.owner.sign;
	a = vm.parsed;
	t_need(core_create(vm.grant, id, digest, &in, &other, &d), &d,
	    "core_create");
	b = t_core(&other);
	CHECK(try_parts(a->grant_der, a->wrap_der, a->seal_der, &d) == ERR_OK,
	    "the parts as they were");
	r = try_parts(a->grant_der, b->wrap_der, a->seal_der, &d);
	CHECK(t_said(r, &d, REASON_ProtectorInvalid),
	    "T65 the wrap of another VM under this VM's seal: refused");
	r = try_parts(a->seal_der, a->wrap_der, a->seal_der, &d);
	CHECK(t_said(r, &d, REASON_ProtectorInvalid),
	    "T93 a seal in the grant's place: refused");
	r = try_parts(a->grant_der, a->wrap_der, a->grant_der, &d);
	CHECK(t_said(r, &d, REASON_ProtectorInvalid),
	    "T93 a grant in the seal's place: refused");
	r = try_parts(a->grant_der, a->grant_der, a->seal_der, &d);
	CHECK(t_said(r, &d, REASON_ProtectorInvalid),
	    "a grant in the wrap's place: refused");
	core_free(b);
	buf_free(&other);
	t_vm_free(&vm);
}

/* Signs a seal of the attacker's choice over the parts. */
static int
try_resealed(const struct grant *grant, struct bytes wrap,
    struct seal_content s, struct bytes tk, const struct party *signer,
    const struct party *opener, size_t index, struct diag *d)
{
	struct buf seal = BUF_INIT(SEAL_MAX), all = BUF_INIT(CORE_MAX);
	auto_secret struct secret got = SECRET_NONE;
	auto_core struct core *c = NULL;
	int r;

	memcpy(s.grant_digest, grant->digest, 32);
	sha256(wrap, s.wrap_digest);
	t_need(seal_make(&s, tk, signer->sign, signer->s.ski, &seal, d), d,
	    "seal_make");
	put_core(&all, buf_bytes(&grant->der), wrap, buf_bytes(&seal));
	r = core_parse(buf_bytes(&all), NULL, &c, d);
	if (r == ERR_OK)
		r = core_open(c, opener->enc, index, &got, d);
	buf_free(&seal);
	buf_free(&all);
	return r;
}

static void
test_reseal(void)
{
	static const uint8_t guess[TK_SIZE] = { 0 };
	struct vm vm;
	struct core *c;
	struct seal_content s;
	struct party stranger;
	struct diag d = { 0 };
	int r;

	t_vm_p256(&vm, 2);
	t_party(&stranger, "thief", T_P256, T_P256);
	c = vm.parsed;
	CHECK(try_resealed(vm.grant, c->wrap_der, c->seal,
		  BYTES_OF_ARRAY(vm.tk), &vm.owner, &vm.g[0], 1, &d) == ERR_OK,
	    "what the test seals without a change opens");
	r = try_resealed(vm.grant, c->wrap_der, c->seal, BYTES_OF_ARRAY(guess),
	    &vm.owner, &vm.g[0], 1, &d);
	CHECK(t_said(r, &d, REASON_ProtectorNotOpenable),
	    "a seal over a wrap that its maker cannot open: not openable");
	r = try_resealed(vm.grant, c->wrap_der, c->seal, BYTES_OF_ARRAY(vm.tk),
	    &stranger, &vm.g[0], 1, &d);
	CHECK(t_said(r, &d, REASON_SignatureInvalid),
	    "T64 a seal by a stranger: refused");
	s = c->seal;
	s.generation = 7;
	s.signer = 2;
	t_fill(s.previous, 32, 1);
	r = try_resealed(vm.grant, c->wrap_der, s, BYTES_OF_ARRAY(vm.tk),
	    &vm.g[1], &vm.g[0], 1, &d);
	CHECK(t_said(r, &d, REASON_ProtectorNotOpenable),
	    "T94 a seal of another generation than its wrap: not openable");
	s.generation = 1;
	s.vm_id[0] ^= 1;
	r = try_resealed(vm.grant, c->wrap_der, s, BYTES_OF_ARRAY(vm.tk),
	    &vm.g[1], &vm.g[0], 1, &d);
	CHECK(t_said(r, &d, REASON_ProtectorNotOpenable),
	    "T65 a seal for another VM than its wrap: not openable");
	s.vm_id[0] ^= 1;
	s.signer = 1;
	r = try_resealed(vm.grant, c->wrap_der, s, BYTES_OF_ARRAY(vm.tk),
	    &vm.g[1], &vm.g[0], 1, &d);
	CHECK(t_said(r, &d, REASON_SignatureInvalid),
	    "T64 a guardian seals in another's name: refused");
	s.signer = 3;
	r = try_resealed(vm.grant, c->wrap_der, s, BYTES_OF_ARRAY(vm.tk),
	    &vm.g[1], &vm.g[0], 1, &d);
	CHECK(t_said(r, &d, REASON_GuardianNotGranted),
	    "T64 a seal by a guardian beyond the grant's: refused");
	t_party_free(&stranger);
	t_vm_free(&vm);
}

/*
 * A tenant puts a victim's wrap under a grant of his own, in which he names
 * the victim's certificates as guardians so that the recipients fit.
 */
static void
test_decryption_oracle(void)
{
	struct grant_content content;
	struct vm victim;
	struct party thief;
	struct grant *own;
	struct seal_content s;
	struct diag d = { 0 };
	uint8_t guess[TK_SIZE] = { 0 };
	int r;

	t_vm_p256(&victim, 1);
	t_party(&thief, "thief", T_P256, T_P256);
	t_grant_content(&thief, victim.g, 1, &content);
	/* The thief signs; all recipients are the victim's. */
	content.owner.enc_cert = victim.owner.file.g.enc_cert;
	own = t_grant(&content, &thief);
	s = victim.parsed->seal;
	r = try_resealed(own, victim.parsed->wrap_der, s, BYTES_OF_ARRAY(guess),
	    &thief, &victim.g[0], 1, &d);
	CHECK(t_said(r, &d, REASON_ProtectorNotOpenable),
	    "T93 a victim's wrap under the thief's grant: not openable");
	r = try_resealed(own, victim.parsed->wrap_der, s,
	    BYTES_OF_ARRAY(victim.tk), &thief, &victim.g[0], 1, &d);
	CHECK(t_said(r, &d, REASON_ProtectorNotOpenable),
	    "T93 not even with the right tag: the wrap names its grant");
	content.owner.enc_cert = thief.file.g.enc_cert;
	grant_free(own);
	own = t_grant(&content, &thief);
	r = try_resealed(own, victim.parsed->wrap_der, s,
	    BYTES_OF_ARRAY(victim.tk), &thief, &victim.g[0], 1, &d);
	CHECK(t_said(r, &d, REASON_ProtectorInvalid),
	    "T93 a wrap with other recipients than the grant's: refused");
	grant_free(own);
	t_party_free(&thief);
	t_vm_free(&victim);
}

static void
test_find_and_cache(void)
{
	struct vm vm, other;
	struct core *c = NULL;
	size_t index = 99;
	struct diag d = { 0 };
	int r;

	t_vm_p256(&vm, 2);
	t_vm_p256(&other, 1);
	CHECK(core_find(vm.parsed, vm.g[1].file.g.enc_cert, &index, &d) ==
		    ERR_OK &&
		index == 2,
	    "a guardian is found by its encryption certificate");
	r = core_find(vm.parsed, other.g[0].file.g.enc_cert, &index, &d);
	CHECK(t_said(r, &d, REASON_GuardianNotGranted) && index == 2,
	    "T64 a guardian that is not granted is told so");
	CHECK(!core_is_template(vm.parsed), "a VM's core is no template");
	CHECK(core_parse(buf_bytes(&vm.core), vm.grant, &c, &d) == ERR_OK &&
		c->grant == vm.grant,
	    "a cached grant of the same bytes is used");
	core_free(c);
	c = NULL;
	CHECK(core_parse(buf_bytes(&vm.core), other.grant, &c, &d) == ERR_OK &&
		c->grant != other.grant &&
		memcmp(c->grant->digest, vm.grant->digest, 32) == 0,
	    "a cached grant of other bytes is not");
	core_free(c);
	t_vm_free(&vm);
	t_vm_free(&other);
}

static void
test_derive(void)
{
	static const uint8_t tk[TK_SIZE] = { 1 };
	uint8_t a[32], b[32], c[32];

	tk_derive(BYTES_OF_ARRAY(tk), BYTES_NONE, "one", BYTES_NONE, a);
	tk_derive(BYTES_OF_ARRAY(tk), BYTES_NONE, "two", BYTES_NONE, b);
	hkdf_sha256(BYTES_OF_ARRAY(tk), BYTES_NONE, bytes_of_text("one"), c,
	    32);
	CHECK(memcmp(a, c, 32) == 0 && memcmp(a, b, 32) != 0,
	    "keys derived for two purposes differ, and are HKDF's");
}

int
main(void)
{
	static const enum t_kind p256[2][2] = { { T_P256, T_P256 },
		{ T_P256, T_P256 } };
	static const enum t_kind mixed[2][2] = { { T_P384, T_RSA3072 },
		{ T_RSA2048, T_P384 } };
	static const enum t_kind rsa[2][2] = { { T_RSA3072, T_RSA2048 },
		{ T_P256, T_P256 } };

	test_types(T_P256, T_P256, 1, p256);
	test_types(T_RSA2048, T_P384, 5, mixed);
	test_types(T_P384, T_RSA3072, 5, rsa);
	test_splices();
	test_reseal();
	test_decryption_oracle();
	test_find_and_cache();
	test_derive();
	return t_done();
}
