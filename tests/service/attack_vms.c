/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What attested hosts and tenants may ask for: protectors that were changed or
 * put together, another tenant's VM, a seal out of its turn. Each has its
 * reason code and its audit record, and gets nothing. On a live service; see
 * run.sh.
 */
#include "caller.h"

/* --- protectors --- */

static bool
is_protector_reason(void)
{
	static const enum reason list[] = { REASON_ProtectorInvalid,
		REASON_SignatureInvalid, REASON_SuiteUnknown,
		REASON_BadRequest };

	for (size_t i = 0; i < ARRAY_LEN(list); i++)
		if (memmem(g.body.p, g.body.len, reason_name(list[i]),
			strlen(reason_name(list[i]))) != NULL)
			return true;
	printf("# HTTP %u: %.*s\n", g.status, (int)g.body.len,
	    (const char *)g.body.p);
	return false;
}

#define FLIPS 256

static void
test_flips(const struct vm *vm)
{
	struct buf core = BUF_INIT(CORE_LIMIT);
	unsigned bad = 0;
	char line[2048];

	buf_put(&core, buf_bytes(&vm->core));
	hgs_mark(&g);
	for (size_t i = 0; i < FLIPS; i++) {
		size_t at = i * core.len / FLIPS;

		core.p[at] ^= (uint8_t)(1u << i % 8);
		roll(&g, &s1, buf_bytes(&core));
		core.p[at] ^= (uint8_t)(1u << i % 8);
		if (g.status == 200 || !is_protector_reason())
			bad++;
	}
	CHECK(bad == 0,
	    "T63 T93 any of %d bits over all of a protector flipped: refused",
	    FLIPS);
	CHECK(hgs_audit(&g, line) == g.mark + FLIPS,
	    "... with an audit record each, and nothing granted");
	buf_free(&core);
}

/* Parts of two protectors put together: '1' of a, '2' of b. */
static void
mixed_core(const struct vm *a, const struct vm *b, const char how[static 4],
    struct buf *ret)
{
	struct bytes p[2][3];
	struct diag d = { 0 };

	need(core_split(buf_bytes(&a->core), &p[0][0], &p[0][1], &p[0][2], &d),
	    &d, "core");
	need(core_split(buf_bytes(&b->core), &p[1][0], &p[1][1], &p[1][2], &d),
	    &d, "core");
	*ret = (struct buf)BUF_INIT(CORE_LIMIT);
	buf_put(ret, bytes_of(a->core.p, 5)); /* magic, version */
	for (int i = 0; i < 3; i++)
		buf_put_be32_blob(ret, p[how[i] - '1'][i]);
}

static void
other_modes(struct grant_content *c)
{
	c->modes = GRANT_MODE_HOSTKEY | GRANT_MODE_KERBEROS;
}

