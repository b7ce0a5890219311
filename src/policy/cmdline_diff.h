/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a command line differs from a baseline's template, argument by argument,
 * for people. Whether it differs is cmdline_match()'s to say.
 */
#ifndef POLICY_CMDLINE_DIFF_H
#define POLICY_CMDLINE_DIFF_H

#include "measure/cmdline.h"

#define CMDLINE_ARGUMENTS_MAX   128
#define CMDLINE_DIFFERENCES_MAX 32

enum cmdline_change {
	CMDLINE_ADDED,   /* got alone */
	CMDLINE_MISSING, /* want alone */
	CMDLINE_CHANGED, /* one name, another value */
	CMDLINE_MOVED,   /* all are there; got stands where want should */
};

struct cmdline_difference {
	enum cmdline_change change;
	struct bytes want;
	struct bytes got;
};

struct cmdline_diff {
	size_t n;
	bool cut; /* there is more, or it could not be taken apart */
	struct cmdline_difference list[CMDLINE_DIFFERENCES_MAX];
};

/* For two that do not match; views point into both. */
void cmdline_diff(struct bytes template, struct bytes text,
    struct cmdline_diff *ret);
/* "command line: quiet was added"; cut to size. */
void cmdline_difference_say(const struct cmdline_difference *x, char *ret,
    size_t size);

#endif
