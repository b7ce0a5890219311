/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/arguments.h"

#include "host.h"
#include "policy/argument_rules.h"
#include "policy/module_list.h"

#define LINE_MAX_LEN 1024
#define WORDS_MAX    32

struct row {
	enum policy p;
	const char *needed; /* each of these, once */
	const char *other;  /* for the first, another value or spelling */
};

/* The needed arguments; the rest of a row is what weakens the policy. */
static const struct row rows[] = {
	{ POLICY_MEMORY_ACCESS_BLOCKED,
	    "lockdown=confidentiality sysctl.kernel.yama.ptrace_scope=3 "
	    "sysctl.kernel.kexec_load_disabled=1 "
	    "sysctl.kernel.unprivileged_bpf_disabled=1 init_on_free=1 " PRODUCT_MODULES,
	    "lockdown=integrity lockdown lockdown=none "
	    "sysctl.kernel.yama.ptrace_scope=1 "
	    "sysctl.kernel.yama.ptrace-scope=3 "
	    "sysctl/kernel/yama/ptrace_scope=0 sysctl.kernel/yama.ptrace_scope=2 "
	    "sysctl.kernel.kexec_load_disabled=0 "
	    "sysctl.kernel.unprivileged_bpf_disabled=2 "
	    "sysctl.kernel.ftrace_enabled=0 sysctl.kernel.modprobe=/x "
	    "init_on_free=0 init_on_free init-on-free=1 module_blacklist= "
	    "module_blacklist module_blacklist=slram module_blacklist=x "
	    "module-blacklist=slram" },
	{ POLICY_CODE_INTEGRITY_ENFORCED,
	    "shieldwall.verity=" PRODUCT_HASH " shieldwall.code=root "
	    "lockdown=confidentiality root=/dev/mapper/shieldwall-root",
	    "shieldwall.verity=0123 shieldwall.verity=" PRODUCT_HASH "0 "
	    "shieldwall.verity shieldwall-verity=" PRODUCT_HASH
	    " shieldwall.code=none "
	    "shieldwall.code shieldwall.other=1 root=/dev/sda1 root=UUID=1-2 "
	    "root root=/dev/mapper/shieldwall-var "
	    "rootflags=ro rootfstype=ext4 rd.luks.uuid=1 lockdown=integrity" },
	{ POLICY_FULL_BOOT, "sysctl.kernel.kexec_load_disabled=1",
	    "sysctl.kernel.kexec_load_disabled=0 "
	    "sysctl.kernel.kexec-load-disabled=1 "
	    "sysctl/kernel/kexec_load_disabled=0 "
	    "sysctl.kernel.kexec_load_limit_panic=1" },
	{ POLICY_IOMMU_ENABLED,
	    "iommu.strict=1 iommu.passthrough=0 intel_iommu=on "
	    "efi=disable_early_pci_dma",
	    "iommu=pt intel_iommu=off noiommu iommu.passthrough=1 "
	    "iommu.strict=0 vfio.enable_unsafe_noiommu_mode=1 intel-iommu=off "
	    "intel-iommu=on iommu.pass-through=1 intel_iommu=on,sm_off "
	    "amd_iommu=off efi=no_disable_early_pci_dma efi=debug intremap=off "
	    "pci=noats pcie_acs_override=downstream acpi=off noacpi "
	    "ivrs_ioapic=1" },
	{ POLICY_NO_HIBERNATION, "nohibernate",
	    "nohibernate=1 hibernate=no hibernate=yes resume=/dev/sda2 "
	    "resume_offset=34816 resume-offset=1 resumewait resumedelay=5" },
	{ POLICY_NO_DUMPS, "",
	    "crashkernel=256M crashkernel=auto crash_kexec_post_notifiers "
	    "elfcorehdr=1 fadump=on sysctl.kernel.core_pattern=|/x "
	    "sysctl/kernel/core_pattern=/x sysctl.fs.suid_dumpable=2" },
	{ POLICY_SWAP_ENCRYPTED, "nohibernate lockdown=confidentiality",
	    "lockdown=none lockdown=integrity resume=/dev/sda2 zswap.enabled=1 zram.num_devices=1" },
	{ POLICY_MEMORY_ENCRYPTED, "mem_encrypt=on",
	    "mem_encrypt=off mem-encrypt=off mem_encrypt" },
};

