/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/grub_command.h"

#include <string.h>

#include "base/text.h"

static int
peek(const struct reader *r)
{
	struct reader t = *r;
	uint8_t c;

	return reader_u8(&t, &c) ? c : -1;
}

static bool
is_one_of(int c, const char *set)
{
	return c > 0 && strchr(set, c) != NULL;
}

static bool
is_name(int c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '_';
}

/* What GRUB's lexer ends a word at. */
static bool
ends_word(int c)
{
	return c < 0 || is_one_of(c, " \t\n;{}");
}

static bool
skip(struct reader *r, size_t n)
{
	return reader_skip(r, n);
}

static bool
put_part(struct grub_command *c, const struct grub_part *part)
{
	struct grub_part *last = c->n > 0 ? &c->parts[c->n - 1] : NULL;

	/* Characters that follow each other are one part. */
	if (last != NULL && !part->first && !part->variable &&
	    !last->variable && last->quoted == part->quoted &&
	    last->text.p + last->text.len == part->text.p) {
		last->text.len += part->text.len;
		return true;
	}
	if (c->n == GRUB_PARTS_MAX)
		return false;
	c->parts[c->n++] = *part;
	return true;
}

/* n characters as they are. */
static bool
put_literal(struct grub_command *c, struct reader *r, size_t n, bool quoted,
    bool *first)
{
	struct grub_part part = { .quoted = quoted, .first = *first };

	*first = false;
	return reader_take(r, n, &part.text) && put_part(c, &part);
}

/* "$name", "${name}", "$?", "$1", "$@", "$#", "$*". */
static bool
put_variable(struct grub_command *c, struct reader *r, bool quoted, bool *first)
{
	struct grub_part part = { .variable = true,
		.quoted = quoted,
		.first = *first };
	struct reader t = *r;
	bool braces;
	size_t n = 0;

	if (!skip(&t, 1))
		return false;
	braces = peek(&t) == '{';
	if (braces && !skip(&t, 1))
		return false;
	while (n < reader_left(&t) && is_name(t.in.p[t.off + n]))
		n++;
	if (n == 0 && is_one_of(peek(&t), "?@#*"))
		n = 1;
	*first = false;
	if (n == 0 || !reader_take(&t, n, &part.text) ||
	    (braces && (peek(&t) != '}' || !skip(&t, 1))))
		return false;
	*r = t;
	return put_part(c, &part);
}

static bool
read_single(struct grub_command *c, struct reader *r, bool *first)
{
	size_t n = 0;

	if (!skip(r, 1))
		return false;
	while (n < reader_left(r) && r->in.p[r->off + n] != '\'')
		n++;
	return put_literal(c, r, n, true, first) && skip(r, 1);
}

/* A backslash is one but before what would have a meaning. */
static bool
read_double(struct grub_command *c, struct reader *r, bool *first)
{
	struct reader next;

	if (!skip(r, 1) || !put_literal(c, r, 0, true, first))
		return false;
	while (peek(r) != '"') {
		next = *r;
		if (!skip(&next, 1))
			return false;
		if (peek(r) == '$') {
			if (!put_variable(c, r, true, first))
				return false;
			continue;
		}
		if (peek(r) == '\\' && peek(&next) == '\n') {
			if (!skip(r, 2))
				return false;
			continue;
		}
		if (peek(r) == '\\' && is_one_of(peek(&next), "$\"\\"))
			*r = next;
		if (!put_literal(c, r, 1, true, first))
			return false;
	}
	return skip(r, 1);
}

static bool
read_escape(struct grub_command *c, struct reader *r, bool *first)
{
	if (!skip(r, 1))
		return false;
	if (peek(r) == '\n')
		return skip(r, 1);
	return put_literal(c, r, 1, true, first);
}

