/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lines of `shield evidence verify`: each check is good, bad with its
 * reason, or one that a file cannot show.
 */
#ifndef CTL_SHIELD_EVIDENCE_CHECKS_H
#define CTL_SHIELD_EVIDENCE_CHECKS_H

#include "ctl/common/cli.h"
#include "policy/verdict.h"

struct checks {
	struct cli *cli;
	struct json_t *list; /* becomes data.checks */
	size_t n_good;
	size_t n_bad;
	size_t n_open;
	enum reason first; /* of the bad ones */
};

void checks_start(struct checks *c, struct cli *cli);
void checks_drop(struct checks *c); /* what checks_end() did not take */
void checks_good(struct checks *c, const char *what, const char *fmt, ...)
    PRINTF(3, 4);
void checks_open(struct checks *c, const char *what, const char *fmt, ...)
    PRINTF(3, 4);
void checks_bad(struct checks *c, const char *what, enum reason code,
    const char *fmt, ...) PRINTF(4, 5);
/* Two values that should be equal. */
void checks_differ(struct checks *c, const char *what, enum reason code,
    int pcr, struct bytes expected, struct bytes got);
/* A policy of the verdict with all its reasons; true if it passed. */
bool checks_policy(struct checks *c, const struct verdict *v,
    const struct verdict_sub *sub);
/* Reasons of the verdict that belong to no policy. */
void checks_other(struct checks *c, const struct verdict *v, const char *what);
/* What is told of a host that passes all the same. */
void checks_notes(struct checks *c, const struct verdict *v);
/*
 * The end: 0 when none was bad and at least one was good, else the refusal
 * with the first bad one's code. `as` says what that means.
 */
MUST_CHECK int checks_end(struct checks *c, const char *as, struct diag *d);

#endif
