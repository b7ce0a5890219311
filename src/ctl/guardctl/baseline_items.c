/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/guardctl/baseline_items.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "policy/arguments.h"
#include "policy/ima_devices.h"

#define MAPPER "/dev/mapper/"

static void set(struct baseline_item_state *s, bool good, const char *fmt, ...)
    PRINTF(3, 4);

static void
set(struct baseline_item_state *s, bool good, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	s->good = good;
	(void)vsnprintf(s->text, sizeof(s->text), fmt, ap);
	va_end(ap);
}

static void
secure_boot(const struct findings *f, struct baseline_item_state *s)
{
	const struct secureboot *b = &f->secureboot;

	if (f->secureboot_check.state != FINDING_GOOD)
		set(s, false, "not known: %.*s",
		    (int)f->secureboot_check.text.len,
		    f->secureboot_check.text.len == 0
			? ""
			: (const char *)f->secureboot_check.text.p);
	else if (b->state != SECUREBOOT_ON)
		set(s, false,
		    "off: whoever has the machine starts what he "
		    "likes");
	else if (!b->user_mode)
		set(s, false, "on, but no platform key is enrolled");
	else if (b->shim_insecure)
		set(s, false, "on, but shim's own validation is switched off");
	else
		set(s, true, "on, with a platform key");
}

static void
firmware(const struct findings *f, struct baseline_item_state *s)
{
	if (f->secureboot_check.state != FINDING_GOOD)
		set(s, false, "not known: PCR 7 is not believable");
	else if (f->secureboot.firmware_debug)
		set(s, false, "in debug mode");
	else if (f->secureboot.dma_unprotected)
		set(s, false,
		    "says that it does not keep devices out of "
		    "memory");
	else
		set(s, true,
		    "says nothing of debug mode, nor that DMA "
		    "protection is off");
}

/* The value of the last `name=`; p is NULL where there is none. */
static struct bytes
argument(struct bytes cmdline, const char *name)
{
	struct bytes arg, key, value, found = BYTES_NONE;
	bool bad;

	while (cmdline_next(&cmdline, &arg, &bad)) {
		cmdline_split(arg, &key, &value);
		if (bytes_equal_text(key, name))
			found = value;
	}
	return found;
}

static void
lockdown(struct bytes cmdline, struct baseline_item_state *s)
{
	struct bytes value = argument(cmdline, "lockdown");

	if (value.p == NULL)
		set(s, false,
		    "the command line lacks "
		    "lockdown=confidentiality: root reads the "
		    "kernel's memory");
	else if (!bytes_equal_text(value, "confidentiality"))
		set(s, false,
		    "lockdown=%.*s, not confidentiality: root "
		    "reads the kernel's memory",
		    (int)(value.len < 40 ? value.len : 40),
		    (const char *)value.p);
	else
		set(s, true, "confidentiality");
}

static void
by_policy(enum policy p, struct bytes cmdline, const char *good,
    struct baseline_item_state *s)
{
	struct diag why = { 0 };

	if (arguments_judge(p, cmdline, &why) == ERR_OK)
		set(s, true, "%s", good);
	else
		set(s, false, "%.200s", why.text);
}

static bool
is_crypt(struct bytes ima, struct bytes name)
{
	static struct ima_devices devices;

	ima_devices_list(&devices, ima);
	return ima_devices_kind(&devices, name) == IMA_DM_CRYPT;
}

static void
root(struct bytes cmdline, struct bytes ima, struct baseline_item_state *s)
{
	struct bytes value = argument(cmdline, "root");
	size_t len = strlen(MAPPER);
	int shown = (int)(value.len < 80 ? value.len : 80);

	if (argument(cmdline, "shieldwall.verity").p != NULL)
		set(s, true, "dm-verity: as it was built, and in clear");
	else if (value.p == NULL || value.len == 0)
		set(s, false, "not known: the command line names none");
	else if (value.len <= len ||
	    !bytes_equal_text(bytes_of(value.p, len), MAPPER))
		set(s, false,
		    "%.*s is not of the device mapper as far as the "
		    "command line tells: not encrypted",
		    shown, (const char *)value.p);
	else if (is_crypt(ima, bytes_of(value.p + len, value.len - len)))
		set(s, true, "%.*s is encrypted, says IMA's list", shown,
		    (const char *)value.p);
	else
		set(s, false,
		    "%.*s: IMA's list does not tell whether it is "
		    "encrypted (ima_policy=critical_data)",
		    shown, (const char *)value.p);
}

void
baseline_item_read(enum baseline_item which, const struct findings *f,
    struct bytes ima, struct baseline_item_state *ret)
{
	static const char *const names[BASELINE_ITEMS] = { "Secure Boot",
		"firmware", "lockdown", "IOMMU", "root", "swap" };
	struct bytes cmdline = f->cmdline_text;

	*ret = (struct baseline_item_state){ .name = names[which] };
	if (which == ITEM_SECURE_BOOT)
		secure_boot(f, ret);
	else if (which == ITEM_FIRMWARE)
		firmware(f, ret);
	else if (f->cmdline_check.state != FINDING_GOOD)
		set(ret, false, "not known: the command line is not proven");
	else if (which == ITEM_LOCKDOWN)
		lockdown(cmdline, ret);
	else if (which == ITEM_IOMMU)
		by_policy(POLICY_IOMMU_ENABLED, cmdline,
		    "on and strict, from the firmware on", ret);
	else if (which == ITEM_ROOT)
		root(cmdline, ima, ret);
	else
		by_policy(POLICY_SWAP_ENCRYPTED, cmdline,
		    "the command line lets no memory of guests or keys go there",
		    ret);
}
