/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The TPM vendors' certification authorities that the administrator trusts:
 * bucket tpmca, one DER certificate each.
 */
#ifndef HGS_ADMIN_TPMCA_H
#define HGS_ADMIN_TPMCA_H

#include "crypto/ek.h"
#include "hgs/admin/admin.h"

/*
 * Verifies an EK certificate's chain. *ret_any is false when no authority is
 * registered: then nothing was verified.
 */
MUST_CHECK int tpmca_verify(const struct admin *a, const struct ek_cert *cert,
    uint64_t now, bool *ret_any, struct diag *d);

extern const struct admin_command tpmca_commands[];

#endif
