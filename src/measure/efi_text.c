/* SPDX-License-Identifier: Apache-2.0 */
/* UEFI 2.10, 10.3 (device path nodes) and 10.6 (their text). */
#include "measure/efi_text.h"

#include "base/reader.h"
#include "base/text.h"

#define TEXT_MAX 256 /* characters of one string inside a path */
#define HEX_MAX  32  /* bytes */

bool
efi_put_hex(struct buf *b, struct bytes data)
{
	(void)hex_put(b,
	    bytes_of(data.p, data.len < HEX_MAX ? data.len : HEX_MAX));
	return buf_put_text(b, data.len > HEX_MAX ? "..." : "");
}

bool
efi_put_guid(struct buf *b, struct bytes guid)
{
	/* The first three fields are little-endian numbers. */
	static const uint8_t order[EFI_GUID_SIZE] = { 3, 2, 1, 0, 5, 4, 7, 6, 8,
		9, 10, 11, 12, 13, 14, 15 };

	BUG_ON(guid.len != EFI_GUID_SIZE);
	for (size_t i = 0; i < EFI_GUID_SIZE; i++)
		(void)buf_printf(b, "%s%02x",
		    i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "",
		    guid.p[order[i]]);
	return buf_ok(b);
}

bool
efi_put_utf16(struct buf *b, struct bytes text, size_t max)
{
	struct reader r = reader_of(text);
	size_t used = 0, n;
	uint16_t c;

	while (reader_le16(&r, &c) && c != 0) {
		bool plain = c >= 0x20 && c < 0x7f;

		n = plain ? 1 : 6;
		if (used + n > max)
			return buf_put_text(b, "...");
		used += n;
		if (plain)
			(void)buf_put_u8(b, (uint8_t)c);
		else
			(void)buf_printf(b, "\\u%04x", c);
	}
	if (reader_left(&r) == 1)
		(void)buf_printf(b, "\\x%02x", text.p[text.len - 1]);
	return buf_ok(b);
}

/* Each takes a node's data; false when they are not of its form. */
typedef bool (*put_node_fn)(struct buf *b, struct reader *r);

static bool
put_pci(struct buf *b, struct reader *r)
{
	uint8_t function, device;

	return reader_u8(r, &function) && reader_u8(r, &device) &&
	    buf_printf(b, "Pci(0x%x,0x%x)", device, function);
}

static bool
put_memory(struct buf *b, struct reader *r)
{
	uint32_t type;
	uint64_t start, end;

	return reader_le32(r, &type) && reader_le64(r, &start) &&
	    reader_le64(r, &end) &&
	    buf_printf(b, "MemoryMapped(%u,0x%llx,0x%llx)", type,
		(unsigned long long)start, (unsigned long long)end);
}

/* A GUID, and data of the vendor's own behind it. */
static bool
put_named(struct buf *b, struct reader *r, const char *name)
{
	struct bytes guid, rest;

	if (!reader_take(r, EFI_GUID_SIZE, &guid) ||
	    !reader_take(r, reader_left(r), &rest))
		return false;
	(void)buf_printf(b, "%s(", name);
	(void)efi_put_guid(b, guid);
	if (rest.len != 0) {
		(void)buf_put_u8(b, ',');
		(void)hex_put(b,
		    bytes_of(rest.p, rest.len < 32 ? rest.len : 32));
	}
	return buf_put_u8(b, ')');
}

static bool
put_vendor_hardware(struct buf *b, struct reader *r)
{
	return put_named(b, r, "VenHw");
}

static bool
put_vendor_messaging(struct buf *b, struct reader *r)
{
	return put_named(b, r, "VenMsg");
}

static bool
put_vendor_media(struct buf *b, struct reader *r)
{
	return put_named(b, r, "VenMedia");
}

static bool
put_volume_file(struct buf *b, struct reader *r)
{
	return put_named(b, r, "FvFile");
}

static bool
put_volume(struct buf *b, struct reader *r)
{
	return put_named(b, r, "Fv");
}

