/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POST /Attestation/v1/attest: verify, judge, record, and only then certify.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "crypto/ek.h"
#include "crypto/random.h"
#include "hgs/attest/certificate.h"
#include "hgs/attest/cursor.h"
#include "hgs/attest/evidence.h"
#include "hgs/common/outcome.h"
#include "hgs/common/refusal.h"
#include "hgs/common/store_client.h"
#include "proto/hgs.h"

/* What judging takes besides proof and findings. */
static void
prepare(const struct attestor *a, struct attempt *t)
{
	const struct status_record *s = &t->status;
	struct boot_state *b = &t->proof.boot;

	/* Counters of the last accepted quote: they may only go on. */
	b->has_before = s->clock_known;
	b->before = (struct tpm_clock){ .clock = s->clock,
		.resets = s->reset_count,
		.restarts = s->restart_count,
		.safe = true,
		.firmware = s->firmware };
	b->production = a->production;
	b->ci = &a->policies->ci_names;
}

static size_t
put_reasons(const struct verdict_reason *list, size_t n_list,
    struct wire_reason ret[static WIRE_REASONS_MAX])
{
	size_t n = n_list < WIRE_REASONS_MAX ? n_list : WIRE_REASONS_MAX;

	for (size_t i = 0; i < n; i++) {
		const struct verdict_reason *in = &list[i];
		struct wire_reason *out = &ret[i];

		*out = (struct wire_reason){
			.code =
			    bytes_of_text(reason_name((enum reason)in->code)),
			.pcr = in->pcr,
			.event = in->event,
			.text = in->text,
			.remedy =
			    bytes_of_text(reason_remedy((enum reason)in->code)),
		};
		if (in->digests) {
			out->expected = BYTES_OF_ARRAY(in->expected);
			out->got = BYTES_OF_ARRAY(in->got);
		}
	}
	return n;
}

/* What a host whose keys were proved may hear: design.md 4. */
static void
put_verdict(const struct verdict *v, struct wire_error *e)
{
	*e = (struct wire_error){
		.code = bytes_of_text(
		    reason_name(REASON_InsecureHostConfiguration)),
		.message = bytes_of_text(
		    reason_meaning(REASON_InsecureHostConfiguration)),
		.attestation_status = bytes_of_text(verdict_status_name(v)),
	};
	for (size_t i = 0; i < v->n_sub; i++) {
		enum reason reason = (enum reason)v->sub[i].reason;

		if (reason == REASON_NONE ||
		    e->n_sub_status == WIRE_SUB_STATUS_MAX)
			continue;
		e->sub_status[e->n_sub_status++].name =
		    bytes_of_text(reason_name(reason));
	}
	e->n_reasons = put_reasons(v->reasons, v->n_reasons, e->reasons);
}

/* What an auditing policy did not admit, for those who look at the host. */
static int
keep_notes(const struct verdict *v, struct buf *storage,
    struct status_record *s, struct diag *d)
{
	struct wire_notes notes = { 0 };
	int r;

	if (v->n_notes == 0)
		return ERR_OK;
	notes.n_notes = put_reasons(v->notes, v->n_notes, notes.notes);
	if ((r = fields_encode(&wire_notes_fields, &notes, storage, d)) < 0)
		return r;
	s->notes = buf_bytes(storage);
	return ERR_OK;
}

/* Where a log is so large that it does not fit, the diff is not offered. */
static void
keep_findings(const struct attempt *t, struct status_record *s)
{
	struct bytes b = buf_bytes(&t->findings_storage);

	if (b.len <= STATUS_FINDINGS_MAX)
		s->findings = b;
}

/*
 * What the next quote is held to. The counters of one that was refused for
 * going back are not: it would pass the second time.
 */
static struct tpm_clock
clock_to_keep(const struct attempt *t)
{
	const struct boot_state *b = &t->proof.boot;

	if (t->verdict.status != VERDICT_PASSED && b->has_before &&
	    clock_follows(&b->before, &b->now, NULL) < 0)
		return b->before;
	return b->now;
}

/* The audit record's detail: what admitted the host, and the first note. */
static void
describe(const struct attempt *t, char *ret, size_t size)
{
	const struct verdict *v = &t->verdict;
	bool passed = v->status == VERDICT_PASSED;
	struct bytes baseline = passed ? v->baseline : BYTES_NONE;
	struct bytes ci = passed ? v->ci : BYTES_NONE;
	const struct verdict_reason *first = v->n_notes > 0 ? &v->notes[0]
	    : v->n_reasons > 0                              ? &v->reasons[0]
							    : NULL;
	int n = snprintf(ret, size, "baseline=%.*s ci=%.*s reset=%u restart=%u",
	    (int)baseline.len, (const char *)baseline.p, (int)ci.len,
	    (const char *)ci.p, t->proof.quote.clock.resets,
	    t->proof.quote.clock.restarts);

	if (first == NULL || n < 0 || (size_t)n >= size)
		return;
	(void)snprintf(ret + n, size - (size_t)n, " notes=%zu %s: %.*s",
	    v->n_notes, reason_name((enum reason)first->code),
	    (int)first->text.len, (const char *)first->text.p);
}

