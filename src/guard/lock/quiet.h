/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What makes the kernel print the registers of whatever runs, on order, or the
 * machine sleep: the part of the kernel lock that its loader does before it is
 * armed.
 */
#ifndef GUARD_LOCK_QUIET_H
#define GUARD_LOCK_QUIET_H

#include "base/err.h"
#include "guard/lock/shared.h"

/* What of sysfs nobody may write, by inode number: it has many mounts. */
MUST_CHECK int lock_reports(uint64_t ret[static LOCK_REPORTS_MAX],
    struct diag *d);
/* Sets LOCK_SETTINGS, and takes such keys out of the console's keymaps. */
MUST_CHECK int lock_quiet(struct diag *d);

#endif
