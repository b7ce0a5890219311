/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lists of TpmVendor and TpmFirmware; see tpm_rules.h.
 */
#include "policy/tpm_rules.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "crypto/ek.h"

/* TCG TPM Vendor ID Registry; the last is what swtpm's certificates say. */
static const struct {
	const char *name;
	uint32_t id;
} registry[] = {
	{ "AMD", 0x414d4400 },
	{ "ATML", 0x41544d4c },
	{ "BRCM", 0x4252434d },
	{ "CSCO", 0x4353434f },
	{ "GOOG", 0x474f4f47 },
	{ "HISI", 0x48495349 },
	{ "HPE", 0x48504500 },
	{ "IBM", 0x49424d00 },
	{ "IFX", 0x49465800 },
	{ "INTC", 0x494e5443 },
	{ "LEN", 0x4c454e00 },
	{ "MSFT", 0x4d534654 },
	{ "NSM", 0x4e534d20 },
	{ "NTC", 0x4e544300 },
	{ "NTZ", 0x4e545a00 },
	{ "QCOM", 0x51434f4d },
	{ "ROCC", 0x524f4343 },
	{ "SMSN", 0x534d534e },
	{ "STM", 0x53544d20 },
	{ "TXN", 0x54584e00 },
	{ "WEC", 0x57454300 },
	{ "SWTPM", 0x00001014 },
};

static bool
read_vendor(struct bytes text, uint32_t *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(registry); i++) {
		if (!bytes_equal_text(text, registry[i].name))
			continue;
		*ret = registry[i].id;
		return true;
	}
	return ek_vendor_parse(text, ret);
}

static const char *
name_of(uint32_t id)
{
	for (size_t i = 0; i < ARRAY_LEN(registry); i++)
		if (registry[i].id == id)
			return registry[i].name;
	return "not in the registry";
}

/* What stands before the next `separator`; all of it if there is none. */
static struct bytes
cut(struct bytes *rest, uint8_t separator)
{
	const uint8_t *at =
	    rest->len == 0 ? NULL : memchr(rest->p, separator, rest->len);
	struct bytes item = *rest;

	if (at == NULL) {
		*rest = BYTES_NONE;
		return item;
	}
	item.len = (size_t)(at - rest->p);
	*rest = bytes_of(at + 1, rest->len - item.len - 1);
	return item;
}

static int
bad_item(const char *what, struct bytes item, struct diag *d)
{
	char shown[65];

	text_escape(item, shown, sizeof(shown));
	return diag_fail(d, ERR_USAGE, "%s: %s", what, shown);
}

int
tpm_vendors_parse(struct bytes text, struct tpm_rules *ret, struct diag *d)
{
	struct tpm_rules x = *ret;
	size_t items = 1;

	x.n_vendors = 0;
	for (size_t i = 0; i < text.len; i++)
		items += text.p[i] == ',';
	if (items > TPM_RULES_MAX)
		return diag_fail(d, ERR_USAGE, "TPM vendors: more than %d",
		    TPM_RULES_MAX);
	while (items-- > 0) {
		struct bytes item = cut(&text, ',');
		uint32_t id;

		if (!read_vendor(item, &id))
			return bad_item("TPM vendors: not a vendor", item, d);
		for (size_t i = 0; i < x.n_vendors; i++)
			if (x.vendors[i] == id)
				return bad_item("TPM vendors: twice", item, d);
		x.vendors[x.n_vendors++] = id;
	}
	*ret = x;
	return ERR_OK;
}

/* VENDOR>=MAJOR.MINOR */
static int
read_minimum(struct bytes item, struct tpm_minimum *ret, struct diag *d)
{
	struct bytes rest = item, vendor, major;
	uint64_t high, low;
	int r;

	vendor = cut(&rest, '>');
	if (rest.len < 2 || rest.p[0] != '=' ||
	    !read_vendor(vendor, &ret->vendor))
		return bad_item("TPM firmware: not VENDOR>=MAJOR.MINOR", item,
		    d);
	rest = bytes_of(rest.p + 1, rest.len - 1);
	major = cut(&rest, '.');
	if ((r = number_parse("TPM firmware", major, 0, 65535, &high, d)) < 0 ||
	    (r = number_parse("TPM firmware", rest, 0, 65535, &low, d)) < 0)
		return ERR_USAGE;
	ret->version = (uint32_t)(high << 16 | low);
	return ERR_OK;
}