/* Status and audit record of a judged attempt, in one commit. */
static int
record(struct attestor *a, const struct attempt *t, struct bytes error,
    uint64_t now, struct audit_receipt *ret, struct diag *d)
{
	auto_buf struct buf value = BUF_INIT(STORE_VALUE_MAX);
	auto_buf struct buf notes = BUF_INIT(STATUS_NOTES_MAX);
	const struct verdict *v = &t->verdict;
	const struct tpm_clock clock = clock_to_keep(t);
	bool passed = v->status == VERDICT_PASSED;
	static struct store_commit c;
	char key[STORE_KEY_MAX + 1], actor[96], detail[512];
	struct status_record s = {
		.version = RECORD_VERSION,
		.name = t->host.name,
		.time = now,
		.status = bytes_of_text(verdict_status_name(v)),
		.baseline = passed ? v->baseline : BYTES_NONE,
		.clock_known = true,
		.reset_count = clock.resets,
		.restart_count = clock.restarts,
		.clock = clock.clock,
		.firmware = clock.firmware,
		.error = error,
	};
	int r;

	if (passed)
		s.ci = v->ci;
	else
		keep_findings(t, &s);
	cursor_keep(a->policies, t, &s.ima);
	if ((r = keep_notes(v, &notes, &s, d)) < 0 ||
	    (r = store_key_name(key, "status", t->host.name, d)) < 0 ||
	    (r = fields_encode(&status_record_fields, &s, &value, d)) < 0)
		return r;
	(void)snprintf(actor, sizeof(actor), "host %.*s", (int)t->host.name.len,
	    (const char *)t->host.name.p);
	describe(t, detail, sizeof(detail));
	c.n_changes = 1;
	c.changes[0] = (struct store_change){ bytes_of_text(key),
		t->status_version, false, buf_bytes(&value) };
	c.n_audits = 1;
	c.audits[0] =
	    (struct audit_entry){ bytes_of_text(actor), bytes_of_text("attest"),
		    t->host.name, s.status, bytes_of_text(detail) };
	return store_write(a->store_fd, &c, ret, d);
}

static int
refuse_verdict(struct attestor *a, struct attempt *t, uint64_t now,
    struct buf *ret, struct diag *d)
{
	auto_buf struct buf error = BUF_INIT(65536);
	struct wire_error e;
	int r;

	put_verdict(&t->verdict, &e);
	if ((r = fields_encode(&wire_error_fields, &e, &error, d)) < 0 ||
	    (r = record(a, t, buf_bytes(&error), now, NULL, d)) < 0)
		return r;
	a->n_refusals++;
	return outcome_error(&e, ret, d);
}

static int
certify(struct attestor *a, struct attempt *t, uint64_t now, struct buf *ret,
    struct diag *d)
{
	auto_buf struct buf der = BUF_INIT(CERTIFICATE_LIMIT);
	auto_buf struct buf sealed = BUF_INIT(SEALED_LIMIT);
	struct attest_reply reply = { .version = PROTO_VERSION };
	struct audit_receipt receipt = { 0 };
	int r;

	if ((r = record(a, t, BYTES_NONE, now, &receipt, d)) < 0 ||
	    (r = certificate_issue(a, t, now, &receipt, &der, &sealed, d)) < 0)
		return r;
	reply.attestation_status = bytes_of_text("Passed");
	reply.certificate = buf_bytes(&der);
	reply.sealed = buf_bytes(&sealed);
	return outcome_message(&attest_reply_fields, &reply, ret, d);
}

/*
 * Which vendor's the TPM is: what the certificate says that hgs-admin verified
 * when the host was registered. A pinned key's certificate is nobody's word.
 */
static struct tpm_kind
kind_of_tpm(const struct host_record *host)
{
	struct tpm_kind kind = { .vouched = !host->ek_pinned };

	if (kind.vouched)
		kind.has_vendor =
		    ek_vendor_find(host->ek_certificate, &kind.vendor);
	return kind;
}

static int
judge(struct attestor *a, struct attempt *t, uint64_t now, struct buf *ret,
    struct diag *d)
{
	prepare(a, t);
	t->proof.boot.tpm = kind_of_tpm(&t->host);
	policy_judge(&a->policies->set, a->policies->baselines,
	    a->policies->n_baselines, &t->findings, &t->proof.boot,
	    &t->verdict);
	if (t->verdict.status == VERDICT_PASSED)
		return certify(a, t, now, ret, d);
	return refuse_verdict(a, t, now, ret, d);
}

int
attest_on_attest(struct service_call *call, struct diag *d)
{
	struct attestor *a = call->context;
	struct attempt *t = calloc(1, sizeof(*t));
	uint64_t now = (uint64_t)time(NULL);
	struct diag why = { 0 };
	int r;

	if (t == NULL)
		return diag_nomem(d);
	t->host_storage = (struct buf)BUF_INIT(CHANNEL_BODY_MAX);
	t->findings_storage = (struct buf)BUF_INIT(CHANNEL_BODY_MAX);
	t->status_storage = (struct buf)BUF_INIT(CHANNEL_BODY_MAX);
	a->n_requests++;
	r = a->unlocked
	    ? attempt_verify(a, t, call->in->body, call->in->fds[0], now, &why)
	    : diag_refuse(&why, REASON_Locked, "locked");
	if (r == ERR_OK)
		r = judge(a, t, now, call->reply, &why);
	if (r < 0) {
		a->n_refusals++;
		buf_reset(call->reply);
		r = refuse_host(a->store_fd,
		    &(struct refusal){ "attest", t->host.name, NULL, BYTES_NONE,
			r, &why },
		    call->reply, d);
	}
	attempt_free(t);
	return r;
}
