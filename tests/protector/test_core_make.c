/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of a protector: fresh, rolled, provisioned, granted anew; and what
 * a host refuses of a core that it is handed.
 */
#include "vm.h"

/* Everything a maker needs, with a transport key of its own. */
struct maker {
	struct wrap_random random;
	uint8_t tk[TK_SIZE];
	struct core_new in;
};

static void
maker(struct maker *m, const struct party *signer, size_t index)
{
	m->random = t_random();
	random_bytes(m->tk, sizeof(m->tk));
	m->in = (struct core_new){ .tk = BYTES_OF_ARRAY(m->tk),
		.random = &m->random,
		.signer = signer->sign,
		.signer_index = index,
		.receipt = { .sequence = 5 } };
}

static struct core *
roll(const struct core *old, const uint8_t *tk, const struct maker *m)
{
	struct buf b = BUF_INIT(CORE_MAX);
	struct core *c;
	struct diag d = { 0 };

	t_need(core_roll(old, bytes_of(tk, TK_SIZE), &m->in, &b, &d), &d,
	    "core_roll");
	c = t_core(&b);
	buf_free(&b);
	return c;
}

static void
test_roll(enum t_kind sign, enum t_kind enc)
{
	const enum t_kind kinds[2][2] = { { sign, enc }, { T_P256, T_P256 } };
	struct buf none = BUF_INIT(CORE_MAX);
	struct maker m, m2;
	struct core *a, *b;
	struct vm vm;
	struct diag d = { 0 };
	int r;

	t_vm(&vm, T_P256, T_P256, 2, kinds);
	maker(&m, &vm.g[0], 1);
	a = roll(vm.parsed, vm.tk, &m);
	CHECK(core_check_successor(vm.parsed, a, m.in.tk, &d) == ERR_OK &&
		a->seal.generation == 2 && a->seal.receipt.sequence == 5 &&
		a->seal.signer == 1,
	    "%s/%s: the host accepts a rolled core", t_kind_name[sign],
	    t_kind_name[enc]);
	CHECK(t_opens_to(a, vm.owner.enc, 0, m.tk) &&
		t_opens_to(a, vm.g[0].enc, 1, m.tk) &&
		t_opens_to(a, vm.g[1].enc, 2, m.tk),
	    "%s/%s: all parties open it, the owner too", t_kind_name[sign],
	    t_kind_name[enc]);
	maker(&m2, &vm.g[1], 2);
	b = roll(a, m.tk, &m2);
	CHECK(core_check_successor(a, b, m2.in.tk, &d) == ERR_OK &&
		b->seal.generation == 3,
	    "another guardian rolls it further");
	r = core_check_successor(vm.parsed, b, m2.in.tk, &d);
	CHECK(t_said(r, &d, REASON_ProtectorInvalid),
	    "T66 a core that skips a generation: refused");
	r = core_check_successor(b, a, m.in.tk, &d);
	CHECK(t_said(r, &d, REASON_ProtectorInvalid),
	    "T66 an older core handed back: refused");
	r = core_check_successor(a, a, m.in.tk, &d);
	CHECK(t_said(r, &d, REASON_ProtectorInvalid),
	    "T66 the same core handed back: refused");
	r = core_check_successor(vm.parsed, a, m2.in.tk, &d);
	CHECK(t_said(r, &d, REASON_ProtectorNotOpenable),
	    "a core that its transport key did not seal: refused");
	r = core_roll(vm.parsed, m.in.tk, &m2.in, &none, &d);
	CHECK(t_said(r, &d, REASON_ProtectorNotOpenable) && none.len == 0,
	    "without the old transport key nothing is rolled");
	m2.in.tk = BYTES_OF_ARRAY(vm.tk);
	CHECK(core_roll(vm.parsed, BYTES_OF_ARRAY(vm.tk), &m2.in, &none, &d) ==
		ERR_USAGE,
	    "T66 a transport key is not used twice");
	maker(&m2, &vm.g[1], 1);
	r = core_roll(vm.parsed, BYTES_OF_ARRAY(vm.tk), &m2.in, &none, &d);
	CHECK(t_said(r, &d, REASON_GuardianNotGranted),
	    "T64 a guardian does not roll in another's name");
	maker(&m2, &vm.g[1], 3);
	r = core_roll(vm.parsed, BYTES_OF_ARRAY(vm.tk), &m2.in, &none, &d);
	CHECK(t_said(r, &d, REASON_GuardianNotGranted),
	    "T64 nor does one beyond the grant's");
	core_free(a);
	core_free(b);
	buf_free(&none);
	t_vm_free(&vm);
}

