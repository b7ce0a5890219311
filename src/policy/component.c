/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TCG PC Client Platform Firmware Profile 1.05, 3.3.4 (what each PCR is for);
 * shim's README.tpm; GRUB's manual, "Measuring boot components"; systemd-stub(7).
 */
#include "policy/component.h"

#include <string.h>

static const char *const words[COMPONENT_COUNT] = {
	[COMPONENT_OTHER] = "event",
	[COMPONENT_FIRMWARE] = "firmware",
	[COMPONENT_FIRMWARE_SETTINGS] = "firmware settings",
	[COMPONENT_BOOT_ORDER] = "boot order",
	[COMPONENT_BOOT_ENTRY] = "boot entry",
	[COMPONENT_OPTION_ROM] = "option ROM",
	[COMPONENT_OPTION_ROM_SETTINGS] = "option ROM settings",
	[COMPONENT_SECURE_BOOT] = "Secure Boot state",
	[COMPONENT_PK] = "platform key (PK)",
	[COMPONENT_KEK] = "key exchange keys (KEK)",
	[COMPONENT_DB] = "allowed signers (db)",
	[COMPONENT_DBX] = "revocation list (dbx)",
	[COMPONENT_SIGNER] = "signer of a boot program",
	[COMPONENT_SBAT] = "shim's revocation list (SbatLevel)",
	[COMPONENT_MOK] = "machine owner keys (MOK)",
	[COMPONENT_BOOT_PATH] = "way of booting",
	[COMPONENT_SHIM] = "boot loader (shim)",
	[COMPONENT_GRUB] = "boot loader (GRUB)",
	[COMPONENT_GRUB_CONFIG] = "GRUB configuration",
	[COMPONENT_GRUB_COMMAND] = "GRUB command",
	[COMPONENT_UKI] = "UKI",
	[COMPONENT_UKI_SECTION] = "UKI section",
	[COMPONENT_BOOT_LOADER] = "boot loader",
	[COMPONENT_KERNEL] = "kernel",
	[COMPONENT_INITRD] = "initrd",
	[COMPONENT_CMDLINE] = "command line",
	[COMPONENT_PARTITIONS] = "partition table",
	[COMPONENT_EXTENSION] = "credential or extension given to the UKI",
};

const char *
component_words(enum component c)
{
	BUG_ON((unsigned)c >= COMPONENT_COUNT);
	return words[c];
}

struct component_walk
component_walk(uint32_t extended)
{
	return (struct component_walk){
		.shim = (extended >> 14 & 1) != 0,
		.grub = (extended >> 8 & 1) != 0,
		.uki = (extended >> 11 & 1) != 0,
		.nth = UINT32_MAX,
	};
}

void
component_feed(struct component_walk *w, const struct finding_event *e)
{
	w->nth++;
	memcpy(w->before, w->last, SHA256_SIZE);
	memcpy(w->last, e->digest, SHA256_SIZE);
	if (e->pcr != 4)
		return;
	if (e->type == EV_SEPARATOR)
		w->started = true;
	if (w->started && e->type == EV_EFI_APPLICATION)
		w->n_programs++;
}

static bool
label_is(const struct finding_event *e, const char *text)
{
	return bytes_equal_text(e->label, text);
}

static bool
label_begins(const struct finding_event *e, const char *text)
{
	size_t n = strlen(text);

	return e->label.len >= n &&
	    bytes_equal(bytes_of(e->label.p, n), bytes_of_text(text));
}

static bool
label_ends(const struct finding_event *e, const char *text)
{
	size_t n = strlen(text);

	return e->label.len >= n &&
	    bytes_equal(bytes_of(e->label.p + e->label.len - n, n),
		bytes_of_text(text));
}

/* The name of the file behind the last slash. */
static bool
file_begins(const struct finding_event *e, const char *text)
{
	struct finding_event file = *e;

	for (size_t i = 0; i < e->label.len; i++)
		if (e->label.p[i] == '/')
			file.label =
			    bytes_of(e->label.p + i + 1, e->label.len - i - 1);
	return label_begins(&file, text);
}

/* PCR 1, and the boot variables that some firmware has in PCR 5. */
static enum component
of_settings(const struct finding_event *e)
{
	if (label_is(e, "BootOrder"))
		return COMPONENT_BOOT_ORDER;
	if (label_begins(e, "Boot"))
		return COMPONENT_BOOT_ENTRY;
	return COMPONENT_FIRMWARE_SETTINGS;
}

