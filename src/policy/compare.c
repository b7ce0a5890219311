/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/compare.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "policy/cmdline_diff.h"

/* How far a changed sequence is searched for where it fits again. */
#define RESYNC_MAX 16

/* The events of one PCR out of a list that holds all. */
struct sequence {
	struct reader r;
	uint8_t pcr;
	uint32_t nth;    /* of the next, within the PCR */
	uint32_t index;  /* of the last read, within the list */
	uint32_t n_read; /* of the list */
	struct component_walk walk;
};

static bool
same_digest(const uint8_t *a, const uint8_t *b)
{
	return bytes_equal(bytes_of(a, SHA256_SIZE), bytes_of(b, SHA256_SIZE));
}

static struct sequence
sequence_of(struct bytes events, unsigned pcr, uint32_t extended)
{
	return (struct sequence){ .r = reader_of(events),
		.pcr = (uint8_t)pcr,
		.walk = component_walk(extended) };
}

static bool
sequence_next(struct sequence *s, struct finding_event *ret)
{
	if (!finding_event_seek(&s->r, s->pcr, &s->n_read) ||
	    !finding_event_read(&s->r, ret))
		return false;
	s->index = s->n_read++;
	s->nth++;
	component_feed(&s->walk, ret);
	return true;
}

static struct difference *
add(struct comparison *c, enum difference_kind kind, unsigned pcr)
{
	struct difference *one;

	if (c->n == DIFFERENCES_MAX) {
		c->cut = true;
		one = &c->list[DIFFERENCES_MAX - 1];
	} else {
		one = &c->list[c->n++];
	}
	*one = (struct difference){
		.kind = (uint8_t)kind,
		.component = COMPONENT_OTHER,
		.pcr = (uint8_t)pcr,
		.event = UINT32_MAX,
	};
	return one;
}

static void say(struct difference *x, const char *fmt, ...) PRINTF(2, 3);

static void
say(struct difference *x, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(x->text, sizeof(x->text), fmt, ap);
	va_end(ap);
}

/*
 * `at` is the sequence that gives the place, `of` that of the event that gives
 * the name: the baseline's, if it has one.
 */
static struct difference *
event_differs(struct comparison *c, enum difference_kind kind,
    const struct sequence *at, const struct sequence *of,
    const struct finding_event *named)
{
	static const char *const words[] = {
		[DIFFERENCE_CHANGED] = "changed",
		[DIFFERENCE_ADDED] = "was added",
		[DIFFERENCE_MISSING] = "is missing",
	};
	struct difference *x = add(c, kind, at->pcr);
	char type[24];

	x->component = (uint8_t)component_of(&of->walk, named);
	x->nth = at->nth - 1;
	say(x, "%s %s: PCR %u, event %u (%s%s%.*s)",
	    component_words((enum component)x->component), words[kind], at->pcr,
	    x->nth, tcg_event_type_name(named->type, type, sizeof(type)),
	    named->label.len == 0 ? "" : " ", (int)named->label.len,
	    named->label.len == 0 ? "" : (const char *)named->label.p);
	return x;
}

static void
event_changed(struct comparison *c, const struct sequence *want,
    const struct sequence *got, const struct finding_event *w,
    const struct finding_event *g)
{
	struct difference *x =
	    event_differs(c, DIFFERENCE_CHANGED, got, want, w);

	memcpy(x->expected, w->digest, SHA256_SIZE);
	memcpy(x->got, g->digest, SHA256_SIZE);
	x->event = got->index;
}

static void
event_added(struct comparison *c, const struct sequence *got,
    const struct finding_event *g)
{
	struct difference *x = event_differs(c, DIFFERENCE_ADDED, got, got, g);

	memcpy(x->got, g->digest, SHA256_SIZE);
	x->event = got->index;
}

static void
event_missing(struct comparison *c, const struct sequence *want,
    const struct finding_event *w)
{
	struct difference *x =
	    event_differs(c, DIFFERENCE_MISSING, want, want, w);

	memcpy(x->expected, w->digest, SHA256_SIZE);
}

