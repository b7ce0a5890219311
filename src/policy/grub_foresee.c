/* SPDX-License-Identifier: Apache-2.0 */
/* The new grub.cfg beside the steps of the old one. */
#include <string.h>

#include "policy/grub_follow.h"

static struct grub_override *
override_of(struct grub_follow *f, struct bytes name)
{
	for (size_t i = 0; i < f->n_overrides; i++)
		if (bytes_equal(f->overrides[i].name, name))
			return &f->overrides[i];
	return NULL;
}

static bool
value_new(void *ctx, struct bytes name, struct bytes *ret)
{
	struct grub_follow *f = ctx;
	const struct grub_override *o = override_of(f, name);

	if (!grub_name_lasts(name))
		return false;
	if (o == NULL)
		return grub_journal_find(&f->journal, 2 * f->at, true, name,
		    ret);
	*ret = o->value;
	return o->value.p != NULL;
}

/* Whether a variable of it may have another value than it had. */
static bool
is_touched(struct grub_follow *f, const struct grub_command *c)
{
	for (size_t i = 0; i < c->n; i++) {
		struct bytes name = c->parts[i].text;

		if (!c->parts[i].variable)
			continue;
		if (bytes_equal_text(name, "?")) {
			if (f->last_changed)
				return true;
		} else if (!grub_name_lasts(name)) {
			if (f->frame_changed)
				return true;
		} else if (override_of(f, name) != NULL) {
			return true;
		}
	}
	return false;
}

static int
words_new(struct grub_follow *f, const struct grub_command *c,
    const struct grub_step *old, struct grub_words *ret, struct diag *d)
{
	struct bytes missing = BYTES_NONE;
	char shown[GRUB_SHOWN_SIZE];
	int e;

	e = grub_command_expand(c, value_new, f, &f->memory, ret, &missing);
	if (bytes_equal(c->source, old->source) && !is_touched(f, c)) {
		if (e < 0 || !bytes_equal(ret->text, old->text))
			grub_words_of_text(old->text, ret);
		return ERR_OK;
	}
	grub_show(c->source, shown);
	if (e == ERR_NOT_FOUND)
		return diag_fail(d, ERR_REFUSED,
		    "grub.cfg: the value of $%.*s is not known: %s",
		    (int)(missing.len < 40 ? missing.len : 40),
		    (const char *)missing.p, shown);
	if (e < 0)
		return diag_fail(d, ERR_LIMIT, "grub.cfg: too long");
	return ret->n > 0
	    ? ERR_OK
	    : diag_fail(d, ERR_REFUSED, "grub.cfg: an empty command");
}

static int
check_change(const struct grub_follow *f, const struct grub_step *old,
    const struct grub_words *w, struct diag *d)
{
	char shown[GRUB_SHOWN_SIZE], shown_old[GRUB_SHOWN_SIZE];
	struct bytes a, b, name, value;
	struct grub_words was;

	grub_words_of_text(old->text, &was);
	a = was.list[0];
	b = w->list[0];
	if (grub_effect_of(w, &name, &value) == GRUB_EFFECT_SET &&
	    grub_effect_of(&was, &name, &value) == GRUB_EFFECT_SET)
		b = a;
	grub_show(a, shown_old);
	grub_show(w->text, shown);
	if (!bytes_equal(a, b))
		return diag_fail(d, ERR_REFUSED,
		    "grub.cfg: another command than %s: %s", shown_old, shown);
	if (!grub_script_has_function(&f->script, w->list[0]) &&
	    !grub_may_change(w))
		return diag_fail(d, ERR_REFUSED,
		    "grub.cfg: what this does now is not known: %s", shown);
	return ERR_OK;
}

static bool
put_override(struct grub_follow *f, struct bytes name, struct bytes value)
{
	struct grub_override *o = override_of(f, name);

	if (o == NULL) {
		if (f->n_overrides == GRUB_OVERRIDES_MAX)
			return false;
		o = &f->overrides[f->n_overrides++];
	}
	*o = (struct grub_override){ name, value };
	return true;
}

static void
drop_override(struct grub_follow *f, struct bytes name)
{
	struct grub_override *o = override_of(f, name);

	if (o != NULL)
		*o = f->overrides[--f->n_overrides];
}

static void
forget_overrides(struct grub_follow *f)
{
	for (size_t i = 0; i < f->n_overrides; i++)
		f->overrides[i].value = BYTES_NONE;
}

/*
 * Where both set one variable and not to the same, or each another one, the
 * variables are no longer what they were.
 */
static bool
note_change(struct grub_follow *f, const struct grub_step *old,
    const struct grub_words *w, bool changed)
{
	struct bytes name, value, old_name, old_value;
	struct grub_words was;

	if (grub_script_has_function(&f->script, w->list[0]))
		return true;
	switch (grub_effect_of(w, &name, &value)) {
	case GRUB_EFFECT_NONE:
		return true;
	case GRUB_EFFECT_SEARCH:
	case GRUB_EFFECT_UNKNOWN:
		forget_overrides(f);
		return true;
	case GRUB_EFFECT_SET:
		break;
	}
	if (!changed) {
		drop_override(f, name);
		return true;
	}
	grub_words_of_text(old->text, &was);
	if (bytes_equal_text(was.list[0], "set") && old->text.len > 4) {
		was.list[1] = bytes_of(old->text.p + 4, old->text.len - 4);
		was.n = 2;
	}
	if (grub_effect_of(&was, &old_name, &old_value) != GRUB_EFFECT_SET ||
	    old_value.p == NULL)
		return false;
	if (!bytes_equal(name, old_name) &&
	    !put_override(f, old_name, BYTES_NONE))
		return false;
	return put_override(f, name, value);
}

