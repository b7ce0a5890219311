/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HGS_ADMIN_CMD_HOST_H
#define HGS_ADMIN_CMD_HOST_H

#include "hgs/admin/change.h"

/* Takes a host out of the store: its record, its index, its status. */
MUST_CHECK int host_forget(struct change *c, const struct host_record *host,
    uint64_t version, struct diag *d);

#endif