/* A granted but hostile guardian writes any core it likes. */
static struct core *
hostile(const struct core *old, const struct vm *vm, const struct maker *m,
    const struct seal_content *want)
{
	struct core fake = { .grant = old->grant };
	struct buf plain = BUF_INIT(256), wrap = BUF_INIT(WRAP_MAX);
	struct buf seal = BUF_INIT(SEAL_MAX), all = BUF_INIT(CORE_MAX);
	const struct guardian_cert *to[2] = { old->enc[0], old->enc[1] };
	struct core *c;
	struct diag d = { 0 };

	fake.seal = *want;
	buf_put(&plain, m->in.tk);
	buf_put(&plain, BYTES_OF_ARRAY(old->grant->digest));
	buf_put(&plain, BYTES_OF_ARRAY(want->vm_id));
	buf_put_be64(&plain, want->generation);
	t_need(wrap_make(to, 2, buf_bytes(&plain), &m->random, &wrap, &d), &d,
	    "wrap_make");
	sha256(buf_bytes(&wrap), fake.seal.wrap_digest);
	t_need(seal_make(&fake.seal, m->in.tk, vm->g[0].sign, vm->g[0].s.ski,
		   &seal, &d),
	    &d, "seal_make");
	buf_put_text(&all, "SWKC");
	buf_put_u8(&all, 1);
	buf_put_be32_blob(&all, buf_bytes(&old->grant->der));
	buf_put_be32_blob(&all, buf_bytes(&wrap));
	buf_put_be32_blob(&all, buf_bytes(&seal));
	c = t_core(&all);
	buf_free(&plain);
	buf_free(&wrap);
	buf_free(&seal);
	buf_free(&all);
	return c;
}

static void
test_hostile_guardian(void)
{
	struct seal_content good, s;
	struct maker m;
	struct core *c;
	struct vm vm;
	struct diag d = { 0 };
	int r;

	t_vm_p256(&vm, 1);
	maker(&m, &vm.g[0], 1);
	c = roll(vm.parsed, vm.tk, &m);
	good = c->seal;
	core_free(c);
	c = hostile(vm.parsed, &vm, &m, &good);
	CHECK(core_check_successor(vm.parsed, c, m.in.tk, &d) == ERR_OK,
	    "what the test writes without a change is accepted");
	core_free(c);
#define REFUSED(change, what)                                        \
	do {                                                         \
		s = good;                                            \
		change;                                              \
		c = hostile(vm.parsed, &vm, &m, &s);                 \
		r = core_check_successor(vm.parsed, c, m.in.tk, &d); \
		CHECK(t_said(r, &d, REASON_ProtectorInvalid), what); \
		core_free(c);                                        \
	} while (0)
	REFUSED(s.recovery_digest[0] ^= 1,
	    "a guardian that exchanges the recovery blob is caught");
	REFUSED(s.vm_id[0] ^= 1, "T94 one that exchanges the VM id");
	REFUSED(s.generation = 3, "T94 one that jumps a generation");
	REFUSED(s.generation = UINT64_MAX, "T94 one that jumps to the last");
	REFUSED(s.previous[0] ^= 1, "one that follows another seal");
#undef REFUSED
	s = good;
	s.generation = UINT64_MAX;
	c = hostile(vm.parsed, &vm, &m, &s);
	r = core_roll(c, m.in.tk, &m.in, &vm.file, &d);
	CHECK(t_said(r, &d, REASON_ProtectorInvalid),
	    "T94 the last generation cannot be rolled past");
	core_free(c);
	t_vm_free(&vm);
}