static int
put_event(struct grub_follow *f, struct bytes text, bool changed,
    struct diag *d)
{
	struct grub_event *e = &f->next.events[f->at];
	char shown[GRUB_SHOWN_SIZE];

	grub_show(text, shown);
	if (f->at == f->n)
		return diag_fail(d, ERR_REFUSED,
		    "grub.cfg: makes GRUB execute more commands than before: "
		    "%s",
		    shown);
	sha256(text, e->digest);
	e->text = changed ? text : BYTES_NONE;
	f->at++;
	return ERR_OK;
}

/* Behind linux where there was one behind the old one. */
static int
put_cmdline(struct grub_follow *f, const struct grub_words *w, bool changed,
    struct diag *d)
{
	size_t skip = w->list[0].len + 1;
	struct bytes text;

	if (f->at == f->n || !f->steps[f->at].cmdline)
		return ERR_OK;
	if (skip > w->text.len || w->text.len - skip > GRUB_CMDLINE_MAX)
		return diag_fail(d, ERR_REFUSED,
		    "grub.cfg: linux without a kernel, or with over %d "
		    "characters",
		    GRUB_CMDLINE_MAX);
	text = bytes_of(w->text.p + skip, w->text.len - skip);
	if (changed) {
		memcpy(f->next.cmdline, text.p, text.len);
		f->next.cmdline_len = text.len;
	}
	return put_event(f, text, changed, d);
}

static int
new_command(void *ctx, const struct grub_command *c, struct bytes given,
    struct grub_words *ret, bool *ret_end, struct diag *d)
{
	struct grub_follow *f = ctx;
	struct grub_step none = { .held = -1 };
	struct grub_step *old = f->at < f->n ? &f->steps[f->at] : &none;
	bool changed;
	int e;

	if (c != NULL && (e = words_new(f, c, old, ret, d)) < 0)
		return e;
	if (c == NULL && !grub_setparams(&f->memory, given, ret))
		return diag_fail(d, ERR_LIMIT, "grub.cfg: too long");
	changed = !bytes_equal(ret->text, old->text);
	if ((e = put_event(f, ret->text, changed, d)) < 0 ||
	    (changed && (e = check_change(f, old, ret, d)) < 0) ||
	    (e = put_cmdline(f, ret, changed, d)) < 0)
		return e;
	if (!note_change(f, old, ret, changed))
		return diag_fail(d, ERR_REFUSED,
		    "grub.cfg: what the variables are now is not known");
	/* The old one's result is of no use for another text. */
	if (changed)
		old->held = c != NULL
		    ? grub_words_hold(ret, grub_command_words(c))
		    : -1;
	f->last_changed = changed;
	*ret_end = bytes_equal_text(ret->text, "boot") && f->at == f->n;
	return ERR_OK;
}

static int
new_condition(void *ctx, bool *ret, struct diag *d)
{
	struct grub_follow *f = ctx;
	const struct grub_step *last = f->at > 0 ? &f->steps[f->at - 1] : NULL;

	if (last == NULL || last->held < 0)
		return diag_fail(d, ERR_REFUSED,
		    "grub.cfg: whether a condition holds is not known");
	*ret = last->held > 0;
	return ERR_OK;
}

static void
new_enter(void *ctx, bool menu)
{
	struct grub_follow *f = ctx;

	f->frames[f->depth++] = f->frame_changed;
	f->frame_changed = f->last_changed;
	/* In a submenu only exported variables are left. */
	if (menu)
		forget_overrides(f);
}

static void
new_leave(void *ctx)
{
	struct grub_follow *f = ctx;

	f->frame_changed = f->frames[--f->depth];
}

static int
new_default(void *ctx, struct bytes *ret, struct diag *d)
{
	struct grub_follow *f = ctx;
	const struct grub_override *o =
	    override_of(f, bytes_of_text("default"));

	if (o == NULL)
		return grub_default_entry(&f->journal, ret, d);
	if (o->value.p == NULL)
		return diag_fail(d, ERR_REFUSED,
		    "grub.cfg: which entry is the default is not known");
	*ret = o->value;
	return ERR_OK;
}

int
grub_foresee(struct grub_follow *f, struct bytes cfg, struct diag *d)
{
	static const struct grub_script_ops ops = { new_command, new_condition,
		new_enter, new_leave, new_default };
	int e;

	f->at = 0;
	f->n_overrides = 0;
	f->last_changed = false;
	f->frame_changed = false;
	f->depth = 0;
	f->next.first = f->first;
	f->next.cmdline_len = 0;
	f->script.ops = &ops;
	f->script.cfg = cfg;
	if ((e = grub_script_run(&f->script, d)) < 0)
		return e == ERR_NOT_FOUND ? ERR_REFUSED : e;
	if (f->at != f->n)
		return diag_fail(d, ERR_REFUSED,
		    "grub.cfg: makes GRUB execute %zu commands, not %zu as "
		    "before",
		    f->at, f->n);
	f->next.n = f->at;
	return ERR_OK;
}
