/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may ask the key service: proofs, certificates and host keys that are
 * not what they should be. Each has its reason code and its audit record, and
 * gets nothing. On a live service with short times; see run.sh.
 */
#include "caller.h"

#define MAX_AGE  15 /* release_max_age of that service */
#define LIFETIME 60 /* certificate_lifetime */

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
	struct vm vm;
	time_t made;

	caller_setup();
	session_open(&g, one, &early);
	made = time(NULL);
	new_vm(&vm, NULL);
	fresh();
	test_proof(buf_bytes(&vm.core));
	test_time(buf_bytes(&vm.core));
	test_silence(buf_bytes(&vm.core));
	fresh();
	test_replay(&vm);
	test_same_bytes(&vm);
	fresh();
	test_certificate(buf_bytes(&vm.core));
	test_extension(buf_bytes(&vm.core));
	test_host_key(buf_bytes(&vm.core));
	test_stale(&early, made, buf_bytes(&vm.core));
	/* Before what is removed below outranks it. */
	test_expired(&early, made, buf_bytes(&vm.core));
	test_removed(buf_bytes(&vm.core));
	t_vm_free(&vm);
	session_free(&early);
	caller_end();
	return t_done();
}
