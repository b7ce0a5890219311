/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the outside hears: a refusal in the table's words, and of internal
 * failures the code alone.
 */
#include "hgs/common/outcome.h"

#include "../t.h"

#define SECRET "SQL error near key/1: 0xdeadbeef"

struct heard {
	struct buf storage;
	struct attest_outcome outcome;
	struct wire_error error;
};

/* The outcome of this failure, decoded as hgs-front does. */
static void
hear(int err, const struct diag *why, const char *status, struct heard *h)
{
	struct diag d = { 0 };

	buf_free(&h->storage);
	h->storage = (struct buf)BUF_INIT(OUTCOME_REPLY_LIMIT + 65536);
	if (outcome_refusal(err, why, status, &h->storage, &d) < 0 ||
	    fields_decode(&attest_outcome_fields, buf_bytes(&h->storage),
		&h->outcome, &d) < 0 ||
	    fields_decode(&wire_error_fields, h->outcome.error, &h->error, &d) <
		0)
		t_bail("%s", d.text);
}

/* The bytes of needle anywhere in what goes out. */
static bool
says(const struct heard *h, const char *needle)
{
	return memmem(h->storage.p, h->storage.len, needle, strlen(needle)) !=
	    NULL;
}

static void
test_internal(struct heard *h)
{
	struct diag why = { 0 };
	bool silent = true, coded = true;

	for (int err = ERR_SHORT; err >= ERR_PROTOCOL; err--) {
		enum reason r;

		(void)diag_fail(&why, (enum err)err, SECRET);
		r = outcome_reason(err, &why);
		hear(err, &why, "", h);
		/* A malformed request is described: it is the asker's own. */
		if (r != REASON_BadRequest)
			silent = silent && !says(h, "SQL") &&
			    h->error.reasons[0].text.len == 0;
		coded = coded &&
		    bytes_equal_text(h->error.code, reason_name(r)) &&
		    h->outcome.http == reason_http(r) &&
		    h->outcome.reply.len == 0;
	}
	CHECK(silent, "T62 the text of an internal failure stays inside");
	CHECK(coded, "its code and HTTP status are the table's");
	(void)diag_refuse(&why, REASON_InternalError, SECRET);
	hear(ERR_REFUSED, &why, "", h);
	CHECK(!says(h, "SQL"), "T62 also where the code was chosen");
	(void)diag_refuse(&why, REASON_TransientError, SECRET);
	hear(ERR_REFUSED, &why, "", h);
	CHECK(!says(h, "SQL") && h->outcome.http == 503,
	    "T62 also of what will pass");
}

static void
test_reasons(void)
{
	static const struct {
		int err;
		enum reason reason;
	} rows[] = {
		{ ERR_SHORT, REASON_BadRequest },
		{ ERR_FORMAT, REASON_BadRequest },
		{ ERR_LIMIT, REASON_BadRequest },
		{ ERR_UNSUPPORTED, REASON_BadRequest },
		{ ERR_CONFLICT, REASON_TransientError },
		{ ERR_TIMEOUT, REASON_TransientError },
		{ ERR_REFUSED, REASON_InternalError },
		{ ERR_NOT_FOUND, REASON_InternalError },
		{ ERR_EXISTS, REASON_InternalError },
		{ ERR_CRYPTO, REASON_InternalError },
		{ ERR_IO, REASON_InternalError },
		{ ERR_NOMEM, REASON_InternalError },
		{ ERR_USAGE, REASON_InternalError },
		{ ERR_TPM, REASON_InternalError },
		{ ERR_PROTOCOL, REASON_InternalError },
		{ -99, REASON_InternalError },
	};
	struct diag none = { 0 }, why = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		CHECK(outcome_reason(rows[i].err, &none) == rows[i].reason,
		    "%s comes to %s", err_name(rows[i].err),
		    reason_name(rows[i].reason));
	(void)diag_refuse(&why, REASON_RequestStale, "x");
	CHECK(outcome_reason(ERR_REFUSED, &why) == REASON_RequestStale &&
		outcome_reason(ERR_IO, &why) == REASON_RequestStale,
	    "a reason code is kept");
}

static void
test_refusal(struct heard *h)
{
	struct diag why = { 0 };
	const struct wire_reason *r = &h->error.reasons[0];

	(void)diag_refuse(&why, REASON_UnauthorizedHost, "not registered");
	hear(ERR_REFUSED, &why, "UnauthorizedHost", h);
	CHECK(h->outcome.http == 403 && h->error.n_reasons == 1 &&
		bytes_equal_text(h->error.code, "UnauthorizedHost") &&
		bytes_equal_text(h->error.attestation_status,
		    "UnauthorizedHost") &&
		bytes_equal_text(h->error.message,
		    reason_meaning(REASON_UnauthorizedHost)),
	    "a refusal is told in the table's words");
	CHECK(bytes_equal_text(r->text, "not registered") && r->pcr == 255 &&
		r->event == UINT32_MAX && r->expected.len == 0 &&
		r->got.len == 0 &&
		bytes_equal_text(r->remedy,
		    reason_remedy(REASON_UnauthorizedHost)),
	    "T62 with its sentence and its remedy, and no value");
}

static void
test_message(void)
{
	auto_buf struct buf b = BUF_INIT(1024), small = BUF_INIT(16);
	const struct seal {
		uint8_t version;
	} x = { 7 };
	static const struct field list[] = { FIELD_U8(struct seal, version) };
	static const struct fields fields = FIELDS(struct seal, "x", list);
	struct attest_outcome o;
	struct diag d = { 0 };

	CHECK(outcome_message(&fields, &x, &b, &d) == ERR_OK &&
		fields_decode(&attest_outcome_fields, buf_bytes(&b), &o, &d) ==
		    ERR_OK &&
		o.http == 200 && o.error.len == 0 &&
		bytes_equal(o.reply, bytes_of("\7", 1)),
	    "a message goes out with 200 and no error");
	(void)!buf_put(&small, bytes_of("0123456789", 10));
	CHECK(outcome_message(&fields, &x, &small, &d) == ERR_LIMIT,
	    "one that does not fit is an error");
}

int
main(void)
{
	struct heard h = { 0 };

	test_internal(&h);
	test_reasons();
	test_refusal(&h);
	test_message();
	buf_free(&h.storage);
	return t_done();
}
