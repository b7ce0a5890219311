/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An attested host at the key service, with what guard-tpm would keep to
 * itself; and a VM's protector on its way.
 */
#ifndef TESTS_SERVICE_SESSION_H
#define TESTS_SERVICE_SESSION_H

#include <time.h>

#include "../protector/vm.h"
#include "crypto/health.h"
#include "guardian/metadata_xml.h"
#include "hgs/common/release_key.h"
#include "protector/ticket.h"

#include "hgs.h"

struct session {
	struct host *host;
	struct buf certificate, hk, certify, certify_signature;
	uint8_t release_key[RELEASE_KEY_SIZE];
};

/* What goes into a request's proof, to be changed at will. */
struct proving {
	uint64_t time;
	uint8_t request[16];
	uint8_t key[RELEASE_KEY_SIZE];
	const char *path; /* that the MAC is over; NULL: the one called */
	/* results */
	uint8_t mac[32], body[32];
};

static inline void
session_free(struct session *s)
{
	buf_free(&s->certificate);
	buf_free(&s->hk);
	buf_free(&s->certify);
	buf_free(&s->certify_signature);
}

/* Opens what is sealed to the host key; false when it is not for us. */
static inline bool
host_unseal(struct host *h, struct bytes info, struct bytes sealed,
    struct secret *ret)
{
	auto_secret struct secret z = SECRET_NONE;
	uint8_t enc[HPKE_ENC_SIZE], point[P256_POINT_SIZE];
	struct diag d = { 0 };

	need(hpke_enc(sealed, enc, &d), &d, "enc");
	need(public_point(tpmdev_key_public(&h->hk), point, &d), &d, "point");
	need(tpmdev_ecdh(&h->hk, &h->ek, &h->auth, enc, &z, &d), &d, "ECDH");
	return hpke_open_shared(z.p, point, info, BYTES_NONE, sealed, ret,
		   &d) == ERR_OK;
}

/* The last answer, to a host's own attest, into a session. */
static inline void
session_take(struct hgs *g, struct host *h, const struct shown *s,
    struct session *ret)
{
	auto_secret struct secret key = SECRET_NONE;
	struct json_doc *doc = NULL;
	struct attest_reply a;

	*ret = (struct session){ .host = h };
	hgs_decode(g, &attest_reply_fields, &a, &doc);
	copy_to(&ret->certificate, a.certificate);
	copy_to(&ret->hk, buf_bytes(&s->hk));
	copy_to(&ret->certify, buf_bytes(&s->certify));
	copy_to(&ret->certify_signature, buf_bytes(&s->certify_signature));
	if (!host_unseal(h, BYTES_OF_ARRAY(s->transcript), a.sealed, &key) ||
	    key.len != sizeof(ret->release_key))
		t_bail("the release key does not open");
	memcpy(ret->release_key, key.p, sizeof(ret->release_key));
	json_doc_free(doc);
}

/* Attests honestly. */
static inline void
session_open(struct hgs *g, struct host *h, struct session *ret)
{
	auto_shown struct shown s = { 0 };
	struct json_doc *doc = NULL;
	struct challenge_reply c;

	hgs_challenge(g, h, &c, &doc);
	shown_make(h, &c, &s);
	hgs_attest(g, h, &s);
	session_take(g, h, &s, ret);
	json_doc_free(doc);
}

static inline struct asker
session_asker(const struct session *s)
{
	return (struct asker){ buf_bytes(&s->certificate), buf_bytes(&s->hk),
		buf_bytes(&s->certify), buf_bytes(&s->certify_signature) };
}

static inline void
proving_new(const struct session *s, struct proving *ret)
{
	*ret = (struct proving){ .time = (uint64_t)time(NULL) };
	random_bytes(ret->request, sizeof(ret->request));
	memcpy(ret->key, s->release_key, sizeof(ret->key));
}

static inline void
prove(const char *path, struct bytes body, struct proving *p)
{
	struct buf b = BUF_INIT(1024);
	struct request_proof proof = { .label = bytes_of_text(REQUEST_LABEL),
		.method = bytes_of_text("POST"),
		.path = bytes_of_text(p->path != NULL ? p->path : path),
		.time = p->time };
	struct diag d = { 0 };
	struct bytes in;

	sha256(body, p->body);
	memcpy(proof.request, p->request, sizeof(proof.request));
	memcpy(proof.body, p->body, sizeof(proof.body));
	need(fields_encode(&request_proof_fields, &proof, &b, &d), &d, "proof");
	in = buf_bytes(&b);
	hmac_sha256(BYTES_OF_ARRAY(p->key), &in, 1, p->mac);
	buf_free(&b);
}

/* These bytes of JSON under this proof; the answer is in g. */
static inline int
key_post(struct hgs *g, const char *path, struct bytes json,
    const struct proving *p)
{
	char when[24], request[33], mac[65];
	struct http_call_field fields[] = { { HEADER_TIME, when },
		{ HEADER_REQUEST, request }, { HEADER_MAC, mac } };
	struct http_call call = { .method = "POST",
		.path = path,
		.type = "application/json",
		.body = json,
		.fields = fields,
		.n_fields = ARRAY_LEN(fields),
		.timeout_ms = CALL_MS };

	(void)snprintf(when, sizeof(when), "%llu", (unsigned long long)p->time);
	hex_format(BYTES_OF_ARRAY(p->request), request);
	hex_format(BYTES_OF_ARRAY(p->mac), mac);
	return hgs_try(g, &call);
}