static void
test_mixed(const struct vm *mine, const struct vm *victim)
{
	static const struct {
		const char *how, *what;
	} cases[] = {
		{ "121", "a victim's wrap under one's own grant and seal" },
		{ "122", "a victim's wrap and seal under one's own grant" },
		{ "112", "a victim's seal" },
		{ "211", "a victim's grant" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf core;

		mixed_core(mine, victim, cases[i].how, &core);
		mark_roll(&s1, buf_bytes(&core));
		REFUSED(&g, "release", REASON_ProtectorInvalid,
		    "T93 %s: ProtectorInvalid", cases[i].what);
		buf_free(&core);
	}
}

/* The seal's place holds another true signed object of the same owner. */
static void
test_kind(const struct vm *vm)
{
	struct bytes grant, wrap, seal;
	struct buf core = BUF_INIT(CORE_LIMIT);
	struct diag d = { 0 };

	need(core_split(buf_bytes(&vm->core), &grant, &wrap, &seal, &d), &d,
	    "core");
	buf_put(&core, bytes_of(vm->core.p, 5));
	buf_put_be32_blob(&core, grant);
	buf_put_be32_blob(&core, wrap);
	buf_put_be32_blob(&core, grant);
	mark_roll(&s1, buf_bytes(&core));
	REFUSED(&g, "release", REASON_ProtectorInvalid,
	    "T93 a grant in the seal's place: ProtectorInvalid");
	buf_free(&core);
}

static void
test_not_granted(void)
{
	struct vm vm;
	struct party other;
	const struct guardian_file *list[] = { &other.file };

	t_party(&other, "another-fabric", T_P256, T_P256);
	tenant_vm(&vm, list, 1, NULL);
	mark_roll(&s1, buf_bytes(&vm.core));
	REFUSED(&g, "release", REASON_GuardianNotGranted,
	    "T64 a VM of another fabric: GuardianNotGranted");
	t_vm_free(&vm);
	t_party_free(&other);
	new_vm(&vm, other_modes);
	mark_roll(&s1, buf_bytes(&vm.core));
	REFUSED(&g, "release", REASON_CertificateMode,
	    "T100 a grant that does not accept TPM mode: CertificateMode");
	t_vm_free(&vm);
}

static void
ask_purpose(const char *path, const char *purpose, struct bytes core)
{
	struct open_request o = { PROTO_VERSION, bytes_of_text(purpose),
		session_asker(&s1), core };
	struct roll_request r = { PROTO_VERSION, bytes_of_text(purpose),
		session_asker(&s1), core, BYTES_NONE };
	struct proving p;

	proving_new(&s1, &p);
	hgs_mark(&g);
	if (strcmp(path, PATH_OPEN) == 0)
		(void)!key_try(&g, path, &open_request_fields, &o, &p);
	else
		(void)!key_try(&g, path, &roll_request_fields, &r, &p);
}

static void
test_purpose(struct bytes core)
{
	ask_purpose(PATH_OPEN, "open", core);
	REFUSED(&g, "open", REASON_PurposeNotAllowed,
	    "T68 a VM's protector opened without rolling: PurposeNotAllowed");
	ask_purpose(PATH_ROLL, "debug", core);
	REFUSED(&g, "release", REASON_PurposeNotAllowed,
	    "a purpose that there is not: PurposeNotAllowed");
}

/* --- another tenant --- */

static struct grant_content victims;

static void
victims_family(struct grant_content *c)
{
	memcpy(c->family, victims.family, sizeof(c->family));
}

static void
victims_owner(struct grant_content *c)
{
	c->owner = victims.owner;
}

static void
test_tenants(const struct vm *victim, struct bytes confirmed)
{
	struct buf got = BUF_INIT(CORE_LIMIT);
	struct grant_content c;
	struct buf der = BUF_INIT(GRANT_MAX);
	struct diag d = { 0 };
	struct vm vm;

	victims = victim->grant->c;
	new_vm(&vm, victims_family);
	roll_good(&g, &s1, buf_bytes(&vm.core), &got);
	CHECK(memcmp(vm.parsed->seal.vm_id, victim->parsed->seal.vm_id, 16) ==
		    0 &&
		notice_try(&g, &s1, PATH_CONFIRM, buf_bytes(&got), true) == 0 &&
		g.status == 200,
	    "T94 another tenant's VM of the same family and id is its own VM");
	roll_good(&g, &s1, confirmed, &got);
	CHECK(g.status == 200, "T94 and the first one's goes on untouched");
	t_vm_free(&vm);
	new_vm(&vm, NULL);
	c = vm.grant->c;
	victims_owner(&c);
	CHECK(grant_make(&c, vm.owner.sign, &der, &d) < 0 ||
		grant_open(buf_bytes(&der), &vm.grant, &d) < 0,
	    "T94 a grant in another owner's name does not verify (%s)", d.text);
	t_vm_free(&vm);
	buf_free(&der);
	buf_free(&got);
}

/* --- the VM's life --- */

static void
test_life(struct vm *vm, struct buf *ret_confirmed)
{
	struct bytes first = buf_bytes(&vm->core);
	struct buf a = BUF_INIT(CORE_LIMIT), b = BUF_INIT(CORE_LIMIT);
	struct buf foreign = BUF_INIT(CORE_LIMIT);

	fresh();
	mark_notice(&s1, PATH_CONFIRM, first);
	REFUSED(&g, "confirm", REASON_NotConfirmed,
	    "T95 confirm of a VM that was never offered: NotConfirmed");
	roll_good(&g, &s1, first, &a);
	roll_good(&g, &s1, first, &b);
	roll_good(&g, &s2, first, &foreign);
	mark_notice(&s1, PATH_CONFIRM, buf_bytes(&foreign));
	REFUSED(&g, "confirm", REASON_ProtectorSuperseded,
	    "T95 confirm of a seal offered to another host: "
	    "ProtectorSuperseded");
	mark_notice(&s1, PATH_STOPPED, buf_bytes(&a));
	REFUSED(&g, "stopped", REASON_NotConfirmed,
	    "T92 stopped before it was confirmed: NotConfirmed");
	mark_notice(&s1, PATH_CONFIRM, buf_bytes(&a));
	CHECK(g.status == 200 && audited(&g, "confirm", "confirmed"),
	    "a seal that was offered is confirmed");
	mark_notice(&s1, PATH_CONFIRM, buf_bytes(&b));
	REFUSED(&g, "confirm", REASON_ProtectorSuperseded,
	    "T95 then its sibling: ProtectorSuperseded");
	mark_roll(&s1, buf_bytes(&b));
	REFUSED(&g, "release", REASON_ProtectorSuperseded,
	    "T95 the sibling rolled: ProtectorSuperseded");
	mark_roll(&s1, first);
	REFUSED(&g, "release", REASON_ProtectorSuperseded,
	    "T66 the protector before it: ProtectorSuperseded");
	mark_roll(&s2, buf_bytes(&a));
	REFUSED(&g, "release", REASON_RunningElsewhere,
	    "T79 T95 started on another host meanwhile: RunningElsewhere");
	mark_notice(&s2, PATH_CONFIRM, buf_bytes(&foreign));
	REFUSED(&g, "confirm", REASON_RunningElsewhere,
	    "T79 T95 confirmed by another host meanwhile: RunningElsewhere");
	mark_notice(&s2, PATH_STOPPED, buf_bytes(&a));
	REFUSED(&g, "stopped", REASON_NotConfirmed,
	    "T92 said to have stopped by another host: NotConfirmed");
	mark_notice(&s1, PATH_STOPPED, buf_bytes(&a));
	CHECK(g.status == 200, "its host says that it stopped");
	mark_notice(&s1, PATH_STOPPED, buf_bytes(&a));
	REFUSED(&g, "stopped", REASON_NotConfirmed,
	    "T92 and again: NotConfirmed");
	copy_to(ret_confirmed, buf_bytes(&a));
	buf_free(&a);
	buf_free(&b);
	buf_free(&foreign);
}

/* --- restore tickets --- */

static void
roll_ticket(struct bytes core, struct bytes ticket)
{
	struct roll_request q = { PROTO_VERSION, bytes_of_text("start"),
		session_asker(&s1), core, ticket };
	struct proving p;

	proving_new(&s1, &p);
	hgs_mark(&g);
	if (key_try(&g, PATH_ROLL, &roll_request_fields, &q, &p) < 0)
		t_bail("roll: no answer");
}

static void
test_ticket(struct vm *vm)
{
	struct ticket t = { .version = TICKET_VERSION,
		.suite = 1,
		.expires = (uint64_t)time(NULL) + 600 };
	struct bytes old = buf_bytes(&vm->core);
	struct buf der = BUF_INIT(TICKET_MAX), bad = BUF_INIT(TICKET_MAX);
	struct party thief;
	struct diag d = { 0 };

	fresh();
	random_bytes(t.id, sizeof(t.id));
	memcpy(t.family, vm->grant->c.family, sizeof(t.family));
	memcpy(t.vm_id, vm->parsed->seal.vm_id, sizeof(t.vm_id));
	memcpy(t.seal_digest, vm->parsed->seal_digest, 32);
	t_party(&thief, "thief", T_P256, T_P256);
	need(ticket_make(&t, thief.sign, thief.s.ski, &bad, &d), &d, "ticket");
	roll_ticket(old, buf_bytes(&bad));
	REFUSED(&g, "release", REASON_SignatureInvalid,
	    "T66 a restore ticket that the owner did not sign: "
	    "SignatureInvalid");
	need(ticket_make(&t, vm->owner.sign, vm->owner.s.ski, &der, &d), &d,
	    "ticket");
	roll_ticket(old, buf_bytes(&der));
	CHECK(g.status == 200, "the owner's own opens the older seal");
	roll_ticket(old, buf_bytes(&der));
	REFUSED(&g, "release", REASON_TicketInvalid,
	    "T66 a second time: TicketInvalid");
	t_party_free(&thief);
	buf_free(&der);
	buf_free(&bad);
}

int
main(void)
{
	struct buf confirmed = BUF_INIT(CORE_LIMIT);
	struct vm a, b;

	caller_setup();
	new_vm(&a, NULL);
	new_vm(&b, NULL);
	fresh();
	test_flips(&a);
	fresh();
	test_mixed(&a, &b);
	test_kind(&a);
	test_not_granted();
	test_purpose(buf_bytes(&a.core));
	test_life(&b, &confirmed);
	test_tenants(&b, buf_bytes(&confirmed));
	test_ticket(&b);
	t_vm_free(&a);
	t_vm_free(&b);
	buf_free(&confirmed);
	caller_end();
	return t_done();
}