static bool
put_acpi(struct buf *b, struct reader *r)
{
	uint32_t hid, uid;

	if (!reader_le32(r, &hid) || !reader_le32(r, &uid))
		return false;
	/* EISA ids PNP0A03 and PNP0A08 are root bridges. */
	if (hid == 0x0a0341d0 || hid == 0x0a0841d0)
		return buf_printf(b, "PciRoot(0x%x)", uid);
	return buf_printf(b, "Acpi(0x%08x,0x%x)", hid, uid);
}

static bool
put_scsi(struct buf *b, struct reader *r)
{
	uint16_t target, lun;

	return reader_le16(r, &target) && reader_le16(r, &lun) &&
	    buf_printf(b, "Scsi(0x%x,0x%x)", target, lun);
}

static bool
put_usb(struct buf *b, struct reader *r)
{
	uint8_t port, interface;

	return reader_u8(r, &port) && reader_u8(r, &interface) &&
	    buf_printf(b, "USB(0x%x,0x%x)", port, interface);
}

static bool
put_mac(struct buf *b, struct reader *r)
{
	struct bytes address;
	uint8_t type;

	if (!reader_take(r, 32, &address) || !reader_u8(r, &type))
		return false;
	(void)buf_put_text(b, "MAC(");
	(void)hex_put(b, bytes_of(address.p, type <= 1 ? 6 : 32));
	return buf_printf(b, ",0x%x)", type);
}

static bool
put_ipv4(struct buf *b, struct reader *r)
{
	struct bytes local, remote;

	if (!reader_take(r, 4, &local) || !reader_take(r, 4, &remote) ||
	    !reader_skip(r, reader_left(r)))
		return false;
	return buf_printf(b, "IPv4(%u.%u.%u.%u)", remote.p[0], remote.p[1],
	    remote.p[2], remote.p[3]);
}

static bool
put_ipv6(struct buf *b, struct reader *r)
{
	struct bytes local, remote;

	if (!reader_take(r, 16, &local) || !reader_take(r, 16, &remote) ||
	    !reader_skip(r, reader_left(r)))
		return false;
	(void)buf_put_text(b, "IPv6(");
	(void)hex_put(b, remote);
	return buf_put_u8(b, ')');
}

static bool
put_sata(struct buf *b, struct reader *r)
{
	uint16_t port, multiplier, lun;

	return reader_le16(r, &port) && reader_le16(r, &multiplier) &&
	    reader_le16(r, &lun) &&
	    buf_printf(b, "Sata(0x%x,0x%x,0x%x)", port, multiplier, lun);
}

static bool
put_nvme(struct buf *b, struct reader *r)
{
	uint32_t space;
	struct bytes eui;

	if (!reader_le32(r, &space) || !reader_take(r, 8, &eui))
		return false;
	(void)buf_printf(b, "NVMe(0x%x,", space);
	(void)hex_put(b, eui);
	return buf_put_u8(b, ')');
}

static bool
put_uri(struct buf *b, struct reader *r)
{
	struct bytes uri;

	if (!reader_take(r, reader_left(r), &uri))
		return false;
	(void)buf_put_text(b, "Uri(");
	(void)text_put_escaped(b, uri, TEXT_MAX);
	return buf_put_u8(b, ')');
}

static bool
put_disk(struct buf *b, struct reader *r)
{
	uint32_t partition, mbr;
	struct bytes signature;
	struct reader s;
	uint8_t format, type;

	if (!reader_le32(r, &partition) || !reader_skip(r, 16) ||
	    !reader_take(r, EFI_GUID_SIZE, &signature) ||
	    !reader_u8(r, &format) || !reader_u8(r, &type))
		return false;
	(void)buf_printf(b, "HD(%u,", partition);
	s = reader_of(signature);
	if (type == 2) {
		(void)buf_put_text(b, "GPT,");
		(void)efi_put_guid(b, signature);
	} else if (type == 1 && reader_le32(&s, &mbr)) {
		(void)buf_printf(b, "MBR,0x%08x", mbr);
	} else {
		(void)buf_printf(b, "%u", type);
	}
	return buf_put_u8(b, ')');
}

