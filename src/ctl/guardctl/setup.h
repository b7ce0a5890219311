/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of 'guardctl setup', a file each: what it writes, what it checks
 * and how it is undone.
 */
#ifndef CTL_GUARDCTL_SETUP_H
#define CTL_GUARDCTL_SETUP_H

#include "ctl/guardctl/checks.h"
#include "ctl/guardctl/setup_steps.h"

/* guard.conf with what the options say. */
MUST_CHECK int setup_plan_conf(struct cli *cli, struct plan *p, struct diag *d);
/* All that a system boots with; below a root without a system, nothing. */
MUST_CHECK int setup_plan_boot(const struct boot *b, struct cli *cli,
    struct plan *p, struct diag *d);

/* --check. */
MUST_CHECK int setup_check(struct cli *cli, struct diag *d);
/* What is still missing after a run: users, programs, hook, swap. */
void setup_check_needs(const struct host *h, struct report *r);
void setup_check_system(const struct boot *b, struct report *r);

/* --undo. */
MUST_CHECK int setup_undo(struct cli *cli, bool only_say, struct diag *d);

/* One run of setup at a time; the lock goes with the descriptor. */
MUST_CHECK int setup_lock(const char *root, int *ret_fd, struct diag *d);

#endif
