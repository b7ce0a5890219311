/* SPDX-License-Identifier: Apache-2.0 */
#include "hgs/key/ask.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "crypto/hpke.h"
#include "hgs/common/outcome.h"
#include "hgs/common/refusal.h"
#include "hgs/common/store_client.h"
#include "hgs/key/expire.h"

void
ask_free(struct ask *a)
{
	caller_free(&a->caller);
	core_free(a->core);
	a->core = NULL;
}

int
ask_load_core(struct ask *a, struct bytes core, struct diag *d)
{
	auto_buf struct buf storage = BUF_INIT(CHANNEL_BODY_MAX);
	struct bytes parts[3];
	int r;

	if ((r = core_parse(core, NULL, &a->core, d)) < 0)
		return r;
	parts[0] = bytes_of(a->core->grant->owner_id, 32);
	parts[1] = bytes_of(a->core->grant->c.family, FAMILY_SIZE);
	parts[2] = bytes_of(a->core->seal.vm_id, VM_ID_SIZE);
	hex_format(parts[2], a->vm_text);
	store_key_hex(a->vm_key, "vm", parts, ARRAY_LEN(parts));
	return store_read(a->k->store_fd, a->vm_key, &vm_record_fields,
	    &storage, &a->vm, &a->vm_version, d);
}

/* A ticket serves once; its record may go when it has expired. */
static int
put_ticket(struct ask *a, struct buf *value, struct store_commit *c,
    struct diag *d)
{
	struct request_record rec = { RECORD_VERSION, a->ticket_expires };
	int r;

	if (a->ticket_key[0] == '\0')
		return ERR_OK;
	if ((r = fields_encode(&request_record_fields, &rec, value, d)) < 0)
		return r;
	c->changes[c->n_changes++] =
	    (struct store_change){ bytes_of_text(a->ticket_key), 0, false,
		    buf_bytes(value) };
	return ERR_OK;
}

/* A conflict over the request's id is a replay; any other one is a race. */
static int
explain_conflict(const struct ask *a, const char *request_key, struct diag *d)
{
	auto_buf struct buf value = BUF_INIT(STORE_VALUE_MAX);
	uint64_t version;
	int r;

	r = store_read_raw(a->k->store_fd, request_key, &value, &version, d);
	if (r < 0)
		return r;
	if (version != 0)
		return diag_refuse(d, REASON_RequestReplayed,
		    "this request's id was seen before");
	return diag_fail(d, ERR_CONFLICT, "the VM's record changed meanwhile");
}

static int
put_request(struct ask *a, char *key, struct buf *value, struct store_commit *c,
    struct diag *d)
{
	struct request_record rec = { RECORD_VERSION, a->call.time };
	struct bytes id = BYTES_OF_ARRAY(a->call.request);
	int r;

	store_key_hex(key, "request", &id, 1);
	if ((r = fields_encode(&request_record_fields, &rec, value, d)) < 0)
		return r;
	c->changes[c->n_changes++] = (struct store_change){ bytes_of_text(key),
		0, false, buf_bytes(value) };
	return ERR_OK;
}

int
ask_commit(struct ask *a, bool spend, bool with_vm, const char *outcome,
    const char *detail, struct audit_receipt *ret, struct diag *d)
{
	auto_buf struct buf request = BUF_INIT(64), vm = BUF_INIT(4096);
	auto_buf struct buf ticket = BUF_INIT(64);
	static struct store_commit c;
	char key[STORE_KEY_MAX + 1] = "", actor[96];
	struct refusal who = { .host = a->caller.host.name };
	int r;

	c.n_changes = 0;
	if (spend && (r = put_request(a, key, &request, &c, d)) < 0)
		return r;
	if (with_vm) {
		r = fields_encode(&vm_record_fields, &a->vm, &vm, d);
		if (r < 0)
			return r;
		c.changes[c.n_changes++] =
		    (struct store_change){ bytes_of_text(a->vm_key),
			    a->vm_version, false, buf_bytes(&vm) };
		if ((r = put_ticket(a, &ticket, &c, d)) < 0)
			return r;
	}
	refusal_actor(&who, actor, sizeof(actor));
	c.n_audits = 1;
	c.audits[0] = (struct audit_entry){ bytes_of_text(actor),
		bytes_of_text(a->action), bytes_of_text(a->vm_text),
		bytes_of_text(outcome), bytes_of_text(detail) };
	r = store_write(a->k->store_fd, &c, ret, d);
	if (r == ERR_CONFLICT && spend)
		return explain_conflict(a, key, d);
	return r;
}

