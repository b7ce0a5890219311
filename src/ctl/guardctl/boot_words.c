/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/guardctl/boot_words.h"

#include <string.h>

#include "base/text.h"
#include "measure/cmdline.h"
#include "policy/arguments.h"
#include "policy/module_list.h"

#define WHY_REMOVE "remove it"
#define WHY_WEAK   "it switches a protection of the processor off: remove it"
#define WHY_RESUME "a guarded host does not hibernate: remove it"
#define WHY_IOMMU  "it weakens the IOMMU: remove it"
#define WHY_DUMP   "a dump of memory holds guests' secrets: remove it"
#define WHY_LSM    "the kernel lock needs the kernel's own list: remove it"
#define WHY_SHELL  "it gives a shell before the host is guarded: remove it"
#define WHY_TWICE  "the same word stands here twice: remove one"
#define WHY_SLEEP \
	"the policies on the lock take no setting of suspend: remove it"
#define WHY_FREED "it takes the place of init_on_free=1: remove it"
#define WHY_LIST                                                        \
	"it lacks modules of the list that setup writes: add them, or " \
	"remove it"
#define WHY_ANOTHER "setup sets it to another value: remove it"

/* intel_iommu and amd_iommu come by the vendor, in the place of the NULL. */
static const char *const wanted[] = { "lockdown=confidentiality",
	"secretmem.enable=1", "sysctl.kernel.yama.ptrace_scope=3",
	"sysctl.kernel.kexec_load_disabled=1",
	"sysctl.kernel.unprivileged_bpf_disabled=1", NULL, "iommu.strict=1",
	"iommu.passthrough=0", "efi=disable_early_pci_dma", "nohibernate",
	"panic=5", "init_on_free=1", module_list_word };

struct conflict {
	const char *name;
	const char *value; /* NULL: whatever value, or none */
	const char *why;
};

static const struct conflict conflicts[] = {
	{ "lsm", NULL, WHY_LSM },
	{ "security", NULL, WHY_LSM },
	{ "preempt", "full",
	    "the kernel lock is not sound with it: remove it" },
	{ "iommu", "pt", WHY_IOMMU },
	{ "iommu", "off", WHY_IOMMU },
	{ "iommu", "soft", WHY_IOMMU },
	{ "iommu", "noforce", WHY_IOMMU },
	{ "pcie_acs_override", NULL, WHY_IOMMU },
	{ "vfio.enable_unsafe_noiommu_mode", NULL, WHY_IOMMU },
	{ "vfio_iommu_type1.allow_unsafe_interrupts", NULL, WHY_IOMMU },
	{ "efi", "no_disable_early_pci_dma", WHY_IOMMU },
	{ "mitigations", "off", WHY_WEAK },
	{ "nopti", NULL, WHY_WEAK },
	{ "pti", "off", WHY_WEAK },
	{ "nospectre_v1", NULL, WHY_WEAK },
	{ "nospectre_v2", NULL, WHY_WEAK },
	{ "spectre_v2", "off", WHY_WEAK },
	{ "spec_store_bypass_disable", "off", WHY_WEAK },
	{ "l1tf", "off", WHY_WEAK },
	{ "mds", "off", WHY_WEAK },
	{ "tsx_async_abort", "off", WHY_WEAK },
	{ "mmio_stale_data", "off", WHY_WEAK },
	{ "retbleed", "off", WHY_WEAK },
	{ "kvm_intel.vmentry_l1d_flush", "never", WHY_WEAK },
	{ "resume", NULL, WHY_RESUME },
	{ "resume_offset", NULL, WHY_RESUME },
	{ "resumewait", NULL, WHY_RESUME },
	{ "resumedelay", NULL, WHY_RESUME },
	{ "hibernate", NULL, WHY_RESUME },
	{ "crashkernel", NULL, WHY_DUMP },
	{ "elfcorehdr", NULL, WHY_DUMP },
	{ "mem_sleep_default", NULL, WHY_SLEEP },
	{ "page_poison", NULL, WHY_FREED },
	{ "slub_debug", NULL, WHY_FREED },
	{ "slab_debug", NULL, WHY_FREED },
	{ "sysrq_always_enabled", NULL,
	    "keys and serial lines would command the kernel: remove it" },
	{ "module.sig_enforce", "0", WHY_REMOVE },
	{ "sysctl.kernel.ftrace_enabled", NULL,
	    "the kernel lock hangs on it: remove it" },
	{ "init", NULL, WHY_SHELL },
	{ "rdinit", NULL, WHY_SHELL },
	{ "break", NULL, WHY_SHELL },
	{ "rd.break", NULL, WHY_SHELL },
	{ "systemd.debug_shell", NULL, WHY_SHELL },
	{ "rd.systemd.debug_shell", NULL, WHY_SHELL },
	{ "--", NULL,
	    "words behind it are not the kernel's, and setup's would come "
	    "behind it: remove it" },
};

bool
boot_cpu_read(struct bytes cpuinfo, enum boot_cpu *ret)
{
	static const struct {
		const char *vendor;
		enum boot_cpu cpu;
	} vendors[] = { { "GenuineIntel", BOOT_CPU_INTEL },
		{ "CentaurHauls", BOOT_CPU_INTEL },
		{ "  Shanghai  ", BOOT_CPU_INTEL },
		{ "AuthenticAMD", BOOT_CPU_AMD },
		{ "HygonGenuine", BOOT_CPU_AMD } };
	const uint8_t *at;
	size_t n;

	if (cpuinfo.len == 0)
		return false;
	at = memmem(cpuinfo.p, cpuinfo.len, "vendor_id", strlen("vendor_id"));
	if (at == NULL)
		return false;
	n = cpuinfo.len - (size_t)(at - cpuinfo.p);
	for (size_t i = 0; i < n; i++)
		if (at[i] == '\n') {
			n = i;
			break;
		}
	for (size_t i = 0; i < ARRAY_LEN(vendors); i++)
		if (memmem(at, n, vendors[i].vendor,
			strlen(vendors[i].vendor)) != NULL) {
			*ret = vendors[i].cpu;
			return true;
		}
	return false;
}

