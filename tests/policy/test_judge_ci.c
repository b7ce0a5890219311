/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CiPolicy: what of an IMA list, of guard-early's record and of the command line
 * passes, and by which word the rest is refused.
 */
#include "policy/judge.h"

#include "host.h"

static const uint8_t ima_policy[SHA256_SIZE] = { 0x1a, 0xcc };
static const uint8_t known_list[][SHA256_SIZE] = { { 0x1a, 0xcc } };
static const struct digest_list known = { ARRAY_LEN(known_list), known_list };
static struct ci_names names = { .n = 1 };
static struct policy_set set;

/* A host of the product, whose list a policy admits. */
static struct host *
product(const char *line, const uint8_t *early, struct baseline *ret)
{
	struct host *h = host_make_early("host-good", NULL, early);
	struct ima_facts *f = &h->f.ima;

	h->state.ima_policies = &known;
	h->state.quote_has_ima = true;
	h->state.ci = &names;
	host_boot_with(h, line);
	*ret = baseline_of(h, BASELINE_PRODUCTION);
	h->f.ima_check.state = FINDING_GOOD;
	*f = (struct ima_facts){ .n_entries = 9,
		.n_covered = 9,
		.admitting = 1,
		.nearest = IMA_NO_POLICY };
	f->cursor.next = 9;
	f->cursor.admitting = 1;
	return h;
}

static void
refuse_entry(struct host *h, enum ci_result result)
{
	struct ima_facts *f = &h->f.ima;

	f->admitting = 0;
	f->nearest = 0;
	f->n_refused = f->n_refusals = 1;
	f->refusals[0] = (struct ima_refusal){ .index = 7,
		.result = (uint8_t)result,
		.digest = { 9 },
		.path = bytes_of_text("/tmp/evil") };
}

static bool
refused(const struct verdict *v, enum reason reason)
{
	return v->status == VERDICT_REFUSED && !v->ci_judged &&
	    sub_of(v, POLICY_CI_POLICY) == REASON_CodeIntegrityPolicy &&
	    reason_of(v, reason) != NULL;
}

