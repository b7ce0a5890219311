/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words of a guarded host: what is missing, what stands twice, what
 * contradicts them.
 */
#include "ctl/guardctl/boot_words.h"

#include "policy/arguments.h"
#include "policy/module_list.h"
#include "t.h"

#define MODULES                                                     \
	"module_blacklist=slram,phram,mtdram,block2mtd,diskonchip," \
	"ramoops,uio,vfio,comedi,dcdbas,uvesafb,rdma_rxe,siw,kmem," \
	"binfmt_misc,cuse,tpm_vtpm_proxy"
#define ALL_INTEL                                                       \
	"lockdown=confidentiality secretmem.enable=1 "                  \
	"sysctl.kernel.yama.ptrace_scope=3 "                            \
	"sysctl.kernel.kexec_load_disabled=1 "                          \
	"sysctl.kernel.unprivileged_bpf_disabled=1 intel_iommu=on "     \
	"iommu.strict=1 iommu.passthrough=0 efi=disable_early_pci_dma " \
	"nohibernate panic=5 init_on_free=1 " MODULES

struct merge {
	const char *what;
	const char *text;
	const char *missing;
};

static const struct merge merges[] = {
	{ "an empty line lacks all", "", ALL_INTEL },
	{ "a full line lacks nothing", "root=/dev/vda1 " ALL_INTEL " quiet",
	    "" },
	{ "what is there is not said again",
	    "quiet nohibernate lockdown=confidentiality panic=30 "
	    "intel_iommu=on iommu.strict=1 iommu.passthrough=0",
	    "secretmem.enable=1 sysctl.kernel.yama.ptrace_scope=3 "
	    "sysctl.kernel.kexec_load_disabled=1 "
	    "sysctl.kernel.unprivileged_bpf_disabled=1 "
	    "efi=disable_early_pci_dma init_on_free=1 " MODULES },
	{ "the kernel takes '-' for '_'; efi= has a list",
	    "lockdown=confidentiality secretmem.enable=1 "
	    "sysctl.kernel.yama.ptrace-scope=3 "
	    "sysctl.kernel.kexec-load-disabled=1 "
	    "sysctl.kernel.unprivileged-bpf-disabled=1 intel-iommu=on "
	    "iommu.strict=1 iommu.passthrough=0 "
	    "efi=debug,disable_early_pci_dma panic=1",
	    "nohibernate init_on_free=1 " MODULES },
	{ "a list with more modules is as good",
	    "lockdown=confidentiality secretmem.enable=1 "
	    "sysctl.kernel.yama.ptrace_scope=3 "
	    "sysctl.kernel.kexec_load_disabled=1 "
	    "sysctl.kernel.unprivileged_bpf_disabled=1 intel_iommu=on "
	    "iommu.strict=1 iommu.passthrough=0 efi=disable_early_pci_dma "
	    "nohibernate panic=5 " MODULES ",nouveau",
	    "init_on_free=1" },
	{ "words behind -- are init's", "-- " ALL_INTEL, ALL_INTEL },
	{ "a word in quotes is another word", "\"nohibernate panic=5\"",
	    ALL_INTEL },
};

static void
check_merge(const struct merge *m)
{
	auto_buf struct buf out = BUF_INIT(4096);
	struct diag d = { 0 };

	CHECK(boot_words_missing(bytes_of_text(m->text), BOOT_CPU_INTEL, &out,
		  &d) == ERR_OK &&
		bytes_equal_text(buf_bytes(&out), m->missing),
	    "%s", m->what);
}

struct conflict_example {
	const char *text;
	const char *word; /* NULL: nothing contradicts */
};

static const struct conflict_example conflicts[] = {
	{ "", NULL },
	{ "root=/dev/vda1 ro quiet " ALL_INTEL, NULL },
	{ "mitigations=auto,nosmt efi=debug", NULL },
	{ "quiet iommu=pt", "iommu=pt" },
	{ "iommu=force,pt", "iommu=force,pt" },
	{ "mitigations=off ro", "mitigations=off" },
	{ "lsm=landlock,yama", "lsm=landlock,yama" },
	{ "resume=UUID=1-2", "resume=UUID=1-2" },
	{ "crashkernel=512M-:192M", "crashkernel=512M-:192M" },
	{ "lockdown=integrity", "lockdown=integrity" },
	{ "panic=0", "panic=0" },
	{ "intel_iommu=off", "intel_iommu=off" },
	{ "intel_iommu=on intel_iommu=on", "intel_iommu=on" },
	{ "nohibernate ro nohibernate", "nohibernate" },
	{ "nohibernate=1", "nohibernate=1" },
	{ "sysctl.kernel.yama.ptrace_scope=0",
	    "sysctl.kernel.yama.ptrace_scope=0" },
	{ "preempt=full", "preempt=full" },
	{ "init=/bin/sh", "init=/bin/sh" },
	{ "quiet -- x", "--" },
	{ "sysrq_always_enabled", "sysrq_always_enabled" },
	{ "sysrq-always-enabled=1", "sysrq-always-enabled=1" },
	{ "mem_sleep_default=deep", "mem_sleep_default=deep" },
	{ "page_poison=1", "page_poison=1" },
	{ "init_on_free=0", "init_on_free=0" },
	{ "module_blacklist=nouveau", "module_blacklist=nouveau" },
	{ MODULES ",nouveau", NULL },
	{ MODULES " quiet " MODULES, MODULES },
	{ "systemd.debug-shell", "systemd.debug-shell" },
};

