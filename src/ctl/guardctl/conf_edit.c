/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/guardctl/conf_edit.h"

#include <string.h>

#include "base/text.h"

struct editing {
	const struct conf_edit *list;
	size_t n;
	bool written[CONF_EDITS_MAX];
	bool elsewhere[CONF_EDITS_MAX]; /* the key stands in the old text */
	struct buf *out;
};

static struct bytes
trim(struct bytes b)
{
	while (b.len > 0 && strchr(" \t\r", b.p[b.len - 1]) != NULL)
		b.len--;
	while (b.len > 0 && strchr(" \t\r", b.p[0]) != NULL) {
		b.p++;
		b.len--;
	}
	return b;
}

/* "[name]", as libinih reads it. */
static bool
is_section(struct bytes line, struct bytes *ret)
{
	size_t n = 1;

	line = trim(line);
	if (line.len == 0 || line.p[0] != '[')
		return false;
	while (n < line.len && line.p[n] != ']')
		n++;
	*ret = bytes_of(line.p + 1, n - 1);
	return true;
}

/* The name before '=' or ':'; empty for comments and anything else. */
static struct bytes
key_of(struct bytes line)
{
	size_t n = 0;

	line = trim(line);
	if (line.len == 0 || line.p[0] == ';' || line.p[0] == '#')
		return BYTES_NONE;
	while (n < line.len && line.p[n] != '=' && line.p[n] != ':')
		n++;
	return n == line.len ? BYTES_NONE : trim(bytes_of(line.p, n));
}

/* The edit for this line, or n. */
static size_t
edit_of(const struct editing *e, struct bytes section, struct bytes key)
{
	for (size_t i = 0; i < e->n; i++)
		if (bytes_equal_text(section, e->list[i].section) &&
		    bytes_equal_text(key, e->list[i].key))
			return i;
	return e->n;
}

static void
find_keys(struct editing *e, struct bytes text)
{
	struct bytes line, section = BYTES_NONE;

	while (text_next_line(&text, &line)) {
		size_t i;

		if (is_section(line, &section))
			continue;
		i = edit_of(e, section, key_of(line));
		if (i < e->n)
			e->elsewhere[i] = true;
	}
}

static void
put(struct editing *e, size_t i)
{
	(void)buf_printf(e->out, "%s = %s\n", e->list[i].key, e->list[i].value);
	e->written[i] = true;
}

/* What is new in this section goes to its end, before the empty lines. */
static void
end_section(struct editing *e, struct bytes section, size_t empty)
{
	for (size_t i = 0; i < e->n; i++)
		if (!e->written[i] && !e->elsewhere[i] &&
		    bytes_equal_text(section, e->list[i].section))
			put(e, i);
	while (empty-- > 0)
		(void)buf_put_u8(e->out, '\n');
}

static void
put_new_sections(struct editing *e)
{
	for (size_t i = 0; i < e->n; i++) {
		if (e->written[i])
			continue;
		(void)buf_printf(e->out, "%s[%s]\n",
		    e->out->len != 0 ? "\n" : "", e->list[i].section);
		for (size_t k = i; k < e->n; k++)
			if (strcmp(e->list[k].section, e->list[i].section) == 0)
				put(e, k);
	}
}

int
conf_edit(struct bytes old, const struct conf_edit *edits, size_t n,
    struct buf *ret, struct diag *d)
{
	struct editing e = { .list = edits, .n = n, .out = ret };
	struct bytes line, section = BYTES_NONE, rest = old;
	size_t empty = 0, i;

	BUG_ON(n > CONF_EDITS_MAX);
	find_keys(&e, old);
	while (text_next_line(&rest, &line)) {
		struct bytes next = section;

		if (trim(line).len == 0) {
			empty++;
			continue;
		}
		if (is_section(line, &next)) {
			end_section(&e, section, empty);
			section = next;
			empty = 0;
		}
		while (empty > 0) {
			(void)buf_put_u8(ret, '\n');
			empty--;
		}
		i = edit_of(&e, section, key_of(line));
		if (i < n)
			put(&e, i);
		else if (buf_put(ret, line))
			(void)buf_put_u8(ret, '\n');
	}
	end_section(&e, section, empty);
	put_new_sections(&e);
	return buf_check(ret, "configuration", d);
}
