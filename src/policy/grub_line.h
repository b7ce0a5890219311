/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One simple command of a grub.cfg: words, quotes and variables, as GRUB takes
 * them (GNU GRUB manual, "Writing full configuration files directly").
 */
#ifndef POLICY_GRUB_LINE_H
#define POLICY_GRUB_LINE_H

#include "base/buf.h"

#define GRUB_LINE_MAX   4096
#define GRUB_PARTS_MAX  64
#define GRUB_VALUES_MAX 8

/* Text as it is, or the variable of this name. */
struct grub_part {
	bool variable;
	struct bytes text;
};

/* One space between two words is a part's text, too. */
struct grub_line {
	size_t n;
	struct grub_part parts[GRUB_PARTS_MAX];
};

struct grub_values {
	size_t n;
	struct grub_part names[GRUB_VALUES_MAX]; /* text: the name */
	struct bytes values[GRUB_VALUES_MAX];
};

/* Views into the line. Refused: all that is more than a simple command. */
MUST_CHECK int grub_line_parse(struct bytes line, struct grub_line *ret,
    struct diag *d);
/*
 * Whether the line, with some values of its variables, becomes this text. A
 * value is not empty and has no space.
 */
bool grub_line_match(const struct grub_line *line, struct bytes text,
    struct grub_values *ret);
/* ERR_REFUSED when a variable has no known value. */
MUST_CHECK int grub_line_expand(const struct grub_line *line,
    const struct grub_values *values, struct buf *ret, struct diag *d);

#endif
