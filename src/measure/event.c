/* SPDX-License-Identifier: Apache-2.0 */
/* One function per form of data; the table at the end has the types. */
#include "measure/event.h"

#include <string.h>

#include "base/text.h"
#include "measure/efi.h"
#include "measure/efi_body.h"
#include "measure/efi_text.h"
#include "measure/event_no_action.h"
#include "measure/event_variable.h"
#include "measure/sipa.h"

#define TEXT_MAX    512 /* characters of one string */
#define ENTRIES_MAX 16  /* of a table */

static bool
put_opaque(struct buf *b, struct bytes data)
{
	(void)buf_printf(b, "%zu bytes", data.len);
	if (data.len != 0)
		(void)buf_put_text(b, ": ");
	return efi_put_hex(b, data);
}

/* Printable ASCII with at most NULs behind it. */
static bool
is_text(struct bytes data, struct bytes *ret)
{
	while (data.len > 0 && data.p[data.len - 1] == '\0')
		data.len--;
	for (size_t i = 0; i < data.len; i++)
		if (data.p[i] != '\n' && data.p[i] != '\t' &&
		    (data.p[i] < 0x20 || data.p[i] > 0x7e))
			return false;
	*ret = data;
	return data.len != 0;
}

/* Printable ASCII in UTF-16, with or without a NUL. */
static bool
is_utf16(struct bytes data)
{
	size_t n = data.len / 2;

	if (data.len % 2 != 0)
		return false;
	while (n > 0 && data.p[2 * n - 2] == '\0' && data.p[2 * n - 1] == '\0')
		n--;
	for (size_t i = 0; i < n; i++)
		if (data.p[2 * i] < 0x20 || data.p[2 * i] > 0x7e ||
		    data.p[2 * i + 1] != '\0')
			return false;
	return n != 0;
}

static bool
put_text_or_bytes(struct buf *b, const struct tcg_event *e)
{
	struct bytes text;

	if (is_text(e->data, &text))
		return text_put_escaped(b, text, TEXT_MAX);
	if (is_utf16(e->data))
		return efi_put_utf16(b, e->data, TEXT_MAX);
	return put_opaque(b, e->data);
}

static bool
put_separator(struct buf *b, const struct tcg_event *e)
{
	struct bytes text;

	switch (efi_separator(e->data)) {
	case EFI_SEPARATOR_NORMAL:
		return buf_put_text(b, "separator");
	case EFI_SEPARATOR_ERROR:
		return buf_put_text(b, "separator: an error");
	case EFI_SEPARATOR_OTHER:
		break;
	}
	(void)buf_put_text(b, "separator: ");
	if (is_text(e->data, &text))
		return text_put_escaped(b, text, TEXT_MAX);
	return put_opaque(b, e->data);
}

/* EV_S_CRTM_VERSION: UTF-16, a GUID, or what the vendor thought of. */
static bool
put_version(struct buf *b, const struct tcg_event *e)
{
	(void)buf_put_text(b, "version ");
	if (bytes_all_zero(e->data))
		return buf_put_text(b, "not told");
	if (e->data.len == EFI_GUID_SIZE && !is_utf16(e->data))
		return efi_put_guid(b, e->data);
	return put_text_or_bytes(b, e);
}

static bool
put_image(struct buf *b, const struct tcg_event *e)
{
	struct efi_image v;

	if (efi_image_parse(e->data, &v, NULL) < 0)
		return put_text_or_bytes(b, e);
	if (v.size == 0 && v.path.len == 0)
		return buf_put_text(b, "an image that is not described");
	(void)efi_put_path(b, v.path);
	return buf_printf(b, "%s%llu bytes at 0x%llx",
	    v.path.len > 4 ? ", " : "", (unsigned long long)v.size,
	    (unsigned long long)v.base);
}

static bool
put_name(struct buf *b, struct bytes name)
{
	struct bytes text;

	if (name.len == 0)
		return true;
	if (is_text(name, &text))
		(void)text_put_escaped(b, text, TEXT_MAX);
	else
		(void)efi_put_hex(b, name);
	return buf_put_text(b, ", ");
}

static bool
put_blob(struct buf *b, const struct tcg_event *e)
{
	struct efi_blob v;

	if (efi_blob_parse(e->data, false, &v, NULL) < 0 &&
	    efi_blob_parse(e->data, true, &v, NULL) < 0)
		return put_text_or_bytes(b, e);
	(void)put_name(b, v.name);
	return buf_printf(b, "%llu bytes at 0x%llx", (unsigned long long)v.size,
	    (unsigned long long)v.base);
}

static bool
put_tables(struct buf *b, const struct tcg_event *e)
{
	struct bytes rest, guid;
	struct efi_tables v;
	uint64_t address;
	unsigned n = 0;

	if (efi_tables_parse(e->data, false, &v, NULL) < 0 &&
	    efi_tables_parse(e->data, true, &v, NULL) < 0)
		return put_text_or_bytes(b, e);
	(void)put_name(b, v.name);
	(void)buf_printf(b, "%llu tables:", (unsigned long long)v.n);
	rest = v.tables;
	while (efi_table_next(&rest, &guid, &address)) {
		if (n++ == ENTRIES_MAX)
			return buf_put_text(b, " ...");
		(void)buf_put_u8(b, ' ');
		(void)efi_put_guid(b, guid);
		(void)buf_printf(b, " at 0x%llx", (unsigned long long)address);
	}
	return buf_ok(b);
}

