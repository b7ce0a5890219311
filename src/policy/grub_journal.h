/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is known of a GRUB script's variables at each of its commands: values
 * that a command's measured text gave away, and those that a command set.
 */
#ifndef POLICY_GRUB_JOURNAL_H
#define POLICY_GRUB_JOURNAL_H

#include "policy/grub_command.h"

#define GRUB_NOTES_MAX 4096

/* name.p NULL: all may be others from here on; value.p NULL: it is not known. */
struct grub_note {
	size_t at;
	struct bytes name;
	struct bytes value;
};

struct grub_journal {
	size_t n;
	struct grub_note notes[GRUB_NOTES_MAX];
};

enum grub_effect {
	GRUB_EFFECT_NONE,    /* on variables */
	GRUB_EFFECT_SET,     /* of the one variable that is named */
	GRUB_EFFECT_SEARCH,  /* on those that it names, to what is not known */
	GRUB_EFFECT_UNKNOWN, /* on any */
};

/* Not "$?" and what a function was called with. */
bool grub_name_lasts(struct bytes name);
/* False: too many. */
MUST_CHECK bool grub_journal_put(struct grub_journal *j, size_t at,
    struct bytes name, struct bytes value);
/* The last one; certain: only if nothing may have changed it since. */
bool grub_journal_find(const struct grub_journal *j, size_t at, bool certain,
    struct bytes name, struct bytes *ret);

/* $default at the end; where nothing can have set it, the first entry. */
MUST_CHECK int grub_default_entry(const struct grub_journal *j,
    struct bytes *ret, struct diag *d);

/* For GRUB_EFFECT_SET also the variable and its value. */
enum grub_effect grub_effect_of(const struct grub_words *w, struct bytes *name,
    struct bytes *value);
/* Which variable this word of a search may name; p NULL: none. */
struct bytes grub_search_name(struct bytes word);
/* Whether another text of it changes nothing but what is followed here. */
bool grub_may_change(const struct grub_words *w);

#endif
