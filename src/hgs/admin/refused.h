/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A host's last refusal, as its status record keeps it.
 */
#ifndef HGS_ADMIN_REFUSED_H
#define HGS_ADMIN_REFUSED_H

#include "hgs/admin/admin.h"
#include "measure/findings.h"

/* error: an encoded struct wire_error. Lines and data.reasons. */
MUST_CHECK int refused_show(struct bytes error, struct answer *ret,
    struct diag *d);
/* The same of the notes on a host that passed; empty: none. */
MUST_CHECK int notes_show(struct bytes notes, struct answer *ret,
    struct diag *d);
/*
 * Whether accepting these boot measurements may cure it: everything that was
 * refused must follow from the missing baseline alone. Otherwise refused.
 */
MUST_CHECK int refused_is_baseline_only(struct bytes error,
    const struct findings *f, struct diag *d);

#endif
