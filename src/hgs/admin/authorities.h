/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The TPM vendors' certification authorities that the administrator trusts:
 * bucket tpmca, one record per name, which is the DER of one certificate or of
 * a bundle's, one behind the other. Every one of them, root or intermediate, is
 * an anchor: whoever registered it meant it.
 */
#ifndef HGS_ADMIN_AUTHORITIES_H
#define HGS_ADMIN_AUTHORITIES_H

#include "crypto/ek.h"
#include "hgs/admin/admin.h"

struct authorities {
	struct buf storage;
	size_t n;
	struct bytes der[EK_ANCHORS_MAX];
};

void authorities_free(struct authorities *x);
#define auto_authorities CLEANUP(authorities_free)
/* All; but not those of the record `without`, unless it is empty. */
MUST_CHECK int authorities_load(const struct admin *a, struct bytes without,
    struct authorities *ret, struct diag *d);
/*
 * Whether one of them vouches for an EK certificate at this time. *ret_any is
 * false when there is none at all: then nothing was verified.
 */
MUST_CHECK int authorities_verify(const struct authorities *x,
    const struct ek_cert *cert, uint64_t now, bool *ret_any, struct diag *d);

#endif
