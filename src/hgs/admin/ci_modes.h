/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the registered code integrity policies come to together. One in audit
 * mode refuses nobody, so that what it does where none enforces is said
 * whenever somebody looks.
 */
#ifndef HGS_ADMIN_CI_MODES_H
#define HGS_ADMIN_CI_MODES_H

#include "hgs/admin/change.h"

struct ci_modes {
	unsigned n_enforced;
	unsigned n_audit;
};

MUST_CHECK int ci_modes_read(const struct admin *a, struct ci_modes *ret,
    struct diag *d);
/* "none", "enforced", "audit": what CiPolicy does with a host by them. */
const char *ci_modes_name(const struct ci_modes *m);
/* The same in a sentence; NULL where nothing needs to be said. */
const char *ci_modes_warning(const struct ci_modes *m);

/* Both, of what is registered now, into an answer. */
MUST_CHECK int ci_modes_say(const struct admin *a, struct answer *ret,
    struct diag *d);
/* Behind a change that is made: a failure here is none of the change. */
void ci_modes_say_after(const struct admin *a, struct answer *ret);
/*
 * How far adding this one moves the epoch. The first that enforces is for the
 * hosts that passed by an auditing one, too: their certificates go.
 */
MUST_CHECK int ci_modes_move(const struct admin *a, const struct ci_record *rec,
    enum epoch_move *ret, struct diag *d);

#endif
