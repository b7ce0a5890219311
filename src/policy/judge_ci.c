/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/judge_ci.h"

#include <stdio.h>
#include <string.h>

#define TOLD_MAX 12 /* entries: a host hears 16 reasons, notes are 16 */
_Static_assert(TOLD_MAX + 2 <= VERDICT_NOTES_MAX, "");

static void
add(const struct ci_judgement *c, enum reason code, const char *why)
{
	struct verdict_reason *r =
	    verdict_add(c->v, code, c->policy, "%s", why);

	r->pcr = IMA_PCR;
}

bool
ci_judge_list(const struct ci_judgement *c)
{
	static const enum reason reasons[IMA_PROBLEMS] = {
		[IMA_PROBLEM_NONE] = REASON_ImaLogVerification,
		[IMA_PROBLEM_ABSENT] = REASON_ImaLogVerification,
		[IMA_PROBLEM_MALFORMED] = REASON_ImaLogVerification,
		[IMA_PROBLEM_QUOTE] = REASON_ImaLogVerification,
		[IMA_PROBLEM_TEMPLATE] = REASON_ImaTemplateDigest,
		[IMA_PROBLEM_AGGREGATE] = REASON_ImaBootAggregate,
	};
	const struct finding_check *check = &c->f->ima_check;
	char text[FINDINGS_TEXT_MAX + 1];

	/* Enabled since the challenge was made: the next one asks for it. */
	if (!c->boot->quote_has_ima || check->state == FINDING_NONE) {
		add(c, REASON_ImaLogVerification, "PCR 10 was not quoted");
		return false;
	}
	if (check->state == FINDING_GOOD)
		return true;
	(void)snprintf(text, sizeof(text), "%.*s", (int)check->text.len,
	    check->text.len == 0 ? "" : (const char *)check->text.p);
	add(c,
	    c->f->ima.problem < IMA_PROBLEMS ? reasons[c->f->ima.problem]
					     : REASON_ImaLogVerification,
	    text);
	return false;
}

bool
ci_judge_early(const struct ci_judgement *c)
{
	const uint8_t *digest = c->f->pcr15.ima_policy;

	if (bytes_all_zero(bytes_of(digest, SHA256_SIZE))) {
		(void)verdict_add(c->v, REASON_ImaPolicyLate, c->policy,
		    "guard-early recorded no IMA policy: what ran before one "
		    "was loaded is not in the list");
		return false;
	}
	if (!digest_is_known(c->boot->ima_policies, digest)) {
		(void)verdict_add(c->v, REASON_ImaPolicyUnknown, c->policy,
		    "guard-early recorded an IMA policy that this release does "
		    "not know");
		return false;
	}
	return true;
}

static bool
any_enforces(const struct ci_names *ci)
{
	for (size_t i = 0; i < ci->n; i++)
		if (ci->list[i].mode == CI_ENFORCED)
			return true;
	return false;
}

/*
 * The first that admits all. One that audits counts where none enforces, and
 * there alone: beside one that does it would let pass whatever it was to watch.
 */
static size_t
find_admitting(const struct ci_judgement *c)
{
	const struct ci_names *ci = c->boot->ci;
	bool enforced = any_enforces(ci);

	for (size_t i = 0; i < ci->n; i++)
		if ((c->f->ima.admitting >> i & 1) != 0 &&
		    (!enforced || ci->list[i].mode == CI_ENFORCED))
			return i;
	return ci->n;
}

static const struct refusal_words {
	enum reason code;
	const char *what;
} * words_of(uint8_t result)
{
	static const struct refusal_words words[] = {
		[CI_UNKNOWN] = { REASON_CodeUnknown, "is unknown or unsigned" },
		[CI_CHANGED] = { REASON_CodeChanged,
		    "has other contents than the policy says" },
		[CI_BAD_SIGNATURE] = { REASON_CodeSignature,
		    "has a signature that does not verify" },
		[CI_VIOLATION] = { REASON_CodeViolation,
		    "was written while it was in use" },
		[CI_NOT_A_FILE] = { REASON_CodeEvent,
		    "is an event that the policy does not name" },
	};

	return &words[result < ARRAY_LEN(words) ? result : CI_UNKNOWN];
}

/*
 * `note`: as notes of a verdict that passes. Not so many that what is said
 * behind them has no room: how many there are more, and of violations.
 */
static void
tell_refusals(const struct ci_judgement *c, bool note)
{
	const struct ima_facts *f = &c->f->ima;
	size_t n = f->n_refusals < TOLD_MAX ? f->n_refusals : TOLD_MAX;

	for (size_t i = 0; i < n; i++) {
		const struct ima_refusal *x = &f->refusals[i];
		const struct refusal_words *w = words_of(x->result);
		struct verdict_reason *r = (note ? verdict_note
						 : verdict_add)(c->v, w->code,
		    c->policy, "%.*s %s", (int)x->path.len,
		    x->path.len == 0 ? "" : (const char *)x->path.p, w->what);

		r->pcr = IMA_PCR;
		r->event = x->index < VERDICT_NO_EVENT ? (uint32_t)x->index
						       : VERDICT_NO_EVENT;
		memcpy(r->got, x->digest, SHA256_SIZE);
		r->digests = !bytes_all_zero(BYTES_OF_ARRAY(r->got));
	}
	if (f->n_refused > n)
		(void)(note ? verdict_note : verdict_add)(c->v,
		    REASON_CodeIntegrityPolicy, c->policy,
		    "and %llu entries more",
		    (unsigned long long)(f->n_refused - n));
}

/* Of a violation no digest covers the path, so that a rule for it is trust. */
static void
note_violations(const struct ci_judgement *c)
{
	if (c->f->ima.n_violations == 0)
		return;
	(void)verdict_note(c->v, REASON_CodeViolation, c->policy,
	    "%llu times a file was written while it was in use; which one is "
	    "the host's word",
	    (unsigned long long)c->f->ima.n_violations);
}

static bool
pass(const struct ci_judgement *c, size_t i)
{
	const struct ci_name *by = &c->boot->ci->list[i];

	BUG_ON(by->name.len > VERDICT_NAME_MAX);
	memcpy(c->v->ci_name, by->name.p, by->name.len);
	c->v->ci = bytes_of(c->v->ci_name, by->name.len);
	c->v->ci_index = i;
	note_violations(c);
	return true;
}

bool
ci_judge_code(const struct ci_judgement *c)
{
	const struct ci_names *ci = c->boot->ci;
	size_t i;

	if (ci == NULL || ci->n == 0) {
		add(c, REASON_CodeIntegrityPolicy,
		    "no code integrity policy is registered");
		return false;
	}
	if ((i = find_admitting(c)) < ci->n)
		return pass(c, i);
	if (!any_enforces(ci)) {
		tell_refusals(c, true);
		return pass(c, 0);
	}
	tell_refusals(c, false);
	if (c->f->ima.n_refusals == 0)
		add(c, REASON_CodeIntegrityPolicy,
		    "no policy admits all that was measured before");
	return false;
}
