/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Built-in policies that read the kernel's command line. The caller has proven
 * the text first.
 */
#ifndef POLICY_ARGUMENTS_H
#define POLICY_ARGUMENTS_H

#include "policy/builtin.h"

/* Whether this policy reads the command line. */
bool arguments_apply(enum policy p);
/* For such a policy; 0: the command line is as the policy wants it. */
MUST_CHECK int arguments_judge(enum policy p, struct bytes cmdline,
    struct diag *d);

/*
 * Whether a baseline's template must say the value of this argument: some
 * policy, or the lock, rests on it.
 */
bool arguments_fixed(struct bytes name);

#endif
