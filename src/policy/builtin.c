/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/builtin.h"

#define NEEDS_IMA "needs the IMA list, which this release does not judge"
#define NEEDS_STORAGE \
	"needs measured device-mapper tables, which this release does not judge"

static const struct builtin table[POLICY_COUNT] = {
	[POLICY_SECURE_BOOT_ENABLED] = { "SecureBootEnabled", REASON_SecureBoot,
	    true, true, NULL,
	    "Secure Boot is on, with a platform key, not overridden by shim." },
	[POLICY_SECURE_BOOT_SETTINGS] = { "SecureBootSettings",
	    REASON_SecureBootSettings, true, true, NULL,
	    "The boot measurements equal one registered baseline." },
	[POLICY_HOST_KEY_PRESENT] = { "HostKeyPresent", REASON_HostKeyPresent,
	    true, true, NULL,
	    "The certified host key is the one that guard-early recorded." },
	[POLICY_MEMORY_ACCESS_BLOCKED] = { "MemoryAccessBlocked",
	    REASON_MemoryAccessBlocked, false, false, NULL,
	    "guard-early recorded a kernel lock that this release knows. It "
	    "knows none yet: where this policy is enabled, no host passes." },
	[POLICY_CODE_INTEGRITY_ENFORCED] = { "CodeIntegrityEnforced",
	    REASON_CodeIntegrityEnforced, false, false, NEEDS_IMA,
	    "Code integrity is enforced." },
	[POLICY_CI_POLICY] = { "CiPolicy", REASON_CodeIntegrityPolicy, false,
	    false, NEEDS_IMA,
	    "All that the host ran is in a registered code integrity policy." },
	[POLICY_FULL_BOOT] = { "FullBoot", REASON_FullBoot, false, true, NULL,
	    "The TPM was reset at this boot and not resumed since, and its "
	    "counters continue those seen before." },
	[POLICY_IOMMU_ENABLED] = { "IommuEnabled", REASON_Iommu, false, false,
	    NULL,
	    "The command line has iommu.strict=1, iommu.passthrough=0, "
	    "intel_iommu=on or amd_iommu=force_isolation, and nothing that "
	    "weakens them." },
	[POLICY_UEFI_DEBUG_DISABLED] = { "UefiDebugDisabled", REASON_UefiDebug,
	    false, true, NULL, "The firmware did not start in debug mode." },
	[POLICY_NO_HIBERNATION] = { "NoHibernation", REASON_HibernationEnabled,
	    false, false, NULL,
	    "The command line has nohibernate and no resume=." },
	[POLICY_NO_DUMPS] = { "NoDumps", REASON_DumpsEnabled, false, false,
	    NULL, "The command line reserves no memory for a crash kernel." },
	[POLICY_DUMP_ENCRYPTION] = { "DumpEncryption", REASON_DumpEncryption,
	    false, false, NEEDS_STORAGE, "Crash dumps are encrypted." },
	[POLICY_DUMP_ENCRYPTION_KEY] = { "DumpEncryptionKey",
	    REASON_DumpEncryption, false, false, NEEDS_STORAGE,
	    "Crash dumps are encrypted with a registered key." },
	[POLICY_SWAP_ENCRYPTED] = { "SwapEncrypted", REASON_PagefileEncryption,
	    false, false, NEEDS_STORAGE, "Swap is absent or encrypted." },
	[POLICY_ROOT_ENCRYPTED] = { "RootEncrypted",
	    REASON_InsecureHostConfiguration, false, false, NEEDS_STORAGE,
	    "The root file system is encrypted." },
	[POLICY_MEMORY_ENCRYPTED] = { "MemoryEncrypted",
	    REASON_InsecureHostConfiguration, false, false, NULL,
	    "The command line has mem_encrypt=on." },
	[POLICY_TPM_VENDOR] = { "TpmVendor", REASON_InsecureHostConfiguration,
	    false, false,
	    "needs a list of vendors, which this release does not hold",
	    "The TPM is of an accepted vendor." },
};

const struct builtin *
builtin_get(enum policy p)
{
	BUG_ON((unsigned)p >= POLICY_COUNT);
	return &table[p];
}

enum policy
builtin_find(struct bytes name)
{
	unsigned p = 0;

	while (p < POLICY_COUNT && !bytes_equal_text(name, table[p].name))
		p++;
	return (enum policy)p;
}

struct policy_set
policy_set_default(void)
{
	struct policy_set s = { 0 };

	for (unsigned p = 0; p < POLICY_COUNT; p++)
		if (table[p].enabled)
			s.mask |= 1u << p;
	return s;
}

bool
policy_set_has(const struct policy_set *s, enum policy p)
{
	return builtin_get(p)->locked || (s->mask >> p & 1) != 0;
}

int
policy_set_change(struct policy_set *s, enum policy p, bool enabled,
    struct diag *d)
{
	const struct builtin *b;

	if ((unsigned)p >= POLICY_COUNT)
		return diag_fail(d, ERR_NOT_FOUND, "policy: no such policy");
	b = builtin_get(p);
	if (!enabled && b->locked)
		return diag_fail(d, ERR_REFUSED,
		    "policy: %s is locked and stays enabled", b->name);
	if (enabled && b->unavailable != NULL)
		return diag_fail(d, ERR_REFUSED, "policy: %s %s", b->name,
		    b->unavailable);
	if (enabled)
		s->mask |= 1u << p;
	else
		s->mask &= ~(1u << p);
	return ERR_OK;
}
