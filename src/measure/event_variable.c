/* SPDX-License-Identifier: Apache-2.0 */
/* UEFI 2.10, 3.3 (global variables) and 32.4 (signature databases). */
#include "measure/event_variable.h"

#include <string.h>

#include "base/text.h"
#include "measure/efi_body.h"
#include "measure/efi_text.h"

#define TEXT_MAX  256 /* characters of one string */
#define NAMES_MAX 8   /* certificates that are named */
#define ORDER_MAX 32

static void
put_certificate(struct buf *b, struct bytes der)
{
	struct bytes name;

	if (!efi_certificate_name(der, &name)) {
		(void)buf_put_text(b, "a certificate without a name");
		return;
	}
	(void)buf_put_u8(b, '"');
	(void)text_put_escaped(b, name, TEXT_MAX);
	(void)buf_put_u8(b, '"');
}

static bool
put_database(struct buf *b, struct bytes data)
{
	static const char *const kinds[] = {
		[EFI_SIGNATURE_OTHER] = "of another type",
		[EFI_SIGNATURE_X509] = "certificates",
		[EFI_SIGNATURE_SHA1] = "SHA-1 hashes",
		[EFI_SIGNATURE_SHA256] = "SHA-256 hashes",
		[EFI_SIGNATURE_SHA384] = "SHA-384 hashes",
		[EFI_SIGNATURE_SHA512] = "SHA-512 hashes",
		[EFI_SIGNATURE_X509_SHA256] = "hashes of certificates",
		[EFI_SIGNATURE_RSA2048] = "RSA keys",
	};
	struct efi_signatures s = efi_signatures_of(data);
	size_t n[EFI_SIGNATURE_TYPES] = { 0 };
	struct efi_signature one;
	const char *between = "";
	int e;

	if (data.len == 0)
		return buf_put_text(b, "empty");
	while ((e = efi_signature_next(&s, &one, NULL)) == ERR_OK)
		n[one.type]++;
	for (size_t i = 0; i < ARRAY_LEN(n); i++) {
		if (n[i] == 0)
			continue;
		(void)buf_printf(b, "%s%zu %s", between, n[i], kinds[i]);
		between = ", ";
	}
	if (e != ERR_NOT_FOUND)
		(void)buf_printf(b, "%smalformed", between);
	between = " (";
	s = efi_signatures_of(data);
	for (size_t k = 0; n[EFI_SIGNATURE_X509] != 0 && k < NAMES_MAX &&
	     efi_signature_next(&s, &one, NULL) == ERR_OK;) {
		if (one.type != EFI_SIGNATURE_X509)
			continue;
		(void)buf_put_text(b, between);
		put_certificate(b, one.data);
		between = ", ";
		k++;
	}
	return buf_put_text(b, n[EFI_SIGNATURE_X509] != 0 ? ")" : "");
}

/* EFI_SIGNATURE_DATA, or (shim) the bare certificate. */
static bool
put_authority(struct buf *b, struct bytes data)
{
	struct bytes name, der = data;

	if (data.len > EFI_GUID_SIZE && !efi_certificate_name(data, &name))
		der =
		    bytes_of(data.p + EFI_GUID_SIZE, data.len - EFI_GUID_SIZE);
	if (efi_certificate_name(der, &name)) {
		(void)buf_put_text(b, "checked by ");
		put_certificate(b, der);
		return buf_ok(b);
	}
	if (data.len == EFI_GUID_SIZE + 32) {
		(void)buf_put_text(b, "allowed by SHA-256 ");
		return hex_put(b, der);
	}
	(void)buf_printf(b, "%zu bytes: ", data.len);
	return efi_put_hex(b, data);
}

