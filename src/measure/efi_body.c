/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies of UEFI events; see the header for where each is defined. */
#include "measure/efi_body.h"

#include "crypto/der.h"

#define GUID_SIZE       16
#define TABLE_SIZE      (GUID_SIZE + 8)
#define GPT_ENTRY_MIN   128
#define GPT_ENTRY_MAX   4096
#define GPT_HEADER_SIZE 92
#define LIST_HEADER     28

int
efi_image_parse(struct bytes in, struct efi_image *ret, struct diag *d)
{
	struct reader r = reader_of(in);
	struct efi_image v;
	uint64_t path_len;

	if (!reader_le64(&r, &v.base) ||      /* ImageLocationInMemory */
	    !reader_le64(&r, &v.size) ||      /* ImageLengthInMemory */
	    !reader_le64(&r, &v.link_base) || /* ImageLinkTimeAddress */
	    !reader_le64(&r, &path_len) ||    /* LengthOfDevicePath */
	    path_len > reader_left(&r) ||
	    !reader_take(&r, (size_t)path_len, &v.path))
		return diag_fail(d, ERR_FORMAT,
		    "image load event: does not fit %zu bytes", in.len);
	*ret = v;
	return ERR_OK;
}

/* BlobDescription and TableDescription: one byte of length. */
static bool
read_name(struct reader *r, bool named, struct bytes *ret)
{
	uint8_t len;

	*ret = BYTES_NONE;
	return !named || (reader_u8(r, &len) && reader_take(r, len, ret));
}

int
efi_blob_parse(struct bytes in, bool named, struct efi_blob *ret,
    struct diag *d)
{
	struct reader r = reader_of(in);
	struct efi_blob v;

	if (!read_name(&r, named, &v.name) ||
	    !reader_le64(&r, &v.base) || /* BlobBase */
	    !reader_le64(&r, &v.size) || /* BlobLength */
	    reader_left(&r) != 0)
		return diag_fail(d, ERR_FORMAT,
		    "firmware blob: does not fit %zu bytes", in.len);
	*ret = v;
	return ERR_OK;
}

int
efi_tables_parse(struct bytes in, bool named, struct efi_tables *ret,
    struct diag *d)
{
	struct reader r = reader_of(in);
	struct efi_tables v;

	if (!read_name(&r, named, &v.name) ||
	    !reader_le64(&r, &v.n) || /* NumberOfTables */
	    v.n > reader_left(&r) / TABLE_SIZE ||
	    !reader_take(&r, (size_t)v.n * TABLE_SIZE, &v.tables) ||
	    reader_left(&r) != 0)
		return diag_fail(d, ERR_FORMAT,
		    "handoff tables: do not fit %zu bytes", in.len);
	*ret = v;
	return ERR_OK;
}

bool
efi_table_next(struct bytes *rest, struct bytes *ret_guid,
    uint64_t *ret_address)
{
	struct reader r = reader_of(*rest);

	if (!reader_take(&r, GUID_SIZE, ret_guid) ||
	    !reader_le64(&r, ret_address))
		return false;
	*rest = bytes_of(rest->p + r.off, rest->len - r.off);
	return true;
}

int
efi_gpt_parse(struct bytes in, struct efi_gpt *ret, struct diag *d)
{
	struct reader r = reader_of(in), h;
	struct bytes header, signature;
	struct efi_gpt v;

	if (!reader_take(&r, GPT_HEADER_SIZE, &header) ||
	    !reader_le64(&r, &v.n)) /* NumberOfPartitions */
		return diag_fail(d, ERR_SHORT, "GPT event: too short");
	h = reader_of(header);
	if (!reader_take(&h, 8, &signature) || !reader_skip(&h, 48) ||
	    !reader_take(&h, GUID_SIZE, &v.disk) || !reader_skip(&h, 12) ||
	    !reader_le32(&h, &v.entry_size) ||
	    !bytes_equal_text(signature, "EFI PART"))
		return diag_fail(d, ERR_FORMAT, "GPT event: no header");
	if (v.entry_size < GPT_ENTRY_MIN || v.entry_size > GPT_ENTRY_MAX ||
	    v.n > reader_left(&r) / v.entry_size ||
	    !reader_take(&r, (size_t)v.n * v.entry_size, &v.entries) ||
	    reader_left(&r) != 0)
		return diag_fail(d, ERR_FORMAT,
		    "GPT event: %llu entries of %u bytes do not fit",
		    (unsigned long long)v.n, v.entry_size);
	*ret = v;
	return ERR_OK;
}

