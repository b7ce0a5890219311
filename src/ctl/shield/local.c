/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/shield/local.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "crypto/hash.h"
#include "crypto/random.h"
#include "ipc/service.h"
#include "protector/core.h"
#include "json/json.h"

#define PROTO   1
#define PURPOSE "start"
#define LEASE   86400 /* renewed long before */

#define VM ((uint32_t)1 << GUARD_PEER_VM)

void
local_init(struct local *l, const struct own_guardian *owner)
{
	*l = (struct local){ .owner = owner,
		.core = BUF_INIT(CORE_LIMIT),
		.release = SECRET_NONE,
		.why = { 0 } };
}

void
local_free(struct local *l)
{
	buf_free(&l->core);
	secret_free(&l->release);
}

/* --- guard-tpm's part --- */

/* guard-vm asks for keys only where there is a certificate; nobody reads it. */
static int
on_health(struct service_call *call, struct diag *d)
{
	static const struct asker asker = { { (const uint8_t *)"local", 5 },
		{ (const uint8_t *)"local", 5 },
		{ (const uint8_t *)"local", 5 },
		{ (const uint8_t *)"local", 5 } };

	return fields_encode(&asker_fields, &asker, call->reply, d);
}

/* The channel itself is the proof: nobody carries the request. */
static int
on_authorise(struct service_call *call, struct diag *d)
{
	struct authorised proof = { 0 };
	struct authorise q;
	int r = fields_decode(&authorise_fields, call->in->body, &q, d);

	return r < 0
	    ? r
	    : fields_encode(&authorised_fields, &proof, call->reply, d);
}

/* Handed out once. */
static int
on_unwrap(struct service_call *call, struct diag *d)
{
	struct local *l = call->context;
	struct unwrap q;
	int r = fields_decode(&unwrap_fields, call->in->body, &q, d);

	if (r < 0)
		return r;
	if (l->release.p == NULL ||
	    !bytes_equal(q.sealed, BYTES_OF_ARRAY(l->id)))
		return diag_refuse(d, REASON_ProtectorNotOpenable,
		    "no release of this name is there");
	(void)buf_put(call->reply, secret_bytes(&l->release));
	secret_free(&l->release);
	return buf_check(call->reply, "release", d);
}

/* There is no other guardd to take it over. */
static int
on_adopt(struct service_call *call, struct diag *d)
{
	(void)call;
	(void)d;
	return ERR_OK;
}

static const struct service_op tpm_ops[] = {
	{ GUARD_OP_HEALTH, VM, on_health, "health" },
	{ GUARD_OP_AUTHORISE, VM, on_authorise, "authorise" },
	{ GUARD_OP_UNWRAP, VM, on_unwrap, "unwrap" },
	{ GUARD_OP_VM_COMMAND, VM, on_adopt, "VM command" },
	{ GUARD_OP_VM_RELAY, VM, on_adopt, "VM relay" },
};

int
local_answer_tpm(struct local *l, int fd, struct diag *d)
{
	const struct service s = { tpm_ops, ARRAY_LEN(tpm_ops), l };

	return service_answer(&s, fd, GUARD_PEER_VM, NULL, d);
}

/* --- the HGS's part --- */

/* Opens what is presented and makes its successor, as the owner. */
static int
make_core(struct local *l, const struct core *old, struct release *rel,
    struct diag *d)
{
	auto_secret struct secret tk = SECRET_NONE;
	struct wrap_random random;
	struct core_new n = { .tk = BYTES_OF_ARRAY(rel->new_tk),
		.random = &random,
		.signer_index = 0 };
	int r;

	if (l->owner == NULL)
		return diag_refuse(d, REASON_VmRunning,
		    "the VM has its keys already");
	n.signer = l->owner->sign;
	if (!bytes_equal(old->enc[0]->der, l->owner->file.g.enc_cert))
		return diag_refuse(d, REASON_GuardianNotGranted,
		    "guardian %s is not the VM's owner", l->owner->name);
	if ((r = core_open(old, l->owner->enc, 0, &tk, d)) < 0)
		return r;
	BUG_ON(tk.len != sizeof(rel->old_tk));
	memcpy(rel->old_tk, tk.p, sizeof(rel->old_tk));
	random_bytes(rel->new_tk, sizeof(rel->new_tk));
	random_bytes((uint8_t *)&random, sizeof(random));
	buf_reset(&l->core);
	r = core_roll(old, secret_bytes(&tk), &n, &l->core, d);
	explicit_bzero(&random, sizeof(random));
	return r;
}

static int
keep_release(struct local *l, const struct release *rel, struct diag *d)
{
	auto_buf struct buf plain = BUF_INIT(1024);
	int r;

	secret_free(&l->release);
	if ((r = fields_encode(&release_fields, rel, &plain, d)) < 0)
		return r;
	random_bytes(l->id, sizeof(l->id));
	return secret_copy(&l->release, buf_bytes(&plain), d);
}

