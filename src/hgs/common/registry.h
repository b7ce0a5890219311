/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Registered hosts, as hgs-attest and hgs-key look them up: by host id, which
 * is a digest of the endorsement key.
 */
#ifndef HGS_COMMON_REGISTRY_H
#define HGS_COMMON_REGISTRY_H

#include "base/buf.h"
#include "proto/records.h"

/* UnauthorizedHost when there is none. Views point into storage. */
MUST_CHECK int registry_find(int store_fd, const uint8_t host_id[static 32],
    struct buf *storage, struct host_record *ret, struct diag *d);

#endif
