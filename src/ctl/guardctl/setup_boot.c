/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/guardctl/setup_boot.h"

#include <stdio.h>
#include <string.h>

#include "ctl/guardctl/grub_conf.h"

#define TOOLS_HOOK    "/usr/share/initramfs-tools/hooks/shieldwall"
#define TOOLS_SCRIPT  "/usr/share/initramfs-tools/scripts/init-top/guard-early"
#define DRACUT_MODULE "/usr/lib/dracut/modules.d/90shieldwall/module-setup.sh"
#define CPUINFO_MAX   ((size_t)4 << 20)
#define INPUT_MAX     ((size_t)64 << 20)

static int
look_cpu(const char *root, const char *cpu, enum boot_cpu *ret, struct diag *d)
{
	auto_buf struct buf text = BUF_INIT(CPUINFO_MAX);
	int r;

	if (cpu != NULL) {
		*ret = strcmp(cpu, "amd") == 0 ? BOOT_CPU_AMD : BOOT_CPU_INTEL;
		if (*ret == BOOT_CPU_INTEL && strcmp(cpu, "intel") != 0)
			return diag_fail(d, ERR_USAGE, "--cpu: intel or amd");
		return ERR_OK;
	}
	/* A system that does not run below its root boots on this machine. */
	r = tree_read(root, "/proc/cpuinfo", &text, d);
	if (r == ERR_NOT_FOUND)
		r = tree_read("", "/proc/cpuinfo", &text, d);
	if (r < 0)
		return r;
	if (!boot_cpu_read(buf_bytes(&text), ret))
		return diag_fail(d, ERR_REFUSED,
		    "/proc/cpuinfo names no processor with an IOMMU that the "
		    "HGS knows: give --cpu=intel or --cpu=amd if it has one");
	return ERR_OK;
}

static void
look_initramfs(struct boot *b)
{
	static const char *const files[] = { TOOLS_HOOK, TOOLS_SCRIPT };

	if (tree_has(b->root, "/usr/share/initramfs-tools/hook-functions")) {
		b->maker = INITRAMFS_TOOLS;
		for (size_t i = 0; i < ARRAY_LEN(files); i++)
			if (!tree_has(b->root, files[i]))
				b->missing_hook = files[i];
	} else if (tree_has(b->root, "/usr/lib/dracut/dracut-functions.sh")) {
		b->maker = INITRAMFS_DRACUT;
		if (!tree_has(b->root, DRACUT_MODULE))
			b->missing_hook = DRACUT_MODULE;
	}
}

static bool
has_any(const char *root, const char *const *paths, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (tree_has(root, paths[i]))
			return true;
	return false;
}

int
boot_look(const char *root, const char *cpu, struct boot *ret, struct diag *d)
{
	static const char *const grub[] = { "/etc/default/grub",
		"/usr/sbin/update-grub" };
	static const char *const loader[] = { PATH_KERNEL_CMDLINE,
		"/boot/efi/EFI/systemd/systemd-bootx64.efi",
		"/efi/EFI/systemd/systemd-bootx64.efi",
		"/boot/EFI/systemd/systemd-bootx64.efi", "/boot/efi/EFI/Linux",
		"/efi/EFI/Linux", "/boot/EFI/Linux", "/boot/loader/entries",
		"/efi/loader/entries", "/boot/efi/loader/entries" };
	static const char *const folders[] = { "/etc/kernel/cmdline.d",
		"/etc/cmdline.d" };
	struct boot b = { .root = root };
	int r;

	if ((r = look_cpu(root, cpu, &b.cpu, d)) < 0)
		return r;
	b.grub = has_any(root, grub, ARRAY_LEN(grub));
	b.kernel_install = has_any(root, loader, ARRAY_LEN(loader));
	for (size_t i = 0; i < ARRAY_LEN(folders); i++)
		if (b.cmdline_folder == NULL && tree_has(root, folders[i]))
			b.cmdline_folder = folders[i];
	if (b.cmdline_folder != NULL)
		b.kernel_install = true;
	look_initramfs(&b);
	*ret = b;
	return ERR_OK;
}

