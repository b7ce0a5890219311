/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests to the key service. guard-tpm proves each by the release key and
 * opens what comes back; guardd carries them and is not trusted with more.
 * What is used of a reply is either inside the part that only the host key
 * opens, or bound by it.
 */
#include <string.h>

#include "base/text.h"
#include "crypto/hash.h"
#include "guard/vm/vm.h"
#include "json/json.h"

#define TPM_MS      20000
#define RELAY_MS    40000
#define ATTEST_MS   180000
#define MESSAGE_MAX (CORE_LIMIT + ((size_t)32 << 10))
#define PROTO       1
#define PURPOSE     "start"

/* One request on its way: what the answer must fit. */
struct exchange {
	const char *path;
	const struct fields *q_fields, *reply_fields;
	uint8_t body[32]; /* SHA-256 of the message's byte form */
	struct authorised proof;
	struct buf reply;     /* HTTP body */
	struct json_doc *doc; /* owns what the reply's views point into */
};

static void
exchange_free(struct exchange *x)
{
	json_doc_free(x->doc);
	buf_free(&x->reply);
}
#define auto_exchange CLEANUP(exchange_free)

bool
release_is_final(int r, const struct diag *d)
{
	return r == ERR_REFUSED && d->reason != REASON_NONE &&
	    reason_http(d->reason) < 500 && reason_http(d->reason) != 429 &&
	    d->reason != REASON_HostNotGuarded;
}

/* Certificate and host key as the host now has them; views into storage. */
static int
get_asker(const struct vm *vm, struct buf *storage, struct asker *ret,
    struct diag *d)
{
	int r = channel_call(vm->tpm_fd, GUARD_OP_HEALTH, BYTES_NONE, NULL, 0,
	    lease_patience(&vm->lease, TPM_MS), storage, NULL, d);

	if (r < 0)
		return r;
	if (storage->len != 0 &&
	    (r = fields_decode(&asker_fields, buf_bytes(storage), ret, d)) < 0)
		return r;
	if (storage->len == 0 || ret->certificate.len == 0)
		return diag_refuse(d, REASON_HostNotGuarded,
		    "the host holds no health certificate");
	return ERR_OK;
}

/* For guard-tpm: it lets a VM run once, under whatever name. */
static void
vm_digest(const struct core *c, uint8_t ret[static SHA256_SIZE])
{
	const struct bytes parts[] = { BYTES_OF_ARRAY(c->grant->owner_id),
		BYTES_OF_ARRAY(c->grant->c.family),
		BYTES_OF_ARRAY(c->seal.vm_id) };

	hash_parts(HASH_SHA256, parts, ARRAY_LEN(parts), ret);
}

static int
authorise(const struct vm *vm, struct exchange *x, struct diag *d)
{
	auto_buf struct buf body = BUF_INIT(1024), reply = BUF_INIT(1024);
	struct authorise q = { .path = bytes_of_text(x->path) };
	int r;

	memcpy(q.body, x->body, sizeof(q.body));
	vm_digest(vm->folder.protector->core, q.vm);
	if ((r = fields_encode(&authorise_fields, &q, &body, d)) < 0 ||
	    (r = channel_call(vm->tpm_fd, GUARD_OP_AUTHORISE, buf_bytes(&body),
		 NULL, 0, lease_patience(&vm->lease, TPM_MS), &reply, NULL,
		 d)) < 0)
		return r;
	return fields_decode(&authorised_fields, buf_bytes(&reply), &x->proof,
	    d);
}

/* The refusal's code decides what is done next; its text is only shown. */
static int
refused(const struct exchange *x, unsigned http, struct diag *d)
{
	auto_json_doc struct json_doc *doc = NULL;
	struct wire_error e;
	char text[240];
	enum reason reason;

	if (json_decode(buf_bytes(&x->reply), &wire_error_fields, &e, &doc,
		NULL) < 0)
		return diag_fail(d, ERR_PROTOCOL,
		    "the HGS answered with HTTP status %u", http);
	text_escape(e.message, text, sizeof(text));
	reason = reason_find(e.code);
	if (reason == REASON_NONE)
		return diag_fail(d, ERR_PROTOCOL, "the HGS refused: %s", text);
	return diag_refuse(d, reason, "the HGS refused: %s", text);
}

static int
carry(const struct vm *vm, struct exchange *x, struct bytes json,
    struct diag *d)
{
	auto_buf struct buf body = BUF_INIT(CHANNEL_BODY_MAX);
	auto_buf struct buf reply = BUF_INIT(CHANNEL_BODY_MAX);
	struct relay q = { .path = bytes_of_text(x->path),
		.time = x->proof.time,
		.body = json };
	struct relayed out;
	int r;

