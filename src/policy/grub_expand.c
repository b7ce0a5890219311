/* SPDX-License-Identifier: Apache-2.0 */
/* What GRUB makes of a command, and which values made this text of it. */
#include <string.h>

#include "policy/grub_command.h"

static bool
has_blank(struct bytes text)
{
	return memchr(text.p, ' ', text.len) != NULL ||
	    memchr(text.p, '\t', text.len) != NULL ||
	    memchr(text.p, '\n', text.len) != NULL;
}

static bool
remember(struct grub_memory *m, struct bytes text)
{
	if (text.len > m->size - m->used)
		return false;
	if (text.len > 0)
		memcpy(m->p + m->used, text.p, text.len);
	m->used += text.len;
	return true;
}

static bool
ends(const struct grub_command *c, size_t i)
{
	return i + 1 == c->n || c->parts[i + 1].first;
}

/* One word from part i on; an unquoted one without characters is none. */
static int
expand_word(const struct grub_command *c, size_t *i, grub_value_fn value,
    void *ctx, struct grub_memory *m, struct grub_words *w,
    struct bytes *ret_missing)
{
	size_t before = m->used, from;
	bool exists = false;

	if (w->n > 0 && !remember(m, bytes_of_text(" ")))
		return ERR_LIMIT;
	from = m->used;
	for (;; (*i)++) {
		const struct grub_part *part = &c->parts[*i];
		struct bytes text = part->text;

		if (part->variable &&
		    (!value(ctx, part->text, &text) ||
			(!part->quoted && text.len > 0 && has_blank(text)))) {
			*ret_missing = part->text;
			return ERR_NOT_FOUND;
		}
		if (!remember(m, text))
			return ERR_LIMIT;
		exists = exists || part->quoted || text.len > 0;
		if (ends(c, *i))
			break;
	}
	(*i)++;
	if (!exists) {
		m->used = before;
		return ERR_OK;
	}
	if (w->n == GRUB_WORDS_MAX)
		return ERR_LIMIT;
	w->list[w->n++] = bytes_of(m->p + from, m->used - from);
	return ERR_OK;
}

int
grub_command_expand(const struct grub_command *c, grub_value_fn value,
    void *ctx, struct grub_memory *m, struct grub_words *ret,
    struct bytes *ret_missing)
{
	size_t from = m->used;
	int e;

	ret->n = 0;
	for (size_t i = 0; i < c->n;)
		if ((e = expand_word(c, &i, value, ctx, m, ret, ret_missing)) <
		    0) {
			m->used = from;
			return e;
		}
	ret->text = bytes_of(m->p + from, m->used - from);
	return ERR_OK;
}

struct match {
	const struct grub_command *c;
	grub_value_fn value;
	void *ctx;
	unsigned fuel; /* bounds all of it */
	unsigned found;
	struct grub_values now;
	struct grub_values first;
};

static bool
known_value(struct match *m, struct bytes name, struct bytes *ret)
{
	for (size_t i = 0; i < m->now.n; i++)
		if (bytes_equal(m->now.names[i], name)) {
			*ret = m->now.values[i];
			return true;
		}
	return m->value(m->ctx, name, ret);
}

static void match_from(struct match *m, size_t i, struct bytes text);

static void
match_text(struct match *m, size_t i, struct bytes want, struct bytes text)
{
	if (text.len >= want.len &&
	    bytes_equal(bytes_of(text.p, want.len), want))
		match_from(m, i + 1,
		    bytes_of(text.p + want.len, text.len - want.len));
}

/* Every length of a value that is not known. */
static void
match_free(struct match *m, size_t i, size_t shortest, struct bytes text)
{
	const struct grub_part *part = &m->c->parts[i];
	size_t at = m->now.n;

	if (at == GRUB_VALUES_MAX)
		return;
	m->now.n++;
	m->now.names[at] = part->text;
	for (size_t len = shortest; len <= text.len && len <= GRUB_VALUE_MAX;
	     len++) {
		if (len > 0 && !part->quoted && text.p[len - 1] == ' ')
			break;
		m->now.values[at] = bytes_of(text.p, len);
		match_from(m, i + 1, bytes_of(text.p + len, text.len - len));
	}
	m->now.n--;
}

