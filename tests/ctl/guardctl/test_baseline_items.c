/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/guardctl/baseline_items.h"

#include "policy/ima_mapped.h"
#include "t.h"

static struct findings
boot(const char *cmdline)
{
	return (struct findings){
		.secureboot_check = { .state = FINDING_GOOD },
		.cmdline_check = { .state = FINDING_GOOD },
		.secureboot = { .state = SECUREBOOT_ON, .user_mode = true },
		.cmdline_text = bytes_of_text(cmdline),
	};
}

static bool
item_is(enum baseline_item which, const struct findings *f, const char *ima,
    size_t n, bool good, const char *says)
{
	struct baseline_item_state s;

	baseline_item_read(which, f, bytes_of(ima, n), &s);
	if (s.good != good || strstr(s.text, says) == NULL)
		printf("# %s: %d %s\n", s.name, s.good, s.text);
	return s.good == good && strstr(s.text, says) != NULL;
}

/* With a list in which a device "root" has such a table; NULL: without one. */
static bool
root_is(const char *cmdline, const char *table, bool good, const char *says)
{
	struct buf list = BUF_INIT(IMA_LIST_LIMIT);
	struct findings f = boot(cmdline);
	char text[1024];
	bool is;

	(void)snprintf(text, sizeof(text), "%s%s", DEVICE("root", "0"),
	    table != NULL ? table : "");
	if (table != NULL)
		map(&list, DEVICE("root", "0"), text);
	is = item_is(ITEM_ROOT, &f, (const char *)list.p, list.len, good, says);
	buf_free(&list);
	return is;
}

static bool
arg_is(enum baseline_item which, const char *cmdline, bool good,
    const char *says)
{
	struct findings f = boot(cmdline);

	return item_is(which, &f, "", 0, good, says);
}

static void
test_firmware(void)
{
	struct findings f = boot("");

	CHECK(item_is(ITEM_SECURE_BOOT, &f, "", 0, true, "on") &&
		item_is(ITEM_FIRMWARE, &f, "", 0, true, "nothing"),
	    "a boot with Secure Boot");
	f.secureboot.shim_insecure = true;
	CHECK(item_is(ITEM_SECURE_BOOT, &f, "", 0, false, "shim"),
	    "T38 shim does not check");
	f.secureboot.user_mode = false;
	CHECK(item_is(ITEM_SECURE_BOOT, &f, "", 0, false, "platform key"),
	    "T38 no key is enrolled");
	f.secureboot.state = SECUREBOOT_OFF;
	CHECK(item_is(ITEM_SECURE_BOOT, &f, "", 0, false, "off"),
	    "T38 Secure Boot is off");
	f.secureboot.dma_unprotected = true;
	CHECK(item_is(ITEM_FIRMWARE, &f, "", 0, false, "devices"),
	    "the firmware lets devices into memory");
	f.secureboot.firmware_debug = true;
	CHECK(item_is(ITEM_FIRMWARE, &f, "", 0, false, "debug"),
	    "the firmware is in debug mode");
	f.secureboot_check = (struct finding_check){ .state = FINDING_BAD,
		.text = bytes_of_text("PCR 7: x") };
	CHECK(item_is(ITEM_SECURE_BOOT, &f, "", 0, false, "PCR 7: x") &&
		item_is(ITEM_FIRMWARE, &f, "", 0, false, "not believable"),
	    "neither is known where PCR 7 is not believed");
}

static void
test_arguments(void)
{
	struct findings f = boot("lockdown=confidentiality");

	CHECK(arg_is(ITEM_LOCKDOWN, "a lockdown=confidentiality", true,
		  "confidentiality") &&
		arg_is(ITEM_LOCKDOWN, "quiet", false, "lacks") &&
		arg_is(ITEM_LOCKDOWN,
		    "lockdown=confidentiality lockdown=integrity", false,
		    "lockdown=integrity"),
	    "lockdown by its last word");
	CHECK(arg_is(ITEM_IOMMU,
		  "intel_iommu=on iommu.strict=1 iommu.passthrough=0 "
		  "efi=disable_early_pci_dma",
		  true, "strict") &&
		arg_is(ITEM_IOMMU, "intel_iommu=on", false, "lacks"),
	    "the IOMMU as its policy judges it");
	CHECK(arg_is(ITEM_SWAP, "lockdown=confidentiality nohibernate", true,
		  "memory") &&
		arg_is(ITEM_SWAP, "quiet", false, "lacks"),
	    "swap as its policy judges the command line");
	f.cmdline_check.state = FINDING_BAD;
	CHECK(item_is(ITEM_LOCKDOWN, &f, "", 0, false, "not proven") &&
		item_is(ITEM_ROOT, &f, "", 0, false, "not proven"),
	    "T89 a command line that is not proven says nothing");
}

static void
test_root(void)
{
	static const char aes[] = CRYPT("aes-xts-plain64", "64");
	static const char null[] = CRYPT("cipher_null-ecb", "16");

	CHECK(root_is("root=/dev/mapper/shieldwall-root shieldwall.verity=00",
		  NULL, true, "dm-verity"),
	    "a root on dm-verity");
	CHECK(root_is("root=/dev/vda2", aes, false, "not encrypted"),
	    "a root on a partition");
	CHECK(root_is("quiet", aes, false, "names none"), "no root at all");
	CHECK(root_is("root=/dev/mapper/root", aes, true, "encrypted"),
	    "one that IMA's list has as dm-crypt's");
	CHECK(root_is("root=/dev/mapper/root", null, false, "does not tell"),
	    "T70 one that dm-crypt passes through in clear is not");
	CHECK(root_is("root=/dev/mapper/root", NULL, false, "does not tell") &&
		root_is("root=/dev/mapper/roo", aes, false, "does not tell") &&
		root_is("root=/dev/mapper/oot", aes, false, "does not tell"),
	    "one that it does not have is not known");
}

int
main(void)
{
	test_firmware();
	test_arguments();
	test_root();
	return t_done();
}
