/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The folders of a host, with the owner and mode that each must have.
 */
#ifndef CTL_GUARDCTL_PLACES_H
#define CTL_GUARDCTL_PLACES_H

#include "ctl/guardctl/host.h"
#include "ctl/guardctl/report.h"

#define PLACES_MAX 4

/* The folders, before the root; the last is h's own text. */
void places_list(const struct host *h, const char *ret[static PLACES_MAX]);
/* Makes those that are missing, and sets owner and mode of all. */
MUST_CHECK int places_make(const struct host *h, struct diag *d);
void places_check(const struct host *h, struct report *r);
/* guardd's user and the group of guard.conf. */
void users_check(const struct host *h, struct report *r);

#endif
