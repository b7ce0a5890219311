/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/grub_follow.h"

#include <string.h>

/* A way that does not fit the events; never leaves this file. */
#define NO_FIT ERR_NOT_FOUND

static bool
is_text_of(struct bytes text, const struct grub_event *e)
{
	uint8_t digest[SHA256_SIZE];

	if (e->text.p != NULL)
		return bytes_equal(text, e->text);
	sha256(text, digest);
	return bytes_equal(BYTES_OF_ARRAY(digest), BYTES_OF_ARRAY(e->digest));
}

void
grub_words_of_text(struct bytes text, struct grub_words *ret)
{
	size_t n = 0;

	while (n < text.len && text.p[n] != ' ')
		n++;
	ret->text = text;
	ret->n = 1;
	ret->list[0] = bytes_of(text.p, n);
}

bool
grub_setparams(struct grub_memory *m, struct bytes arguments,
    struct grub_words *ret)
{
	struct bytes name = bytes_of_text("setparams");
	uint8_t *to = m->p + m->used;

	if (name.len + arguments.len > m->size - m->used)
		return false;
	memcpy(to, name.p, name.len);
	memcpy(to + name.len, arguments.p, arguments.len);
	m->used += name.len + arguments.len;
	grub_words_of_text(bytes_of(to, name.len + arguments.len), ret);
	return true;
}

/* Found in what this command's text gave away, or before. */
static bool
value_known(void *ctx, struct bytes name, struct bytes *ret)
{
	struct grub_follow *f = ctx;

	for (size_t i = 0; i < f->values.n; i++)
		if (bytes_equal(f->values.names[i], name)) {
			*ret = f->values.values[i];
			return true;
		}
	return grub_name_lasts(name) &&
	    grub_journal_find(&f->journal, SIZE_MAX, false, name, ret);
}

/* One that was never set is empty: the digest tells whether this one was. */
static bool
value_or_empty(void *ctx, struct bytes name, struct bytes *ret)
{
	struct grub_follow *f = ctx;

	if (value_known(ctx, name, ret))
		return true;
	if (f->values.n == GRUB_VALUES_MAX)
		return false;
	f->values.names[f->values.n] = name;
	*ret = f->values.values[f->values.n++] = bytes_of_text("");
	return true;
}

static bool
value_none(void *ctx, struct bytes name, struct bytes *ret)
{
	(void)ctx;
	(void)name;
	(void)ret;
	return false;
}

/* The command's words such that they come to the event's text. */
static bool
fit(struct grub_follow *f, const struct grub_command *c,
    const struct grub_event *e, struct grub_words *ret)
{
	struct bytes missing;
	unsigned ways;

	f->values.n = 0;
	if (grub_command_expand(c, value_or_empty, f, &f->memory, ret,
		&missing) == ERR_OK &&
	    is_text_of(ret->text, e))
		return true;
	f->values.n = 0;
	if (e->text.p == NULL)
		return false;
	ways = grub_command_match(c, value_known, f, e->text, &f->values);
	if (ways == 0)
		ways =
		    grub_command_match(c, value_none, f, e->text, &f->values);
	if (ways == 0)
		return false;
	if (ways > 1)
		f->values.n = 0;
	if (ways > 1 ||
	    grub_command_expand(c, value_known, f, &f->memory, ret, &missing) <
		0 ||
	    !is_text_of(ret->text, e))
		grub_words_of_text(e->text, ret);
	return true;
}

/* The text bears out the value of each variable in the command. */
static bool
note_values(struct grub_follow *f, const struct grub_command *c)
{
	struct bytes value, old;

	for (size_t i = 0; i < c->n; i++) {
		struct bytes name = c->parts[i].text;

		if (!c->parts[i].variable || !grub_name_lasts(name) ||
		    !value_known(f, name, &value))
			continue;
		if (grub_journal_find(&f->journal, SIZE_MAX, true, name,
			&old) &&
		    bytes_equal(old, value))
			continue;
		if (!grub_journal_put(&f->journal, 2 * f->n, name, value))
			return false;
	}
	return true;
}