static void
test_code(struct host *h, const struct baseline *b)
{
	static const struct {
		enum ci_result result;
		enum reason reason;
		const char *threat;
	} rows[] = {
		{ CI_UNKNOWN, REASON_CodeUnknown, "T104 unknown" },
		{ CI_CHANGED, REASON_CodeChanged, "T43 changed" },
		{ CI_BAD_SIGNATURE, REASON_CodeSignature, "T46 signature" },
		{ CI_VIOLATION, REASON_CodeViolation, "T43 violation" },
		{ CI_NOT_A_FILE, REASON_CodeEvent, "T46 event" },
		{ CI_BY_EVENT + 1, REASON_CodeUnknown, "no known result" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct verdict_reason *r;
		struct verdict *v;

		refuse_entry(h, rows[i].result);
		v = judge(h, &set, b);
		r = reason_of(v, rows[i].reason);
		CHECK(refused(v, rows[i].reason) && r->pcr == IMA_PCR &&
			r->event == 7 && r->digests && v->n_notes == 0,
		    "%s: refused: %s", rows[i].threat,
		    text_of(v, rows[i].reason));
	}
}

/* Notes have room for 16, and so has what a host hears. */
static void
test_many(struct host *h, const struct baseline *b)
{
	struct ima_facts *f = &h->f.ima;
	struct verdict *v;

	refuse_entry(h, CI_UNKNOWN);
	for (size_t i = 1; i < IMA_REFUSALS_MAX; i++)
		f->refusals[i] = f->refusals[0];
	f->n_refusals = IMA_REFUSALS_MAX;
	f->n_refused = 100;
	f->n_violations = 3;
	v = judge(h, &set, b);
	CHECK(refused(v, REASON_CodeUnknown) && v->n_reasons == 13 &&
		bytes_equal_text(v->reasons[12].text, "and 88 entries more"),
	    "of many refusals twelve are told, and how many there are more");
	names.list[0].mode = CI_AUDIT;
	v = judge(h, &set, b);
	CHECK(v->status == VERDICT_PASSED && v->n_notes == 14 &&
		bytes_equal_text(v->notes[12].text, "and 88 entries more") &&
		v->notes[13].code == REASON_CodeViolation,
	    "... and so are notes, with violations behind them");
	names.list[0].mode = CI_ENFORCED;
	f->n_violations = 0;
}

static void
test_audit(struct host *h, const struct baseline *b)
{
	struct verdict *v;

	refuse_entry(h, CI_UNKNOWN);
	names.list[0].mode = CI_AUDIT;
	v = judge(h, &set, b);
	CHECK(v->status == VERDICT_PASSED && v->n_notes == 1 &&
		v->notes[0].code == REASON_CodeUnknown && v->n_reasons == 0 &&
		bytes_equal_text(v->ci, "ours"),
	    "an auditing policy passes and notes: %.*s",
	    (int)v->notes[0].text.len, (const char *)v->notes[0].text.p);
	names.list[0].mode = CI_ENFORCED;
	names.n = 2;
	names.list[1] = (struct ci_name){ bytes_of_text("watch"), CI_AUDIT };
	h->f.ima.admitting = 1;
	v = judge(h, &set, b);
	CHECK(v->status == VERDICT_PASSED && bytes_equal_text(v->ci, "ours"),
	    "one that enforces goes before one that audits");
	refuse_entry(h, CI_UNKNOWN);
	h->f.ima.admitting = 2;
	v = judge(h, &set, b);
	CHECK(refused(v, REASON_CodeUnknown) && v->n_notes == 0,
	    "beside one that enforces, one that audits admits nobody");
	h->f.ima.admitting = 0;
	v = judge(h, &set, b);
	CHECK(refused(v, REASON_CodeUnknown), "... and passes nobody by notes");
	h->f.ima.admitting = 4;
	names.n = 1;
	v = judge(h, &set, b);
	CHECK(refused(v, REASON_CodeUnknown),
	    "a policy that is not registered admits nothing");
	names.n = 0;
	CHECK(refused(judge(h, &set, b), REASON_CodeIntegrityPolicy),
	    "T101 no policy is registered: refused: %s",
	    text_of(judge(h, &set, b), REASON_CodeIntegrityPolicy));
	names.n = 1;
}

static void
test_list(void)
{
	static const struct {
		enum ima_problem problem;
		enum reason reason;
		const char *text;
	} rows[] = {
		{ IMA_PROBLEM_ABSENT, REASON_ImaLogVerification, "T42 none" },
		{ IMA_PROBLEM_TEMPLATE, REASON_ImaTemplateDigest, "T43" },
		{ IMA_PROBLEM_AGGREGATE, REASON_ImaBootAggregate, "T44" },
	};
	struct baseline b;
	struct host *h = product(PRODUCT_CMDLINE, ima_policy, &b);
	struct ima_facts good = h->f.ima;
	struct verdict *v = judge(h, &set, &b);

	CHECK(v->status == VERDICT_PASSED && v->ci_judged &&
		sub_of(v, POLICY_CI_POLICY) == REASON_NONE &&
		bytes_equal_text(v->ci, "ours") && v->n_notes == 0,
	    "a list that a policy admits passes");
	h->f.ima.n_violations = 1;
	v = judge(h, &set, &b);
	CHECK(v->status == VERDICT_PASSED && v->n_notes == 1 &&
		v->notes[0].code == REASON_CodeViolation,
	    "T43 a violation that a rule allows is noted");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		h->f.ima =
		    (struct ima_facts){ .problem = (uint8_t)rows[i].problem };
		h->f.ima_check.state = FINDING_BAD;
		h->f.ima_check.text = bytes_of_text(rows[i].text);
		v = judge(h, &set, &b);
		CHECK(refused(v, rows[i].reason), "%s: refused as %s",
		    rows[i].text, reason_name(rows[i].reason));
	}
	h->state.quote_covers_pcrs = false;
	v = judge(h, &set, &b);
	CHECK(v->status == VERDICT_REFUSED &&
		sub_of(v, POLICY_SECURE_BOOT_ENABLED) ==
		    REASON_ImaLogVerification &&
		reason_of(v, REASON_TcgLogVerification) == NULL,
	    "T42 T50 one digest covers both lists: neither is believed");
	h->state.quote_covers_pcrs = true;
	h->f.ima = good;
	h->f.ima_check = (struct finding_check){ 0 };
	CHECK(refused(judge(h, &set, &b), REASON_ImaLogVerification),
	    "a list that nobody examined: refused");
	h->f.ima_check.state = FINDING_GOOD;
	h->state.quote_has_ima = false;
	CHECK(refused(judge(h, &set, &b), REASON_ImaLogVerification),
	    "T50 PCR 10 was not quoted: refused");
	h->state.quote_has_ima = true;
	test_code(h, &b);
	test_many(h, &b);
	test_audit(h, &b);
}