int
tpm_minimums_parse(struct bytes text, struct tpm_rules *ret, struct diag *d)
{
	struct tpm_rules x = *ret;
	size_t items = 1;
	int r;

	x.n_minimums = 0;
	for (size_t i = 0; i < text.len; i++)
		items += text.p[i] == ',';
	if (items > TPM_RULES_MAX)
		return diag_fail(d, ERR_USAGE, "TPM firmware: more than %d",
		    TPM_RULES_MAX);
	while (items-- > 0) {
		struct tpm_minimum *m = &x.minimums[x.n_minimums];
		struct bytes item = cut(&text, ',');

		if ((r = read_minimum(item, m, d)) < 0)
			return r;
		for (size_t i = 0; i < x.n_minimums; i++)
			if (x.minimums[i].vendor == m->vendor)
				return bad_item("TPM firmware: vendor twice",
				    item, d);
		x.n_minimums++;
	}
	*ret = x;
	return ERR_OK;
}

void
tpm_vendors_text(const struct tpm_rules *rules,
    char ret[static TPM_RULES_TEXT_MAX])
{
	size_t at = 0;

	ret[0] = '\0';
	for (size_t i = 0; i < rules->n_vendors; i++)
		at += (size_t)snprintf(ret + at, TPM_RULES_TEXT_MAX - at,
		    "%sid:%08X", i == 0 ? "" : ",", rules->vendors[i]);
	BUG_ON(at >= TPM_RULES_TEXT_MAX);
}

void
tpm_minimums_text(const struct tpm_rules *rules,
    char ret[static TPM_RULES_TEXT_MAX])
{
	size_t at = 0;

	ret[0] = '\0';
	for (size_t i = 0; i < rules->n_minimums; i++)
		at += (size_t)snprintf(ret + at, TPM_RULES_TEXT_MAX - at,
		    "%sid:%08X>=%u.%u", i == 0 ? "" : ",",
		    rules->minimums[i].vendor, rules->minimums[i].version >> 16,
		    rules->minimums[i].version & 0xffff);
	BUG_ON(at >= TPM_RULES_TEXT_MAX);
}

/* T28: a pinned key is known to be this key, not to be in a vendor's chip. */
static int
check_vendor(const struct tpm_kind *kind, struct diag *d)
{
	if (!kind->vouched)
		return diag_fail(d, ERR_REFUSED,
		    "no vendor vouches for this TPM: its endorsement key was "
		    "pinned");
	if (!kind->has_vendor)
		return diag_fail(d, ERR_REFUSED,
		    "the endorsement key's certificate names no TPM vendor");
	return ERR_OK;
}

int
tpm_vendor_judge(const struct tpm_rules *rules, const struct tpm_kind *kind,
    struct diag *d)
{
	int r;

	if ((r = check_vendor(kind, d)) < 0)
		return r;
	for (size_t i = 0; i < rules->n_vendors; i++)
		if (rules->vendors[i] == kind->vendor)
			return ERR_OK;
	return diag_fail(d, ERR_REFUSED,
	    "the TPM is of vendor id:%08X (%s), which is not accepted",
	    kind->vendor, name_of(kind->vendor));
}

/*
 * TPM_PT_FIRMWARE_VERSION_1, the upper half, is MAJOR << 16 | MINOR by every
 * vendor's use; the lower half is a build of the vendor's own counting. T18.
 */
int
tpm_firmware_judge(const struct tpm_rules *rules, const struct tpm_kind *kind,
    struct diag *d)
{
	uint32_t version = (uint32_t)(kind->firmware >> 32);
	int r;

	if ((r = check_vendor(kind, d)) < 0)
		return r;
	for (size_t i = 0; i < rules->n_minimums; i++) {
		const struct tpm_minimum *m = &rules->minimums[i];

		if (m->vendor != kind->vendor)
			continue;
		if (version >= m->version)
			return ERR_OK;
		return diag_fail(d, ERR_REFUSED,
		    "the TPM's firmware is %u.%u, older than %u.%u",
		    version >> 16, version & 0xffff, m->version >> 16,
		    m->version & 0xffff);
	}
	return diag_fail(d, ERR_REFUSED,
	    "no minimum of TPM firmware is set for vendor id:%08X (%s)",
	    kind->vendor, name_of(kind->vendor));
}