static void
test_provision(void)
{
	static const uint8_t id[16] = { 4, 2 }, recovery[32] = { 5 };
	struct buf b = BUF_INIT(CORE_MAX), none = BUF_INIT(CORE_MAX);
	struct core *template, *first, *rolled;
	struct maker m, m1, m2;
	struct vm vm;
	struct diag d = { 0 };
	int r;

	t_vm_p256(&vm, 1);
	maker(&m, &vm.owner, 0);
	t_need(core_create(vm.grant, t_zero, t_zero, &m.in, &b, &d), &d,
	    "core_create");
	template = t_core(&b);
	CHECK(core_is_template(template) && template->seal.generation == 0 &&
		t_opens_to(template, vm.g[0].enc, 1, m.tk),
	    "a template opens");
	maker(&m1, &vm.g[0], 1);
	r = core_roll(template, m.in.tk, &m1.in, &none, &d);
	CHECK(t_said(r, &d, REASON_ProtectorInvalid), "a template never rolls");
	r = core_provision(vm.parsed, BYTES_OF_ARRAY(vm.tk), id, recovery,
	    &m1.in, &none, &d);
	CHECK(t_said(r, &d, REASON_ProtectorInvalid),
	    "a VM is not provisioned from another VM");
	r = core_provision(template, m1.in.tk, id, recovery, &m1.in, &none, &d);
	CHECK(t_said(r, &d, REASON_ProtectorNotOpenable),
	    "nor from a template that one cannot open");
	r = core_provision(template, m.in.tk, t_zero, recovery, &m1.in, &none,
	    &d);
	CHECK(t_said(r, &d, REASON_ProtectorInvalid),
	    "nor without an id of its own");
	buf_reset(&b);
	t_need(core_provision(template, m.in.tk, id, recovery, &m1.in, &b, &d),
	    &d, "core_provision");
	first = t_core(&b);
	CHECK(core_check_provisioned(template, first, id, recovery, m1.in.tk,
		  &d) == ERR_OK &&
		first->seal.generation == 1 &&
		t_opens_to(first, vm.owner.enc, 0, m1.tk),
	    "the host accepts a provisioned VM's first core");
	r = core_check_provisioned(template, first, t_vm_id, recovery, m1.in.tk,
	    &d);
	CHECK(t_said(r, &d, REASON_ProtectorInvalid),
	    "T94 a first core of another id than asked for: refused");
	r = core_check_provisioned(template, first, id, t_zero, m1.in.tk, &d);
	CHECK(t_said(r, &d, REASON_ProtectorInvalid),
	    "a first core with another recovery blob: refused");
	r = core_check_provisioned(template, first, id, recovery, m.in.tk, &d);
	CHECK(t_said(r, &d, REASON_ProtectorNotOpenable),
	    "T68 the template's own key does not open the VM made from it");
	r = core_check_successor(template, first, m1.in.tk, &d);
	CHECK(t_said(r, &d, REASON_ProtectorInvalid),
	    "a first core is no rolled one");
	maker(&m2, &vm.g[0], 1);
	rolled = roll(first, m1.tk, &m2);
	CHECK(core_check_successor(first, rolled, m2.in.tk, &d) == ERR_OK,
	    "a provisioned VM rolls");
	r = core_create(vm.grant, id, recovery, &m2.in, &none, &d);
	CHECK(t_said(r, &d, REASON_ProtectorInvalid) && none.len == 0,
	    "a guardian makes no fresh protector");
	core_free(template);
	core_free(first);
	core_free(rolled);
	buf_free(&b);
	buf_free(&none);
	t_vm_free(&vm);
}