bool
efi_partition_next(const struct efi_gpt *gpt, struct bytes *rest,
    struct efi_partition *ret)
{
	struct reader r = reader_of(*rest);
	struct bytes entry;

	if (!reader_take(&r, gpt->entry_size, &entry))
		return false;
	*rest = bytes_of(rest->p + r.off, rest->len - r.off);
	r = reader_of(entry);
	return reader_take(&r, GUID_SIZE, &ret->type) &&
	    reader_take(&r, GUID_SIZE, &ret->id) &&
	    reader_le64(&r, &ret->first) && reader_le64(&r, &ret->last) &&
	    reader_skip(&r, 8) && reader_take(&r, 72, &ret->name);
}

/* UTF-16 up to its NUL, which is taken too. */
static bool
read_utf16(struct reader *r, struct bytes *ret)
{
	const uint8_t *start = r->in.p + r->off;
	size_t len = 0;
	uint16_t c;

	while (reader_le16(r, &c)) {
		if (c == 0) {
			*ret = bytes_of(start, len);
			return true;
		}
		len += 2;
	}
	return false;
}

int
efi_load_option_parse(struct bytes in, struct efi_load_option *ret,
    struct diag *d)
{
	struct reader r = reader_of(in);
	struct efi_load_option v;
	uint16_t path_len;

	if (!reader_le32(&r, &v.attributes) || /* Attributes */
	    !reader_le16(&r, &path_len) ||     /* FilePathListLength */
	    !read_utf16(&r, &v.description) || /* Description */
	    !reader_take(&r, path_len, &v.path) ||
	    !reader_take(&r, reader_left(&r), &v.options))
		return diag_fail(d, ERR_FORMAT,
		    "load option: does not fit %zu bytes", in.len);
	*ret = v;
	return ERR_OK;
}

/* UEFI 2.10, 32.4.1: the types, and the bytes behind the owner (0: any). */
static const struct {
	uint8_t guid[GUID_SIZE];
	enum efi_signature_type type;
	uint32_t size;
} types[] = {
	{ { 0xa1, 0x59, 0xc0, 0xa5, 0xe4, 0x94, 0xa7, 0x4a, 0x87, 0xb5, 0xab,
	      0x15, 0x5c, 0x2b, 0xf0, 0x72 },
	    EFI_SIGNATURE_X509, 0 },
	{ { 0x12, 0xa5, 0x6c, 0x82, 0x10, 0xcf, 0xc9, 0x4a, 0xb1, 0x87, 0xbe,
	      0x01, 0x49, 0x66, 0x31, 0xbd },
	    EFI_SIGNATURE_SHA1, 20 },
	{ { 0x26, 0x16, 0xc4, 0xc1, 0x4c, 0x50, 0x92, 0x40, 0xac, 0xa9, 0x41,
	      0xf9, 0x36, 0x93, 0x43, 0x28 },
	    EFI_SIGNATURE_SHA256, 32 },
	{ { 0x07, 0x53, 0x3e, 0xff, 0xd0, 0x9f, 0xc9, 0x48, 0x85, 0xf1, 0x8a,
	      0xd5, 0x6c, 0x70, 0x1e, 0x01 },
	    EFI_SIGNATURE_SHA384, 48 },
	{ { 0xae, 0x0f, 0x3e, 0x09, 0xc4, 0xa6, 0x50, 0x4f, 0x9f, 0x1b, 0xd4,
	      0x1e, 0x2b, 0x89, 0xc1, 0x9a },
	    EFI_SIGNATURE_SHA512, 64 },
	{ { 0x92, 0xa4, 0xd2, 0x3b, 0xc0, 0x96, 0x79, 0x40, 0xb4, 0x20, 0xfc,
	      0xf9, 0x8e, 0xf1, 0x03, 0xed },
	    EFI_SIGNATURE_X509_SHA256, 48 },
	{ { 0xe8, 0x66, 0x57, 0x3c, 0x9c, 0x26, 0x34, 0x4e, 0xaa, 0x14, 0xed,
	      0x77, 0x6e, 0x85, 0xb3, 0xb6 },
	    EFI_SIGNATURE_RSA2048, 256 },
};

