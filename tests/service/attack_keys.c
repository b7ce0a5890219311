/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hosts that lie to the key service, and tenants that reach for another's VM:
 * each has its reason code and its audit record, and gets nothing. On a live
 * service with short times; see run.sh.
 */
#include <time.h>

#include "session.h"

#define MAX_AGE  15 /* release_max_age of that service */
#define LIFETIME 60 /* certificate_lifetime */

static struct hgs g;
static struct host *one, *two;
static struct session s1, s2;
static struct guardian_file fabric;

/* Sessions as young as a release asks for. */
static void
fresh(void)
{
	session_free(&s1);
	session_free(&s2);
	session_open(&g, one, &s1);
	session_open(&g, two, &s2);
}

static void
new_vm(struct vm *vm, grant_change_fn change)
{
	const struct guardian_file *list[] = { &fabric };

	tenant_vm(vm, list, 1, change);
}

static void
mark_roll(const struct session *s, struct bytes core)
{
	hgs_mark(&g);
	roll(&g, s, core);
}

static void
mark_notice(const struct session *s, const char *path, struct bytes core)
{
	hgs_mark(&g);
	notice(&g, s, path, core);
}

/* --- the proof of the release key --- */

static const struct {
	const char *path, *action;
} paths[] = {
	{ PATH_ROLL, "release" },
	{ PATH_CONFIRM, "confirm" },
	{ PATH_STOPPED, "stopped" },
	{ PATH_OPEN, "open" },
};

/* Certificate and protector are public; this is what a thief can do. */
static void
ask_with(const char *path, struct bytes core, struct proving *p)
{
	struct roll_request roll_q = { PROTO_VERSION, bytes_of_text("start"),
		session_asker(&s1), core, BYTES_NONE };
	struct seal_notice notice_q = { PROTO_VERSION, session_asker(&s1), core,
		true };
	struct open_request open_q = { PROTO_VERSION, bytes_of_text("open"),
		session_asker(&s1), core };
	int r;

	hgs_mark(&g);
	if (strcmp(path, PATH_ROLL) == 0)
		r = key_try(&g, path, &roll_request_fields, &roll_q, p);
	else if (strcmp(path, PATH_OPEN) == 0)
		r = key_try(&g, path, &open_request_fields, &open_q, p);
	else
		r = key_try(&g, path, &seal_notice_fields, &notice_q, p);
	if (r < 0)
		t_bail("%s: no answer", path);
}

static void
test_proof(struct bytes core)
{
	struct proving p;

	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		proving_new(&s1, &p);
		memset(p.key, 0, sizeof(p.key));
		ask_with(paths[i].path, core, &p);
		REFUSED(&g, paths[i].action, REASON_RequestNotAuthentic,
		    "T92 %s without the release key: RequestNotAuthentic",
		    paths[i].action);
		proving_new(&s2, &p);
		ask_with(paths[i].path, core, &p);
		REFUSED(&g, paths[i].action, REASON_RequestNotAuthentic,
		    "T92 %s with another host's: RequestNotAuthentic",
		    paths[i].action);
		proving_new(&s1, &p);
		p.path = paths[(i + 1) % ARRAY_LEN(paths)].path;
		ask_with(paths[i].path, core, &p);
		REFUSED(&g, paths[i].action, REASON_RequestNotAuthentic,
		    "T92 %s with another call's proof: RequestNotAuthentic",
		    paths[i].action);
	}
}

static void
test_time(struct bytes core)
{
	static const int apart[] = { -300, 300 };
	struct proving p;

	for (size_t i = 0; i < ARRAY_LEN(apart); i++) {
		proving_new(&s1, &p);
		p.time = (uint64_t)((int64_t)p.time + apart[i]);
		ask_with(PATH_ROLL, core, &p);
		REFUSED(&g, "release", REASON_RequestStale,
		    "T51 T92 a request %d s from now: RequestStale", apart[i]);
	}
}

/* Neither as hex nor as base64. */
static bool
tells(struct bytes where, struct bytes secret)
{
	struct buf b64 = BUF_INIT(256);
	char hex[65];
	bool found;

	base64_put(&b64, secret);
	hex_format(bytes_of(secret.p, 32), hex);
	found = memmem(where.p, where.len, b64.p, 16) != NULL ||
	    memmem(where.p, where.len, hex, 16) != NULL;
	buf_free(&b64);
	return found;
}

