/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shared by the files that read, write and check a compiled CI policy.
 */
#ifndef POLICY_CI_IMPL_H
#define POLICY_CI_IMPL_H

#include "policy/ci.h"

#define CI_SIGNER_ROW  13
#define CI_PATH_ROW    8
#define CI_RULE_ROW    9
#define CI_EVENT_ROW   (4 + 1 + HASH_SIZE_MAX)
#define CI_ANY_CONTENT 0xff

/* What ci_open() checks behind ci_view(). */
MUST_CHECK int ci_check(const struct ci_policy *p, struct diag *d);

/* The nth row of all digests, in the order of their tables. */
MUST_CHECK bool ci_digest_nth(const struct ci_policy *p, uint32_t nth,
    enum ci_alg *ret_alg, struct ci_digest *ret);

/* As ci_path_is_valid(), with a '/' at its end. */
bool ci_folder_is_valid(struct bytes path);
bool ci_reason_is_valid(struct bytes reason);

/* The order of events in a policy. */
int ci_event_compare(const struct ci_event *a, const struct ci_event *b);

#endif
