/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/ima_verdict.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "measure/ima_event.h"

#define PATH_IN_TEXT 120

struct walk {
	const struct ima_question *q;
	struct ima_work *work;
	struct findings *f;
	struct findings_store *store;
	struct ima_iter it;
	uint8_t value[SHA256_SIZE];
	uint64_t n; /* entries behind the cursor that were read */
};

/* The first problem stays: what is found later follows from it. */
static void bad(struct walk *w, enum ima_problem problem, const char *fmt, ...)
    PRINTF(3, 4);

static void
bad(struct walk *w, enum ima_problem problem, const char *fmt, ...)
{
	char *to = w->store->ima_text, text[FINDINGS_TEXT_MAX];
	va_list ap;

	if (w->f->ima.problem != IMA_PROBLEM_NONE)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	text_escape(bytes_of_text(text), to, FINDINGS_TEXT_MAX);
	w->f->ima.problem = (uint8_t)problem;
	w->f->ima_check.text = bytes_of_text(to);
}

static void
show_path(struct bytes path, char *ret, size_t size)
{
	/* Before it is escaped: what is cut off must not cost time. */
	if (path.len > size)
		path.len = size;
	text_escape(path, ret, size);
}

/*
 * Those that the product's IMA policy makes. The name of a template is covered
 * by no digest, so that data could be read by another one; the layouts of these
 * differ, but for signature and buffer, which ima_event_check_kind() tells
 * apart.
 */