/* A strict policy takes none of these; any of them could open memory. */
static const char *const harmful[] = { "lsm=landlock", "lsm=", "security=none",
	"selinux=1", "apparmor=0", "yama=0", "preempt=full", "preempt=lazy",
	"init=/bin/sh", "rdinit=/bin/sh", "initrd=x", "initrdmem=1G,1M",
	"rd.break", "rd.break=pre-mount", "break", "break=top", "rd.shell",
	"rd.emergency=halt", "rd.systemd.unit=emergency.target",
	"systemd.debug-shell", "systemd.debug_shell=1",
	"systemd.unit=rescue.target", "systemd.run=/x", "systemd.wants=x",
	"systemd.setenv=LD_PRELOAD=/x", "systemd.set_credential=x:y",
	"systemd.unified_cgroup_hierarchy=0", "single", "emergency", "rescue",
	"S", "s", "1", "-b", "recovery", "module.sig_enforce=0",
	"module_blacklist=tpm_crb", "modprobe.blacklist=tpm_tis", "nomodule",
	"memmap=4G!8G", "memmap=exactmap", "mem=2G", "mitigations=off",
	"nosmep", "nosmap", "nokaslr", "nopti", "pti=off", "nospectre_v2",
	"spectre_v2=off", "l1tf=off", "mds=off", "clearcpuid=514", "slub_debug",
	"slub_debug=FZP", "no_hash_pointers", "page_poison=1",
	"ftrace=function", "ftrace_dump_on_oops", "trace_event=sched",
	"trace-event=sched", "kprobe_event=p,vfs_read", "tp_printk",
	"efivar_ssdt=x", "acpi=off", "acpi_rsdp=0x1000", "acpi_osi=Linux",
	"iomem=relaxed", "kgdboc=ttyS0", "kgdbwait", "kdb=1", "kgdbdbgp=0",
	"earlycon=uart8250,mmio32,0x1000", "earlyprintk=mmio32,0x1000",
	"earlyprintk=serial,0xcf8", "earlyprintk=serial,ttyS0x70",
	"earlyprintk=ttyS0x70", "earlyprintk=ttyS2",
	"earlyprintk=serial,ttyS0,1", "earlyprintk=vga,keep",
	"earlyprintk=efi,serial", "sysrq_always_enabled",
	"mem_sleep_default=deep", "console=uart8250,mmio,0x1000",
	"netconsole=@/,@10.0.0.1/", "iommu=pt",
	"vfio.enable_unsafe_noiommu_mode=1", "pci=noats", "intremap=off",
	"crashkernel=256M", "kexec=1", "resume=/dev/sda", "hibernate=yes",
	"zswap.enabled=1", "secretmem.enable=0", "cgroup_disable=memory",
	"cgroup_no_v1=all", "LD_PRELOAD=/x", "PATH=/x", "BASH_ENV=/x", "IFS=a",
	"boot=nfs", "ip=dhcp", "nfsroot=x:/", "overlayroot=tmpfs",
	"dm-mod.create=x", "firmware_class.path=/x", "bootconfig",
	"initcall_blacklist=x", "initcall-blacklist=x", "debug", "debugfs=on",
	"dyndbg=x", "hugetlb_cma=1G", "sysctl.vm.swappiness=1",
	"shieldwall.lock=off", "root=$(x)", "root=`x`", "rootflags=a;b",
	"quiet=1", "unheard_of", "unheard.of=1", "--", "\"lsm=x\"", "quiet\"",
	"lsm=\"landlock\"", "BOOT_IMAGE=(hd0,gpt1)", "BOOT_IMAGE=()/vmlinuz",
	"BOOT_IMAGE=(hd0,gpt1/vmlinuz", "BOOT_IMAGE=(hd0)(hd1)/x",
	"BOOT_IMAGE=x(hd0,gpt1)/vmlinuz" };

static const char *const harmless[] = { "quiet", "splash", "ro", "rw",
	"console=ttyS0,115200n8", "console=tty0 console=hvc0",
	"earlyprintk=serial,ttyS0,115200", "earlyprintk=ttyS1",
	"earlyprintk=ttyS1,9600", "earlyprintk=serial", "earlyprintk=efi",
	"loglevel=3", "preempt=voluntary", "panic=5", "hugepages=1024",
	"isolcpus=2-7", "audit=1", "mitigations=auto,nosmt",
	"ima_policy=tcb ima_policy=critical_data ima_template=ima-sig",
	"init_on_alloc=1", "net.ifnames=0", "BOOT_IMAGE=/boot/vmlinuz-6.1.0",
	"BOOT_IMAGE=(hd0,gpt1)/vmlinuz" };

static const enum policy strict[] = { POLICY_MEMORY_ACCESS_BLOCKED,
	POLICY_CODE_INTEGRITY_ENFORCED, POLICY_SWAP_ENCRYPTED };

static int
argue(enum policy p, const char *text)
{
	return arguments_judge(p, bytes_of_text(text), NULL);
}