/* Local mode: the owner rolls, and a host tells it from a guardian's roll. */
static void
test_owner_rolls(void)
{
	struct buf b = BUF_INIT(CORE_MAX);
	struct grant_content content;
	struct grant *other;
	struct core *own, *next, *fabrics, *regranted;
	struct maker m, m2, by_guardian;
	struct vm vm;
	struct diag d = { 0 };
	int r;

	t_vm_p256(&vm, 2);
	maker(&m, &vm.owner, 0);
	own = roll(vm.parsed, vm.tk, &m);
	CHECK(core_check_owners_successor(vm.parsed, own, m.in.tk, &d) ==
		    ERR_OK &&
		own->seal.generation == 2 && own->seal.signer == 0,
	    "in local mode the owner rolls");
	r = core_check_successor(vm.parsed, own, m.in.tk, &d);
	CHECK(t_said(r, &d, REASON_ProtectorInvalid),
	    "T93 a host takes no seal of the owner's from an HGS");
	maker(&by_guardian, &vm.g[0], 1);
	fabrics = roll(vm.parsed, vm.tk, &by_guardian);
	r = core_check_owners_successor(vm.parsed, fabrics, by_guardian.in.tk,
	    &d);
	CHECK(t_said(r, &d, REASON_ProtectorInvalid),
	    "T93 nor local mode one of a guardian's");
	maker(&m2, &vm.owner, 0);
	next = roll(own, m.tk, &m2);
	r = core_check_owners_successor(vm.parsed, next, m2.in.tk, &d);
	CHECK(t_said(r, &d, REASON_ProtectorInvalid),
	    "T66 in local mode a core that skips a generation: refused");
	r = core_check_owners_successor(vm.parsed, own, m2.in.tk, &d);
	CHECK(t_said(r, &d, REASON_ProtectorNotOpenable),
	    "and one that its transport key did not seal");
	t_grant_content(&vm.owner, vm.g, 1, &content);
	content.revision = 2;
	other = t_grant(&content, &vm.owner);
	t_need(core_regrant(vm.parsed, BYTES_OF_ARRAY(vm.tk), other,
		   vm.parsed->seal.recovery_digest, &m.in, &b, &d),
	    &d, "core_regrant");
	regranted = t_core(&b);
	r = core_check_owners_successor(vm.parsed, regranted, m.in.tk, &d);
	CHECK(t_said(r, &d, REASON_ProtectorInvalid),
	    "T64 and one under another grant");
	core_free(own);
	core_free(next);
	core_free(fabrics);
	core_free(regranted);
	grant_free(other);
	buf_free(&b);
	t_vm_free(&vm);
}

static void
test_regrant(void)
{
	struct buf b = BUF_INIT(CORE_MAX), none = BUF_INIT(CORE_MAX);
	struct grant_content content;
	struct grant *revoked, *same, *foreign, *stranger;
	struct core *c;
	struct maker m, by_guardian;
	struct vm vm;
	struct diag d = { 0 };
	const uint8_t *recovery;
	size_t index;
	int r;

	t_vm_p256(&vm, 2);
	recovery = vm.parsed->seal.recovery_digest;
	t_grant_content(&vm.owner, vm.g, 1, &content);
	same = t_grant(&content, &vm.owner);
	content.revision = 2;
	revoked = t_grant(&content, &vm.owner);
	content.family[0] ^= 1;
	foreign = t_grant(&content, &vm.owner);
	content.family[0] ^= 1;
	content.owner.sign_cert = vm.g[1].file.g.sign_cert;
	stranger = t_grant(&content, &vm.g[1]);

	maker(&m, &vm.owner, 0);
	t_need(core_regrant(vm.parsed, BYTES_OF_ARRAY(vm.tk), revoked, recovery,
		   &m.in, &b, &d),
	    &d, "core_regrant");
	c = t_core(&b);
	CHECK(c->seal.generation == 2 && c->seal.signer == 0 &&
		memcmp(c->seal.previous, vm.parsed->seal_digest, 32) == 0 &&
		t_opens_to(c, vm.g[0].enc, 1, m.tk),
	    "the owner changes the grant, and seals the next generation");
	r = core_find(c, vm.g[1].file.g.enc_cert, &index, &d);
	CHECK(t_said(r, &d, REASON_GuardianNotGranted),
	    "T64 a guardian that was revoked is granted no more");
	r = core_check_successor(vm.parsed, c, m.in.tk, &d);
	CHECK(t_said(r, &d, REASON_ProtectorInvalid),
	    "T64 a host does not take another grant from an HGS");
	r = core_regrant(vm.parsed, BYTES_OF_ARRAY(vm.tk), same, recovery,
	    &m.in, &none, &d);
	CHECK(t_said(r, &d, REASON_ProtectorInvalid),
	    "T66 a grant of no higher revision: refused");
	r = core_regrant(vm.parsed, BYTES_OF_ARRAY(vm.tk), foreign, recovery,
	    &m.in, &none, &d);
	CHECK(t_said(r, &d, REASON_ProtectorInvalid),
	    "T94 a grant for another family: refused");
	r = core_regrant(vm.parsed, BYTES_OF_ARRAY(vm.tk), stranger, recovery,
	    &m.in, &none, &d);
	CHECK(t_said(r, &d, REASON_ProtectorInvalid),
	    "T64 a grant of another owner: refused");
	maker(&by_guardian, &vm.g[0], 1);
	r = core_regrant(vm.parsed, BYTES_OF_ARRAY(vm.tk), revoked, recovery,
	    &by_guardian.in, &none, &d);
	CHECK(t_said(r, &d, REASON_ProtectorInvalid),
	    "T64 a guardian does not change the grant");
	core_free(c);
	grant_free(revoked);
	grant_free(same);
	grant_free(foreign);
	grant_free(stranger);
	buf_free(&b);
	buf_free(&none);
	t_vm_free(&vm);
}

