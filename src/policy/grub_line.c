/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/grub_line.h"

#include <string.h>

/* More than words and variables: several commands, escapes, blocks. */
static bool
is_special(uint8_t c)
{
	return c < 0x20 || c > 0x7e || strchr("\\;|&<>{}*`#", c) != NULL;
}

static bool
is_name(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '_';
}

static bool
put_part(struct grub_line *l, bool variable, struct bytes text)
{
	struct grub_part *last = l->n > 0 ? &l->parts[l->n - 1] : NULL;

	if (text.len == 0)
		return !variable;
	/* Which of two that touch has which characters, nobody can tell. */
	if (last != NULL && variable && last->variable)
		return false;
	/* Characters that follow each other are one part. */
	if (last != NULL && !variable && !last->variable &&
	    last->text.p + last->text.len == text.p) {
		last->text.len += text.len;
		return true;
	}
	if (l->n == GRUB_PARTS_MAX)
		return false;
	l->parts[l->n++] = (struct grub_part){ variable, text };
	return true;
}

/* GRUB puts one space between two words, however many there were. */
static bool
put_space(struct grub_line *l, const uint8_t *before)
{
	return put_part(l, false,
	    *before == ' ' ? bytes_of(before, 1) : bytes_of(" ", 1));
}

/* "$name" or "${name}" at the start; its length, or 0. */
static size_t
put_variable(struct grub_line *l, struct bytes in)
{
	bool braces = in.len > 1 && in.p[1] == '{';
	size_t from = braces ? 2 : 1, to = from;

	while (to < in.len && is_name(in.p[to]))
		to++;
	if (to == from || (braces && (to == in.len || in.p[to] != '}')) ||
	    !put_part(l, true, bytes_of(in.p + from, to - from)))
		return 0;
	return braces ? to + 1 : to;
}

int
grub_line_parse(struct bytes line, struct grub_line *ret, struct diag *d)
{
	struct grub_line l = { 0 };
	bool good = true, space = false;
	uint8_t quote = 0;
	size_t i = 0, n;

	while (i < line.len && good) {
		uint8_t c = line.p[i];

		n = 1;
		if (quote == 0 && (c == ' ' || c == '\t')) {
			space = true;
			i++;
			continue;
		}
		if (space && l.n > 0)
			good = put_space(&l, line.p + i - 1);
		space = false;
		if (quote == 0 && (c == '\'' || c == '"'))
			quote = c;
		else if (quote != 0 && c == quote)
			quote = 0;
		else if (c == '$' && quote != '\'')
			good = good &&
			    (n = put_variable(&l,
				 bytes_of(line.p + i, line.len - i))) != 0;
		else if (is_special(c))
			good = false;
		else
			good = good &&
			    put_part(&l, false, bytes_of(line.p + i, 1));
		i += n;
	}
	if (!good || quote != 0 || l.n == 0)
		return diag_fail(d, ERR_UNSUPPORTED,
		    "more than one simple command: %.*s",
		    (int)(line.len < 80 ? line.len : 80), (const char *)line.p);
	*ret = l;
	return ERR_OK;
}

static const struct bytes *
value_of(const struct grub_values *v, struct bytes name)
{
	for (size_t i = 0; i < v->n; i++)
		if (bytes_equal(v->names[i].text, name))
			return &v->values[i];
	return NULL;
}

static bool
starts_with(struct bytes text, struct bytes with)
{
	return text.len >= with.len &&
	    bytes_equal(bytes_of(text.p, with.len), with);
}

/*
 * Parts from i on against the rest of the text; tries every length of a value
 * that is not known yet. *fuel bounds all of it.
 */
static bool
match_from(const struct grub_line *l, size_t i, struct bytes text,
    struct grub_values *v, unsigned *fuel)
{
	const struct grub_part *part = &l->parts[i];
	const struct bytes *known;
	struct bytes want;

	if (*fuel == 0)
		return false;
	(*fuel)--;
	if (i == l->n)
		return text.len == 0;
	known = part->variable ? value_of(v, part->text) : &part->text;
	if (known != NULL) {
		want = *known;
		return starts_with(text, want) &&
		    match_from(l, i + 1,
			bytes_of(text.p + want.len, text.len - want.len), v,
			fuel);
	}
	if (v->n == GRUB_VALUES_MAX)
		return false;
	v->n++;
	for (size_t len = 1; len <= text.len && text.p[len - 1] != ' '; len++) {
		v->names[v->n - 1] = *part;
		v->values[v->n - 1] = bytes_of(text.p, len);
		if (match_from(l, i + 1, bytes_of(text.p + len, text.len - len),
			v, fuel))
			return true;
	}
	v->n--;
	return false;
}

bool
grub_line_match(const struct grub_line *line, struct bytes text,
    struct grub_values *ret)
{
	unsigned fuel = 100000;

	*ret = (struct grub_values){ 0 };
	return text.len <= GRUB_LINE_MAX &&
	    match_from(line, 0, text, ret, &fuel);
}

int
grub_line_expand(const struct grub_line *line, const struct grub_values *values,
    struct buf *ret, struct diag *d)
{
	buf_reset(ret);
	for (size_t i = 0; i < line->n; i++) {
		const struct grub_part *part = &line->parts[i];
		const struct bytes *value =
		    part->variable ? value_of(values, part->text) : &part->text;

		if (value == NULL)
			return diag_fail(d, ERR_REFUSED,
			    "grub.cfg: the value of $%.*s is not known",
			    (int)(part->text.len < 40 ? part->text.len : 40),
			    (const char *)part->text.p);
		(void)buf_put(ret, *value);
	}
	return buf_check(ret, "grub.cfg", d);
}
