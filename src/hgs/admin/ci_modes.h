/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the registered code integrity policies come to together. One in audit
 * mode refuses nobody, so that what it does where none enforces is said
 * whenever somebody looks.
 */
#ifndef HGS_ADMIN_CI_MODES_H
#define HGS_ADMIN_CI_MODES_H

#include "hgs/admin/admin.h"

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

#endif