/* A VM whose first guardian has a successor named in the grant. */
static void
vm_with_successor(struct vm *vm, const struct party *successor)
{
	struct grant_content content;

	*vm = (struct vm){ .n = 2 };
	t_party(&vm->owner, "owner", T_P256, T_P256);
	t_party(&vm->g[0], "fabric-1", T_P256, T_P256);
	t_party(&vm->g[1], "fabric-2", T_P256, T_P256);
	t_grant_content(&vm->owner, vm->g, 2, &content);
	guardian_fingerprint(&successor->file.g,
	    content.guardians[0].successor);
	vm->grant = t_grant(&content, &vm->owner);
	t_vm_make(vm);
}

static void
hand_over(struct maker *m, const struct party *to, uint16_t guardian)
{
	m->in.successor = (struct seal_successor){ .guardian = guardian,
		.sign_cert = to->file.g.sign_cert,
		.enc_cert = to->file.g.enc_cert };
}

static void
test_successor(void)
{
	struct buf none = BUF_INIT(CORE_MAX);
	struct party successor, thief;
	struct maker m, m2;
	struct core *a, *b;
	struct vm vm;
	struct diag d = { 0 };
	int r;

	t_party(&successor, "fabric-1b", T_P384, T_RSA2048);
	t_party(&thief, "fabric-1b", T_P256, T_P256);
	vm_with_successor(&vm, &successor);
	maker(&m, &successor, 1);
	hand_over(&m, &successor, 0);
	a = roll(vm.parsed, vm.tk, &m);
	CHECK(core_check_successor(vm.parsed, a, m.in.tk, &d) == ERR_OK &&
		t_opens_to(a, successor.enc, 1, m.tk) &&
		t_opens_to(a, vm.g[1].enc, 2, m.tk),
	    "a successor takes its predecessor's place");
	CHECK(!t_opens_to(a, vm.g[0].enc, 1, m.tk),
	    "T64 the predecessor opens no more: it is replaced, not joined");
	maker(&m2, &vm.g[0], 1);
	r = core_roll(a, m.in.tk, &m2.in, &none, &d);
	CHECK(t_said(r, &d, REASON_GuardianNotGranted), "T64 nor does it seal");
	maker(&m2, &vm.g[1], 2);
	b = roll(a, m.tk, &m2);
	CHECK(core_check_successor(a, b, m2.in.tk, &d) == ERR_OK &&
		b->seal.n_successors == 1,
	    "the successor stays when another guardian rolls");
	hand_over(&m, &successor, 0);
	r = core_roll(a, m.in.tk, &m.in, &none, &d);
	CHECK(r < 0, "a guardian is succeeded once");
	maker(&m, &thief, 1);
	hand_over(&m, &thief, 0);
	r = core_roll(vm.parsed, BYTES_OF_ARRAY(vm.tk), &m.in, &none, &d);
	CHECK(t_said(r, &d, REASON_GuardianNotGranted),
	    "T64 a successor that the owner did not name: refused");
	maker(&m, &vm.g[1], 2);
	hand_over(&m, &successor, 1);
	r = core_roll(vm.parsed, BYTES_OF_ARRAY(vm.tk), &m.in, &none, &d);
	CHECK(t_said(r, &d, REASON_GuardianNotGranted),
	    "T64 a successor of a guardian that has none: refused");
	maker(&m, &vm.g[1], 2);
	hand_over(&m, &successor, 0);
	r = core_roll(vm.parsed, BYTES_OF_ARRAY(vm.tk), &m.in, &none, &d);
	CHECK(t_said(r, &d, REASON_ProtectorInvalid),
	    "T64 a guardian does not announce another's successor");
	core_free(a);
	core_free(b);
	buf_free(&none);
	t_party_free(&successor);
	t_party_free(&thief);
	t_vm_free(&vm);
}

int
main(void)
{
	test_roll(T_P256, T_P256);
	test_roll(T_P384, T_RSA2048);
	test_roll(T_RSA3072, T_P384);
	test_hostile_guardian();
	test_provision();
	test_owner_rolls();
	test_regrant();
	test_successor();
	return t_done();
}
