/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The policies' tables. Where a name is refused without being required, think
 * of an administrator who writes the command line of the reference host.
 */
#include "policy/argument_rules.h"

#include "policy/module_list.h"

#define LOCKDOWN    "lockdown", "confidentiality"
#define PTRACE      "sysctl.kernel.yama.ptrace_scope", "3"
#define KEXEC       "sysctl.kernel.kexec_load_disabled", "1"
#define BPF         "sysctl.kernel.unprivileged_bpf_disabled", "1"
#define VERITY      "shieldwall.verity", "#64"
#define CODE_ROOT   "shieldwall.code", "root"
#define NOHIBERNATE "nohibernate", NULL
#define MODULES     MODULE_LIST_NAME, "#modules"

const struct argument_refusal argument_refusals_always[] = {
	{ "bootconfig", "it brings arguments that are not in this text" },
	{ "initcall_blacklist*",
	    "it leaves parts of the kernel out, settings' own code among them" },
	{ NULL, NULL },
};

/* What policies judge; what only names a disk or a speed may vary. */
const char *const argument_fixed[] = { "shieldwall.*", "lockdown*", "sysctl.*",
	"module*", "init_on_*", "secretmem*", "iommu*", "intel_iommu*",
	"amd_iommu*", "efi", "vfio*", "mem_encrypt*", "lsm*", "security",
	"ima*", "integrity*", "evm*", "preempt*", "init", "rdinit", NULL };

static const struct argument_rule memory_rules[] = {
	{ LOCKDOWN, 1 },
	{ PTRACE, 2 },
	{ KEXEC, 4 },
	{ BPF, 8 },
	{ MODULES, 16 },
	/* Of a VM that was killed nothing stays in free memory. */
	{ "init_on_free", "1", 32 },
};
static const struct argument_refusal no_refusals[] = { { NULL, NULL } };

/* dracut without root= goes on to whatever is mounted as its root. */
static const struct argument_rule code_rules[] = {
	{ VERITY, 1 },
	{ CODE_ROOT, 2 },
	{ LOCKDOWN, 4 },
	{ "root", "/dev/mapper/shieldwall-root", 8 },
};
/* Harmless to memory, since the lock holds before a root file system is. */
static const struct argument_refusal code_refusals[] = {
	{ "root", "the root file system is not the verified device" },
	{ "rootflags", "it mounts the verified device in another way" },
	{ "rootfstype", "it mounts the verified device in another way" },
	{ "rd.*", "it speaks to the initramfs" },
	{ NULL, NULL },
};

/*
 * IMA as the kernel was built, and from the start: another template or digest
 * makes another list, and a policy of the command line's would be the first to
 * decide.
 */
static const struct argument_rule ci_rules[] = {
	/* Or root writes to a kernel that then measures what root likes. */
	{ LOCKDOWN, 1 },
};
static const struct argument_refusal ci_refusals[] = {
	{ "ima*", "it sets what IMA does" },
	{ "integrity*", "it sets what IMA does" },
	{ "evm*", "it sets what IMA's sister EVM does" },
	{ NULL, NULL },
};

/* The table of the root's device is in IMA's list: so what is above, too. */
static const struct argument_rule root_rules[] = {
	{ LOCKDOWN, 1 },
	{ "root", "/dev/mapper/*", 2 },
};
static const struct argument_refusal root_refusals[] = {
	{ "ima*", "it sets what IMA does" },
	{ "integrity*", "it sets what IMA does" },
	{ "evm*", "it sets what IMA's sister EVM does" },
	{ "root", "the root file system is not a device of device-mapper" },
	{ "rd.*", "it speaks to the initramfs" },
	{ NULL, NULL },
};

static const struct argument_rule full_boot_rules[] = {
	{ KEXEC, 1 },
};
static const struct argument_refusal full_boot_refusals[] = {
	{ "sysctl.kernel.kexec*", "it sets kexec" },
	{ NULL, NULL },
};

