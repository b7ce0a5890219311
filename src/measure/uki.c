/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/uki.h"

#include <string.h>

#define LOADER_INFO "#### LoaderInfo: systemd-stub "
#define VERSION_MIN 252

/* In the stub's order, with the version of systemd that began to measure it. */
static const struct {
	const char *name;
	unsigned since;
} measured[] = {
	{ ".linux", 252 },
	{ ".osrel", 252 },
	{ ".cmdline", 252 },
	{ ".initrd", 252 },
	{ ".splash", 252 },
	{ ".dtb", 252 },
	{ ".uname", 253 },
	{ ".sbat", 253 },
};

/* The machine chooses among these, or the initrd grows by them. */
static const char *const unsupported[] = { ".profile", ".dtbauto", ".hwids",
	".efifw", ".pcrsig", ".pcrpkey", ".ucode" };

static int
read_version(struct uki *u, struct diag *d)
{
	struct bytes magic;
	size_t i = strlen(LOADER_INFO);
	unsigned v = 0;

	if (pe_section(&u->pe, ".sdmagic", &magic, NULL) < 0 ||
	    magic.len <= i ||
	    !bytes_equal_text(bytes_of(magic.p, i), LOADER_INFO))
		return diag_fail(d, ERR_FORMAT,
		    "not a unified kernel image of systemd-stub");
	for (; i < magic.len && magic.p[i] >= '0' && magic.p[i] <= '9'; i++)
		if (v < 100000)
			v = 10 * v + (unsigned)(magic.p[i] - '0');
	if (v < VERSION_MIN)
		return diag_fail(d, ERR_UNSUPPORTED,
		    "unified kernel image: systemd-stub %u, not %d or later", v,
		    VERSION_MIN);
	u->version = v;
	return ERR_OK;
}

static int
check_forms(const struct uki *u, struct diag *d)
{
	for (size_t i = 0; i < ARRAY_LEN(unsupported); i++)
		if (pe_count(&u->pe, unsupported[i]) != 0)
			return diag_fail(d, ERR_UNSUPPORTED,
			    "unified kernel image: what is measured with a "
			    "section %s is not known before it starts",
			    unsupported[i]);
	for (size_t i = 0; i < ARRAY_LEN(measured); i++)
		if (pe_count(&u->pe, measured[i].name) > 1)
			return diag_fail(d, ERR_FORMAT,
			    "unified kernel image: two sections %s",
			    measured[i].name);
	return ERR_OK;
}

/* Absent is fine; ERR_UNSUPPORTED where the file does not have all of it. */
static int
optional_section(const struct uki *u, const char *name, struct bytes *ret,
    struct diag *d)
{
	if (pe_count(&u->pe, name) == 0)
		return ERR_OK;
	return pe_section(&u->pe, name, ret, d);
}

int
uki_parse(struct bytes in, struct uki *ret, struct diag *d)
{
	struct uki u = { 0 };
	struct bytes any;
	int e;

	if ((e = pe_parse(in, &u.pe, d)) < 0 || (e = read_version(&u, d)) < 0 ||
	    (e = check_forms(&u, d)) < 0 ||
	    (e = pe_section(&u.pe, ".linux", &u.linux_image, d)) < 0 ||
	    (e = optional_section(&u, ".initrd", &u.initrd, d)) < 0 ||
	    (e = optional_section(&u, ".cmdline", &u.cmdline, d)) < 0)
		return e;
	for (size_t i = 0; i < ARRAY_LEN(measured); i++)
		if ((e = optional_section(&u, measured[i].name, &any, d)) < 0)
			return e;
	if (u.cmdline.len > 0 &&
	    (u.cmdline.p[u.cmdline.len - 1] == '\n' ||
		u.cmdline.p[u.cmdline.len - 1] == '\0'))
		u.cmdline.len--;
	*ret = u;
	return ERR_OK;
}

size_t
uki_measure(const struct uki *u, struct uki_event ret[static UKI_EVENTS_MAX],
    size_t *ret_cmdline)
{
	size_t n = 0;

	*ret_cmdline = 0;
	for (size_t i = 0; i < ARRAY_LEN(measured); i++) {
		const char *name = measured[i].name;
		struct bytes body;

		/* The stub takes an empty section for none. */
		if (u->version < measured[i].since ||
		    pe_section(&u->pe, name, &body, NULL) < 0 || body.len == 0)
			continue;
		ret[n].section = ret[n + 1].section = name;
		sha256(bytes_of(name, strlen(name) + 1), ret[n].digest);
		sha256(body, ret[n + 1].digest);
		if (strcmp(name, ".cmdline") == 0)
			*ret_cmdline = n + 1;
		n += 2;
	}
	return n;
}
