/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guardctl setup --check: every setting as it is and as it should be.
 */
#include <stdio.h>
#include <string.h>

#include "ctl/guardctl/check_settings.h"
#include "ctl/guardctl/places.h"
#include "ctl/guardctl/setup.h"
#include "ctl/guardctl/setup_swap.h"

#define REMEDY_RUN "Run 'guardctl setup' as root."

void
setup_check_needs(const struct host *h, struct report *r)
{
	users_check(h, r);
	places_check(h, r);
	check_programs(h, r);
}

static void
check_makers(const struct boot *b, struct report *r)
{
	static const char *const names[] = { "none known", "initramfs-tools",
		"dracut" };
	const char *loader = b->grub ? "GRUB" : "";

	if (b->kernel_install)
		loader = b->grub ? "GRUB and kernel-install" : "kernel-install";
	report_compare(r, "boot loader", loader[0] != '\0', loader,
	    "GRUB, or systemd-boot or unified images by kernel-install",
	    "Put the words by hand where this machine's boot loader takes "
	    "them from: guardctl(1).");
	report_compare(r, "initramfs", b->maker != INITRAMFS_NONE,
	    names[b->maker], "initramfs-tools or dracut",
	    "Install one of them.");
	if (b->maker != INITRAMFS_NONE)
		report_compare(r, "initramfs hook", b->missing_hook == NULL,
		    b->missing_hook == NULL ? "installed" : "not installed",
		    b->missing_hook == NULL ? "installed" : b->missing_hook,
		    "Install the product's files for the initramfs.");
}

void
setup_check_system(const struct boot *b, struct report *r)
{
	check_makers(b, r);
	swap_check(b->root, r);
}

/* What a run of setup would write is what is not as it should be. */
static void
check_files(const struct boot *b, struct report *r)
{
	auto_plan struct plan p = { .root = b->root };
	auto_record struct record *record = NULL;
	struct diag d = { 0 };
	struct steps s = { 0 };

	if (setup_plan_boot(b, r->cli, &p, &d) < 0)
		report_diag(r, "boot settings", &d,
		    "Do so, then run 'guardctl setup'.");
	for (size_t i = 0; i < p.n; i++)
		report_compare(r, "file", false,
		    p.list[i].had_old ? "other contents" : "", p.list[i].path,
		    REMEDY_RUN);
	if (p.n == 0 && d.text[0] == '\0')
		report_ok(r, "files", "all are as setup writes them");
	if (record_load(b->root, &record, &d) < 0) {
		report_diag(r, "record", &d, NULL);
		return;
	}
	steps_look(b, record, &s);
	if (b->grub)
		report_compare(r, "grub.cfg", !s.grub,
		    s.grub ? "lacks words" : "has every word", "every word",
		    "Run update-grub.");
	if (s.initramfs || s.kernel)
		report_note(r, "images",
		    "the initramfs was made before its files changed, or not "
		    "by setup");
}

int
setup_check(struct cli *cli, struct diag *d)
{
	struct report r = { .cli = cli };
	struct diag why = { 0 };
	struct host h;
	struct boot b;

	if (!check_config(cli, &r, &h))
		return report_end(&r, d);
	setup_check_needs(&h, &r);
	if (!tree_has_system(cli->root)) {
		report_note(&r, "system", "there is none below %s", cli->root);
		check_early(&h, &r);
		return report_end(&r, d);
	}
	if (boot_look(cli->root, cli_option(cli, "cpu"), &b, &why) < 0) {
		report_diag(&r, "processor", &why, NULL);
		return report_end(&r, d);
	}
	setup_check_system(&b, &r);
	check_files(&b, &r);
	if (!tree_runs(cli->root)) {
		report_note(&r, "running system",
		    "the one below %s does not run", cli->root);
		return report_end(&r, d);
	}
	check_command_line(&b, &r);
	check_kernel(&b, &r);
	check_early(&h, &r);
	check_tpm(&h, &r);
	return report_end(&r, d);
}