int
ask_find_guardian(const struct ask *a, const struct keyring_key **ret_enc,
    const struct keyring_key **ret_sign, size_t *ret_index, struct diag *d)
{
	const struct keyring *ring = &a->k->keys;

	for (size_t i = 0; i < ring->n; i++) {
		const struct keyring_key *enc = &ring->keys[i];

		if (enc->use != KEY_USE_ENCRYPT ||
		    core_find(a->core, buf_bytes(&enc->certificate), ret_index,
			NULL) < 0)
			continue;
		/* A pair is granted as a pair: find its signing half. */
		for (size_t j = 0; j < ring->n; j++) {
			const struct keyring_key *sign = &ring->keys[j];

			if (sign->use == KEY_USE_SIGN &&
			    bytes_equal(buf_bytes(&sign->certificate),
				a->core->sign[*ret_index]->der)) {
				*ret_enc = enc;
				*ret_sign = sign;
				return ERR_OK;
			}
		}
	}
	return diag_refuse(d, REASON_GuardianNotGranted,
	    "no guardian of this HGS is in the grant");
}

int
ask_seal_release(const struct ask *a, const struct release *rel,
    struct buf *ret, struct diag *d)
{
	auto_buf struct buf plain = BUF_INIT(512), text = BUF_INIT(256);
	struct release_info info = { .label = bytes_of_text(RELEASE_LABEL) };
	uint8_t digest[32];
	int r;

	memcpy(info.mac, a->call.mac, sizeof(info.mac));
	memcpy(info.body, a->caller.request_digest, sizeof(info.body));
	if ((r = fields_encode(&release_info_fields, &info, &text, d)) < 0 ||
	    (r = fields_encode(&release_fields, rel, &plain, d)) < 0)
		return r;
	sha256(buf_bytes(&text), digest);
	return hpke_seal(a->caller.health.host_key, BYTES_OF_ARRAY(digest),
	    BYTES_NONE, buf_bytes(&plain), ret, d);
}

static const struct route {
	const char *path;
	const char *action;
	int (*handler)(struct ask *a, struct buf *ret, struct diag *d);
} routes[] = {
	{ PATH_ROLL, "release", ask_roll },
	{ PATH_CONFIRM, "confirm", ask_confirm },
	{ PATH_STOPPED, "stopped", ask_stopped },
	{ PATH_OPEN, "open", ask_open },
};

static int
run_route(struct ask *a, struct buf *ret, struct diag *d)
{
	a->action = "request";
	if (!a->k->unlocked)
		return diag_refuse(d, REASON_Locked, "the service is locked");
	for (size_t i = 0; i < ARRAY_LEN(routes); i++) {
		if (!bytes_equal_text(a->call.path, routes[i].path))
			continue;
		a->action = routes[i].action;
		return routes[i].handler(a, ret, d);
	}
	return diag_refuse(d, REASON_NotFound, "no such call");
}

int
key_on_call(struct service_call *call, struct diag *d)
{
	auto_ask struct ask a = { .k = call->context,
		.now = (uint64_t)time(NULL) };
	struct diag why = { 0 };
	int r;

	a.caller.storage = (struct buf)BUF_INIT(CHANNEL_BODY_MAX);
	a.k->n_requests++;
	requests_expire(a.k, a.now);
	r = fields_decode(&key_call_fields, call->in->body, &a.call, d);
	if (r < 0)
		return r;
	if ((r = run_route(&a, call->reply, &why)) == ERR_OK)
		return ERR_OK;
	a.k->n_refusals++;
	buf_reset(call->reply);
	return refuse_host(a.k->store_fd,
	    &(struct refusal){ a.action, a.caller.host.name, NULL,
		bytes_of_text(a.vm_text), r, &why },
	    call->reply, d);
}