static bool
note_effects(struct grub_follow *f, const struct grub_words *w)
{
	size_t at = 2 * f->n + 1;
	struct bytes name, value;
	bool good = true;

	if (grub_script_has_function(&f->script, w->list[0]))
		return true;
	switch (grub_effect_of(w, &name, &value)) {
	case GRUB_EFFECT_NONE:
		break;
	case GRUB_EFFECT_SET:
		return grub_journal_put(&f->journal, at, name, value);
	case GRUB_EFFECT_SEARCH:
		good = grub_journal_put(&f->journal, at, bytes_of_text("root"),
		    BYTES_NONE);
		for (size_t i = 1; i < w->n && good; i++) {
			name = grub_search_name(w->list[i]);
			good = name.p == NULL ||
			    grub_journal_put(&f->journal, at, name, BYTES_NONE);
		}
		break;
	case GRUB_EFFECT_UNKNOWN:
		return grub_journal_put(&f->journal, at, BYTES_NONE,
		    BYTES_NONE);
	}
	return good;
}

static bool
is_linux(struct bytes name)
{
	return bytes_equal_text(name, "linux") ||
	    bytes_equal_text(name, "linuxefi");
}

/* Behind linux GRUB measures the command line. */
static void
take_cmdline(struct grub_follow *f, const struct grub_words *w)
{
	size_t skip = w->list[0].len + 1;
	struct bytes text;

	if (!is_linux(w->list[0]) || skip > w->text.len ||
	    f->first + f->n == f->n_events)
		return;
	text = bytes_of(w->text.p + skip, w->text.len - skip);
	if (!is_text_of(text, &f->events[f->first + f->n]))
		return;
	f->steps[f->n++] =
	    (struct grub_step){ .text = text, .held = -1, .cmdline = true };
}

static int
no_fit(struct grub_follow *f, const struct grub_command *c)
{
	char shown[GRUB_SHOWN_SIZE];

	if (f->n < f->furthest)
		return NO_FIT;
	f->furthest = f->n;
	if (c == NULL)
		return diag_fail(&f->furthest_why, NO_FIT,
		    "grub.cfg: the boot did not start the menu's default "
		    "entry");
	grub_show(c->source, shown);
	return diag_fail(&f->furthest_why, NO_FIT,
	    "grub.cfg: the boot did not execute the old line: %s", shown);
}

static int
follow_command(void *ctx, const struct grub_command *c, struct bytes given,
    struct grub_words *ret, bool *ret_end, struct diag *d)
{
	struct grub_follow *f = ctx;
	const struct grub_event *e = &f->events[f->first + f->n];
	struct grub_step *step = &f->steps[f->n];

	if (f->fuel-- == 0)
		return diag_fail(d, ERR_LIMIT, "grub.cfg: too much to follow");
	if (f->first + f->n == f->n_events)
		return no_fit(f, c);
	f->values.n = 0;
	if (c == NULL ? !grub_setparams(&f->memory, given, ret) ||
		    !is_text_of(ret->text, e)
		      : !fit(f, c, e, ret))
		return no_fit(f, c);
	*step = (struct grub_step){ .text = ret->text, .held = -1 };
	if (c != NULL) {
		step->source = c->source;
		step->held = grub_words_hold(ret, grub_command_words(c));
		if (!note_values(f, c))
			return diag_fail(d, ERR_LIMIT, "grub.cfg: variables");
	}
	if (!note_effects(f, ret))
		return diag_fail(d, ERR_LIMIT, "grub.cfg: variables");
	f->n++;
	take_cmdline(f, ret);
	*ret_end = bytes_equal_text(ret->text, "boot") &&
	    f->first + f->n == f->n_events;
	return ERR_OK;
}

