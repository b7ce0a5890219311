/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/grub_journal.h"

#include <string.h>

bool
grub_name_lasts(struct bytes name)
{
	return name.len > 0 &&
	    ((name.p[0] >= 'a' && name.p[0] <= 'z') ||
		(name.p[0] >= 'A' && name.p[0] <= 'Z') || name.p[0] == '_');
}

bool
grub_journal_put(struct grub_journal *j, size_t at, struct bytes name,
    struct bytes value)
{
	if (j->n == GRUB_NOTES_MAX)
		return false;
	j->notes[j->n++] = (struct grub_note){ at, name, value };
	return true;
}

bool
grub_journal_find(const struct grub_journal *j, size_t at, bool certain,
    struct bytes name, struct bytes *ret)
{
	for (size_t i = j->n; i > 0; i--) {
		const struct grub_note *n = &j->notes[i - 1];

		if (n->at > at)
			continue;
		if (n->name.p == NULL) {
			if (certain)
				return false;
			continue;
		}
		if (!bytes_equal(n->name, name))
			continue;
		*ret = n->value;
		return n->value.p != NULL;
	}
	return false;
}

int
grub_default_entry(const struct grub_journal *j, struct bytes *ret,
    struct diag *d)
{
	struct bytes name = bytes_of_text("default");

	if (grub_journal_find(j, SIZE_MAX, true, name, ret))
		return ERR_OK;
	for (size_t i = 0; i < j->n; i++)
		if (j->notes[i].name.p == NULL ||
		    bytes_equal(j->notes[i].name, name))
			return diag_fail(d, ERR_REFUSED,
			    "grub.cfg: which entry is the default is not "
			    "known");
	*ret = bytes_of_text("0");
	return ERR_OK;
}

static bool
is_listed(struct bytes word, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (bytes_equal_text(word, list[i]))
			return true;
	return false;
}

/* "name=value". Some variables take a value and keep another. */
static bool
is_assignment(struct bytes word, struct bytes *name, struct bytes *value)
{
	static const char *const others[] = { "root", "prefix" };
	size_t n = 0;

	while (n < word.len && word.p[n] != '=')
		n++;
	if (n == word.len || !grub_name_lasts(bytes_of(word.p, n)))
		return false;
	*name = bytes_of(word.p, n);
	*value = bytes_of(word.p + n + 1, word.len - n - 1);
	if (is_listed(*name, others, ARRAY_LEN(others)))
		*value = BYTES_NONE;
	return true;
}

enum grub_effect
grub_effect_of(const struct grub_words *w, struct bytes *name,
    struct bytes *value)
{
	static const char *const harmless[] = { "[", "test", "true", "false",
		"echo", "export", "insmod", "loadfont", "terminal_output",
		"terminal_input", "menuentry", "submenu", "setparams", "linux",
		"linuxefi", "initrd", "initrdefi", "boot", "save_env", "sleep",
		"clear", "background_image", "background_color", "fwsetup",
		"serial", "play" };
	struct bytes first = w->list[0];

	if (bytes_equal_text(first, "set") && w->n == 2 &&
	    is_assignment(w->list[1], name, value))
		return GRUB_EFFECT_SET;
	if (w->n == 1 && is_assignment(first, name, value))
		return GRUB_EFFECT_SET;
	if (is_listed(first, harmless, ARRAY_LEN(harmless)))
		return GRUB_EFFECT_NONE;
	if (first.len >= 6 && bytes_equal_text(bytes_of(first.p, 6), "search"))
		return GRUB_EFFECT_SEARCH;
	return GRUB_EFFECT_UNKNOWN;
}

struct bytes
grub_search_name(struct bytes word)
{
	size_t len = strlen("--set=");

	if (word.len > len && bytes_equal_text(bytes_of(word.p, len), "--set="))
		return bytes_of(word.p + len, word.len - len);
	return grub_name_lasts(word) ? word : BYTES_NONE;
}

bool
grub_may_change(const struct grub_words *w)
{
	static const char *const list[] = { "[", "test", "echo", "menuentry",
		"submenu", "setparams", "linux", "linuxefi", "initrd",
		"initrdefi" };
	struct bytes name, value;

	/* One that keeps another value has other files under the same name. */
	if (grub_effect_of(w, &name, &value) == GRUB_EFFECT_SET)
		return value.p != NULL;
	return is_listed(w->list[0], list, ARRAY_LEN(list));
}