static void
check_conflict(const struct conflict_example *c)
{
	struct bytes rest = bytes_of_text(c->text), word = BYTES_NONE;
	const char *why = NULL;
	bool found = boot_words_conflict(&rest, BOOT_CPU_INTEL, &word, &why);

	CHECK(found == (c->word != NULL) &&
		(!found || (bytes_equal_text(word, c->word) && why != NULL)),
	    "conflict in '%s': %s", c->text, found ? why : "none");
}

static void
test_cpu(void)
{
	enum boot_cpu cpu = BOOT_CPU_AMD;
	const char *words[BOOT_WORDS_MAX];

	CHECK(boot_cpu_read(bytes_of_text("processor\t: 0\nvendor_id\t: "
					  "GenuineIntel\n"),
		  &cpu) &&
		cpu == BOOT_CPU_INTEL,
	    "Intel's processor");
	CHECK(boot_cpu_read(bytes_of_text("vendor_id\t: AuthenticAMD"), &cpu) &&
		cpu == BOOT_CPU_AMD,
	    "AMD's processor, and no newline");
	CHECK(!boot_cpu_read(bytes_of_text("vendor_id: x\nmodel: "
					   "AuthenticAMD\n"),
		  &cpu),
	    "the vendor is on the vendor's line only");
	CHECK(!boot_cpu_read(BYTES_NONE, &cpu), "nothing is no vendor");
	CHECK(boot_words_wanted(BOOT_CPU_AMD, words) == 13 &&
		strcmp(words[5], "amd_iommu=force_isolation") == 0,
	    "AMD's word");
}

static void
test_judge(void)
{
	struct diag d = { 0 };

	CHECK(boot_words_judge(bytes_of_text("ro " ALL_INTEL), &d) == ERR_OK,
	    "what setup writes is what the HGS wants");
	CHECK(boot_words_judge(bytes_of_text(ALL_INTEL " iommu=fullflush"),
		  &d) == ERR_REFUSED,
	    "what the HGS would refuse: %s", d.text);
	CHECK(boot_words_judge(bytes_of_text(ALL_INTEL " \"x"), &d) < 0,
	    "an open quote: %s", d.text);
	CHECK(boot_words_judge(BYTES_NONE, &d) < 0, "nothing: %s", d.text);
}

/* What the product's own images get, and what the lock's policies want. */
static void
test_drop_in(void)
{
	static const enum policy lock[] = { POLICY_MEMORY_ACCESS_BLOCKED,
		POLICY_SWAP_ENCRYPTED };
	size_t len = 0;
	char *text = (char *)t_load("../initramfs/command-line", &len);
	struct bytes line;
	bool same;

	for (size_t i = 0; i + 1 < len; i++)
		if (text[i] == '\n')
			text[i] = ' ';
	line = bytes_of(text, len == 0 ? 0 : len - 1);
	same = bytes_equal_text(line, ALL_INTEL);
	CHECK(same, "initramfs/command-line has the words of setup");
	for (size_t i = 0; i < ARRAY_LEN(lock); i++)
		CHECK(arguments_judge(lock[i], line, NULL) == ERR_OK,
		    "which %s takes", builtin_get(lock[i])->name);
	CHECK(strcmp(module_list_word, MODULES) == 0, "the list of modules");
	free(text);
}

int
main(void)
{
	for (size_t i = 0; i < ARRAY_LEN(merges); i++)
		check_merge(&merges[i]);
	for (size_t i = 0; i < ARRAY_LEN(conflicts); i++)
		check_conflict(&conflicts[i]);
	test_cpu();
	test_judge();
	test_drop_in();
	return t_done();
}
