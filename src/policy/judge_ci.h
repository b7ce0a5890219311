/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The judgement's part on code integrity. Each says in the verdict why not,
 * with a reason of its own.
 */
#ifndef POLICY_JUDGE_CI_H
#define POLICY_JUDGE_CI_H

#include "policy/judge.h"

struct ci_judgement {
	const struct findings *f;
	const struct boot_state *boot;
	struct verdict *v;
	uint16_t policy; /* enum policy, for the reasons */
};

/* The list is whole, of this boot, and quoted. */
bool ci_judge_list(const struct ci_judgement *c);
/* guard-early recorded an IMA policy that is known; PCR 15 was examined. */
bool ci_judge_early(const struct ci_judgement *c);
/*
 * For a good list: a registered policy that enforces admits all of it, or none
 * enforces and one audits; then the verdict says which, and notes what an
 * auditing one did not admit.
 */
bool ci_judge_code(const struct ci_judgement *c);

#endif
