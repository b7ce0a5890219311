/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a refused policy would pass once a baseline is made of what the host
 * measured: before 'baseline accept' makes one.
 */
#ifndef POLICY_CURE_H
#define POLICY_CURE_H

#include "measure/findings.h"
#include "policy/builtin.h"
#include "policy/known.h"

/*
 * code: the sub-status of a refusal. Refused unless it follows from the missing
 * baseline alone. Never for a locked policy other than the baseline's own.
 */
MUST_CHECK int baseline_cures(enum reason code, const struct findings *f,
    const struct digest_list *locks, struct diag *d);

#endif