/* Refused, with a reason that a person can use. */
static bool
refused(enum policy p, const char *text)
{
	struct diag d = { 0 };

	return arguments_judge(p, bytes_of_text(text), &d) == ERR_REFUSED &&
	    d.text[0] != '\0';
}

static size_t
words_of(const char *text, char store[LINE_MAX_LEN], char *ret[WORDS_MAX])
{
	size_t n = 0;
	char *save = NULL;

	(void)snprintf(store, LINE_MAX_LEN, "%s", text);
	for (char *w = strtok_r(store, " ", &save); w != NULL && n < WORDS_MAX;
	     w = strtok_r(NULL, " ", &save))
		ret[n++] = w;
	return n;
}

/* All words but one. */
static void
without(char *const words[], size_t n, size_t skip, char ret[LINE_MAX_LEN])
{
	size_t at = 0;

	ret[0] = '\0';
	for (size_t i = 0; i < n; i++)
		if (i != skip)
			at += (size_t)snprintf(ret + at, LINE_MAX_LEN - at,
			    "%s ", words[i]);
}

/* With `more` before the line and behind it. */
static size_t
both_ways(enum policy p, const char *line, const char *more)
{
	char text[2 * LINE_MAX_LEN];
	size_t n = 0;

	(void)snprintf(text, sizeof(text), "%s %s", more, line);
	n += refused(p, text);
	(void)snprintf(text, sizeof(text), "%s %s", line, more);
	return n + refused(p, text);
}

static void
test_row(const struct row *r)
{
	char store[LINE_MAX_LEN], more[LINE_MAX_LEN], text[LINE_MAX_LEN];
	const char *name = builtin_get(r->p)->name;
	char *words[WORDS_MAX], *others[WORDS_MAX];
	size_t n = words_of(r->needed, store, words);
	size_t n_others = words_of(r->other, more, others);
	size_t bad[4] = { 0 }, at;

	CHECK(argue(r->p, r->needed) == ERR_OK &&
		argue(r->p, PRODUCT_CMDLINE " mem_encrypt=on") == ERR_OK,
	    "%s: what it needs, and the product's command line", name);
	for (size_t i = 0; i < n; i++) {
		without(words, n, i, text);
		bad[0] += refused(r->p, text);
		bad[1] += both_ways(r->p, r->needed, words[i]);
		at = strlen(text);
		(void)snprintf(text + at, sizeof(text) - at, "-- %s", words[i]);
		bad[2] += refused(r->p, text);
	}
	CHECK(bad[0] == n, "T39 %s: each of %zu missing: refused", name, n);
	CHECK(bad[1] == 2 * n, "T39 %s: each of them twice: refused", name);
	CHECK(bad[2] == n, "T39 %s: each behind \"--\": refused", name);
	for (size_t i = 0; i < n_others; i++)
		bad[3] += both_ways(r->p, r->needed, others[i]);
	CHECK(bad[3] == 2 * n_others,
	    "T90 %s: %zu other values and spellings, before or behind: refused",
	    name, n_others);
}

static void
test_strict(enum policy p)
{
	const char *name = builtin_get(p)->name;
	char text[LINE_MAX_LEN];
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(harmful); i++) {
		size_t one = both_ways(p, PRODUCT_CMDLINE, harmful[i]);

		if (one != 2)
			printf("# taken: %s\n", harmful[i]);
		n += one;
	}
	CHECK(n == 2 * ARRAY_LEN(harmful),
	    "T90 %s: %zu arguments that weaken it or are unknown, before or "
	    "behind: refused",
	    name, ARRAY_LEN(harmful));
	n = 0;
	for (size_t i = 0; i < ARRAY_LEN(harmless); i++) {
		(void)snprintf(text, sizeof(text), "%s %s", PRODUCT_CMDLINE,
		    harmless[i]);
		n += argue(p, text) == ERR_OK;
	}
	CHECK(n == ARRAY_LEN(harmless), "%s: %zu harmless arguments are taken",
	    name, n);
}

