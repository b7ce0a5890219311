/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/builtin.h"

#define NO_EVIDENCE                                                          \
	"has no evidence: nothing measures where a crash kernel's programs " \
	"write; NoDumps keeps them from being there"

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
	    "guard-early recorded a kernel lock that this release knows; the "
	    "command line has lockdown=confidentiality, ptrace_scope=3, "
	    "kexec_load_disabled=1 and unprivileged_bpf_disabled=1 "
	    "(sysctl.kernel...), init_on_free=1 and module_blacklist= with at "
	    "least the modules that 'guardctl setup' writes, each once, and "
	    "nothing that is not known to be harmless. Devices are "
	    "IommuEnabled's." },
	[POLICY_CODE_INTEGRITY_ENFORCED] = { "CodeIntegrityEnforced",
	    REASON_CodeIntegrityEnforced, false, false, NULL,
	    "The root file system is on dm-verity and the kernel lock lets "
	    "code come from there alone: guard-early recorded a lock that this "
	    "release knows; the command line has shieldwall.verity=HASH, "
	    "shieldwall.code=root, root=/dev/mapper/shieldwall-root and "
	    "lockdown=confidentiality, each once, and nothing that is not "
	    "known to be harmless. This rests on dm-verity, not on what was "
	    "measured: measured enforcement is CiPolicy's." },
	[POLICY_CI_POLICY] = { "CiPolicy", REASON_CodeIntegrityPolicy, false,
	    false, NULL,
	    "Measured enforcement: every file that the host executed, mapped "
	    "as code or loaded since guard-early is in one registered code "
	    "integrity policy, or that policy only audits and the verdict "
	    "notes what is not. Scripts that an interpreter was told to read "
	    "are not measured. The quote covers the IMA list, which begins "
	    "with this boot; guard-early recorded an IMA policy that this "
	    "release knows; the command line has lockdown=confidentiality, "
	    "once, no word on IMA, and nothing that is not known to be "
	    "harmless." },
	[POLICY_FULL_BOOT] = { "FullBoot", REASON_FullBoot, false, true, NULL,
	    "The TPM was reset at this boot and not resumed since, its "
	    "counters continue those seen before, and the command line has "
	    "sysctl.kernel.kexec_load_disabled=1, once." },
	[POLICY_IOMMU_ENABLED] = { "IommuEnabled", REASON_Iommu, false, false,
	    NULL,
	    "The command line has iommu.strict=1, iommu.passthrough=0, "
	    "efi=disable_early_pci_dma, intel_iommu=on or "
	    "amd_iommu=force_isolation, each once, and nothing that weakens "
	    "them; the firmware did not switch DMA protection off." },
	[POLICY_UEFI_DEBUG_DISABLED] = { "UefiDebugDisabled", REASON_UefiDebug,
	    false, true, NULL, "The firmware did not start in debug mode." },
	[POLICY_NO_HIBERNATION] = { "NoHibernation", REASON_HibernationEnabled,
	    false, false, NULL,
	    "The command line has nohibernate, once, and no other word on "
	    "hibernation: no hibernate=, no resume=, no resume_offset=." },
	[POLICY_NO_DUMPS] = { "NoDumps", REASON_DumpsEnabled, false, false,
	    NULL,
	    "The command line keeps no memory for a crash kernel and does not "
	    "set where core dumps go. What root sets later is not judged: "
	    "guest memory is not in core dumps, since QEMU makes none." },
	[POLICY_DUMP_ENCRYPTION] = { "DumpEncryption", REASON_DumpEncryption,
	    false, false, NO_EVIDENCE, "Crash dumps are encrypted." },
	[POLICY_DUMP_ENCRYPTION_KEY] = { "DumpEncryptionKey",
	    REASON_DumpEncryption, false, false, NO_EVIDENCE,
	    "Crash dumps are encrypted with a registered key." },
	[POLICY_SWAP_ENCRYPTED] = { "SwapEncrypted", REASON_PagefileEncryption,
	    false, false, NULL,
	    "No memory of guests or keys reaches swap, which itself may be in "
	    "clear: the measured programs that guard-early starts lock it in "
	    "memory. guard-early recorded a kernel lock that this release "
	    "knows; the command line has nohibernate and "
	    "lockdown=confidentiality, each once, and nothing that is not "
	    "known to be harmless." },
	[POLICY_ROOT_ENCRYPTED] = { "RootEncrypted", REASON_RootEncryption,
	    false, false, NULL,
	    "The root file system is on a device that dm-crypt encrypts: the "
	    "IMA list, under a policy that guard-early loaded, has the table "
	    "of the device that root=/dev/mapper/NAME names, and no device was "
	    "given another name; the command line has "
	    "lockdown=confidentiality, once, and nothing that is not known to "
	    "be harmless. The whole list is read each time." },
	[POLICY_MEMORY_ENCRYPTED] = { "MemoryEncrypted",
	    REASON_MemoryEncryption, false, false, NULL,
	    "The command line has mem_encrypt=on." },
	[POLICY_TPM_VENDOR] = { "TpmVendor", REASON_TpmVendor, false, false,
	    NULL,
	    "The endorsement key's certificate chains to a registered "
	    "authority and names an accepted TPM vendor. A pinned key has no "
	    "vendor.",
	    "vendor" },
	[POLICY_TPM_FIRMWARE] = { "TpmFirmware", REASON_TpmFirmware, false,
	    false, NULL,
	    "The TPM's firmware, as its quote says, is at least the version "
	    "set for its vendor. A vendor without one is not accepted.",
	    "minimum" },
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

bool
policy_set_reads_ima(const struct policy_set *s)
{
	return policy_set_has(s, POLICY_CI_POLICY) ||
	    policy_set_has(s, POLICY_ROOT_ENCRYPTED);
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

int
policy_set_parameter(struct policy_set *s, enum policy p, struct bytes text,
    struct diag *d)
{
	if (p == POLICY_TPM_VENDOR)
		return tpm_vendors_parse(text, &s->tpm, d);
	if (p == POLICY_TPM_FIRMWARE)
		return tpm_minimums_parse(text, &s->tpm, d);
	return diag_fail(d, ERR_USAGE, "policy: %s takes no parameter",
	    builtin_get(p)->name);
}

void
policy_set_parameter_text(const struct policy_set *s, enum policy p,
    char ret[static TPM_RULES_TEXT_MAX])
{
	ret[0] = '\0';
	if (p == POLICY_TPM_VENDOR)
		tpm_vendors_text(&s->tpm, ret);
	else if (p == POLICY_TPM_FIRMWARE)
		tpm_minimums_text(&s->tpm, ret);
}
