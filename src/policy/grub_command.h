/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One simple command of a GRUB script: words, quotes, variables and at most one
 * block, as GRUB takes them apart (GNU GRUB manual, "Writing full configuration
 * files directly"), and the text that GRUB measures of it: its words after
 * expansion with one blank between them.
 */
#ifndef POLICY_GRUB_COMMAND_H
#define POLICY_GRUB_COMMAND_H

#include "base/err.h"
#include "base/reader.h"

#define GRUB_PARTS_MAX  128
#define GRUB_WORDS_MAX  64
#define GRUB_VALUES_MAX 16
#define GRUB_VALUE_MAX  4096

/* Text as it is, or the variable of this name. */
struct grub_part {
	bool variable;
	bool quoted; /* an empty value is a word, too */
	bool first;  /* of its word */
	struct bytes text;
};

struct grub_command {
	struct bytes source; /* from its first to its last character */
	struct bytes block;  /* between the braces; p NULL: none */
	size_t n;
	struct grub_part parts[GRUB_PARTS_MAX];
};

/* Views into what was given as memory. */
struct grub_words {
	struct bytes text;
	size_t n;
	struct bytes list[GRUB_WORDS_MAX];
};

struct grub_values {
	size_t n;
	struct bytes names[GRUB_VALUES_MAX];
	struct bytes values[GRUB_VALUES_MAX];
};

/* Memory that does not move, the caller's. */
struct grub_memory {
	uint8_t *p;
	size_t size;
	size_t used;
};

/* The value that is known; false: none is. */
typedef bool (*grub_value_fn)(void *ctx, struct bytes name, struct bytes *ret);

/*
 * From its first word to its end; the line's end or ';' is taken as well, a
 * brace that closes a block around it is not. Views into r. ERR_UNSUPPORTED:
 * pipes, patterns, and all that is no simple command.
 */
MUST_CHECK int grub_command_read(struct reader *r, struct grub_command *ret,
    struct diag *d);
/*
 * ERR_NOT_FOUND: the value of *ret_missing is not known, or it would be more
 * than one word.
 */
MUST_CHECK int grub_command_expand(const struct grub_command *c,
    grub_value_fn value, void *ctx, struct grub_memory *m,
    struct grub_words *ret, struct bytes *ret_missing);
/*
 * In how many ways (2: two or more) values of the variables that have none make
 * this text of the command; the values of the only one.
 */
unsigned grub_command_match(const struct grub_command *c, grub_value_fn value,
    void *ctx, struct bytes text, struct grub_values *ret);
/* Of "[" and "test" on strings, true, false: 1, 0; -1: not known here. */
int grub_words_hold(const struct grub_words *w, size_t n_source);
/* The beginning, such that it can be shown. */
#define GRUB_SHOWN_SIZE 81
void grub_show(struct bytes text, char ret[static GRUB_SHOWN_SIZE]);
/* How many words it is written with. */
size_t grub_command_words(const struct grub_command *c);

#endif