/* Programs in the order in which each starts the next. */
static enum component
of_program(const struct component_walk *w, const struct finding_event *e)
{
	enum component chain[3];
	size_t n = 0;

	if (e->type != EV_EFI_APPLICATION)
		return COMPONENT_BOOT_PATH;
	if (w->n_programs == 0)
		return COMPONENT_FIRMWARE;
	if (w->shim)
		chain[n++] = COMPONENT_SHIM;
	if (w->grub)
		chain[n++] = COMPONENT_GRUB;
	if (w->uki)
		chain[n++] = COMPONENT_UKI;
	if (!w->grub && !w->uki)
		chain[n++] = COMPONENT_BOOT_LOADER;
	return w->n_programs <= n ? chain[w->n_programs - 1] : COMPONENT_KERNEL;
}

static enum component
of_secure_boot(const struct finding_event *e)
{
	static const struct {
		const char *label;
		enum component is;
	} names[] = {
		{ "SecureBoot", COMPONENT_SECURE_BOOT },
		{ "AuditMode", COMPONENT_SECURE_BOOT },
		{ "DeployedMode", COMPONENT_SECURE_BOOT },
		{ "PK", COMPONENT_PK },
		{ "KEK", COMPONENT_KEK },
		{ "db", COMPONENT_DB },
		{ "dbx", COMPONENT_DBX },
		{ "SbatLevel", COMPONENT_SBAT },
		{ "MokListRT", COMPONENT_MOK },
		{ "MokListXRT", COMPONENT_MOK },
		{ "MokSBState", COMPONENT_MOK },
		{ "MokSBStateRT", COMPONENT_MOK },
	};

	/* The entry of db that vouched, not db as a whole. */
	if (e->type == EV_EFI_VARIABLE_AUTHORITY && label_is(e, "db"))
		return COMPONENT_SIGNER;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (label_is(e, names[i].label))
			return names[i].is;
	if (e->type == EV_EFI_VARIABLE_AUTHORITY)
		return COMPONENT_SIGNER;
	return COMPONENT_SECURE_BOOT;
}

static enum component
of_grub_command(const struct finding_event *e)
{
	return label_begins(e, "kernel_cmdline") ||
		label_begins(e, "grub_cmd: linux")
	    ? COMPONENT_CMDLINE
	    : COMPONENT_GRUB_COMMAND;
}

static enum component
of_loaded_file(const struct finding_event *e)
{
	if (label_is(e, "LOADED_IMAGE::LoadOptions"))
		return COMPONENT_CMDLINE;
	if (label_is(e, "Linux initrd") || file_begins(e, "init"))
		return COMPONENT_INITRD;
	if (label_ends(e, ".cfg"))
		return COMPONENT_GRUB_CONFIG;
	if (file_begins(e, "vmlinu") || file_begins(e, "bzImage"))
		return COMPONENT_KERNEL;
	return COMPONENT_GRUB;
}

/* A section's name and its content are two events. */
static enum component
of_section(const struct component_walk *w, const struct finding_event *e)
{
	const uint8_t *digest = w->nth % 2 == 0 ? e->digest : w->before;
	const char *name = uki_section_name(bytes_of(digest, SHA256_SIZE));

	if (name == NULL)
		return COMPONENT_UKI_SECTION;
	if (strcmp(name, ".linux") == 0)
		return COMPONENT_KERNEL;
	if (strcmp(name, ".initrd") == 0)
		return COMPONENT_INITRD;
	if (strcmp(name, ".cmdline") == 0)
		return COMPONENT_CMDLINE;
	return COMPONENT_UKI_SECTION;
}

enum component
component_of(const struct component_walk *w, const struct finding_event *e)
{
	switch (e->pcr) {
	case 0:
		return COMPONENT_FIRMWARE;
	case 1:
		return of_settings(e);
	case 2:
		return COMPONENT_OPTION_ROM;
	case 3:
		return COMPONENT_OPTION_ROM_SETTINGS;
	case 4:
		return of_program(w, e);
	case 5:
		return e->type == EV_EFI_GPT ? COMPONENT_PARTITIONS
					     : COMPONENT_BOOT_PATH;
	case 7:
		return of_secure_boot(e);
	case 8:
		return of_grub_command(e);
	case 9:
		return of_loaded_file(e);
	case 11:
		return of_section(w, e);
	case 12:
	case 13:
		return COMPONENT_EXTENSION;
	case 14:
		return COMPONENT_MOK;
	default:
		return COMPONENT_OTHER;
	}
}
