/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guard-tpm's and the HGS's part of fabric.h: what guard-vm asks them, and how
 * they answer, also falsely.
 */
#ifndef TESTS_VM_FABRIC_HGS_H
#define TESTS_VM_FABRIC_HGS_H

#include "fabric_state.h"

static inline void
on_tpm(struct fabric *f, const struct frame *in, struct buf *out)
{
	struct asker asker = { bytes_of_text(f->certificate),
		bytes_of_text("key"), bytes_of_text("certify"),
		bytes_of_text("signature") };
	struct authorised proof = { .time = 1 };
	struct authorise q;
	struct unwrap u;

	switch (in->op) {
	case GUARD_OP_HEALTH:
		NEED(fields_encode(&asker_fields, &asker, out, &fd_));
		break;
	case GUARD_OP_AUTHORISE:
		NEED(fields_decode(&authorise_fields, in->body, &q, &fd_));
		memcpy(proof.mac, q.body, sizeof(proof.mac));
		if (f->fault == REATTESTED)
			f->certificate = NEWER_CERTIFICATE;
		NEED(fields_encode(&authorised_fields, &proof, out, &fd_));
		break;
	case GUARD_OP_UNWRAP:
		NEED(fields_decode(&unwrap_fields, in->body, &u, &fd_));
		if (bytes_equal(u.sealed, BYTES_OF_ARRAY(f->now.id)))
			(void)buf_put(out, buf_bytes(&f->now.release));
		else if (bytes_equal(u.sealed, BYTES_OF_ARRAY(f->before.id)))
			(void)buf_put(out, buf_bytes(&f->before.release));
		break;
	default:
		t_bail("guard-vm asks guard-tpm for %u", in->op);
	}
}

static inline void
put_refusal(enum reason reason, struct relayed *ret, struct buf *storage)
{
	struct wire_error e = { .code = bytes_of_text(reason_name(reason)),
		.message = bytes_of_text("because the test says so") };

	ret->http = (uint16_t)reason_http(reason);
	NEED(json_encode(&wire_error_fields, &e, storage, &fd_));
	ret->body = buf_bytes(storage);
}

/* Whether the proof is by another key than this certificate's. */
static inline bool
not_authentic(struct fabric *f, const struct asker *asker, struct relayed *ret,
    struct buf *storage)
{
	if (f->fault != NOT_AUTHENTIC &&
	    (f->fault != REATTESTED ||
		bytes_equal_text(asker->certificate, NEWER_CERTIFICATE)))
		return false;
	f->n_refused++;
	put_refusal(REASON_RequestNotAuthentic, ret, storage);
	return true;
}

static inline void
make_roll(struct fabric *f, const struct core *old, const uint8_t *request,
    struct bytes ingress)
{
	struct release rel = { .version = 1 };
	struct wrap_random random;
	struct core_new n = { .tk = BYTES_OF_ARRAY(rel.new_tk),
		.random = &random,
		.signer = f->sign };
	auto_secret struct secret tk = SECRET_NONE;

	buf_free(&f->before.core);
	buf_free(&f->before.release);
	f->before = f->now;
	f->now = (struct roll_made){ .core = BUF_INIT(CORE_LIMIT),
		.release = BUF_INIT(1024) };
	NEED(core_find(old, f->guardian.g.enc_cert, &n.signer_index, &fd_));
	NEED(core_open(old, f->enc, n.signer_index, &tk, &fd_));
	random_bytes((uint8_t *)&random, sizeof(random));
	random_bytes(rel.new_tk, sizeof(rel.new_tk));
	NEED(core_roll(old, secret_bytes(&tk), &n, &f->now.core, &fd_));
	memcpy(rel.old_tk, tk.p, sizeof(rel.old_tk));
	memcpy(rel.request, request, sizeof(rel.request));
	memcpy(rel.grant, old->grant->digest, sizeof(rel.grant));
	sha256(ingress, rel.ingress);
	sha256(buf_bytes(&f->now.core), rel.egress);
	NEED(fields_encode(&release_fields, &rel, &f->now.release, &fd_));
	sha256(buf_bytes(&f->now.release), f->now.id);
}

/* As hgs-key does, but for tickets that were used before. */
static inline bool
take_ticket(const struct roll_request *q, struct life_ask *ask, struct diag *d)
{
	const struct core *c = ask->core;
	struct ticket_want want = { c->grant, c->seal.vm_id, c->seal_digest,
		ask->host_id, ask->now };
	struct ticket t;

	ask->restore = q->ticket.len != 0;
	return !ask->restore ||
	    ticket_verify(q->ticket, &want, &t, d) == ERR_OK;
}

