/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TCG PC Client Platform Firmware Profile 1.05, 10.4.1 (what each type's digest
 * is of), and what firmware and loaders in the field make of it.
 */
#include "measure/event_digest.h"

#include <string.h>

#include "measure/efi.h"
#include "measure/replay_banks.h"

enum must {
	NEVER,  /* an image, by its Authenticode digest */
	MAY,    /* the type leaves it open */
	BEFORE, /* before the PCR's separator; then it is the loader's matter */
	ALWAYS
};

static const struct {
	uint32_t type;
	enum must must;
} rules[] = {
	{ EV_SEPARATOR, ALWAYS },
	{ EV_ACTION, ALWAYS },
	{ EV_S_CRTM_VERSION, ALWAYS },
	{ EV_OMIT_BOOT_DEVICE_EVENTS, ALWAYS },
	{ EV_EFI_VARIABLE_CONFIG, ALWAYS },
	{ EV_EFI_VARIABLE_BOOT, ALWAYS },
	{ EV_EFI_VARIABLE_BOOT2, ALWAYS },
	{ EV_EFI_GPT, ALWAYS },
	{ EV_EFI_GPT2, ALWAYS },
	{ EV_EFI_ACTION, ALWAYS },
	{ EV_EFI_VARIABLE_AUTHORITY, BEFORE },
	{ EV_EFI_APPLICATION, NEVER },
	{ EV_EFI_BOOT_DRIVER, NEVER },
	{ EV_EFI_RUNTIME_DRIVER, NEVER },
	{ EV_NO_ACTION, NEVER },
};

static enum must
must_be_of_data(const struct tcg_event *e, bool separated)
{
	for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
		if (rules[i].type != e->type)
			continue;
		if (rules[i].must == BEFORE)
			return separated ? MAY : ALWAYS;
		return rules[i].must;
	}
	return MAY;
}

enum match { NONE, SOME, ALL };

/* How many of the event's digests are of these bytes. */
static enum match
compare(const struct tcg_event *e, struct bytes data)
{
	uint8_t digest[HASH_SIZE_MAX];
	size_t n = 0, n_equal = 0;
	enum hash_alg alg;

	for (size_t i = 0; i < e->n_digests; i++) {
		if (!replay_bank_hash(e->digests[i].alg, &alg))
			continue;
		n++;
		hash_bytes(alg, data, digest);
		if (bytes_equal(bytes_of(digest, hash_size(alg)),
			e->digests[i].digest))
			n_equal++;
	}
	if (n_equal == 0)
		return NONE;
	return n_equal == n ? ALL : SOME;
}

static bool
starts_with(struct bytes data, const char *text, struct bytes *ret_rest)
{
	size_t len = strlen(text);

	if (data.len < len || !bytes_equal_text(bytes_of(data.p, len), text))
		return false;
	*ret_rest = bytes_of(data.p + len, data.len - len);
	return true;
}

/*
 * GRUB measures the words behind its prefix, without the NUL that ends the
 * data; Debian's 2.02 with it.
 */
static enum match
compare_grub(const struct tcg_event *e)
{
	static const char *const prefixes[] = { "grub_cmd: ",
		"kernel_cmdline: ", "module_cmdline: ", "grub_cmd ",
		"grub_kernel_cmdline ", "grub_module_cmdline " };
	enum match m = NONE;
	struct bytes rest;

	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
		if (!starts_with(e->data, prefixes[i], &rest))
			continue;
		m = compare(e, rest);
		if (m == NONE && rest.len != 0 && rest.p[rest.len - 1] == '\0')
			m = compare(e, bytes_of(rest.p, rest.len - 1));
		break;
	}
	return m;
}

/* systemd 250 and 251 told the text without the NUL that they measured. */
static enum match
compare_utf16(const struct tcg_event *e)
{
	size_t len = e->data.len;

	if (len < 2 || len % 2 != 0 || e->data.p[len - 1] != '\0' ||
	    e->data.p[len - 2] != '\0')
		return NONE;
	return compare(e, bytes_of(e->data.p, len - 2));
}

static enum match
compare_value(const struct tcg_event *e)
{
	struct efi_variable v;

	if (efi_variable_parse_loose(e->data, &v, NULL) < 0)
		return NONE;
	return compare(e, v.data);
}

/* The record of shim before 15.3 counts its last byte and does not hash it. */
static enum match
compare_short(const struct tcg_event *e)
{
	if (e->data.len == 0)
		return NONE;
	return compare(e, bytes_of(e->data.p, e->data.len - 1));
}

/* 3.3.4.1: measured is the number 1; the data are the firmware's words. */
static enum match
compare_error(const struct tcg_event *e)
{
	static const uint8_t one[4] = { 1 };

	return compare(e, BYTES_OF_ARRAY(one));
}

static const struct {
	uint32_t type;
	enum match (*compare)(const struct tcg_event *e);
	const char *part;
} parts[] = {
	{ EV_SEPARATOR, compare_error, "the error code 1" },
	{ EV_EFI_VARIABLE_BOOT, compare_value, "the variable's value" },
	{ EV_EFI_VARIABLE_AUTHORITY, compare_value, "the variable's value" },
	{ EV_EFI_VARIABLE_AUTHORITY, compare_short, "all but the last byte" },
	{ EV_IPL, compare_grub, "the text behind the prefix" },
	{ EV_IPL, compare_utf16, "the text without its NUL" },
};

enum event_digest
event_digest_check(const struct tcg_event *e, bool separated,
    const char **ret_part)
{
	enum must must = must_be_of_data(e, separated);
	enum match m;

	*ret_part = "";
	if (must == NEVER)
		return EVENT_DIGEST_OTHER;
	m = compare(e, e->data);
	if (m != NONE)
		return m == ALL ? EVENT_DIGEST_DATA : EVENT_DIGEST_WRONG;
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		if (parts[i].type != e->type ||
		    (m = parts[i].compare(e)) == NONE)
			continue;
		if (m != ALL)
			return EVENT_DIGEST_WRONG;
		*ret_part = parts[i].part;
		return EVENT_DIGEST_PART;
	}
	return must == ALWAYS ? EVENT_DIGEST_WRONG : EVENT_DIGEST_OTHER;
}

const char *
event_digest_name(enum event_digest v)
{
	static const char *const names[] = {
		[EVENT_DIGEST_OTHER] = "of something else",
		[EVENT_DIGEST_DATA] = "of its data",
		[EVENT_DIGEST_PART] = "of a part of its data",
		[EVENT_DIGEST_WRONG] = "wrong",
	};

	BUG_ON((size_t)v >= ARRAY_LEN(names));
	return names[v];
}