/* "Boot0000": four hexadecimal digits at the end. */
static bool
is_boot_option(const struct efi_variable *v)
{
	static const char word[] = "Boot";

	if (!efi_vendor_is(v, EFI_VENDOR_GLOBAL) || v->name.len != 16)
		return false;
	for (size_t i = 0; i < 16; i += 2) {
		uint8_t c = v->name.p[i];

		if (v->name.p[i + 1] != 0 ||
		    (i < 8 ? c != (uint8_t)word[i / 2]
			   : !((c >= '0' && c <= '9') ||
				 (c >= 'A' && c <= 'F') ||
				 (c >= 'a' && c <= 'f'))))
			return false;
	}
	return true;
}

static bool
put_load_option(struct buf *b, struct bytes data)
{
	struct efi_load_option v;

	if (efi_load_option_parse(data, &v, NULL) < 0)
		return efi_put_hex(b, data);
	(void)buf_put_u8(b, '"');
	(void)efi_put_utf16(b, v.description, TEXT_MAX);
	(void)buf_put_text(b, "\", ");
	(void)efi_put_path(b, v.path);
	if (v.options.len != 0)
		(void)buf_printf(b, ", %zu bytes of options", v.options.len);
	return buf_put_text(b, (v.attributes & 1) == 0 ? ", not active" : "");
}

static bool
put_order(struct buf *b, struct bytes data)
{
	struct reader r = reader_of(data);
	const char *between = "";
	uint16_t v;

	for (unsigned n = 0; reader_le16(&r, &v); n++) {
		if (n == ORDER_MAX)
			return buf_put_text(b, " ...");
		(void)buf_printf(b, "%s%04X", between, v);
		between = " ";
	}
	return buf_ok(b);
}

static bool
is_database(const struct efi_variable *v)
{
	static const char *const shims[] = { "MokList", "MokListX", "MokListRT",
		"MokListXRT" };

	for (size_t i = 0; i < ARRAY_LEN(shims); i++)
		if (efi_variable_is(v, EFI_VENDOR_SHIM, shims[i]))
			return true;
	return efi_vendor_is(v, EFI_VENDOR_DATABASE) ||
	    efi_variable_is(v, EFI_VENDOR_GLOBAL, "PK") ||
	    efi_variable_is(v, EFI_VENDOR_GLOBAL, "KEK");
}

static bool
is_switch(const struct efi_variable *v)
{
	static const char *const names[] = { "SecureBoot", "SetupMode",
		"AuditMode", "DeployedMode" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (efi_variable_is(v, EFI_VENDOR_GLOBAL, names[i]))
			return true;
	return efi_variable_is(v, EFI_VENDOR_SHIM, "MokSBState") ||
	    efi_variable_is(v, EFI_VENDOR_SHIM, "MokDBState") ||
	    efi_variable_is(v, EFI_VENDOR_SHIM, "MokListTrusted");
}

static bool
put_switch(struct buf *b, struct bytes data)
{
	if (data.len == 0)
		return buf_put_text(b, "empty");
	if (data.len == 1 && data.p[0] <= 1)
		return buf_put_text(b, data.p[0] == 1 ? "on" : "off");
	return efi_put_hex(b, data);
}

bool
event_put_variable(struct buf *b, const struct efi_variable *v, bool authority)
{
	(void)efi_put_utf16(b, v->name, TEXT_MAX);
	(void)buf_put_text(b, ": ");
	if (is_switch(v))
		return put_switch(b, v->data);
	if (efi_variable_is(v, EFI_VENDOR_SHIM, "SbatLevel"))
		return text_put_escaped(b, v->data, TEXT_MAX);
	if (authority)
		return put_authority(b, v->data);
	if (is_database(v))
		return put_database(b, v->data);
	if (is_boot_option(v))
		return put_load_option(b, v->data);
	if (efi_variable_is(v, EFI_VENDOR_GLOBAL, "BootOrder"))
		return put_order(b, v->data);
	(void)buf_printf(b, "%zu bytes", v->data.len);
	(void)buf_put_text(b, v->data.len != 0 ? ": " : "");
	return efi_put_hex(b, v->data);
}