/* A word of one variable that is empty is no word. */
static void
match_no_word(struct match *m, size_t i, struct bytes text)
{
	struct bytes value;

	if (known_value(m, m->c->parts[i].text, &value)) {
		if (value.len == 0)
			match_from(m, i + 1, text);
	} else if (m->now.n < GRUB_VALUES_MAX) {
		m->now.names[m->now.n] = m->c->parts[i].text;
		m->now.values[m->now.n++] = bytes_of(text.p, 0);
		match_from(m, i + 1, text);
		m->now.n--;
	}
}

/* Parts from i on against the rest of the text. */
static void
match_from(struct match *m, size_t i, struct bytes text)
{
	const struct grub_part *part = &m->c->parts[i];
	struct bytes value;
	bool alone;

	if (m->fuel == 0 || m->found == 2)
		return;
	m->fuel--;
	if (i == m->c->n) {
		if (text.len == 0 && m->found++ == 0)
			m->first = m->now;
		return;
	}
	alone = part->variable && !part->quoted && part->first && ends(m->c, i);
	if (alone)
		match_no_word(m, i, text);
	if (part->first && i > 0) {
		if (text.len == 0 || text.p[0] != ' ')
			return;
		text = bytes_of(text.p + 1, text.len - 1);
	}
	if (!part->variable)
		match_text(m, i, part->text, text);
	else if (!known_value(m, part->text, &value))
		match_free(m, i, alone, text);
	else if (!alone || value.len > 0)
		match_text(m, i, value, text);
}

unsigned
grub_command_match(const struct grub_command *c, grub_value_fn value, void *ctx,
    struct bytes text, struct grub_values *ret)
{
	struct match m = { .c = c, .value = value, .ctx = ctx, .fuel = 20000 };

	match_from(&m, 0, text);
	/* A search that was cut has not shown that there is no other. */
	if (m.found == 1 && m.fuel == 0)
		m.found = 2;
	if (m.found == 1)
		*ret = m.first;
	return m.found;
}

static bool
is_word(const struct grub_words *w, size_t i, const char *text)
{
	return bytes_equal_text(w->list[i], text);
}

/* The words between the brackets, without what GRUB would read as more. */
static int
hold_strings(const struct grub_words *w, size_t from, size_t n)
{
	if (n == 1)
		return w->list[from].len > 0;
	if (n == 2 && is_word(w, from, "-n"))
		return w->list[from + 1].len > 0;
	if (n == 2 && is_word(w, from, "-z"))
		return w->list[from + 1].len == 0;
	if (n == 3 && (is_word(w, from + 1, "=") || is_word(w, from + 1, "==")))
		return bytes_equal(w->list[from], w->list[from + 2]);
	if (n == 3 && is_word(w, from + 1, "!="))
		return !bytes_equal(w->list[from], w->list[from + 2]);
	return -1;
}

int
grub_words_hold(const struct grub_words *w, size_t n_source)
{
	size_t n = w->n, from = 1, not = 0;
	int held;

	if (n == 0 || n != n_source)
		return -1;
	if (n == 1 && is_word(w, 0, "true"))
		return 1;
	if (n == 1 && is_word(w, 0, "false"))
		return 0;
	if (is_word(w, 0, "[") && is_word(w, n - 1, "]"))
		n--;
	else if (!is_word(w, 0, "test"))
		return -1;
	if (n > 2 && is_word(w, from, "!")) {
		not = 1;
		from++;
	}
	held = n > from ? hold_strings(w, from, n - from) : -1;
	return held < 0 ? -1 : held != (int)not ;
}