static void
test_silence(struct bytes core)
{
	struct proving right, wrong;
	char line[2048];

	proving_new(&s1, &right);
	wrong = right;
	wrong.key[0] ^= 1;
	ask_with(PATH_ROLL, core, &wrong);
	(void)hgs_audit(&g, line);
	/* Into right.mac, by the way of a refusal for its time. */
	right.time -= 1000;
	prove(PATH_ROLL, core, &right);
	CHECK(g.status == 403 &&
		!tells(buf_bytes(&g.body), BYTES_OF_ARRAY(right.mac)) &&
		!tells(buf_bytes(&g.body), BYTES_OF_ARRAY(s1.release_key)) &&
		!tells(bytes_of_text(line), BYTES_OF_ARRAY(s1.release_key)),
	    "T62 neither answer nor audit log tells MAC or release key");
}

static void
test_replay(struct vm *vm)
{
	struct bytes core = buf_bytes(&vm->core);
	struct buf got = BUF_INIT(CORE_LIMIT), other = BUF_INIT(CORE_LIMIT);
	struct proving p, q;

	proving_new(&s1, &p);
	ask_with(PATH_ROLL, core, &p);
	CHECK(g.status == 200 && release_open(&g, &s1, core, &p, &got),
	    "a roll by an attested host gives it the transport keys");
	ask_with(PATH_ROLL, core, &p);
	REFUSED(&g, "release", REASON_RequestReplayed,
	    "T92 the same request again: RequestReplayed");
	p.time++;
	ask_with(PATH_ROLL, core, &p);
	REFUSED(&g, "release", REASON_RequestReplayed,
	    "T92 its id in a new request: RequestReplayed");
	proving_new(&s1, &q);
	ask_with(PATH_ROLL, core, &q);
	CHECK(!release_open(&g, &s1, core, &p, &other),
	    "T56 the answer to one request does not open as another's");
	CHECK(release_open(&g, &s1, core, &q, &other), "... but as its own");
	proving_new(&s1, &q);
	ask_with(PATH_ROLL, core, &q);
	CHECK(!release_open(&g, &s2, core, &q, &other),
	    "T56 nor on another host");
	buf_free(&got);
	buf_free(&other);
}

/* What is proved is what is read: JSON may be written otherwise, not changed.*/
static void
test_same_bytes(struct vm *vm)
{
	struct roll_request q = { PROTO_VERSION, bytes_of_text("start"),
		session_asker(&s1), buf_bytes(&vm->core), BYTES_NONE };
	struct buf body = BUF_INIT(CORE_LIMIT + 65536);
	struct buf json = BUF_INIT((size_t)1 << 18), spaced;
	struct diag d = { 0 };
	struct proving p;
	uint8_t *at;

	proving_new(&s1, &p);
	need(fields_encode(&roll_request_fields, &q, &body, &d), &d, "body");
	need(json_encode(&roll_request_fields, &q, &json, &d), &d, "JSON");
	prove(PATH_ROLL, buf_bytes(&body), &p);
	at = memmem(json.p, json.len, "\"start\"", 7);
	memcpy(at, "\"stark\"", 7);
	hgs_mark(&g);
	(void)!key_post(&g, PATH_ROLL, buf_bytes(&json), &p);
	REFUSED(&g, "release", REASON_RequestNotAuthentic,
	    "T58 a message changed under its proof: RequestNotAuthentic");
	memcpy(at, "\"start\"", 7);
	spaced = (struct buf)BUF_INIT((size_t)1 << 18);
	buf_put_text(&spaced, " \n");
	buf_put(&spaced, buf_bytes(&json));
	CHECK(key_post(&g, PATH_ROLL, buf_bytes(&spaced), &p) == 0 &&
		g.status == 200,
	    "T58 the same message with spaces before it is the same message");
	buf_put_text(&spaced, "{}");
	CHECK(key_post(&g, PATH_ROLL, buf_bytes(&spaced), &p) == 0 &&
		said_code(&g, REASON_BadRequest, REASON_NONE),
	    "T58 with another value behind it: BadRequest");
	json.len--;
	buf_put_text(&json, ",\"version\":1}");
	CHECK(key_post(&g, PATH_ROLL, buf_bytes(&json), &p) == 0 &&
		said_code(&g, REASON_BadRequest, REASON_NONE),
	    "T59 with a key twice: BadRequest");
	buf_free(&body);
	buf_free(&json);
	buf_free(&spaced);
}

/* --- certificates --- */

