/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/cure.h"

#include "policy/arguments.h"

/* POLICY_COUNT where no policy, or more than one, has this sub-status. */
static enum policy
policy_of(enum reason code)
{
	enum policy found = POLICY_COUNT;

	for (unsigned p = 0; p < POLICY_COUNT; p++) {
		if (builtin_get((enum policy)p)->reason != code)
			continue;
		if (found != POLICY_COUNT)
			return POLICY_COUNT;
		found = (enum policy)p;
	}
	return found;
}

static int
no_cure(enum reason code, const char *why, struct diag *d)
{
	return diag_refuse(d, code,
	    "a new baseline would not cure %s; put that right first%s%s",
	    reason_name(code), why[0] == '\0' ? "" : ": ", why);
}

/*
 * Policies that read the command line refuse it as long as no baseline says
 * where it is measured. Whatever is said here, each is judged again beside the
 * new baseline: this keeps one from being made in vain.
 */
int
baseline_cures(enum reason code, const struct findings *f,
    const struct digest_list *locks, struct diag *d)
{
	enum policy p = policy_of(code);
	struct diag why = { 0 };
	bool needs_lock = p == POLICY_MEMORY_ACCESS_BLOCKED ||
	    p == POLICY_CODE_INTEGRITY_ENFORCED || p == POLICY_SWAP_ENCRYPTED;

	if (code == REASON_NoBaseline || p == POLICY_SECURE_BOOT_SETTINGS)
		return ERR_OK;
	/* FullBoot waits for the baseline by itself: this is about counters. */
	if (p == POLICY_COUNT || builtin_get(p)->locked ||
	    p == POLICY_FULL_BOOT || !arguments_apply(p))
		return no_cure(code, "", d);
	if (f->cmdline_check.state != FINDING_GOOD)
		return no_cure(code,
		    "the command line is not proven by the measurements", d);
	if (arguments_judge(p, f->cmdline_text, &why) < 0)
		return no_cure(code, why.text, d);
	if (needs_lock && !digest_is_known(locks, f->pcr15.lock_digest))
		return no_cure(code, "no known kernel lock is recorded", d);
	if (p == POLICY_IOMMU_ENABLED && f->secureboot.dma_unprotected)
		return no_cure(code, "DMA protection is off", d);
	return ERR_OK;
}
