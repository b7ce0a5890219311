/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/grub_menu.h"

#include <string.h>

#include "base/text.h"

static bool
is(struct bytes word, const char *text)
{
	return bytes_equal_text(word, text);
}

/* Options of menuentry that have a value. */
static bool
has_value(struct bytes word)
{
	return is(word, "--class") || is(word, "--users") ||
	    is(word, "--hotkey") || is(word, "--id");
}

/* What "setparams" is executed with: the words that are no options. */
static bool
put_argument(struct grub_memory *m, struct grub_entry *e, struct bytes word)
{
	struct bytes parts[] = { bytes_of_text(" "), word };

	if (e->title.p == NULL)
		e->title = word;
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		if (parts[i].len > m->size - m->used)
			return false;
		memcpy(m->p + m->used, parts[i].p, parts[i].len);
		m->used += parts[i].len;
		e->arguments.len += parts[i].len;
	}
	return true;
}

bool
grub_menu_add(struct grub_script *s, const struct grub_command *c,
    const struct grub_words *w)
{
	struct grub_entry e = { .submenu = is(w->list[0], "submenu"),
		.body = c->block,
		.arguments = bytes_of(s->memory->p + s->memory->used, 0) };

	if (c->block.p == NULL || w->n < 3 || s->n_entries == GRUB_ENTRIES_MAX)
		return false;
	for (size_t i = 1; i + 1 < w->n; i++) {
		struct bytes word = w->list[i];

		if (has_value(word)) {
			if (++i + 1 == w->n)
				return false;
			if (is(word, "--id"))
				e.id = w->list[i];
		} else if (word.len > 0 && word.p[0] == '-') {
			if (!is(word, "--unrestricted"))
				return false;
		} else if (word.len == 0 ||
		    !put_argument(s->memory, &e, word)) {
			return false;
		}
	}
	if (e.title.p == NULL)
		return false;
	s->entries[s->n_entries++] = e;
	return true;
}

/* "1>2": what is before the first '>', and what behind it. */
static struct bytes
first_of(struct bytes name, struct bytes *ret_rest)
{
	for (size_t i = 0; i < name.len; i++)
		if (name.p[i] == '>') {
			*ret_rest = bytes_of(name.p + i + 1, name.len - i - 1);
			return bytes_of(name.p, i);
		}
	*ret_rest = BYTES_NONE;
	return name;
}

int
grub_menu_find(const struct grub_script *s, struct bytes name,
    struct grub_entry *ret, struct bytes *ret_rest, struct diag *d)
{
	struct bytes first = first_of(name, ret_rest);
	char shown[GRUB_SHOWN_SIZE];
	size_t i = 0;
	uint64_t nth;

	if (number_parse("entry", first, 0, GRUB_ENTRIES_MAX, &nth, NULL) ==
	    ERR_OK)
		i = (size_t)nth;
	else if (first.len == 0 || (first.p[0] >= '0' && first.p[0] <= '9'))
		i = s->n_entries;
	else
		while (i < s->n_entries &&
		    !bytes_equal(first, s->entries[i].title) &&
		    !bytes_equal(first, s->entries[i].id))
			i++;
	grub_show(first, shown);
	if (i >= s->n_entries)
		return diag_fail(d, ERR_REFUSED,
		    "grub.cfg: the menu has no entry that is the default: %s",
		    shown);
	if (s->entries[i].submenu != (ret_rest->len > 0))
		return diag_fail(d, ERR_REFUSED,
		    "grub.cfg: the default entry is a submenu, or is none and "
		    "has one named in it");
	*ret = s->entries[i];
	return ERR_OK;
}
