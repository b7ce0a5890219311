/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a machine boots, as far as setup must know: who gives the kernel its
 * command line, what stands there, who makes the initramfs, and which kernels
 * and modules there are.
 */
#ifndef CTL_GUARDCTL_SETUP_BOOT_H
#define CTL_GUARDCTL_SETUP_BOOT_H

#include "ctl/guardctl/boot_words.h"
#include "ctl/guardctl/setup_plan.h"
#include "ctl/guardctl/tree.h"

#define CMDLINE_DROPIN      "50-shieldwall.conf" /* in a folder */
#define PATH_GRUB_DROPIN    "/etc/default/grub.d/50-shieldwall.cfg"
#define PATH_GRUB_CFG       "/boot/grub/grub.cfg"
#define PATH_KERNEL_CMDLINE "/etc/kernel/cmdline"
#define PATH_DRACUT_CONF    "/etc/dracut.conf.d/50-shieldwall.conf"
#define PATH_MODULES_LOAD   "/etc/modules-load.d/shieldwall.conf"

enum initramfs_maker { INITRAMFS_NONE, INITRAMFS_TOOLS, INITRAMFS_DRACUT };

struct boot {
	const char *root;
	enum boot_cpu cpu;
	bool grub;
	bool kernel_install; /* /etc/kernel/cmdline is somebody's */
	/* A folder of drop-ins instead of that file, or NULL. */
	const char *cmdline_folder;
	enum initramfs_maker maker;
	const char *missing_hook; /* of the maker; NULL: it is there */
};

/* cpu: "intel", "amd", or NULL: what /proc/cpuinfo says. */
MUST_CHECK int boot_look(const char *root, const char *cpu, struct boot *ret,
    struct diag *d);

/*
 * Adds what the command line lacks to the plan. ERR_REFUSED, with every
 * contradiction as a line of the answer, where there is one.
 */
MUST_CHECK int boot_plan_cmdline(const struct boot *b, struct cli *cli,
    struct plan *p, struct diag *d);
/* The modules that must be there before loading closes. */
MUST_CHECK int boot_plan_modules(const struct boot *b, struct plan *p,
    struct diag *d);
/* The initramfs has guard-early; initramfs-tools needs no word for it. */
MUST_CHECK int boot_plan_initramfs(const struct boot *b, struct plan *p,
    struct diag *d);
/* guardd starts at boot. ERR_NOT_FOUND where its unit is not installed. */
MUST_CHECK int boot_plan_units(const struct boot *b, struct plan *p,
    struct diag *d);

/* Whether grub.cfg has all the words. */
bool boot_grub_written(const struct boot *b);
/* Digests of what is read when the initramfs, or the boot entry, is made. */
void boot_initramfs_digest(const struct boot *b,
    uint8_t ret[static SHA256_SIZE]);
void boot_kernel_digest(const struct boot *b, uint8_t ret[static SHA256_SIZE]);

#endif
