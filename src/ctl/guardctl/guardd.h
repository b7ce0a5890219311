/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Questions to guardd whose answers are not the command's own answer.
 */
#ifndef CTL_GUARDCTL_GUARDD_H
#define CTL_GUARDCTL_GUARDD_H

#include "ctl/common/cli.h"

struct guardd_answer {
	struct cli cli; /* a place for remote_call() to put it */
};

void guardd_answer_free(struct guardd_answer *a);
#define auto_guardd_answer CLEANUP(guardd_answer_free)

/*
 * One command of guardd's for the VM of this name, or none (NULL). ret must
 * be empty; it is filled for a refusal too. ERR_IO: guardd does not run.
 */
MUST_CHECK int guardd_ask(const struct cli *cli, const char *command,
    const char *vm, struct guardd_answer *ret, struct diag *d);

/* "data" and "reasons" of the answer; borrowed, NULL when there are none. */
const struct json_t *guardd_data(const struct guardd_answer *a);
const struct json_t *guardd_reasons(const struct guardd_answer *a);
/* A text of the data, "" when there is none. */
const char *guardd_text(const struct guardd_answer *a, const char *key);
bool guardd_true(const struct guardd_answer *a, const char *key);

#endif
