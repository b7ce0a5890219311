/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The few rules on values that the store itself upholds, so that no process
 * above it can break them.
 */
#ifndef HGS_STORE_RULES_H
#define HGS_STORE_RULES_H

#include "proto/hgs.h"
#include "store/db.h"

/*
 * Policy epoch, its floor and deny-before never go back (T101): a certificate
 * once refused stays refused.
 */
MUST_CHECK int rules_change(struct db *db, const struct store_change *c,
    struct diag *d);
/* Takes from a value what this peer shall not hold: containers of others' keys. */
MUST_CHECK int rules_shown(enum hgs_peer peer, struct bytes key,
    struct buf *value, struct diag *d);

#endif