static bool
template_serves(struct bytes name)
{
	static const char *const names[] = { "ima-sig", "ima-ng", "ima-buf",
		"ima-sigv2", "ima-ngv2" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (bytes_equal_text(name, names[i]))
			return true;
	return false;
}

static bool
examine_entry(struct walk *w, struct ima_entry *e)
{
	unsigned long long at = e->index;
	char path[PATH_IN_TEXT];
	struct diag d = { 0 };

	if (e->pcr != IMA_PCR || !template_serves(e->template_name)) {
		bad(w, IMA_PROBLEM_MALFORMED,
		    "IMA list: entry %llu is none of the product's IMA policy",
		    at);
		return false;
	}
	if (ima_event_check_kind(e, &d) == ERR_OK)
		return true;
	show_path(e->name, path, sizeof(path));
	bad(w, IMA_PROBLEM_TEMPLATE, "IMA list: entry %llu (%s): %s", at, path,
	    d.text);
	return true;
}

static void
check_boot(struct walk *w, const struct ima_entry *e)
{
	struct bytes pcrs = bytes_of(w->f->pcrs.v[0], (size_t)10 * SHA256_SIZE);
	struct diag d = { 0 };

	if (e->index == 0 &&
	    ima_boot_aggregate_check(e, HASH_SHA256, pcrs, &d) < 0)
		bad(w, IMA_PROBLEM_AGGREGATE, "%s", d.text);
}

/* Every entry: form, digest, the value of PCR 10 behind it. */
static bool
replay(struct walk *w)
{
	struct ima_entry e;
	struct diag d = { 0 };
	int r;

	ima_iter_start(&w->it, IMA_BINARY, HASH_SHA1, w->q->list,
	    w->q->cursor.next);
	while ((r = ima_next(&w->it, &e, &d)) == ERR_OK) {
		if (!examine_entry(w, &e))
			return false;
		check_boot(w, &e);
		ima_extend(HASH_SHA256, &e, w->value);
		memcpy(w->work->values[w->n % IMA_PREFIXES_MAX], w->value,
		    SHA256_SIZE);
		w->n++;
	}
	w->f->ima.n_entries = w->q->cursor.next + w->n;
	if (r != ERR_NOT_FOUND)
		bad(w, IMA_PROBLEM_MALFORMED, "%s", d.text);
	return r == ERR_NOT_FOUND;
}

/* PCR 10 behind the first n entries of the list sent. */
static const uint8_t *
value_behind(const struct walk *w, uint64_t n)
{
	return n == 0 ? w->q->cursor.value
		      : w->work->values[(n - 1) % IMA_PREFIXES_MAX];
}

static bool
quoted(const struct walk *w, struct pcr_values phases[static REPLAY_PHASES],
    const uint8_t *value)
{
	uint8_t digest[SHA256_SIZE];

	for (unsigned i = 0; i < REPLAY_PHASES; i++) {
		memcpy(phases[i].v[IMA_PCR], value, SHA256_SIZE);
		if (pcr_digest(&phases[i], w->q->pcr_mask, digest, NULL) ==
			ERR_OK &&
		    bytes_equal(BYTES_OF_ARRAY(digest),
			BYTES_OF_ARRAY(w->q->pcr_digest)))
			return true;
	}
	return false;
}

/* The whole list first, then shorter ones. */
static bool
find_prefix(struct walk *w)
{
	struct pcr_values phases[REPLAY_PHASES];
	uint64_t n = w->n;

	for (unsigned i = 0; i < REPLAY_PHASES; i++)
		replay_phase(&w->f->pcrs, i, &phases[i]);
	for (;; n--) {
		const uint8_t *value = value_behind(w, n);

		if (quoted(w, phases, value)) {
			memcpy(w->f->ima.value, value, SHA256_SIZE);
			memcpy(w->f->pcrs.v[IMA_PCR], value, SHA256_SIZE);
			w->f->ima.n_covered = w->q->cursor.next + n;
			return true;
		}
		if (n == 0 || w->n - n + 1 >= IMA_PREFIXES_MAX)
			break;
	}
	bad(w, IMA_PROBLEM_QUOTE,
	    "IMA list: %llu entries, and no prefix of them, with the boot log, "
	    "makes what was quoted",
	    (unsigned long long)w->f->ima.n_entries);
	return false;
}

static void
keep_refusal(struct ima_refused *to, const struct ima_entry *e,
    enum ci_result result)
{
	size_t i = (size_t)to->n++;
	struct ima_refusal *out;

	if (i >= IMA_REFUSALS_MAX)
		return;
	out = &to->list[i];
	*out = (struct ima_refusal){ .index = e->index,
		.result = (uint8_t)result };
	if (e->digest.known && e->digest.alg == HASH_SHA256 && !e->violation)
		memcpy(out->digest, e->digest.value.p, SHA256_SIZE);
	show_path(e->name, to->paths[i], sizeof(to->paths[i]));
	out->path = bytes_of_text(to->paths[i]);
}

/* Bit n: policy n admits it. */
static uint8_t
judge_entry(struct walk *w, const struct ima_entry *e)
{
	unsigned admitting = 0;

	for (size_t i = 0; i < w->q->n_policies; i++) {
		const struct ima_policy *p = &w->q->policies[i];
		enum ci_result result = ci_judge(&p->policy, p->keys, e);

		if (ci_allows(result))
			admitting |= 1u << i;
		else
			keep_refusal(&w->work->refused[i], e, result);
	}
	return (uint8_t)admitting;
}

/* Only the last values are kept: an early one is made again. */
static void
cursor_value(struct walk *w, uint64_t n)
{
	struct ima_cursor *c = &w->f->ima.cursor;
	struct ima_entry e;

	if (n == 0)
		return;
	if (w->n - n < IMA_PREFIXES_MAX) {
		memcpy(c->value, value_behind(w, n), SHA256_SIZE);
		return;
	}
	ima_iter_start(&w->it, IMA_BINARY, HASH_SHA1, w->q->list,
	    w->f->ima.first);
	for (; n > 0 && ima_next(&w->it, &e, NULL) == ERR_OK; n--)
		ima_extend(HASH_SHA256, &e, c->value);
}

static void
judge_entries(struct walk *w)
{
	struct ima_facts *f = &w->f->ima;
	struct ima_cursor *c = &f->cursor;
	struct ima_entry e;

	ima_iter_start(&w->it, IMA_BINARY, HASH_SHA1, w->q->list, f->first);
	while (
	    w->it.next < f->n_covered && ima_next(&w->it, &e, NULL) == ERR_OK) {
		f->n_violations += e.violation;
		f->n_events += (e.fields & IMA_F_BUF) != 0;
		ima_devices_entry(&w->work->devices, &e);
		f->admitting &= judge_entry(w, &e);
		if (f->admitting == 0)
			continue;
		c->next = e.index + 1;
		c->admitting = f->admitting;
	}
	cursor_value(w, c->next - f->first);
}

static bool
any_enforces(const struct ima_question *q)
{
	for (size_t i = 0; i < q->n_policies; i++)
		if (q->policies[i].policy.mode == CI_ENFORCED)
			return true;
	return false;
}

/*
 * Of those that count (judge_ci.c) and refuse something: for people, and for a
 * policy that audits.
 */
static void
tell_nearest(struct walk *w)
{
	struct ima_facts *f = &w->f->ima;
	bool enforced = any_enforces(w->q);
	const struct ima_refused *from;

	for (size_t i = 0; i < w->q->n_policies; i++)
		if (w->work->refused[i].n != 0 &&
		    (!enforced ||
			w->q->policies[i].policy.mode == CI_ENFORCED) &&
		    (f->nearest == IMA_NO_POLICY ||
			w->work->refused[i].n < w->work->refused[f->nearest].n))
			f->nearest = (uint8_t)i;
	if (f->nearest == IMA_NO_POLICY)
		return;
	from = &w->work->refused[f->nearest];
	f->n_refused = from->n;
	f->n_refusals =
	    from->n < IMA_REFUSALS_MAX ? (size_t)from->n : IMA_REFUSALS_MAX;
	for (size_t i = 0; i < f->n_refusals; i++) {
		char *path = w->store->ima_paths[i];

		f->refusals[i] = from->list[i];
		memcpy(path, from->paths[i], sizeof(from->paths[i]));
		f->refusals[i].path = bytes_of_text(path);
	}
}

static void
judge(struct walk *w)
{
	struct ima_facts *f = &w->f->ima;
	unsigned all = (1u << w->q->n_policies) - 1;

	BUG_ON(w->q->n_policies > IMA_POLICIES_MAX);
	for (size_t i = 0; i < w->q->n_policies; i++)
		w->work->refused[i].n = 0;
	f->cursor = w->q->cursor;
	f->cursor.admitting &= (uint8_t)all;
	f->admitting = f->cursor.admitting;
	f->nearest = IMA_NO_POLICY;
	ima_devices_start(&w->work->devices, f->first == 0);
	judge_entries(w);
	ima_devices_end(&w->work->devices, w->store, f);
	tell_nearest(w);
}

void
ima_verdict(const struct ima_question *q, struct ima_work *work,
    struct findings_store *store, struct findings *ret)
{
	struct walk w = { .q = q, .work = work, .f = ret, .store = store };

	ret->ima = (struct ima_facts){ 0 };
	ret->ima_check = (struct finding_check){ 0 };
	if ((q->pcr_mask >> IMA_PCR & 1) == 0)
		return;
	memcpy(w.value, q->cursor.value, SHA256_SIZE);
	ret->ima.first = q->cursor.next;
	ret->ima.n_entries = q->cursor.next;
	if ((ret->extended >> IMA_PCR & 1) != 0)
		bad(&w, IMA_PROBLEM_MALFORMED, "boot log: it extends PCR %d",
		    IMA_PCR);
	else if (q->list.len == 0 && q->cursor.next == 0)
		bad(&w, IMA_PROBLEM_ABSENT, "IMA list: absent");
	else if (q->cursor.next > UINT64_MAX / 2)
		bad(&w, IMA_PROBLEM_MALFORMED, "IMA list: no such cursor");
	else if (replay(&w))
		(void)find_prefix(&w);
	if (ret->ima.problem == IMA_PROBLEM_NONE && ret->ima.n_covered == 0)
		bad(&w, IMA_PROBLEM_AGGREGATE,
		    "IMA list: nothing was measured in PCR %d", IMA_PCR);
	if (ret->ima.problem == IMA_PROBLEM_NONE)
		judge(&w);
	ret->ima_check.state =
	    ret->ima.problem == IMA_PROBLEM_NONE ? FINDING_GOOD : FINDING_BAD;
}