/* How many steps ahead in s this digest is; RESYNC_MAX when it is not. */
static unsigned
distance(struct sequence s, const struct finding_event *e)
{
	struct finding_event x;

	for (unsigned i = 0; i < RESYNC_MAX; i++) {
		if (!sequence_next(&s, &x))
			break;
		if (same_digest(x.digest, e->digest))
			return i;
	}
	return RESYNC_MAX;
}

static bool
event_accepted(const struct baseline *b, const struct findings *f,
    const struct finding_event *want, const struct finding_event *got,
    unsigned pcr, uint32_t nth)
{
	const struct baseline_exception *x = baseline_exception(b, pcr, nth);
	const struct cmdline_bind *at;

	if (same_digest(want->digest, got->digest))
		return true;
	if (x == NULL)
		return false;
	if (!x->cmdline)
		return true;
	/* The text itself is held against the template elsewhere. */
	at = pcr == 8  ? &f->cmdline.grub
	    : pcr == 9 ? &f->cmdline.load_options
		       : &f->cmdline.uki_section;
	return at->bound && at->nth == nth;
}

/* Both have an event and these differ: reports, and finds the common way. */
static void
resync(struct comparison *c, struct sequence *want, struct sequence *got,
    const struct finding_event *w, const struct finding_event *g)
{
	unsigned added = distance(*got, w), missing = distance(*want, g);
	struct finding_event x;

	if (added == RESYNC_MAX && missing == RESYNC_MAX) {
		event_changed(c, want, got, w, g);
		return;
	}
	if (added <= missing) {
		event_added(c, got, g);
		for (unsigned i = 0; i <= added && sequence_next(got, &x); i++)
			if (i < added)
				event_added(c, got, &x);
		return;
	}
	event_missing(c, want, w);
	for (unsigned i = 0; i <= missing && sequence_next(want, &x); i++)
		if (i < missing)
			event_missing(c, want, &x);
}

/* Which PCRs the baseline knows events of. */
static uint32_t
extended_by(const struct baseline *b)
{
	uint32_t mask = 0;

	for (size_t i = 0; i < b->n_rules; i++)
		if (b->rules[i].kind == BASELINE_EXACT &&
		    !bytes_all_zero(BYTES_OF_ARRAY(b->rules[i].value)))
			mask |= 1u << b->rules[i].pcr;
	return mask;
}

static void
compare_pcr(const struct baseline *b, const struct findings *f, unsigned pcr,
    struct comparison *c)
{
	const struct baseline_rule *rule = baseline_rule(b, pcr);
	struct sequence want = sequence_of(b->events, pcr, extended_by(b));
	struct sequence got = sequence_of(f->events, pcr, f->extended);
	struct finding_event w, g;
	struct difference *x;
	size_t before = c->n;
	bool has_w, has_g, excepted = false;

	for (;;) {
		has_w = sequence_next(&want, &w);
		has_g = sequence_next(&got, &g);
		if (!has_w && !has_g)
			break;
		if (!has_w) {
			event_added(c, &got, &g);
		} else if (!has_g) {
			event_missing(c, &want, &w);
		} else if (event_accepted(b, f, &w, &g, pcr, want.nth - 1)) {
			if (!same_digest(w.digest, g.digest))
				excepted = true;
		} else {
			resync(c, &want, &got, &w, &g);
		}
	}
	/* Whatever was found above, equal means an equal value. */
	if (c->n == before && !c->cut && !excepted &&
	    !same_digest(rule->value, f->pcrs.v[pcr])) {
		x = add(c, DIFFERENCE_VALUE, pcr);
		x->component = COMPONENT_FIRMWARE;
		memcpy(x->expected, rule->value, SHA256_SIZE);
		memcpy(x->got, f->pcrs.v[pcr], SHA256_SIZE);
		say(x,
		    "firmware: PCR %u has the same events and another value "
		    "(startup locality)",
		    pcr);
	}
	if (c->n != before || c->cut)
		c->n_pcrs++;
}