static void
with_certificate(struct bytes certificate, struct bytes core)
{
	struct buf true_one = s1.certificate;

	s1.certificate = (struct buf)BUF_INIT(HEALTH_MAX + 64);
	buf_put(&s1.certificate, certificate);
	mark_roll(&s1, core);
	buf_free(&s1.certificate);
	s1.certificate = true_one;
}

/* As the true one, but signed with a key of our own. */
static void
forged(bool same_name, struct buf *ret)
{
	static const uint8_t name[] = { 0x30, 0x0e, 0x31, 0x0c, 0x30, 0x0a,
		0x06, 0x03, 0x55, 0x04, 0x03, 0x0c, 0x03, 'e', 'v', 'e' };
	struct key *key = t_key(T_P256);
	struct health h;
	struct health_signer signer;
	struct diag d = { 0 };

	need(health_parse(buf_bytes(&s1.certificate), &h, &d), &d, "parse");
	signer =
	    (struct health_signer){ same_name ? h.issuer : BYTES_OF_ARRAY(name),
		    h.key_id, key };
	h.policy_epoch++;
	*ret = (struct buf)BUF_INIT(HEALTH_MAX);
	need(health_encode(&h, &signer, ret, &d), &d, "encode");
	key_free(key);
}

static void
test_certificate(struct bytes core)
{
	struct buf c;

	forged(true, &c);
	with_certificate(buf_bytes(&c), core);
	REFUSED(&g, "release", REASON_CertificateInvalid,
	    "T52 a certificate in the signer's name by another key: "
	    "CertificateInvalid");
	buf_free(&c);
	forged(false, &c);
	with_certificate(buf_bytes(&c), core);
	REFUSED(&g, "release", REASON_CertificateInvalid,
	    "T52 a certificate of another issuer: CertificateInvalid");
	buf_free(&c);
	c = (struct buf)BUF_INIT(HEALTH_MAX + 64);
	buf_put(&c, buf_bytes(&s1.certificate));
	c.p[c.len - 1] ^= 1;
	with_certificate(buf_bytes(&c), core);
	REFUSED(&g, "release", REASON_CertificateInvalid,
	    "T52 a certificate whose signature was changed: "
	    "CertificateInvalid");
	c.p[c.len - 1] ^= 1;
	buf_put_u8(&c, 0);
	with_certificate(buf_bytes(&c), core);
	REFUSED(&g, "release", REASON_CertificateInvalid,
	    "T52 T58 a byte behind the certificate: CertificateInvalid");
	with_certificate(BYTES_NONE, core);
	REFUSED(&g, "release", REASON_CertificateInvalid,
	    "T52 no certificate: CertificateInvalid");
	with_certificate(fabric.g.sign_cert, core);
	REFUSED(&g, "release", REASON_CertificateInvalid,
	    "T52 a certificate of another kind: CertificateInvalid");
	buf_free(&c);
}

/* The first critical extension's OID becomes one that nobody knows. */
static void
test_extension(struct bytes core)
{
	static const uint8_t key_usage[] = { 0x06, 0x03, 0x55, 0x1d, 0x0f };
	struct buf c = BUF_INIT(HEALTH_MAX);
	uint8_t *at;

	buf_put(&c, buf_bytes(&s1.certificate));
	at = memmem(c.p, c.len, key_usage, sizeof(key_usage));
	if (at == NULL)
		t_bail("no key usage");
	at[4] = 0x7f;
	with_certificate(buf_bytes(&c), core);
	REFUSED(&g, "release", REASON_CertificateInvalid,
	    "T52 an unknown critical extension: CertificateInvalid");
	buf_free(&c);
}

static void
test_host_key(struct bytes core)
{
	struct session mixed = s1;
	struct buf soft = BUF_INIT(TPM_PUBLIC_MAX);
	uint8_t point[P256_POINT_SIZE];
	struct key *key = t_key(T_P256);

	mixed.certificate = s2.certificate;
	mark_roll(&mixed, core);
	REFUSED(&g, "release", REASON_RequestNotAuthentic,
	    "T53 another host's certificate: RequestNotAuthentic");
	memcpy(mixed.release_key, s2.release_key, sizeof(mixed.release_key));
	mark_roll(&mixed, core);
	REFUSED(&g, "release", REASON_QuoteSignature,
	    "T53 and with its release key, but one's own TPM: QuoteSignature");

	mixed = s1;
	key_p256_point(key, point);
	if (!public_put_hk(&soft, bytes_of(point + 1, 32),
		bytes_of(point + 33, 32)))
		t_bail("template");
	mixed.hk = soft;
	mark_roll(&mixed, core);
	REFUSED(&g, "release", REASON_HostKeyCertify,
	    "T55 a host key that is in no TPM: HostKeyCertify");
	mixed.hk = s2.hk;
	mixed.certify = s2.certify;
	mixed.certify_signature = s2.certify_signature;
	mark_roll(&mixed, core);
	REFUSED(&g, "release", REASON_QuoteSignature,
	    "T53 T55 another host's key and certification: QuoteSignature");
	buf_free(&soft);
	key_free(key);
}

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

