/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HGS_ADMIN_BASELINE_H
#define HGS_ADMIN_BASELINE_H

#include "hgs/admin/change.h"
#include "policy/baseline.h"

/* ret_id: of the file as it is stored, under b's new name. */
MUST_CHECK int baseline_put(struct change *c, struct bytes name,
    struct baseline *b, uint8_t ret_id[static SHA256_SIZE], struct diag *d);
MUST_CHECK int baseline_check_absent(const struct admin *a, struct bytes name,
    struct diag *d);
/* What may differ from it: whoever registers it is told. */
MUST_CHECK int baseline_tell_variances(const struct baseline *b,
    struct answer *ret, struct diag *d);
/* Commits, and says what was done; how: "from=file", for the audit. */
MUST_CHECK int baseline_finish_add(struct change *c, struct bytes name,
    const uint8_t *id, const char *how, struct answer *ret, struct diag *d);

/* Commands of baseline_diff.c. */
MUST_CHECK int baseline_on_diff(struct admin *a, const struct request *q,
    struct answer *ret, struct diag *d);
MUST_CHECK int baseline_on_accept(struct admin *a, const struct request *q,
    struct answer *ret, struct diag *d);

#endif