/* What is not known is tried both ways. */
static int
follow_condition(void *ctx, bool *ret, struct diag *d)
{
	struct grub_follow *f = ctx;
	struct grub_step *last;

	if (f->n == 0)
		return diag_fail(d, ERR_REFUSED,
		    "grub.cfg: a condition without a command");
	last = &f->steps[f->n - 1];
	if (last->held < 0) {
		if (f->n_made == f->n_choices) {
			if (f->n_choices == GRUB_CHOICES_MAX)
				return diag_fail(d, ERR_LIMIT,
				    "grub.cfg: over %d conditions",
				    GRUB_CHOICES_MAX);
			f->choices[f->n_choices++] = true;
		}
		last->held = f->choices[f->n_made++];
	}
	*ret = last->held > 0;
	return ERR_OK;
}

static void
follow_enter(void *ctx, bool menu)
{
	(void)ctx;
	(void)menu;
}

static void
follow_leave(void *ctx)
{
	(void)ctx;
}

static int
follow_default(void *ctx, struct bytes *ret, struct diag *d)
{
	struct grub_follow *f = ctx;

	return grub_default_entry(&f->journal, ret, d);
}

/* With the choices made so far, and all that are new taken. */
static int
follow_once(struct grub_follow *f, struct bytes cfg, struct diag *d)
{
	static const struct grub_script_ops ops = { follow_command,
		follow_condition, follow_enter, follow_leave, follow_default };
	int e;

	f->memory = (struct grub_memory){ f->bytes, sizeof(f->bytes), 0 };
	f->n = 0;
	f->n_made = 0;
	f->journal.n = 0;
	f->script.ops = &ops;
	f->script.ctx = f;
	f->script.cfg = cfg;
	f->script.memory = &f->memory;
	if ((e = grub_script_run(&f->script, d)) < 0)
		return e;
	if (f->n == 0 || f->first + f->n != f->n_events)
		return NO_FIT;
	return ERR_OK;
}

/* The last choice the other way; false: all were tried. */
static bool
next_choices(struct grub_follow *f)
{
	while (f->n_choices > 0 && !f->choices[f->n_choices - 1])
		f->n_choices--;
	if (f->n_choices == 0)
		return false;
	f->choices[f->n_choices - 1] = false;
	return true;
}

static bool
same_outcome(const struct grub_outcome *a, const struct grub_outcome *b)
{
	if (a->first != b->first || a->n != b->n ||
	    !bytes_equal(bytes_of(a->cmdline, a->cmdline_len),
		bytes_of(b->cmdline, b->cmdline_len)))
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!bytes_equal(BYTES_OF_ARRAY(a->events[i].digest),
			BYTES_OF_ARRAY(b->events[i].digest)))
			return false;
	return true;
}

/* All ways in which the old file fits from this event on. */
static int
follow_from(struct grub_follow *f, struct bytes old_cfg, struct bytes new_cfg,
    bool *found, struct diag *d)
{
	int e;

	f->n_choices = 0;
	do {
		e = follow_once(f, old_cfg, d);
		if (e == NO_FIT)
			continue;
		if (e < 0) {
			/* What cannot be followed may be no way at all. */
			if (e == ERR_REFUSED && f->n > f->furthest) {
				f->furthest = f->n;
				f->furthest_why = *d;
			}
			if (e != ERR_REFUSED)
				return e;
			continue;
		}
		if ((e = grub_foresee(f, new_cfg, d)) < 0)
			return e;
		if (*found && !same_outcome(&f->outcome, &f->next))
			return diag_fail(d, ERR_REFUSED,
			    "grub.cfg: the boot fits the old file in two ways");
		f->outcome = f->next;
		*found = true;
	} while (next_choices(f));
	return ERR_OK;
}

int
grub_follow(struct grub_follow *f, struct bytes old_cfg, struct bytes new_cfg,
    struct diag *d)
{
	struct diag why = { 0 };
	bool found = false;
	int e;

	f->fuel = 200000;
	f->furthest = 0;
	(void)diag_fail(&f->furthest_why, ERR_REFUSED,
	    "grub.cfg: the boot did not execute the old file");
	for (f->first = 0; f->first < f->n_events; f->first++)
		if ((e = follow_from(f, old_cfg, new_cfg, &found, &why)) < 0)
			return diag_fail(d, e, "%s", why.text);
	if (!found)
		return diag_fail(d, ERR_REFUSED, "%s", f->furthest_why.text);
	return ERR_OK;
}