int
boot_plan_initramfs(const struct boot *b, struct plan *p, struct diag *d)
{
	static const char text[] =
	    "# Written by 'guardctl setup'; 'guardctl setup --undo' removes "
	    "it.\n"
	    "add_dracutmodules+=\" shieldwall \"\n";

	/* dracut stops at the name of a module that it does not have. */
	if (b->maker != INITRAMFS_DRACUT || b->missing_hook != NULL)
		return ERR_OK;
	return plan_file(p, PATH_DRACUT_CONF, "guard-early in the initramfs",
	    bytes_of_text(text), d);
}

#define WANTS "/etc/systemd/system/multi-user.target.wants/"

/* link: static text, the plan keeps it. */
static int
plan_unit(const struct boot *b, const char *link, const char *what,
    struct plan *p, struct diag *d)
{
	static const char *const folders[] = { "/etc/systemd/system",
		"/usr/local/lib/systemd/system", "/usr/lib/systemd/system",
		"/lib/systemd/system" };
	const char *name = link + strlen(WANTS);
	char unit[PATH_TEXT_MAX];

	for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
		(void)snprintf(unit, sizeof(unit), "%s/%s", folders[i], name);
		if (tree_has(b->root, unit))
			return plan_link(p, link, what, unit, d);
	}
	return diag_fail(d, ERR_NOT_FOUND,
	    "there is no unit %s: install the product's units", name);
}

int
boot_plan_units(const struct boot *b, struct plan *p, struct diag *d)
{
	int r =
	    plan_unit(b, WANTS "guardd.service", "guardd starts at boot", p, d);

	return r < 0 ? r
		     : plan_unit(b, WANTS "shieldwall-vms.service",
			   "guests stop in order at shutdown", p, d);
}

bool
boot_grub_written(const struct boot *b)
{
	auto_buf struct buf text = BUF_INIT((size_t)1 << 20);
	const char *words[BOOT_WORDS_MAX];
	size_t n = boot_words_wanted(b->cpu, words);

	return tree_read(b->root, PATH_GRUB_CFG, &text, NULL) == ERR_OK &&
	    grub_cfg_has(buf_bytes(&text), words, n);
}

/*
 * Name and contents. One that is not there, or cannot be read, has none: who
 * needs it will say so.
 */
static void
digest_file(const char *root, const char *path, struct hash *h)
{
	auto_buf struct buf text = BUF_INIT(INPUT_MAX);
	uint8_t digest[SHA256_SIZE] = { 0 };

	if (tree_read(root, path, &text, NULL) == ERR_OK)
		sha256(buf_bytes(&text), digest);
	hash_update(h, bytes_of(path, strlen(path) + 1));
	hash_update(h, BYTES_OF_ARRAY(digest));
}

static void
digest_files(const char *root, const char *const *paths, size_t n,
    uint8_t ret[static SHA256_SIZE])
{
	auto_hash struct hash *h = hash_new(HASH_SHA256);

	for (size_t i = 0; i < n; i++)
		digest_file(root, paths[i], h);
	hash_final(h, ret);
}

void
boot_initramfs_digest(const struct boot *b, uint8_t ret[static SHA256_SIZE])
{
	/* The sealed image in it has QEMU, swtpm and the firmware. */
	static const char *const paths[] = { PATH_GUARD_CONF, TOOLS_HOOK,
		TOOLS_SCRIPT, DRACUT_MODULE,
		"/usr/libexec/shieldwall/guard-early",
		"/usr/libexec/shieldwall/guard-tpm",
		"/usr/libexec/shieldwall/guard-vm",
		"/usr/lib/shieldwall/sealed-image",
		"/usr/lib/shieldwall/verity-root", "/usr/bin/swtpm",
		"/usr/bin/qemu-system-x86_64",
		"/usr/share/OVMF/OVMF_CODE_4M.secboot.fd" };

	digest_files(b->root, paths, ARRAY_LEN(paths), ret);
}

void
boot_kernel_digest(const struct boot *b, uint8_t ret[static SHA256_SIZE])
{
	char dropin[PATH_TEXT_MAX] = PATH_KERNEL_CMDLINE;
	const char *paths[] = { PATH_KERNEL_CMDLINE, dropin, PATH_GUARD_CONF };

	if (b->cmdline_folder != NULL)
		(void)snprintf(dropin, sizeof(dropin), "%s/" CMDLINE_DROPIN,
		    b->cmdline_folder);
	digest_files(b->root, paths, ARRAY_LEN(paths), ret);
}