/* --- what administrators take away, and what time takes --- */

static void
test_removed(struct bytes core)
{
	char said[1024];

	fresh();
	if (hgsctl(&g, said, sizeof(said), "signer deny-before") != 0)
		t_bail("%s", said);
	mark_roll(&s1, core);
	REFUSED(&g, "release", REASON_CertificateRevoked,
	    "T101 certificates denied: CertificateRevoked");
	(void)sleep(1);
	fresh();
	roll(&g, &s1, core);
	CHECK(g.status == 200, "... until the host attests again");
	if (hgsctl(&g, said, sizeof(said), "host remove kvm2") != 0)
		t_bail("%s", said);
	mark_roll(&s2, core);
	REFUSED(&g, "release", REASON_CertificateRevoked,
	    "T101 a removed host's certificate: CertificateRevoked");
	mark_notice(&s2, PATH_CONFIRM, core);
	REFUSED(&g, "confirm", REASON_CertificateRevoked,
	    "T101 ... for a confirm, too");
	mark_roll(&s1, core);
	REFUSED(&g, "release", REASON_CertificateRevoked,
	    "T54 another host's of before: CertificateRevoked");
	session_free(&s1);
	session_open(&g, one, &s1);
	roll(&g, &s1, core);
	CHECK(g.status == 200, "... until it attests again");
	if (hgsctl(&g, said, sizeof(said), "baseline remove kvm1") != 0)
		t_bail("%s", said);
	mark_roll(&s1, core);
	REFUSED(&g, "release", REASON_CertificateRevoked,
	    "T101 baseline removed: CertificateRevoked");
}

static void
test_stale(const struct session *early, time_t made, struct bytes core)
{
	while (time(NULL) <= made + MAX_AGE)
		(void)sleep(1);
	mark_roll(early, core);
	REFUSED(&g, "release", REASON_CertificateStale,
	    "T51 attested longer ago than a release allows: CertificateStale");
}

static void
test_expired(const struct session *early, time_t made, struct bytes core)
{
	while (time(NULL) <= made + LIFETIME)
		(void)sleep(1);
	mark_notice(early, PATH_CONFIRM, core);
	REFUSED(&g, "confirm", REASON_CertificateExpired,
	    "T51 an expired certificate: CertificateExpired");
	mark_roll(early, core);
	REFUSED(&g, "release", REASON_CertificateExpired,
	    "T51 ... for a release, too");
}

int
main(void)
{
	struct session early;
	struct buf confirmed = BUF_INIT(CORE_LIMIT);
	struct vm a, b;
	time_t made;

	hgs_open(&g, env("HGS_URL"), env("HGS_ROOT"));
	one = host_new("kvm1", "host-good");
	two = host_new("kvm2", "host-good");
	hgs_enrol(&g, one, true);
	hgs_enrol(&g, two, false);
	hgs_guardian(&g, &fabric);
	session_open(&g, one, &early);
	made = time(NULL);
	new_vm(&a, NULL);
	new_vm(&b, NULL);
	fresh();
	test_proof(buf_bytes(&a.core));
	test_time(buf_bytes(&a.core));
	test_silence(buf_bytes(&a.core));
	fresh();
	test_replay(&a);
	test_same_bytes(&a);
	fresh();
	test_certificate(buf_bytes(&a.core));
	test_extension(buf_bytes(&a.core));
	test_host_key(buf_bytes(&a.core));
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
	test_stale(&early, made, buf_bytes(&a.core));
	/* Before what is removed below outranks it. */
	test_expired(&early, made, buf_bytes(&a.core));
	test_removed(buf_bytes(&a.core));
	host_free(one);
	host_free(two);
	t_vm_free(&a);
	t_vm_free(&b);
	session_free(&early);
	session_free(&s1);
	session_free(&s2);
	guardian_file_free(&fabric);
	buf_free(&confirmed);
	hgs_close(&g);
	return t_done();
}