size_t
boot_words_wanted(enum boot_cpu cpu, const char *ret[static BOOT_WORDS_MAX])
{
	for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
		ret[i] = wanted[i];
		if (ret[i] == NULL)
			ret[i] = cpu == BOOT_CPU_AMD
			    ? "amd_iommu=force_isolation"
			    : "intel_iommu=on";
	}
	return ARRAY_LEN(wanted);
}

/* The kernel takes '-' for '_' in a name. */
static bool
name_equal(struct bytes a, struct bytes b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		if ((a.p[i] == '-' ? '_' : a.p[i]) !=
		    (b.p[i] == '-' ? '_' : b.p[i]))
			return false;
	return true;
}

/* One of the values between commas. */
static bool
list_has(struct bytes list, struct bytes value)
{
	size_t from = 0;

	for (size_t i = 0; i <= list.len; i++) {
		if (i < list.len && list.p[i] != ',')
			continue;
		if (bytes_equal(bytes_of(list.p + from, i - from), value))
			return true;
		from = i + 1;
	}
	return false;
}

/* panic=N reboots for every N from 1; efi= and the modules are lists. */
static bool
value_serves(struct bytes name, struct bytes got, struct bytes want)
{
	uint64_t seconds;

	if (got.p == NULL || want.p == NULL)
		return got.p == NULL && want.p == NULL;
	if (bytes_equal_text(name, "panic"))
		return number_parse("panic", got, 1, 3600, &seconds, NULL) ==
		    ERR_OK;
	if (bytes_equal_text(name, "efi"))
		return list_has(got, want);
	if (bytes_equal_text(name, MODULE_LIST_NAME))
		return module_list_serves(got, NULL);
	return bytes_equal(got, want);
}

unsigned
boot_words_count(struct bytes text, const char *word)
{
	struct bytes arg, name, value, want_name, want_value;
	unsigned n = 0;
	bool bad;

	cmdline_split(bytes_of_text(word), &want_name, &want_value);
	while (cmdline_next(&text, &arg, &bad)) {
		if (bytes_equal_text(arg, "--"))
			break;
		cmdline_split(arg, &name, &value);
		if (name_equal(name, want_name) &&
		    value_serves(want_name, value, want_value))
			n++;
	}
	return n;
}

int
boot_words_missing(struct bytes text, enum boot_cpu cpu, struct buf *ret,
    struct diag *d)
{
	const char *words[BOOT_WORDS_MAX];
	size_t n = boot_words_wanted(cpu, words);

	for (size_t i = 0; i < n; i++)
		if (boot_words_count(text, words[i]) == 0)
			(void)buf_printf(ret, "%s%s", ret->len > 0 ? " " : "",
			    words[i]);
	return buf_check(ret, "command line", d);
}

/* Why a word of a wanted name is not the wanted one, or not alone. */
static const char *
against_wanted(struct bytes name, struct bytes value, struct bytes rest,
    enum boot_cpu cpu)
{
	const char *words[BOOT_WORDS_MAX];
	size_t n = boot_words_wanted(cpu, words);

	for (size_t i = 0; i < n; i++) {
		struct bytes want_name, want_value;

		cmdline_split(bytes_of_text(words[i]), &want_name, &want_value);
		if (!name_equal(name, want_name))
			continue;
		if (value_serves(want_name, value, want_value))
			return boot_words_count(rest, words[i]) > 0 ? WHY_TWICE
								    : NULL;
		if (bytes_equal_text(want_name, MODULE_LIST_NAME))
			return WHY_LIST;
		/* The kernel adds up what several efi= say. */
		return bytes_equal_text(want_name, "efi") && value.p != NULL
		    ? NULL
		    : WHY_ANOTHER;
	}
	return NULL;
}

bool
boot_words_conflict(struct bytes *rest, enum boot_cpu cpu,
    struct bytes *ret_word, const char **ret_why)
{
	struct bytes arg, name, value;
	bool bad;

	while (cmdline_next(rest, &arg, &bad)) {
		const char *why = NULL;

		cmdline_split(arg, &name, &value);
		for (size_t i = 0; i < ARRAY_LEN(conflicts); i++) {
			const struct conflict *c = &conflicts[i];

			if (name_equal(name, bytes_of_text(c->name)) &&
			    (c->value == NULL ||
				(value.p != NULL &&
				    list_has(value, bytes_of_text(c->value)))))
				why = c->why;
		}
		if (why == NULL)
			why = against_wanted(name, value, *rest, cpu);
		if (why != NULL) {
			*ret_word = arg;
			*ret_why = why;
			return true;
		}
	}
	return false;
}

int
boot_words_judge(struct bytes text, struct diag *d)
{
	static const enum policy policies[] = { POLICY_IOMMU_ENABLED,
		POLICY_NO_HIBERNATION, POLICY_NO_DUMPS };
	int r;

	if ((r = cmdline_text(text, &text, d)) < 0)
		return r;
	for (size_t i = 0; i < ARRAY_LEN(policies); i++)
		if ((r = arguments_judge(policies[i], text, d)) < 0)
			return r;
	return ERR_OK;
}