	if (vm->relay_fd < 0)
		return diag_refuse(d, REASON_TransientError,
		    "guardd is gone: nobody reaches the HGS");
	memcpy(q.request, x->proof.request, sizeof(q.request));
	memcpy(q.mac, x->proof.mac, sizeof(q.mac));
	if ((r = fields_encode(&relay_fields, &q, &body, d)) < 0 ||
	    (r = channel_call(vm->relay_fd, GUARD_OP_RELAY, buf_bytes(&body),
		 NULL, 0, lease_patience(&vm->lease, RELAY_MS), &reply, NULL,
		 d)) < 0 ||
	    (r = fields_decode(&relayed_fields, buf_bytes(&reply), &out, d)) <
		0)
		return r;
	buf_free(&x->reply);
	x->reply = (struct buf)BUF_INIT(RELAY_BODY_MAX);
	(void)buf_put(&x->reply, out.body);
	if ((r = buf_check(&x->reply, "reply", d)) < 0)
		return r;
	return out.http == 200 ? ERR_OK : refused(x, out.http, d);
}

/* asker: in q; what it is set to ends with the call. */
static int
attempt(const struct vm *vm, struct exchange *x, const void *q,
    struct asker *asker, void *ret_reply, struct diag *d)
{
	auto_buf struct buf storage = BUF_INIT(CHANNEL_BODY_MAX);
	auto_buf struct buf message = BUF_INIT(MESSAGE_MAX);
	auto_buf struct buf json = BUF_INIT(RELAY_BODY_MAX);
	int r;

	if ((r = get_asker(vm, &storage, asker, d)) < 0 ||
	    (r = fields_encode(x->q_fields, q, &message, d)) < 0)
		return r;
	sha256(buf_bytes(&message), x->body);
	if ((r = authorise(vm, x, d)) < 0 ||
	    (r = json_encode(x->q_fields, q, &json, d)) < 0 ||
	    (r = carry(vm, x, buf_bytes(&json), d)) < 0)
		return r;
	return json_decode(buf_bytes(&x->reply), x->reply_fields, ret_reply,
	    &x->doc, d);
}

/*
 * The host may be attested again between the certificate and the proof, which
 * is then by a key of another certificate: once more, with the new one.
 */
static int
exchange(const struct vm *vm, struct exchange *x, const void *q,
    struct asker *asker, void *ret_reply, struct diag *d)
{
	struct diag why = { 0 };
	int r = attempt(vm, x, q, asker, ret_reply, &why);

	if (r == ERR_REFUSED && why.reason == REASON_RequestNotAuthentic)
		return attempt(vm, x, q, asker, ret_reply, d);
	if (r < 0 && d != NULL)
		*d = why;
	return r;
}

static int
unwrap(const struct vm *vm, const struct exchange *x, struct bytes sealed,
    struct release *ret, struct diag *d)
{
	auto_buf struct buf body = BUF_INIT(SEALED_LIMIT + 1024);
	auto_buf struct buf reply = BUF_INIT(1024);
	struct unwrap q = { .sealed = sealed };
	int r;

	memcpy(q.mac, x->proof.mac, sizeof(q.mac));
	memcpy(q.body, x->body, sizeof(q.body));
	if ((r = fields_encode(&unwrap_fields, &q, &body, d)) < 0 ||
	    (r = channel_call(vm->tpm_fd, GUARD_OP_UNWRAP, buf_bytes(&body),
		 NULL, 0, lease_patience(&vm->lease, TPM_MS), &reply, NULL,
		 d)) < 0)
		return r;
	return fields_decode(&release_fields, buf_bytes(&reply), ret, d);
}

static bool
digest_is(const uint8_t *want, struct bytes of)
{
	uint8_t digest[SHA256_SIZE];

	sha256(of, digest);
	return secret_equal(BYTES_OF_ARRAY(digest),
	    bytes_of(want, sizeof(digest)));
}

/*
 * The release names the request, both cores and the grant: guardd can neither
 * answer with another VM's release nor swap the core that is written.
 */
static int
check_release(const struct vm *vm, const struct exchange *x,
    const struct release *rel, const struct core *new, struct diag *d)
{
	const struct core *old = vm->folder.protector->core;
	int r;

	if (rel->version != PROTO ||
	    !secret_equal(BYTES_OF_ARRAY(rel->request),
		BYTES_OF_ARRAY(x->body)) ||
	    !digest_is(rel->ingress, old->der) ||
	    !digest_is(rel->egress, new->der) ||
	    !secret_equal(BYTES_OF_ARRAY(rel->grant),
		BYTES_OF_ARRAY(old->grant->digest)))
		return diag_refuse(d, REASON_ProtectorInvalid,
		    "the release is an answer to something else");
	if ((r = seal_check_tag(old->seal_bytes, BYTES_OF_ARRAY(rel->old_tk),
		 d)) < 0)
		return r;
	return vm->local
	    ? core_check_owners_successor(old, new, BYTES_OF_ARRAY(rel->new_tk),
		  d)
	    : core_check_successor(old, new, BYTES_OF_ARRAY(rel->new_tk), d);
}