static void
compare_bind(const struct cmdline_bind *want, const struct cmdline_bind *got,
    unsigned pcr, struct comparison *c)
{
	struct difference *x;

	if (!want->bound || (got->bound && got->nth == want->nth))
		return;
	x = add(c, DIFFERENCE_CMDLINE, pcr);
	x->component = COMPONENT_CMDLINE;
	say(x,
	    "command line: PCR %u, event %u is not the hash of the text that "
	    "was sent",
	    pcr, want->nth);
}

static void
tell_arguments(struct bytes template, const struct findings *f,
    const struct diag *why, struct comparison *c)
{
	struct cmdline_diff diff;
	struct difference *x;

	cmdline_diff(template, f->cmdline_text, &diff);
	for (size_t i = 0; i < diff.n || i == 0; i++) {
		x = add(c, DIFFERENCE_CMDLINE, DIFFERENCE_NO_PCR);
		x->component = COMPONENT_CMDLINE;
		sha256(template, x->expected);
		memcpy(x->got, f->cmdline.digest, SHA256_SIZE);
		if (i < diff.n)
			cmdline_difference_say(&diff.list[i], x->text,
			    sizeof(x->text));
		else
			say(x, "%.*s", DIFFERENCE_TEXT - 1, why->text);
	}
	c->cut = c->cut || (diff.cut && diff.n != 0);
}

static void
compare_arguments(const struct baseline *b, const struct findings *f,
    struct comparison *c)
{
	struct difference *x;
	struct diag d = { 0 };

	if (b->cmdline.len == 0)
		return;
	if (f->cmdline_check.state != FINDING_GOOD) {
		x = add(c, DIFFERENCE_CMDLINE, DIFFERENCE_NO_PCR);
		x->component = COMPONENT_CMDLINE;
		say(x, "command line: not proven by the measurements");
		return;
	}
	if (cmdline_match(b->cmdline, f->cmdline_text, &d) < 0)
		tell_arguments(b->cmdline, f, &d, c);
}

static void
compare_binds(const struct baseline *b, const struct findings *f,
    struct comparison *c)
{
	if (b->cmdline.len == 0 || f->cmdline_check.state != FINDING_GOOD)
		return;
	compare_bind(&b->grub, &f->cmdline.grub, 8, c);
	compare_bind(&b->load_options, &f->cmdline.load_options, 9, c);
	compare_bind(&b->uki_section, &f->cmdline.uki_section, 11, c);
}

void
baseline_compare(const struct baseline *b, const struct findings *f,
    struct comparison *ret)
{
	struct difference *x;
	uint32_t done = 0;

	*ret = (struct comparison){ 0 };
	if (f->log.state != FINDING_GOOD) {
		say(add(ret, DIFFERENCE_FINDINGS, DIFFERENCE_NO_PCR),
		    "there is no good boot log to compare: %.*s",
		    (int)(f->log.text.len < 120 ? f->log.text.len : 120),
		    f->log.text.len == 0 ? "" : (const char *)f->log.text.p);
		return;
	}
	/* First: its words say most to the person who reads them. */
	compare_arguments(b, f, ret);
	for (size_t i = 0; i < b->n_rules; i++) {
		if (b->rules[i].kind == BASELINE_EXACT)
			compare_pcr(b, f, b->rules[i].pcr, ret);
		done |= 1u << b->rules[i].pcr;
	}
	compare_binds(b, f, ret);
	if (b->locality != f->locality && ret->n == 0) {
		x = add(ret, DIFFERENCE_VALUE, 0);
		x->component = COMPONENT_FIRMWARE;
		say(x, "firmware: startup locality %u, not %u", f->locality,
		    b->locality);
	}
	ret->equal = ret->n == 0 && !ret->cut && done == BASELINE_PCRS;
}

uint32_t
comparison_components(const struct comparison *c)
{
	uint32_t mask = 0;

	for (size_t i = 0; i < c->n; i++)
		mask |= 1u << c->list[i].component;
	return mask;
}
