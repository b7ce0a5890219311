/* SPDX-License-Identifier: Apache-2.0 */
#include "hgs/front/answer.h"

#include "proto/attest.h"
#include "json/json.h"

#define ANSWER_MAX ((size_t)1 << 20)

static void
send_json(struct http_request *r, unsigned status, enum reason reason,
    const struct fields *f, const void *message)
{
	auto_buf struct buf text = BUF_INIT(ANSWER_MAX);
	struct http_answer a = { status, reason, JSON_MEDIA_TYPE, BYTES_NONE };

	if (json_encode(f, message, &text, NULL) < 0) {
		http_refuse(r, REASON_InternalError);
		return;
	}
	a.body = buf_bytes(&text);
	http_reply(r, &a);
}

void
answer_raw(struct http_request *r, const char *type, struct bytes body)
{
	struct http_answer a = { 200, REASON_NONE, type, body };

	http_reply(r, &a);
}

/* Room for the widest message that a backend sends. */
union message {
	struct attest_info info;
	struct challenge_reply challenge;
	struct attest_reply attest;
	uint8_t any[4096];
};

void
answer_message(struct http_request *r, const struct fields *f,
    struct bytes message)
{
	union message m;

	BUG_ON(f->size > sizeof(m));
	if (fields_decode(f, message, &m, NULL) < 0) {
		http_refuse(r, REASON_InternalError);
		return;
	}
	send_json(r, 200, REASON_NONE, f, &m);
}

static void
answer_error(struct http_request *r, const struct wire_error *e)
{
	enum reason reason = reason_find(e->code);

	if (reason == REASON_NONE) {
		http_refuse(r, REASON_InternalError);
		return;
	}
	send_json(r, reason_http(reason), reason, &wire_error_fields, e);
}

void
answer_outcome(struct http_request *r, const struct fields *f,
    struct bytes outcome)
{
	struct attest_outcome o;
	struct wire_error e;

	/* Exactly one of the two: the front does not choose. */
	if (fields_decode(&attest_outcome_fields, outcome, &o, NULL) < 0 ||
	    (o.reply.len == 0) == (o.error.len == 0))
		http_refuse(r, REASON_InternalError);
	else if (o.reply.len != 0)
		answer_message(r, f, o.reply);
	else if (fields_decode(&wire_error_fields, o.error, &e, NULL) < 0)
		http_refuse(r, REASON_InternalError);
	else
		answer_error(r, &e);
}

void
answer_bad_request(struct http_request *r, const struct diag *why)
{
	enum reason reason =
	    why->reason != REASON_NONE ? why->reason : REASON_BadRequest;
	struct wire_error e = {
		.code = bytes_of_text(reason_name(reason)),
		.message = bytes_of_text(reason_meaning(reason)),
		.n_reasons = 1,
	};

	e.reasons[0] = (struct wire_reason){
		.code = e.code,
		.pcr = 0xff,
		.event = UINT32_MAX,
		.text = bytes_of_text(why->text),
		.remedy = bytes_of_text(reason_remedy(reason)),
	};
	answer_error(r, &e);
}

void
answer_failure(struct http_request *r, int err, const struct diag *why)
{
	enum reason reason = why->reason;

	if (reason == REASON_NONE) {
		bool later = err == ERR_TIMEOUT || err == ERR_IO ||
		    err == ERR_NOMEM || err == ERR_CONFLICT;

		reason = later ? REASON_TransientError : REASON_InternalError;
	}
	http_refuse(r, reason);
}