static inline int
key_try(struct hgs *g, const char *path, const struct fields *f,
    const void *message, struct proving *p)
{
	struct buf body = BUF_INIT(CORE_LIMIT + 65536);
	struct buf json = BUF_INIT((size_t)1 << 18);
	struct diag d = { 0 };
	int r;

	need(fields_encode(f, message, &body, &d), &d, "message");
	need(json_encode(f, message, &json, &d), &d, "JSON");
	prove(path, buf_bytes(&body), p);
	r = key_post(g, path, buf_bytes(&json), p);
	buf_free(&body);
	buf_free(&json);
	return r;
}

/* A roll with everything as it should be but for what the caller gives. */
static inline int
roll_try(struct hgs *g, const struct session *s, struct bytes core,
    struct proving *p)
{
	struct roll_request q = { .version = PROTO_VERSION,
		.purpose = bytes_of_text("start"),
		.asker = session_asker(s),
		.core = core };

	return key_try(g, PATH_ROLL, &roll_request_fields, &q, p);
}

static inline void
roll(struct hgs *g, const struct session *s, struct bytes core)
{
	struct proving p;

	proving_new(s, &p);
	if (roll_try(g, s, core, &p) < 0)
		t_bail("roll: no answer");
}

static inline int
notice_try(struct hgs *g, const struct session *s, const char *path,
    struct bytes core, bool clean)
{
	struct seal_notice q = { .version = PROTO_VERSION,
		.asker = session_asker(s),
		.core = core,
		.clean = clean };
	struct proving p;

	proving_new(s, &p);
	return key_try(g, path, &seal_notice_fields, &q, &p);
}

static inline void
notice(struct hgs *g, const struct session *s, const char *path,
    struct bytes core)
{
	if (notice_try(g, s, path, core, true) < 0)
		t_bail("%s: no answer", path);
}

/* Opens a roll's answer; the new core into ret. False when it is not ours. */
static inline bool
release_open(struct hgs *g, const struct session *s, struct bytes old,
    const struct proving *p, struct buf *ret)
{
	auto_secret struct secret plain = SECRET_NONE;
	auto_core struct core *was = NULL, *is = NULL;
	struct release_info info = { .label = bytes_of_text(RELEASE_LABEL) };
	struct buf text = BUF_INIT(256);
	struct json_doc *doc = NULL;
	struct roll_reply reply;
	struct release rel;
	struct diag d = { 0 };
	uint8_t digest[32];
	bool good;

	hgs_decode(g, &roll_reply_fields, &reply, &doc);
	memcpy(info.mac, p->mac, sizeof(info.mac));
	memcpy(info.body, p->body, sizeof(info.body));
	need(fields_encode(&release_info_fields, &info, &text, &d), &d, "info");
	sha256(buf_bytes(&text), digest);
	buf_free(&text);
	good =
	    host_unseal(s->host, BYTES_OF_ARRAY(digest), reply.sealed, &plain);
	if (good) {
		need(fields_decode(&release_fields, secret_bytes(&plain), &rel,
			 &d),
		    &d, "release");
		need(core_parse(old, NULL, &was, &d), &d, "old core");
		need(core_parse(reply.core, NULL, &is, &d), &d, "new core");
		need(core_check_successor(was, is, BYTES_OF_ARRAY(rel.new_tk),
			 &d),
		    &d, "successor");
		copy_to(ret, reply.core);
	}
	json_doc_free(doc);
	return good;
}

/* A good roll from start to end. */
static inline void
roll_good(struct hgs *g, const struct session *s, struct bytes core,
    struct buf *ret)
{
	struct proving p;

	proving_new(s, &p);
	if (roll_try(g, s, core, &p) < 0 || !release_open(g, s, core, &p, ret))
		t_bail("a roll that should do: HTTP %u", g->status);
}

/* The fabric's guardian, as its metadata says. */
static inline void
hgs_guardian(struct hgs *g, struct guardian_file *ret)
{
	struct http_call call = { .method = "GET",
		.path = "/KeyProtection/service/metadata/2014-07/metadata.xml",
		.timeout_ms = CALL_MS };
	struct diag d = { 0 };

	if (hgs_try(g, &call) < 0 || g->status != 200)
		t_bail("metadata: HTTP %u", g->status);
	need(metadata_read(buf_bytes(&g->body), ret, &d), &d, "metadata");
}

/* A tenant's VM, granted to these fabrics. `change` may be NULL. */
typedef void (*grant_change_fn)(struct grant_content *c);
static inline void
tenant_vm(struct vm *vm, const struct guardian_file *const *fabrics, size_t n,
    grant_change_fn change)
{
	struct grant_content c;

	*vm = (struct vm){ 0 };
	t_party(&vm->owner, "tenant", T_P256, T_P256);
	t_grant_content(&vm->owner, NULL, 0, &c);
	random_bytes(c.family, sizeof(c.family));
	for (size_t i = 0; i < n; i++) {
		c.guardians[i].sign_cert = fabrics[i]->g.sign_cert;
		c.guardians[i].enc_cert = fabrics[i]->g.enc_cert;
	}
	c.n_guardians = n;
	if (change != NULL)
		change(&c);
	vm->grant = t_grant(&c, &vm->owner);
	t_vm_make(vm);
}

#endif
