/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words of a command line against the program's table.
 */
#ifndef CTL_COMMON_PARSE_H
#define CTL_COMMON_PARSE_H

#include "ctl/common/cli.h"

/* Options that every command takes; ends with a NULL name. */
extern const struct option_spec common_options[];

/* One word of command.args. */
struct arg_spec {
	char name[32]; /* without brackets and dots */
	bool optional;
	bool repeats;
};
/* The next word at *p, which moves on; false at the end. */
bool arg_spec_next(const char **p, struct arg_spec *ret);
/* Whether arguments of this name are names (name_valid()). */
bool arg_spec_is_name(const struct arg_spec *a);

#endif
