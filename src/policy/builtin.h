/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The built-in policies of TPM attestation, one table row each. A policy that
 * this release has no evidence for stands in the table with the reason, and
 * cannot be enabled.
 */
#ifndef POLICY_BUILTIN_H
#define POLICY_BUILTIN_H

#include "base/err.h"
#include "base/reason.h"
#include "policy/tpm_rules.h"

enum policy {
	POLICY_SECURE_BOOT_ENABLED,
	POLICY_SECURE_BOOT_SETTINGS,
	POLICY_HOST_KEY_PRESENT,
	POLICY_MEMORY_ACCESS_BLOCKED,
	POLICY_CODE_INTEGRITY_ENFORCED,
	POLICY_CI_POLICY,
	POLICY_FULL_BOOT,
	POLICY_IOMMU_ENABLED,
	POLICY_UEFI_DEBUG_DISABLED,
	POLICY_NO_HIBERNATION,
	POLICY_NO_DUMPS,
	POLICY_DUMP_ENCRYPTION,
	POLICY_DUMP_ENCRYPTION_KEY,
	POLICY_SWAP_ENCRYPTED,
	POLICY_ROOT_ENCRYPTED,
	POLICY_MEMORY_ENCRYPTED,
	POLICY_TPM_VENDOR,
	POLICY_TPM_FIRMWARE,
	POLICY_COUNT
};

struct builtin {
	const char *name;
	enum reason reason;      /* the sub-status when it fails */
	bool locked;             /* always enabled */
	bool enabled;            /* by default */
	const char *unavailable; /* why it cannot be enabled, or NULL */
	const char *meaning;
	const char *parameter; /* option that it is enabled with, or NULL */
};

const struct builtin *builtin_get(enum policy p);
/* POLICY_COUNT when there is no such name. */
enum policy builtin_find(struct bytes name);

/* Bit n: policy n is enabled. The locked ones are always judged. */
struct policy_set {
	uint32_t mask;
	struct tpm_rules tpm; /* parameters of TpmVendor and TpmFirmware */
};
struct policy_set policy_set_default(void);
bool policy_set_has(const struct policy_set *s, enum policy p);
/* One of them is judged by the IMA list: PCR 10 must be quoted. */
bool policy_set_reads_ima(const struct policy_set *s);
/* Refused: switching off a locked policy, enabling an unavailable one. */
MUST_CHECK int policy_set_change(struct policy_set *s, enum policy p,
    bool enabled, struct diag *d);
/*
 * The parameter of a policy, as text: what is set stands in for it until it is
 * set again. ERR_USAGE where the policy takes none, or not this.
 */
MUST_CHECK int policy_set_parameter(struct policy_set *s, enum policy p,
    struct bytes text, struct diag *d);
/* In one notation; empty where there is none. */
void policy_set_parameter_text(const struct policy_set *s, enum policy p,
    char ret[static TPM_RULES_TEXT_MAX]);

#endif
