/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HGS_ATTEST_CERTIFICATE_H
#define HGS_ATTEST_CERTIFICATE_H

#include "hgs/attest/evidence.h"
#include "proto/hgs.h"

/*
 * The health certificate of a host that passed, and the release key that goes
 * with it, encrypted to the host key. `receipt`: the audit record of the pass.
 */
MUST_CHECK int certificate_issue(const struct attestor *a,
    const struct attempt *t, uint64_t now, const struct audit_receipt *receipt,
    struct buf *ret_der, struct buf *ret_sealed, struct diag *d);

#endif