static int
on_roll(struct local *l, struct bytes json, struct buf *ret, struct diag *d)
{
	auto_json_doc struct json_doc *doc = NULL;
	auto_buf struct buf message = BUF_INIT(CHANNEL_BODY_MAX);
	auto_secret struct secret page = SECRET_NONE;
	auto_core struct core *old = NULL;
	struct roll_reply reply = { .version = PROTO, .lease = LEASE };
	struct roll_request q;
	struct release *rel;
	int r;

	if ((r = json_decode(json, &roll_request_fields, &q, &doc, d)) < 0 ||
	    (r = fields_encode(&roll_request_fields, &q, &message, d)) < 0)
		return r;
	if (q.version != PROTO || !bytes_equal_text(q.purpose, PURPOSE))
		return diag_fail(d, ERR_PROTOCOL, "roll: another version");
	if ((r = core_parse(q.core, NULL, &old, d)) < 0 ||
	    (r = secret_alloc(&page, sizeof(*rel), d)) < 0)
		return r;
	rel = (struct release *)(void *)page.p;
	rel->version = PROTO;
	sha256(buf_bytes(&message), rel->request);
	sha256(q.core, rel->ingress);
	memcpy(rel->grant, old->grant->digest, sizeof(rel->grant));
	if ((r = make_core(l, old, rel, d)) < 0)
		return r;
	sha256(buf_bytes(&l->core), rel->egress);
	if ((r = keep_release(l, rel, d)) < 0)
		return r;
	reply.core = buf_bytes(&l->core);
	reply.sealed = BYTES_OF_ARRAY(l->id);
	return json_encode(&roll_reply_fields, &reply, ret, d);
}

/* confirm and stopped: only of what was made here. */
static int
on_notice(const struct local *l, struct bytes json, struct buf *ret,
    struct diag *d)
{
	auto_json_doc struct json_doc *doc = NULL;
	struct seal_notice_reply reply = { .version = PROTO, .lease = LEASE };
	struct seal_notice q;
	int r = json_decode(json, &seal_notice_fields, &q, &doc, d);

	if (r < 0)
		return r;
	if (!bytes_equal(q.core, buf_bytes(&l->core)))
		return diag_refuse(d, REASON_NotConfirmed,
		    "this seal was not made here");
	return json_encode(&seal_notice_reply_fields, &reply, ret, d);
}

static int
on_relay(struct service_call *call, struct diag *d)
{
	auto_buf struct buf json = BUF_INIT(RELAY_BODY_MAX);
	struct local *l = call->context;
	struct relayed out = { .http = 200 };
	struct relay q;
	int r;

	if ((r = fields_decode(&relay_fields, call->in->body, &q, d)) < 0)
		return r;
	if (bytes_equal_text(q.path, PATH_ROLL))
		r = on_roll(l, q.body, &json, d);
	else if (bytes_equal_text(q.path, PATH_CONFIRM) ||
	    bytes_equal_text(q.path, PATH_STOPPED))
		r = on_notice(l, q.body, &json, d);
	else
		r = diag_fail(d, ERR_PROTOCOL, "no such service here");
	if (r < 0)
		return r;
	out.body = buf_bytes(&json);
	return fields_encode(&relayed_fields, &out, call->reply, d);
}

/* --- guardd's part --- */

static void
copy_text(struct bytes from, char *to, size_t size)
{
	size_t n = from.len < size ? from.len : size - 1;

	if (n > 0)
		memcpy(to, from.p, n);
	to[n] = '\0';
}

/* Its words are those of a host: "ask the HGS for the keys". */
static void
copy_step(struct bytes from, char ret[static LOCAL_STEP_MAX])
{
	static const char theirs[] = "the HGS", ours[] = "the owner";
	char step[LOCAL_STEP_MAX], *at;

	copy_text(from, step, sizeof(step));
	at = strstr(step, theirs);
	if (at == NULL)
		(void)snprintf(ret, LOCAL_STEP_MAX, "%s", step);
	else
		(void)snprintf(ret, LOCAL_STEP_MAX, "%.*s%s%s",
		    (int)(at - step), step, ours, at + strlen(theirs));
}

static int
on_event(struct service_call *call, struct diag *d)
{
	struct local *l = call->context;
	struct vm_status s;
	int r = fields_decode(&vm_status_fields, call->in->body, &s, d);

	if (r < 0)
		return r;
	l->phase = (enum vm_phase)s.phase;
	l->unclean = s.unclean;
	l->generation = s.generation;
	copy_step(s.step, l->step);
	copy_text(s.accel, l->accel, sizeof(l->accel));
	copy_text(s.text, l->why.text, sizeof(l->why.text));
	l->why.reason = reason_find(s.reason);
	if (l->on_event != NULL)
		l->on_event(l->arg);
	return ERR_OK;
}

/* The owner's own machine is attested to nobody. */
static int
on_attest(struct service_call *call, struct diag *d)
{
	if (call->in->body.len != 0)
		return diag_fail(d, ERR_PROTOCOL, "attest: not empty");
	return ERR_OK;
}

static const struct service_op relay_ops[] = {
	{ GUARD_OP_RELAY, VM, on_relay, "relay" },
	{ GUARD_OP_VM_EVENT, VM, on_event, "VM event" },
	{ GUARD_OP_VM_ATTEST, VM, on_attest, "attest" },
};

int
local_answer_relay(struct local *l, int fd, struct diag *d)
{
	const struct service s = { relay_ops, ARRAY_LEN(relay_ops), l };

	return service_answer(&s, fd, GUARD_PEER_VM, NULL, d);
}