static bool
read_word(struct grub_command *c, struct reader *r)
{
	bool first = true, good = true;

	while (good && !ends_word(peek(r))) {
		int ch = peek(r);

		if (ch == '\'')
			good = read_single(c, r, &first);
		else if (ch == '"')
			good = read_double(c, r, &first);
		else if (ch == '$')
			good = put_variable(c, r, false, &first);
		else if (ch == '\\')
			good = read_escape(c, r, &first);
		else
			good = ch >= 0x20 && !is_one_of(ch, "|&<>*?`") &&
			    put_literal(c, r, 1, false, &first);
	}
	/* "a{": GRUB would have two words of it. */
	return good && (first || !is_one_of(peek(r), "{}"));
}

static bool
skip_comment(struct reader *r)
{
	while (peek(r) >= 0 && peek(r) != '\n')
		if (!skip(r, 1))
			return false;
	return true;
}

static bool
skip_quoted(struct reader *r, int quote)
{
	if (!skip(r, 1))
		return false;
	while (peek(r) != quote)
		if (!skip(r, quote == '"' && peek(r) == '\\' ? 2 : 1))
			return false;
	return skip(r, 1);
}

/* From the brace that opens a block to the one that closes it. */
static bool
skip_block(struct reader *r, struct bytes *ret)
{
	size_t from = r->off + 1, depth = 0;
	bool start = true, good = true;

	do {
		int ch = peek(r);
		bool blank = is_one_of(ch, " \t\n;{}");

		if (ch == '\'' || ch == '"')
			good = skip_quoted(r, ch);
		else if (ch == '#' && start)
			good = skip_comment(r);
		else if (ch == '$' && reader_left(r) > 1 &&
		    r->in.p[r->off + 1] == '{') {
			while (good && peek(r) != '}')
				good = skip(r, 1);
			good = good && skip(r, 1);
		} else {
			depth += ch == '{';
			depth -= ch == '}';
			good = skip(r, ch == '\\' ? 2 : 1);
		}
		start = blank;
	} while (good && depth > 0);
	if (!good)
		return false;
	*ret = bytes_of(r->in.p + from, r->off - 1 - from);
	return true;
}

static bool
read_block(struct grub_command *c, struct reader *r)
{
	struct grub_part part = { .quoted = true, .first = true };

	if (!skip_block(r, &c->block))
		return false;
	part.text = bytes_of(c->block.p - 1, c->block.len + 2);
	return put_part(c, &part);
}

/* Blanks, joined lines and a comment behind the last word. */
static bool
skip_blanks(struct reader *r)
{
	for (;;) {
		if (is_one_of(peek(r), " \t")) {
			if (!skip(r, 1))
				return false;
		} else if (reader_left(r) > 1 && peek(r) == '\\' &&
		    r->in.p[r->off + 1] == '\n') {
			if (!skip(r, 2))
				return false;
		} else if (peek(r) == '#') {
			return skip_comment(r);
		} else {
			return true;
		}
	}
}

int
grub_command_read(struct reader *r, struct grub_command *ret, struct diag *d)
{
	struct reader t = *r;
	size_t to = t.off;
	bool good = true;

	ret->n = 0;
	ret->block = BYTES_NONE;
	while (good && skip_blanks(&t) && peek(&t) >= 0 &&
	    !is_one_of(peek(&t), "\n;}")) {
		if (ret->block.p != NULL)
			good = false;
		else if (peek(&t) == '{')
			good = ret->n > 0 && read_block(ret, &t);
		else
			good = read_word(ret, &t);
		to = t.off;
	}
	if (!good || ret->n == 0)
		return diag_fail(d, ERR_UNSUPPORTED, "no simple command");
	ret->source = bytes_of(t.in.p + r->off, to - r->off);
	if (is_one_of(peek(&t), "\n;") && !skip(&t, 1))
		return diag_fail(d, ERR_UNSUPPORTED, "no simple command");
	*r = t;
	return ERR_OK;
}

size_t
grub_command_words(const struct grub_command *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n; i++)
		n += c->parts[i].first;
	return n;
}

void
grub_show(struct bytes text, char ret[static GRUB_SHOWN_SIZE])
{
	text_escape(text, ret, GRUB_SHOWN_SIZE);
}
