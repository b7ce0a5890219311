/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/guardctl/check_settings.h"

#include <stdio.h>
#include <string.h>

#include "measure/cmdline.h"

#define EFI_GLOBAL  "8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define IOMMU_DIR   "/sys/kernel/iommu_groups"
#define REMEDY_BOOT "Run 'guardctl setup', do what it says, and boot."

void
check_command_line(const struct boot *b, struct report *r)
{
	auto_buf struct buf text = BUF_INIT(2 * CMDLINE_MAX);
	const char *words[BOOT_WORDS_MAX], *why;
	size_t n = boot_words_wanted(b->cpu, words);
	struct bytes line, word;
	struct diag d = { 0 };

	if (tree_read(b->root, "/proc/cmdline", &text, &d) < 0 ||
	    cmdline_text(buf_bytes(&text), &line, &d) < 0) {
		report_diag(r, "command line", &d, REMEDY_BOOT);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		unsigned count = boot_words_count(line, words[i]);

		report_compare(r, words[i], count == 1,
		    count == 0       ? "not on the command line"
			: count == 1 ? "once"
				     : "more than once",
		    "once", REMEDY_BOOT);
	}
	while (boot_words_conflict(&line, b->cpu, &word, &why))
		report_failed(r, "command line", REASON_NONE,
		    "Change the boot loader's settings and boot.", "%.*s: %s",
		    (int)(word.len < 100 ? word.len : 100),
		    (const char *)word.p, why);
}

/* Debian 12's own kernel, and the one of its backports. */
static void
check_version(const char *root, struct report *r)
{
	char have[128];
	bool good;

	tree_line(root, "/proc/sys/kernel/osrelease", have, sizeof(have));
	good = strncmp(have, "6.1.", 4) == 0 || strncmp(have, "6.12.", 5) == 0;
	report_compare(r, "kernel", good && strstr(have, "amd64") != NULL, have,
	    "6.1 of Debian 12, or 6.12 of its backports, amd64",
	    "Install linux-image-amd64 and boot it.");
}

/* Whether a list with commas has the name. */
static bool
list_has(const char *list, const char *name)
{
	size_t n = strlen(name);

	for (const char *p = list; (p = strstr(p, name)) != NULL; p += n)
		if ((p == list || p[-1] == ',') &&
		    (p[n] == '\0' || p[n] == ','))
			return true;
	return false;
}

/* Four bytes of attributes, then the value. */
static int
efi_byte(const char *root, const char *name)
{
	auto_buf struct buf text = BUF_INIT(64);
	char path[256];

	(void)snprintf(path, sizeof(path),
	    "/sys/firmware/efi/efivars/%s-" EFI_GLOBAL, name);
	if (tree_read(root, path, &text, NULL) < 0 || text.len != 5)
		return -1;
	return text.p[4];
}

static void
check_secure_boot(const char *root, struct report *r)
{
	int on = efi_byte(root, "SecureBoot");
	int setup = efi_byte(root, "SetupMode");
	const char *have = "on, with a platform key";

	if (on < 0)
		have = "no UEFI, or it does not tell";
	else if (on != 1)
		have = "off";
	else if (setup != 0)
		have = "on, but in set-up mode";
	report_compare(r, "secure boot", on == 1 && setup == 0, have,
	    "on, with a platform key", "Switch it on in the firmware.");
}

/* Each group's kind of domain; DMA is the strict one. */
static void
check_iommu(const char *root, struct report *r)
{
	auto_names struct names groups = { 0 };
	char path[256], type[32], have[128];
	size_t n_bad = 0;

	if (tree_names(root, IOMMU_DIR, "", &groups, NULL) < 0)
		groups.n = 0;
	(void)snprintf(have, sizeof(have), "%zu groups, all strict", groups.n);
	for (size_t i = 0; i < groups.n; i++) {
		(void)snprintf(path, sizeof(path), IOMMU_DIR "/%s/type",
		    groups.list[i]);
		tree_line(root, path, type, sizeof(type));
		if (strcmp(type, "DMA") != 0 && n_bad++ == 0)
			(void)snprintf(have, sizeof(have),
			    "group %.16s is of type %s", groups.list[i], type);
	}
	report_compare(r, "iommu", groups.n > 0 && n_bad == 0,
	    groups.n > 0 ? have : "no groups", "every group of type DMA",
	    "Switch the IOMMU (VT-d, AMD-Vi) on in the firmware; then as for "
	    "the command line.");
}

void
check_kernel(const struct boot *b, struct report *r)
{
	char have[256];

	check_version(b->root, r);
	tree_choice(b->root, "/sys/kernel/security/lockdown", have,
	    sizeof(have));
	report_compare(r, "lockdown", strcmp(have, "confidentiality") == 0,
	    have, "confidentiality", REMEDY_BOOT);
	tree_line(b->root, "/sys/kernel/security/lsm", have, sizeof(have));
	report_compare(r, "lsm", list_has(have, "bpf"), have, "bpf among them",
	    "Boot Debian's kernel, without lsm= on the command line.");
	check_secure_boot(b->root, r);
	report_compare(r, "tpm device", tree_has(b->root, "/dev/tpmrm0"),
	    tree_has(b->root, "/dev/tpmrm0") ? "/dev/tpmrm0" : "",
	    "/dev/tpmrm0", "Switch the TPM 2.0 on in the firmware.");
	check_iommu(b->root, r);
	tree_line(b->root, "/sys/module/secretmem/parameters/enable", have,
	    sizeof(have));
	report_compare(r, "secretmem", strcmp(have, "Y") == 0, have, "Y",
	    REMEDY_BOOT);
	tree_line(b->root, "/proc/sys/kernel/modules_disabled", have,
	    sizeof(have));
	report_compare(r, "modules closed", strcmp(have, "1") == 0, have, "1",
	    "It is closed at the first attestation: 'guardctl attest'.");
}