static int
take_release(struct vm *vm, const struct exchange *x,
    const struct roll_reply *reply, struct release *rel, struct diag *d)
{
	struct release_keys *k = &vm->keys;
	int r;

	release_free(k);
	k->core = (struct buf)BUF_INIT(CORE_LIMIT);
	(void)buf_put(&k->core, reply->core);
	if ((r = buf_check(&k->core, "core", d)) < 0 ||
	    (r = core_parse(buf_bytes(&k->core), NULL, &k->new, d)) < 0 ||
	    (r = unwrap(vm, x, reply->sealed, rel, d)) < 0 ||
	    (r = check_release(vm, x, rel, k->new, d)) < 0 ||
	    (r = secret_copy(&k->old_tk, BYTES_OF_ARRAY(rel->old_tk), d)) < 0 ||
	    (r = secret_copy(&k->new_tk, BYTES_OF_ARRAY(rel->new_tk), d)) < 0)
		return r;
	k->known = reply->known;
	return ERR_OK;
}

static int
roll(struct vm *vm, struct diag *d)
{
	auto_exchange struct exchange x = { .path = PATH_ROLL,
		.q_fields = &roll_request_fields,
		.reply_fields = &roll_reply_fields };
	auto_secret struct secret page = SECRET_NONE;
	struct roll_request q = { .version = PROTO,
		.purpose = bytes_of_text(PURPOSE),
		.core = vm->folder.protector->core->der,
		.ticket = buf_bytes(&vm->folder.ticket) };
	struct roll_reply reply;
	int r;

	if ((r = secret_alloc(&page, sizeof(struct release), d)) < 0 ||
	    (r = exchange(vm, &x, &q, &q.asker, &reply, d)) < 0)
		return r;
	if (reply.version != PROTO)
		return diag_refuse(d, REASON_UnsupportedVersion,
		    "the HGS answers in version %u", reply.version);
	return take_release(vm, &x, &reply, (struct release *)(void *)page.p,
	    d);
}

/* guardd attests the host first, unless it just did. */
int
release_await_host(struct vm *vm, struct diag *d)
{
	auto_buf struct buf reply = BUF_INIT(64);
	int r;

	if (vm->relay_fd < 0)
		return diag_refuse(d, REASON_TransientError,
		    "guardd is gone: nobody attests the host");
	vm->phase = VM_PHASE_WAITING;
	status_tell(vm);
	r = channel_call(vm->relay_fd, GUARD_OP_VM_ATTEST, BYTES_NONE, NULL, 0,
	    ATTEST_MS, &reply, NULL, d);
	vm->phase = VM_PHASE_STARTING;
	return r;
}

/*
 * A file that was written but never confirmed, at an HGS that has forgotten
 * it since: then the protector before it is the VM's.
 */
int
release_roll(struct vm *vm, struct diag *d)
{
	struct diag first = { 0 };
	int r = roll(vm, &first);

	if (r == ERR_REFUSED && first.reason == REASON_ProtectorSuperseded &&
	    faccessat(vm->folder.fd, VM_FILE_PREVIOUS, F_OK, 0) == 0 &&
	    folder_read_previous(vm, d) == ERR_OK && roll(vm, d) == ERR_OK)
		return ERR_OK;
	if (r < 0 && d != NULL)
		*d = first;
	return r;
}

static int
notice(const struct vm *vm, const char *path, bool clean, uint32_t *ret_lease,
    struct diag *d)
{
	auto_exchange struct exchange x = { .path = path,
		.q_fields = &seal_notice_fields,
		.reply_fields = &seal_notice_reply_fields };
	struct seal_notice q = { .version = PROTO,
		.core = vm->keys.new->der,
		.clean = clean };
	struct seal_notice_reply reply;
	int r = exchange(vm, &x, &q, &q.asker, &reply, d);

	if (r == ERR_OK)
		*ret_lease = reply.lease;
	return r;
}

int
release_confirm(struct vm *vm, struct diag *d)
{
	uint64_t asked = lease_now();
	uint32_t seconds;
	int r = notice(vm, PATH_CONFIRM, false, &seconds, d);

	if (r == ERR_OK)
		lease_take(&vm->lease, asked, seconds);
	return r;
}

int
release_stopped(struct vm *vm, bool clean, struct diag *d)
{
	uint32_t none;

	return notice(vm, PATH_STOPPED, clean, &none, d);
}

void
release_free(struct release_keys *k)
{
	core_free(k->new);
	k->new = NULL;
	buf_free(&k->core);
	secret_free(&k->old_tk);
	secret_free(&k->new_tk);
}
