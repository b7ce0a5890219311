/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/ima_facts.h"

static const struct field refusal_list[] = {
	FIELD_U64(struct ima_refusal, index),
	FIELD_U8(struct ima_refusal, result),
	FIELD_FIXED(struct ima_refusal, digest),
	FIELD_TEXT(struct ima_refusal, path, IMA_PATH_SHOWN),
};
const struct fields ima_refusal_fields =
    FIELDS(struct ima_refusal, "ima_refusal", refusal_list);

static const struct field cursor_list[] = {
	FIELD_U64(struct ima_cursor, next),
	FIELD_FIXED(struct ima_cursor, value),
	FIELD_U8(struct ima_cursor, admitting),
};
const struct fields ima_cursor_fields =
    FIELDS(struct ima_cursor, "ima_cursor", cursor_list);

static const struct field mapped_list[] = {
	FIELD_TEXT(struct ima_mapped, name, IMA_MAPPED_NAME),
	FIELD_U8(struct ima_mapped, kind),
};
const struct fields ima_mapped_fields =
    FIELDS(struct ima_mapped, "ima_mapped", mapped_list);

static const struct field facts_list[] = {
	FIELD_U8(struct ima_facts, problem),
	FIELD_U64(struct ima_facts, first),
	FIELD_U64(struct ima_facts, n_entries),
	FIELD_U64(struct ima_facts, n_covered),
	FIELD_FIXED(struct ima_facts, value),
	FIELD_U64(struct ima_facts, n_violations),
	FIELD_U64(struct ima_facts, n_events),
	FIELD_U8(struct ima_facts, admitting),
	FIELD_U8(struct ima_facts, nearest),
	FIELD_U64(struct ima_facts, n_refused),
	FIELD_LIST(struct ima_facts, refusals, n_refusals, &ima_refusal_fields),
	FIELD_RECORD(struct ima_facts, cursor, &ima_cursor_fields),
	FIELD_BOOL(struct ima_facts, mapped_known),
	FIELD_LIST(struct ima_facts, mapped, n_mapped, &ima_mapped_fields),
};
const struct fields ima_facts_fields =
    FIELDS(struct ima_facts, "ima_facts", facts_list);

static bool
nothing_said(const struct ima_facts *f)
{
	return f->first == 0 && f->n_entries == 0 && f->n_covered == 0 &&
	    bytes_all_zero(BYTES_OF_ARRAY(f->value));
}

static bool
nothing_judged(const struct ima_facts *f)
{
	return f->n_violations == 0 && f->n_events == 0 && f->admitting == 0 &&
	    f->n_refused == 0 && f->n_refusals == 0 && f->cursor.next == 0 &&
	    f->cursor.admitting == 0 && !f->mapped_known && f->n_mapped == 0 &&
	    bytes_all_zero(BYTES_OF_ARRAY(f->cursor.value));
}

static bool
counts_fit(const struct ima_facts *f)
{
	uint64_t n = f->n_covered - f->first;

	return f->first <= f->n_covered && f->n_covered <= f->n_entries &&
	    f->n_covered != 0 && f->n_violations <= n && f->n_events <= n &&
	    f->n_refused <= n && f->n_refusals <= f->n_refused &&
	    (f->n_refusals > 0) == (f->n_refused > 0) &&
	    (f->nearest < IMA_POLICIES_MAX || f->nearest == IMA_NO_POLICY);
}

/* The cursor passes nothing that was not covered, nor all when none admits. */
static bool
cursor_fits(const struct ima_facts *f)
{
	const struct ima_cursor *c = &f->cursor;

	if (c->next < f->first || c->next > f->n_covered)
		return false;
	if (f->admitting == 0)
		return c->next < f->n_covered || f->first == f->n_covered;
	return c->next == f->n_covered &&
	    (c->admitting == f->admitting &&
		bytes_equal(BYTES_OF_ARRAY(c->value),
		    BYTES_OF_ARRAY(f->value)));
}

/* Of a list that goes on from a cursor nobody knows what was mapped before. */
static bool
mapped_fits(const struct ima_facts *f)
{
	for (size_t i = 0; i < f->n_mapped; i++)
		if (f->mapped[i].name.len == 0 ||
		    (f->mapped[i].kind != IMA_DM_VERITY &&
			f->mapped[i].kind != IMA_DM_CRYPT))
			return false;
	return f->mapped_known ? f->first == 0 : f->n_mapped == 0;
}

int
ima_facts_check(const struct ima_facts *f, bool examined, bool good,
    struct diag *d)
{
	uint64_t before = 0;

	if (f->problem >= IMA_PROBLEMS ||
	    (examined && good != (f->problem == IMA_PROBLEM_NONE)) ||
	    (!good && !nothing_judged(f)) || (!examined && !nothing_said(f)))
		return diag_fail(d, ERR_FORMAT,
		    "findings: facts of an IMA list that is not good");
	if (!good)
		return ERR_OK;
	if (!counts_fit(f) || !cursor_fits(f) || !mapped_fits(f))
		return diag_fail(d, ERR_FORMAT,
		    "findings: the IMA list's numbers do not fit");
	for (size_t i = 0; i < f->n_refusals; i++) {
		uint64_t index = f->refusals[i].index;

		if (index < f->first || index >= f->n_covered ||
		    (i > 0 && index <= before))
			return diag_fail(d, ERR_FORMAT,
			    "findings: refusal %zu is of no entry", i);
		before = index;
	}
	return ERR_OK;
}
