/* SPDX-License-Identifier: Apache-2.0 */
#include "hgs/common/outcome.h"

int
outcome_message(const struct fields *f, const void *message, struct buf *ret,
    struct diag *d)
{
	auto_buf struct buf body = BUF_INIT(BUF_DEFAULT_MAX);
	struct attest_outcome o = { .http = 200 };
	int r;

	if ((r = fields_encode(f, message, &body, d)) < 0)
		return r;
	o.reply = buf_bytes(&body);
	return fields_encode(&attest_outcome_fields, &o, ret, d);
}

int
outcome_error(const struct wire_error *e, struct buf *ret, struct diag *d)
{
	auto_buf struct buf body = BUF_INIT(65536);
	struct attest_outcome o = { 0 };
	int r;

	o.http = (uint16_t)reason_http(reason_find(e->code));
	if ((r = fields_encode(&wire_error_fields, e, &body, d)) < 0)
		return r;
	o.error = buf_bytes(&body);
	return fields_encode(&attest_outcome_fields, &o, ret, d);
}

enum reason
outcome_reason(int err, const struct diag *why)
{
	if (why->reason != REASON_NONE)
		return why->reason;
	switch (err) {
	case ERR_SHORT:
	case ERR_FORMAT:
	case ERR_LIMIT:
	case ERR_UNSUPPORTED:
		return REASON_BadRequest;
	case ERR_CONFLICT:
	case ERR_TIMEOUT:
		return REASON_TransientError;
	default:
		return REASON_InternalError;
	}
}

int
outcome_refusal(int err, const struct diag *why, const char *attestation_status,
    struct buf *ret, struct diag *d)
{
	enum reason reason = outcome_reason(err, why);
	bool internal =
	    reason == REASON_InternalError || reason == REASON_TransientError;
	struct wire_error e = {
		.code = bytes_of_text(reason_name(reason)),
		.message = bytes_of_text(reason_meaning(reason)),
		.attestation_status = bytes_of_text(attestation_status),
		.n_reasons = 1,
	};

	e.reasons[0] = (struct wire_reason){
		.code = e.code,
		.pcr = 0xff,
		.event = UINT32_MAX,
		.text = bytes_of_text(internal ? "" : why->text),
		.remedy = bytes_of_text(reason_remedy(reason)),
	};
	return outcome_error(&e, ret, d);
}