/* The list of modules: more is taken, less and other spellings are not. */
static void
test_modules(void)
{
	static const char *const fewer[] = { "", ",", "slram", "all", "*" };
	enum policy p = POLICY_MEMORY_ACCESS_BLOCKED;
	const char *all = module_list_word + strlen(MODULE_LIST_NAME "=");
	struct bytes lacks;
	char text[3 * LINE_MAX_LEN], many[LINE_MAX_LEN];
	size_t n = 0;

	CHECK(strcmp(module_list_word, PRODUCT_MODULES) == 0 &&
		module_list_serves(bytes_of_text(all), NULL),
	    "the list of modules, and it serves itself");
	(void)snprintf(text, sizeof(text), "nouveau,%s,floppy", all);
	CHECK(module_list_serves(bytes_of_text(text), NULL),
	    "a list with more modules serves as well");
	for (size_t i = 0; i < ARRAY_LEN(fewer); i++)
		n += !module_list_serves(bytes_of_text(fewer[i]), NULL);
	n += !module_list_serves(BYTES_NONE, NULL);
	CHECK(n == ARRAY_LEN(fewer) + 1, "T88 %zu shorter ones do not", n);
	(void)snprintf(text, sizeof(text), "%s", all);
	strchr(text, '_')[0] = '-';
	CHECK(!module_list_serves(bytes_of_text(text), &lacks) &&
		bytes_equal_text(lacks, "rdma_rxe"),
	    "T88 nor '-' for '_' in the name of a module");
	(void)snprintf(text, sizeof(text), "%s%%", all);
	CHECK(!module_list_serves(bytes_of_text(text), NULL),
	    "nor signs that are in no name");
	memset(many, 'x', sizeof(many) - 1);
	many[sizeof(many) - 1] = '\0';
	(void)snprintf(text, sizeof(text), "%s,%s", all, many);
	CHECK(!module_list_serves(bytes_of_text(text), NULL),
	    "nor a list that is longer than the kernel reads");
	(void)snprintf(text, sizeof(text), PRODUCT_CMDLINE " root=%s%s", many,
	    many);
	CHECK(refused(p, text) && refused(POLICY_NO_HIBERNATION, text),
	    "T90 a command line that the kernel would cut off: refused");
}

static void
test_details(void)
{
	struct diag d = { 0 };

	CHECK(argue(POLICY_MEMORY_ACCESS_BLOCKED,
		  PRODUCT_CMDLINE
		  " root=UUID=12-34 rootflags=noatime") == ERR_OK,
	    "MemoryAccessBlocked takes any root: the lock comes first");
	CHECK(
	    argue(POLICY_IOMMU_ENABLED,
		"iommu.strict=1 iommu.passthrough=0 amd_iommu=force_isolation "
		"intel_iommu=on efi=disable_early_pci_dma iommu=strict") ==
		ERR_OK,
	    "both makers' switches may be there");
	CHECK(refused(POLICY_NO_DUMPS, "quiet -- crashkernel=1M") &&
		refused(POLICY_NO_HIBERNATION,
		    "nohibernate -- resume=/dev/sda"),
	    "T39 words for the initramfs behind \"--\" are looked at");
	CHECK(argue(POLICY_NO_HIBERNATION, "nohibernate no_console_suspend") ==
		ERR_OK,
	    "what does not wake an image is no matter");
	CHECK(arguments_judge(POLICY_MEMORY_ACCESS_BLOCKED,
		  bytes_of_text(PRODUCT_CMDLINE " lsm=landlock"),
		  &d) == ERR_REFUSED &&
		strstr(d.text, "lsm=landlock") != NULL &&
		strstr(d.text, "security modules") != NULL,
	    "a refusal names the argument and why: %s", d.text);
	CHECK(arguments_judge(POLICY_IOMMU_ENABLED,
		  bytes_of_text("iommu.strict=1 iommu.passthrough=0 "
				"efi=disable_early_pci_dma"),
		  &d) == ERR_REFUSED,
	    "or what is missing: %s", d.text);
	CHECK(refused(POLICY_FULL_BOOT,
		  "sysctl.kernel.kexec_load_disabled=1 a=\"b"),
	    "an open quote: refused");
}

/* Every rule can be met as it stands in the table, by letter. */
static void
test_tables(void)
{
	bool lower = true, needs = true;

	for (size_t i = 0; i < argument_harmless_n; i++)
		needs = needs && argument_harmless[i].need == 0;
	for (const struct argument_refusal *r = argument_harmful;
	     r->name != NULL; r++)
		lower = lower && r->why != NULL &&
		    strchr(r->name, '-') == NULL &&
		    strchr(r->name, '/') == NULL;
	CHECK(needs && lower, "tables hold names as the kernel folds them");
	for (unsigned p = 0; p < POLICY_COUNT; p++) {
		const struct argument_policy *c =
		    argument_policy((enum policy)p);

		if (c == NULL)
			continue;
		CHECK(builtin_get((enum policy)p)->unavailable == NULL &&
			arguments_apply((enum policy)p) && c->n_rules <= 32,
		    "%s reads the command line and can be enabled",
		    builtin_get((enum policy)p)->name);
	}
}

int
main(void)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		test_row(&rows[i]);
	for (size_t i = 0; i < ARRAY_LEN(strict); i++)
		test_strict(strict[i]);
	test_modules();
	test_details();
	test_tables();
	return t_done();
}
