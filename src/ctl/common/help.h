/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Help and completion, written from the program's table: "help [NOUN]", -h,
 * "completion" (a script for bash), "commands" (one per line, for checks).
 */
#ifndef CTL_COMMON_HELP_H
#define CTL_COMMON_HELP_H

#include <stdio.h>

#include "ctl/common/cli.h"

/* What cli.args ask for; ERR_USAGE when there is no such noun. */
MUST_CHECK int help_print(const struct cli *cli, FILE *out, struct diag *d);

#endif
