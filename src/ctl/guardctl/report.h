/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A list of checks: what was looked at, what was found, what to do. Lines for
 * people, "checks" in the data, one reason for each check that failed.
 */
#ifndef CTL_GUARDCTL_REPORT_H
#define CTL_GUARDCTL_REPORT_H

#include "ctl/common/cli.h"

struct report {
	struct cli *cli;
	struct json_t *list;
	unsigned n_ok, n_failed;
	struct diag first; /* of those that failed */
};

/* check: one or two words, the same in every release. */
void report_ok(struct report *r, const char *check, const char *fmt, ...)
    PRINTF(3, 4);
/* Could not be looked at, or is worth knowing; nothing is wrong by it. */
void report_note(struct report *r, const char *check, const char *fmt, ...)
    PRINTF(3, 4);
/* remedy NULL: the reason's own. */
void report_failed(struct report *r, const char *check, enum reason reason,
    const char *remedy, const char *fmt, ...) PRINTF(5, 6);
/* report_failed() with what a function said. */
void report_diag(struct report *r, const char *check, const struct diag *why,
    const char *remedy);

/*
 * One row of item, have, want: in the data, too. want is what have should be,
 * in words ("once", "6.1 or 6.12"); have "" is told as "none".
 */
void report_compare(struct report *r, const char *check, bool good,
    const char *have, const char *want, const char *remedy);

/* Puts the list into the answer: ERR_REFUSED if a check failed. */
MUST_CHECK int report_end(struct report *r, struct diag *d);

#endif
