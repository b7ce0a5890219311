/* SPDX-License-Identifier: Apache-2.0 */
/* UEFI_VARIABLE_DATA is TCG PC Client Platform Firmware Profile 1.05, 10.2.6. */
#include "measure/efi.h"

#include <string.h>

#define GUID_SIZE 16

/* UEFI 2.10, 3.3 and 32.6.1, and shim's own; as laid out in memory. */
static const uint8_t vendors[][GUID_SIZE] = {
	[EFI_VENDOR_GLOBAL] = { 0x61, 0xdf, 0xe4, 0x8b, 0xca, 0x93, 0xd2, 0x11,
	    0xaa, 0x0d, 0x00, 0xe0, 0x98, 0x03, 0x2b, 0x8c },
	[EFI_VENDOR_DATABASE] = { 0xcb, 0xb2, 0x19, 0xd7, 0x3a, 0x3d, 0x96,
	    0x45, 0xa3, 0xbc, 0xda, 0xd0, 0x0e, 0x67, 0x65, 0x6f },
	[EFI_VENDOR_SHIM] = { 0x50, 0xab, 0x5d, 0x60, 0x46, 0xe0, 0x00, 0x43,
	    0xab, 0xb6, 0x3d, 0xd8, 0x10, 0xdd, 0x8b, 0x23 },
};

static int
read_variable(struct bytes in, bool loose, struct efi_variable *ret,
    struct diag *d)
{
	struct reader r = reader_of(in);
	struct efi_variable v = { 0 };
	uint64_t name_len, data_len;

	if (!reader_take(&r, GUID_SIZE, &v.guid) || /* VariableName */
	    !reader_le64(&r, &name_len) ||          /* UnicodeNameLength */
	    !reader_le64(&r, &data_len))            /* VariableDataLength */
		return diag_fail(d, ERR_SHORT, "EFI variable: no header");
	if (name_len > EFI_NAME_MAX)
		return diag_fail(d, ERR_LIMIT,
		    "EFI variable: name of %llu characters, at most %d",
		    (unsigned long long)name_len, EFI_NAME_MAX);
	if (!reader_take(&r, (size_t)name_len * 2, &v.name) ||
	    (loose ? data_len > reader_left(&r)
		   : data_len != reader_left(&r)) ||
	    !reader_take(&r, (size_t)data_len, &v.data))
		return diag_fail(d, ERR_FORMAT,
		    "EFI variable: lengths do not fit %zu bytes", in.len);
	*ret = v;
	return ERR_OK;
}

int
efi_variable_parse(struct bytes in, struct efi_variable *ret, struct diag *d)
{
	return read_variable(in, false, ret, d);
}

int
efi_variable_parse_loose(struct bytes in, struct efi_variable *ret,
    struct diag *d)
{
	return read_variable(in, true, ret, d);
}

bool
efi_vendor_is(const struct efi_variable *v, enum efi_vendor vendor)
{
	return bytes_equal(v->guid, bytes_of(vendors[vendor], GUID_SIZE));
}

bool
efi_variable_is(const struct efi_variable *v, enum efi_vendor vendor,
    const char *name)
{
	size_t len = strlen(name);

	if (!efi_vendor_is(v, vendor) || v->name.len != 2 * len)
		return false;
	for (size_t i = 0; i < len; i++)
		if (v->name.p[2 * i] != (uint8_t)name[i] ||
		    v->name.p[2 * i + 1] != 0)
			return false;
	return true;
}

void
efi_variable_name(const struct efi_variable *v, char *ret, size_t size)
{
	size_t n = 0;

	BUG_ON(size == 0);
	for (size_t i = 0; i + 1 < v->name.len && n + 1 < size; i += 2) {
		uint8_t c = v->name.p[i];
		bool plain = v->name.p[i + 1] == 0 && c > 0x20 && c < 0x7f;

		ret[n++] = plain ? (char)c : '?';
	}
	ret[n] = '\0';
}

void
efi_dbx_head(size_t data_len, uint8_t ret[static EFI_DBX_HEAD])
{
	static const char name[] = { 'd', 0, 'b', 0, 'x', 0 };
	uint8_t *p = ret;

	for (size_t i = 0; i < EFI_DBX_HEAD; i++)
		ret[i] = 0;
	memcpy(p, vendors[EFI_VENDOR_DATABASE], GUID_SIZE);
	p += GUID_SIZE;
	*p = sizeof(name) / 2;
	p += 8;
	for (unsigned i = 0; i < 8; i++)
		*p++ = (uint8_t)((uint64_t)data_len >> (8 * i));
	memcpy(p, name, sizeof(name));
}

enum efi_separator
efi_separator(struct bytes data)
{
	struct reader r = reader_of(data);
	uint32_t v;

	if (!reader_le32(&r, &v) || reader_left(&r) != 0)
		return EFI_SEPARATOR_OTHER;
	if (v == 0 || v == 0xffffffff)
		return EFI_SEPARATOR_NORMAL;
	return v == 1 ? EFI_SEPARATOR_ERROR : EFI_SEPARATOR_OTHER;
}

struct bytes
efi_tag_text(struct bytes data)
{
	struct reader r = reader_of(data);
	struct bytes text;
	uint32_t id;

	/* TCG_PCClientTaggedEvent */
	if (!reader_le32(&r, &id) || !reader_le32_blob(&r, 256, &text) ||
	    reader_left(&r) != 0)
		return BYTES_NONE;
	if (text.len > 0 && text.p[text.len - 1] == '\0')
		text.len--;
	return text;
}