static void
test_early(void)
{
	static const uint8_t other[SHA256_SIZE] = { 0x1a, 0xcd };
	struct baseline b;
	struct host *h = product(PRODUCT_CMDLINE, NULL, &b);

	CHECK(refused(judge(h, &set, &b), REASON_ImaPolicyLate),
	    "T47 an IMA policy loaded after the end mark, or none: %s",
	    text_of(judge(h, &set, &b), REASON_ImaPolicyLate));
	h = product(PRODUCT_CMDLINE, other, &b);
	CHECK(refused(judge(h, &set, &b), REASON_ImaPolicyUnknown),
	    "T47 another IMA policy: %s",
	    text_of(judge(h, &set, &b), REASON_ImaPolicyUnknown));
	h = product(PRODUCT_CMDLINE, ima_policy, &b);
	h->state.ima_policies = NULL;
	CHECK(refused(judge(h, &set, &b), REASON_ImaPolicyUnknown),
	    "where no IMA policy is known, none is good");
}

static void
test_cmdline(void)
{
	static const char *const words[] = { "ima=off", "ima_policy=tcb",
		"ima_template=ima-ng", "ima_hash=sha1", "ima_appraise=off",
		"ima_canonical_fmt", "ima.ahash_minsize=1", "integrity_audit=1",
		"evm=fix", "init=/bin/sh", "some.thing=else" };
	struct baseline b;

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		char *line = keep(4096);
		struct host *h;
		struct verdict *v;

		(void)snprintf(line, 4096, "%s %s", PRODUCT_CMDLINE, words[i]);
		h = product(line, ima_policy, &b);
		v = judge(h, &set, &b);
		CHECK(v->matched && refused(v, REASON_CodeIntegrityPolicy),
		    "T39 T90 though the baseline says so, refused: %s",
		    text_of(v, REASON_CodeIntegrityPolicy));
	}
}

static void
test_lockdown(void)
{
	struct baseline b;
	struct host *h = product("quiet sysctl.kernel.kexec_load_disabled=1",
	    ima_policy, &b);
	struct verdict *v = judge(h, &set, &b);

	CHECK(v->matched && refused(v, REASON_CodeIntegrityPolicy),
	    "T90 a kernel that root can write to: refused: %s",
	    text_of(v, REASON_CodeIntegrityPolicy));
}

int
main(void)
{
	struct diag d = { 0 };

	names.list[0] = (struct ci_name){ bytes_of_text("ours"), CI_ENFORCED };
	set = policy_set_default();
	if (policy_set_change(&set, POLICY_CI_POLICY, true, &d) < 0)
		t_bail("%s", d.text);
	test_list();
	test_early();
	test_cmdline();
	test_lockdown();
	return t_done();
}