struct efi_signatures
efi_signatures_of(struct bytes in)
{
	return (struct efi_signatures){ .lists = reader_of(in) };
}

static int
next_list(struct efi_signatures *s, struct diag *d)
{
	struct reader r = s->lists;
	struct bytes guid, entries;
	uint32_t size, header, entry, fixed = 0;

	if (!reader_take(&r, GUID_SIZE, &guid) || /* SignatureType */
	    !reader_le32(&r, &size) ||            /* SignatureListSize */
	    !reader_le32(&r, &header) ||          /* SignatureHeaderSize */
	    !reader_le32(&r, &entry))             /* SignatureSize */
		return diag_fail(d, ERR_SHORT, "signature list: no header");
	if (size < LIST_HEADER || size - LIST_HEADER < header ||
	    !reader_skip(&r, header) ||
	    !reader_take(&r, size - LIST_HEADER - header, &entries))
		return diag_fail(d, ERR_FORMAT,
		    "signature list: size %u with a header of %u", size,
		    header);
	s->type = EFI_SIGNATURE_OTHER;
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		if (!bytes_equal(guid, BYTES_OF_ARRAY(types[i].guid)))
			continue;
		s->type = types[i].type;
		fixed = types[i].size;
	}
	if (entry < GUID_SIZE || entries.len % entry != 0 ||
	    (fixed != 0 && entry != GUID_SIZE + fixed))
		return diag_fail(d, ERR_FORMAT,
		    "signature list: %zu bytes of signatures of %u each",
		    entries.len, entry);
	s->entry_size = entry;
	s->entries = reader_of(entries);
	s->lists = r;
	return ERR_OK;
}

int
efi_signature_next(struct efi_signatures *s, struct efi_signature *ret,
    struct diag *d)
{
	struct efi_signature v;
	int e;

	while (reader_left(&s->entries) == 0) {
		if (reader_left(&s->lists) == 0)
			return diag_fail(d, ERR_NOT_FOUND,
			    "signature lists: end");
		if ((e = next_list(s, d)) < 0)
			return e;
	}
	v.type = s->type;
	BUG_ON(!reader_take(&s->entries, GUID_SIZE, &v.owner));
	BUG_ON(!reader_take(&s->entries, s->entry_size - GUID_SIZE, &v.data));
	*ret = v;
	return ERR_OK;
}

/* RFC 5280, 4.1: what stands before the subject is stepped over. */
static bool
find_subject(struct bytes der, struct reader *ret)
{
	struct reader r = reader_of(der), cert, tbs;
	struct bytes value;
	uint8_t tag;

	if (!der_enter(&r, DER_SEQUENCE, &cert) ||
	    !der_enter(&cert, DER_SEQUENCE, &tbs))
		return false;
	if (der_peek(&tbs) == DER_CONSTRUCTED(0) &&
	    !der_any(&tbs, &tag, &value))
		return false;
	return der_take(&tbs, DER_INTEGER, &value) && /* serialNumber */
	    der_any(&tbs, &tag, &value) &&            /* signature */
	    der_any(&tbs, &tag, &value) &&            /* issuer */
	    der_any(&tbs, &tag, &value) &&            /* validity */
	    der_enter(&tbs, DER_SEQUENCE, ret);
}

bool
efi_certificate_name(struct bytes der, struct bytes *ret)
{
	/* id-at-commonName, -organizationName, -organizationalUnitName */
	static const uint8_t cn[] = { 0x55, 4, 3 }, o[] = { 0x55, 4, 10 },
			     ou[] = { 0x55, 4, 11 };
	struct reader subject, set, pair;
	struct bytes oid, value, best = BYTES_NONE;
	uint8_t tag;

	if (!find_subject(der, &subject))
		return false;
	while (der_enter(&subject, DER_SET, &set)) {
		if (!der_enter(&set, DER_SEQUENCE, &pair) ||
		    !der_oid(&pair, &oid) || !der_any(&pair, &tag, &value))
			return false;
		if (bytes_equal(oid, BYTES_OF_ARRAY(cn))) {
			*ret = value;
			return true;
		}
		if (bytes_equal(oid, BYTES_OF_ARRAY(o)) ||
		    bytes_equal(oid, BYTES_OF_ARRAY(ou)))
			best = value;
	}
	if (best.len == 0)
		return false;
	*ret = best;
	return true;
}