static bool
put_gpt(struct buf *b, const struct tcg_event *e)
{
	struct efi_partition p;
	struct efi_gpt v;
	struct bytes rest;
	unsigned n = 0;

	if (efi_gpt_parse(e->data, &v, NULL) < 0)
		return put_text_or_bytes(b, e);
	(void)buf_put_text(b, "disk ");
	(void)efi_put_guid(b, v.disk);
	(void)buf_printf(b, ", %llu partitions:", (unsigned long long)v.n);
	rest = v.entries;
	while (efi_partition_next(&v, &rest, &p)) {
		if (n++ == ENTRIES_MAX)
			return buf_put_text(b, " ...");
		(void)buf_put_u8(b, ' ');
		(void)efi_put_guid(b, p.id);
		(void)buf_printf(b, " %llu-%llu \"",
		    (unsigned long long)p.first, (unsigned long long)p.last);
		(void)efi_put_utf16(b, p.name, 36);
		(void)buf_put_u8(b, '"');
	}
	return buf_ok(b);
}

static bool
put_variable(struct buf *b, const struct tcg_event *e)
{
	struct efi_variable v;

	if (efi_variable_parse_loose(e->data, &v, NULL) < 0)
		return put_text_or_bytes(b, e);
	return event_put_variable(b, &v, e->type == EV_EFI_VARIABLE_AUTHORITY);
}

/* TCG_PCClientTaggedEvent: systemd's, the kernel's, or Windows' containers. */
static bool
put_tag(struct buf *b, const struct tcg_event *e)
{
	struct bytes text = efi_tag_text(e->data);
	struct reader r = reader_of(e->data);
	uint32_t id, size;

	if (sipa_is_container(e->data))
		return sipa_put_text(b, e->data);
	if (text.len != 0 && is_text(text, &text) && reader_le32(&r, &id)) {
		(void)buf_printf(b, "tag 0x%08x: ", id);
		return text_put_escaped(b, text, TEXT_MAX);
	}
	if (is_text(e->data, &text))
		return text_put_escaped(b, text, TEXT_MAX);
	r = reader_of(e->data);
	if (reader_le32(&r, &id) && reader_le32(&r, &size))
		(void)buf_printf(b, "tag 0x%08x of %u bytes, ", id, size);
	return put_opaque(b, e->data);
}

static bool
put_no_action(struct buf *b, const struct tcg_event *e)
{
	if (event_put_no_action(b, e->data))
		return true;
	if (sipa_is_container(e->data))
		return sipa_put_text(b, e->data);
	return put_text_or_bytes(b, e);
}

static const struct {
	uint32_t type;
	bool (*put)(struct buf *b, const struct tcg_event *e);
} forms[] = {
	{ EV_NO_ACTION, put_no_action },
	{ EV_SEPARATOR, put_separator },
	{ EV_EVENT_TAG, put_tag },
	{ EV_S_CRTM_VERSION, put_version },
	{ EV_POST_CODE, put_blob },
	{ EV_S_CRTM_CONTENTS, put_blob },
	{ EV_TABLE_OF_DEVICES, put_tables },
	{ EV_EFI_FIRMWARE_BLOB, put_blob },
	{ EV_EFI_FIRMWARE_BLOB2, put_blob },
	{ EV_EFI_HANDOFF_TABLES, put_tables },
	{ EV_EFI_HANDOFF_TABLES2, put_tables },
	{ EV_EFI_APPLICATION, put_image },
	{ EV_EFI_BOOT_DRIVER, put_image },
	{ EV_EFI_RUNTIME_DRIVER, put_image },
	{ EV_EFI_GPT, put_gpt },
	{ EV_EFI_GPT2, put_gpt },
	{ EV_EFI_VARIABLE_CONFIG, put_variable },
	{ EV_EFI_VARIABLE_BOOT, put_variable },
	{ EV_EFI_VARIABLE_BOOT2, put_variable },
	{ EV_EFI_VARIABLE_AUTHORITY, put_variable },
};

bool
event_put_text(struct buf *b, const struct tcg_event *e)
{
	uint8_t room[EVENT_TEXT_MAX];
	/* A fixed place, filled by hand: it is cut, not grown. */
	struct buf t = { .p = room,
		.size = sizeof(room),
		.max = sizeof(room) - 3 };
	bool known = false;

	for (size_t i = 0; i < ARRAY_LEN(forms) && !known; i++) {
		if (forms[i].type != e->type)
			continue;
		known = true;
		(void)forms[i].put(&t, e);
	}
	if (!known)
		(void)put_text_or_bytes(&t, e);
	if (!buf_ok(&t))
		memcpy(room + t.len, "...", 3);
	return buf_put(b, bytes_of(room, t.len + (buf_ok(&t) ? 0 : 3)));
}