static bool
put_cdrom(struct buf *b, struct reader *r)
{
	uint32_t entry;

	return reader_le32(r, &entry) && reader_skip(r, 16) &&
	    buf_printf(b, "CDROM(0x%x)", entry);
}

static bool
put_file(struct buf *b, struct reader *r)
{
	struct bytes name;

	return reader_take(r, reader_left(r), &name) &&
	    efi_put_utf16(b, name, TEXT_MAX);
}

static bool
put_offset(struct buf *b, struct reader *r)
{
	uint64_t start, end;

	/* Four reserved bytes, which older firmware leaves out. */
	if (reader_left(r) == 20 && !reader_skip(r, 4))
		return false;
	return reader_le64(r, &start) && reader_le64(r, &end) &&
	    buf_printf(b, "Offset(0x%llx,0x%llx)", (unsigned long long)start,
		(unsigned long long)end);
}

static bool
put_bbs(struct buf *b, struct reader *r)
{
	struct bytes text;
	uint16_t type;

	if (!reader_le16(r, &type) || !reader_skip(r, 2) ||
	    !reader_take(r, reader_left(r), &text))
		return false;
	if (text.len != 0 && text.p[text.len - 1] == '\0')
		text.len--;
	(void)buf_printf(b, "BBS(0x%x,", type);
	(void)text_put_escaped(b, text, TEXT_MAX);
	return buf_put_u8(b, ')');
}

static const struct {
	uint8_t type;
	uint8_t subtype;
	put_node_fn put;
} nodes[] = {
	{ 1, 1, put_pci },
	{ 1, 3, put_memory },
	{ 1, 4, put_vendor_hardware },
	{ 2, 1, put_acpi },
	{ 3, 2, put_scsi },
	{ 3, 5, put_usb },
	{ 3, 10, put_vendor_messaging },
	{ 3, 11, put_mac },
	{ 3, 12, put_ipv4 },
	{ 3, 13, put_ipv6 },
	{ 3, 18, put_sata },
	{ 3, 23, put_nvme },
	{ 3, 24, put_uri },
	{ 4, 1, put_disk },
	{ 4, 2, put_cdrom },
	{ 4, 3, put_vendor_media },
	{ 4, 4, put_file },
	{ 4, 6, put_volume_file },
	{ 4, 7, put_volume },
	{ 4, 8, put_offset },
	{ 5, 1, put_bbs },
};

static bool
put_node(struct buf *b, uint8_t type, uint8_t subtype, struct bytes data)
{
	size_t before = b->len;

	for (size_t i = 0; i < ARRAY_LEN(nodes); i++) {
		struct reader r = reader_of(data);

		if (nodes[i].type != type || nodes[i].subtype != subtype)
			continue;
		if (nodes[i].put(b, &r) && reader_left(&r) == 0)
			return true;
		if (!buf_ok(b))
			return false;
		b->len = before; /* not of its form: shown as it is */
		break;
	}
	(void)buf_printf(b, "Path(%u,%u,", type, subtype);
	(void)hex_put(b, bytes_of(data.p, data.len < 32 ? data.len : 32));
	return buf_put_text(b, data.len > 32 ? "...)" : ")");
}

bool
efi_put_path(struct buf *b, struct bytes path)
{
	struct reader r = reader_of(path);
	struct bytes data;
	uint8_t type, subtype;
	uint16_t len;
	const char *between = "";

	for (unsigned n = 0; reader_left(&r) != 0; n++) {
		if (n == EFI_PATH_NODES_MAX)
			return buf_put_text(b, "...");
		if (!reader_u8(&r, &type) || !reader_u8(&r, &subtype) ||
		    !reader_le16(&r, &len) || len < 4 ||
		    !reader_take(&r, (size_t)len - 4, &data))
			return buf_put_text(b, "[malformed]");
		if (type == 0x7f && subtype == 0xff)
			break;
		if (type == 0x7f) {
			between = ", "; /* another path to the same device */
			continue;
		}
		(void)buf_put_text(b, between);
		if (!put_node(b, type, subtype, data))
			return false;
		between = "/";
	}
	return buf_ok(b);
}
