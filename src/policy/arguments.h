/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Built-in policies that read the kernel's command line. The caller has proven
 * the text first.
 */
#ifndef POLICY_ARGUMENTS_H
#define POLICY_ARGUMENTS_H

#include "policy/builtin.h"

/* IommuEnabled, NoHibernation, NoDumps, MemoryEncrypted; 0: the policy holds. */
MUST_CHECK int arguments_judge(enum policy p, struct bytes cmdline,
    struct diag *d);

#endif