static inline void
on_roll(struct fabric *f, struct bytes json, struct relayed *ret,
    struct buf *storage)
{
	static const uint8_t host[32] = { 7 };
	auto_json_doc struct json_doc *doc = NULL;
	auto_buf struct buf message = BUF_INIT(CHANNEL_BODY_MAX);
	auto_core struct core *old = NULL, *made = NULL;
	struct life_ask ask = { .host_id = host, .now = 1000 };
	struct roll_request q;
	struct roll_reply reply = { .version = 1, .lease = f->lease };
	uint8_t digest[32];
	struct diag d = { 0 };

	NEED(json_decode(json, &roll_request_fields, &q, &doc, &fd_));
	if (not_authentic(f, &q.asker, ret, storage))
		return;
	NEED(fields_encode(&roll_request_fields, &q, &message, &fd_));
	sha256(buf_bytes(&message), digest);
	NEED(core_parse(q.core, NULL, &old, &fd_));
	ask.core = old;
	f->n_rolls++;
	if (f->fault == REFUSE_ROLL || !take_ticket(&q, &ask, &d) ||
	    life_admit(&f->vm, f->known, &ask, &d) < 0) {
		put_refusal(f->fault == REFUSE_ROLL ? REASON_ProtectorSuperseded
						    : d.reason,
		    ret, storage);
		if (f->fault == REFUSE_ROLL)
			f->fault = NO_FAULT;
		return;
	}
	reply.known = f->known;
	f->known = true;
	make_roll(f, old, digest, q.core);
	NEED(core_parse(buf_bytes(&f->now.core), NULL, &made, &fd_));
	life_offer(&f->vm, made->seal_digest, &ask);
	reply.core = buf_bytes(f->fault == REPLAY_ROLL || f->fault == SWAP_CORE
		? &f->before.core
		: &f->now.core);
	reply.sealed = f->fault == REPLAY_ROLL ? BYTES_OF_ARRAY(f->before.id)
					       : BYTES_OF_ARRAY(f->now.id);
	NEED(json_encode(&roll_reply_fields, &reply, storage, &fd_));
	*ret = (struct relayed){ 200, buf_bytes(storage) };
}

static inline void
on_notice(struct fabric *f, bool stopped, struct bytes json,
    struct relayed *ret, struct buf *storage)
{
	static const uint8_t host[32] = { 7 };
	auto_json_doc struct json_doc *doc = NULL;
	auto_core struct core *core = NULL;
	struct life_ask ask = { .host_id = host, .now = 1000 };
	struct seal_notice_reply reply = { 1, f->lease };
	struct seal_notice q;
	struct diag d = { 0 };
	int r;

	NEED(json_decode(json, &seal_notice_fields, &q, &doc, &fd_));
	if (not_authentic(f, &q.asker, ret, storage))
		return;
	NEED(core_parse(q.core, NULL, &core, &fd_));
	ask.core = core;
	if (!stopped && f->fault == REFUSE_CONFIRM) {
		put_refusal(REASON_ProtectorSuperseded, ret, storage);
		return;
	}
	if (!stopped && f->fault == REVOKED) {
		put_refusal(REASON_CertificateRevoked, ret, storage);
		return;
	}
	r = stopped ? life_stopped(&f->vm, &ask, q.clean, &d)
		    : life_confirm(&f->vm, &ask, f->lease, &d);
	if (r < 0) {
		put_refusal(d.reason, ret, storage);
		return;
	}
	f->n_confirms += stopped ? 0 : 1;
	if (!stopped && f->fault == UNSURE_CONFIRM) {
		f->fault = REVOKED;
		put_refusal(REASON_TransientError, ret, storage);
		return;
	}
	NEED(json_encode(&seal_notice_reply_fields, &reply, storage, &fd_));
	*ret = (struct relayed){ 200, buf_bytes(storage) };
}

/* False: the answer is lost, and guard-vm with it. */
static inline bool
on_relay(struct fabric *f, const struct frame *in, struct buf *out)
{
	auto_buf struct buf storage = BUF_INIT(RELAY_BODY_MAX);
	bool roll, confirm;
	struct relayed ret = { 0 };
	struct relay q;

	NEED(fields_decode(&relay_fields, in->body, &q, &fd_));
	roll = bytes_equal_text(q.path, PATH_ROLL);
	confirm = bytes_equal_text(q.path, PATH_CONFIRM);
	if (f->fault == GUARDD_SILENT)
		put_refusal(REASON_TransientError, &ret, &storage);
	else if (roll)
		on_roll(f, q.body, &ret, &storage);
	else if (confirm || bytes_equal_text(q.path, PATH_STOPPED))
		on_notice(f, !confirm, q.body, &ret, &storage);
	else
		t_bail("guard-vm asks for an unknown path");
	NEED(fields_encode(&relayed_fields, &ret, out, &fd_));
	return !(roll && f->fault == LOSE_ROLL) &&
	    !(confirm && f->fault == LOSE_CONFIRM);
}

#endif
