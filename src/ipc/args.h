/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a process is told its place: `--fd NAME=N` for each inherited
 * descriptor and `--set NAME=VALUE` for each plain setting. Only our own
 * starters write these; anything else on the command line is refused.
 */
#ifndef IPC_ARGS_H
#define IPC_ARGS_H

#include "base/err.h"

#define ARGS_MAX 24

struct args_pair {
	struct bytes name;
	const char *value;
};

struct args {
	struct args_pair fds[ARGS_MAX];
	size_t n_fds;
	struct args_pair settings[ARGS_MAX];
	size_t n_settings;
};

/* Views into argv. Sets close-on-exec on every named descriptor. */
MUST_CHECK int args_parse(int argc, char **argv, struct args *ret,
    struct diag *d);
/* ERR_NOT_FOUND when there is none of this name. */
MUST_CHECK int args_fd(const struct args *a, const char *name, int *ret,
    struct diag *d);
/* NULL when there is none. */
const char *args_text(const struct args *a, const char *name);
MUST_CHECK int args_number(const struct args *a, const char *name, uint64_t min,
    uint64_t max, uint64_t *ret, struct diag *d);

#endif