static const struct argument_rule iommu_rules[] = {
	{ "iommu.strict", "1", 1 },
	{ "iommu.passthrough", "0", 2 },
	{ "intel_iommu", "on", 4 },
	{ "amd_iommu", "force_isolation", 4 },
	{ "efi", "disable_early_pci_dma", 8 },
	{ "iommu", "strict", 0 },
	{ "iommu", "force", 0 },
	{ "iommu", "nopt", 0 },
	{ "intremap", "on", 0 },
	{ "pci", "noaer", 0 },
	{ "pci", "realloc", 0 },
};
static const struct argument_refusal iommu_refusals[] = {
	{ "iommu*", "it weakens the IOMMU" },
	{ "intel_iommu*", "it weakens the IOMMU" },
	{ "amd_iommu*", "it weakens the IOMMU" },
	{ "noiommu*", "it switches the IOMMU off" },
	{ "efi",
	    "only disable_early_pci_dma closes the time before the IOMMU" },
	{ "vfio*", "it gives devices away without the IOMMU" },
	{ "intremap", "devices could forge interrupts" },
	{ "pci", "it can put devices behind another's back" },
	{ "pcie_acs_override*", "it pretends that devices are apart" },
	{ "ivrs_*", "it overrides the firmware's table of IOMMUs" },
	{ "acpi", "without ACPI no IOMMU is found" },
	{ "noacpi", "without ACPI no IOMMU is found" },
	{ NULL, NULL },
};

static const struct argument_rule hibernation_rules[] = {
	{ NOHIBERNATE, 1 },
};
static const struct argument_refusal hibernation_refusals[] = {
	{ "nohibernate*", "only the word alone switches hibernation off" },
	{ "hibernate*", "it sets hibernation" },
	{ "resume*", "it names an image to resume from" },
	{ NULL, NULL },
};

static const struct argument_refusal dump_refusals[] = {
	{ "crash*", "it keeps memory for a crash kernel" },
	{ "elfcorehdr*", "it is a crash kernel's" },
	{ "fadump*", "it keeps memory for the firmware to dump" },
	{ "sysctl.kernel.core_*", "it sends core dumps elsewhere" },
	{ "sysctl.fs.suid_dumpable*", "it dumps processes that may not be" },
	{ NULL, NULL },
};

static const struct argument_rule swap_rules[] = {
	{ NOHIBERNATE, 1 },
	{ LOCKDOWN, 2 },
};

static const struct argument_rule encrypted_rules[] = {
	{ "mem_encrypt", "on", 1 },
};
static const struct argument_refusal encrypted_refusals[] = {
	{ "mem_encrypt*", "it sets memory encryption" },
	{ NULL, NULL },
};

#define RULES(list) list, ARRAY_LEN(list)

static const struct argument_policy policies[] = {
	[POLICY_MEMORY_ACCESS_BLOCKED] = { RULES(memory_rules), no_refusals,
	    true },
	[POLICY_CODE_INTEGRITY_ENFORCED] = { RULES(code_rules), code_refusals,
	    true },
	[POLICY_CI_POLICY] = { RULES(ci_rules), ci_refusals, true },
	[POLICY_FULL_BOOT] = { RULES(full_boot_rules), full_boot_refusals,
	    false },
	[POLICY_IOMMU_ENABLED] = { RULES(iommu_rules), iommu_refusals, false },
	[POLICY_NO_HIBERNATION] = { RULES(hibernation_rules),
	    hibernation_refusals, false },
	[POLICY_NO_DUMPS] = { NULL, 0, dump_refusals, false },
	[POLICY_SWAP_ENCRYPTED] = { RULES(swap_rules), no_refusals, true },
	[POLICY_ROOT_ENCRYPTED] = { RULES(root_rules), root_refusals, true },
	[POLICY_MEMORY_ENCRYPTED] = { RULES(encrypted_rules),
	    encrypted_refusals, false },
};

const struct argument_policy *
argument_policy(enum policy p)
{
	if ((size_t)p >= ARRAY_LEN(policies) || policies[p].refusals == NULL)
		return NULL;
	return &policies[p];
}
