/* SPDX-License-Identifier: Apache-2.0 */
#include "vm/nvram.h"

#include <string.h>
#include <time.h>

#include "base/reader.h"
#include "vm/varstore.h"

#define GUID_SIZE         16
#define VARIABLE_START    0x55aa
#define VARIABLE_ADDED    0x3f
#define ERASED            0xff
#define ATTR_NON_VOLATILE 0x01
#define ATTR_BOOT_SERVICE 0x02
#define ATTR_RUNTIME      0x04
#define ATTR_TIME_BASED   0x20
#define ATTR_KEYS \
	(ATTR_NON_VOLATILE | ATTR_BOOT_SERVICE | ATTR_RUNTIME | ATTR_TIME_BASED)
#define ATTR_SWITCH        (ATTR_NON_VOLATILE | ATTR_BOOT_SERVICE)
#define LIST_HEADER_SIZE   28
#define EFI_YEAR_MAX       9999
#define DER_SEQUENCE       0x30
#define DER_LENGTH_2_BYTES 0x82

/* EFI_GLOBAL_VARIABLE 8be4df61-93ca-11d2-aa0d-00e098032b8c */
static const uint8_t GUID_GLOBAL[GUID_SIZE] = { 0x61, 0xdf, 0xe4, 0x8b, 0xca,
	0x93, 0xd2, 0x11, 0xaa, 0x0d, 0x00, 0xe0, 0x98, 0x03, 0x2b, 0x8c };
/* EFI_IMAGE_SECURITY_DATABASE_GUID d719b2cb-3d3a-4596-a3bc-dad00e67656f */
static const uint8_t GUID_IMAGE_SECURITY[GUID_SIZE] = { 0xcb, 0xb2, 0x19, 0xd7,
	0x3a, 0x3d, 0x96, 0x45, 0xa3, 0xbc, 0xda, 0xd0, 0x0e, 0x67, 0x65,
	0x6f };
/* gEfiSecureBootEnableDisableGuid f0a30bc7-af08-4556-99c4-001009c93a44 */
static const uint8_t GUID_ENABLE[GUID_SIZE] = { 0xc7, 0x0b, 0xa3, 0xf0, 0x08,
	0xaf, 0x56, 0x45, 0x99, 0xc4, 0x00, 0x10, 0x09, 0xc9, 0x3a, 0x44 };
/* gEfiCustomModeEnableGuid c076ec0c-7028-4399-a072-71ee5c448b9f */
static const uint8_t GUID_CUSTOM_MODE[GUID_SIZE] = { 0x0c, 0xec, 0x76, 0xc0,
	0x28, 0x70, 0x99, 0x43, 0xa0, 0x72, 0x71, 0xee, 0x5c, 0x44, 0x8b,
	0x9f };
/* EFI_CERT_X509_GUID a5c059a1-94e4-4aa7-87b5-ab155c2bf072 */
static const uint8_t GUID_X509[GUID_SIZE] = { 0xa1, 0x59, 0xc0, 0xa5, 0xe4,
	0x94, 0xa7, 0x4a, 0x87, 0xb5, 0xab, 0x15, 0x5c, 0x2b, 0xf0, 0x72 };

/* EFI_TIME (UEFI 2.10 8.3), UTC. */
static int
time_put(struct buf *b, uint64_t seconds, struct diag *d)
{
	time_t t = (time_t)seconds;
	struct tm tm;

	if (seconds > INT64_MAX || gmtime_r(&t, &tm) == NULL ||
	    tm.tm_year + 1900 > EFI_YEAR_MAX)
		return diag_fail(d, ERR_LIMIT, "nvram: time out of range");
	buf_put_le16(b, (uint16_t)(tm.tm_year + 1900));
	buf_put_u8(b, (uint8_t)(tm.tm_mon + 1));
	buf_put_u8(b, (uint8_t)tm.tm_mday);
	buf_put_u8(b, (uint8_t)tm.tm_hour);
	buf_put_u8(b, (uint8_t)tm.tm_min);
	buf_put_u8(b, (uint8_t)tm.tm_sec);
	buf_put_u8(b, 0);   /* Pad1 */
	buf_put_le32(b, 0); /* Nanosecond */
	buf_put_le16(b, 0); /* TimeZone */
	buf_put_le16(b, 0); /* Daylight, Pad2 */
	return buf_check(b, "nvram: time", d);
}

/* A DER SEQUENCE that ends where the bytes end; its inside is not our matter. */
static int
certificate_check(const char *what, struct bytes der, struct diag *d)
{
	struct reader r = reader_of(der);
	uint8_t tag, form;
	uint16_t len;

	if (der.len > NVRAM_CERTIFICATE_MAX)
		return diag_fail(d, ERR_LIMIT,
		    "nvram: %s: a certificate of %zu bytes, at most %d", what,
		    der.len, NVRAM_CERTIFICATE_MAX);
	if (!reader_u8(&r, &tag) || !reader_u8(&r, &form) ||
	    !reader_be16(&r, &len) || tag != DER_SEQUENCE ||
	    form != DER_LENGTH_2_BYTES || reader_left(&r) != len)
		return diag_fail(d, ERR_FORMAT,
		    "nvram: %s: not a certificate in DER", what);
	return ERR_OK;
}

/* One EFI_SIGNATURE_LIST each (UEFI 2.10 32.4.1): their sizes differ. */
static int
certificates_put(struct buf *b, const char *what, const struct bytes *certs,
    size_t n, const uint8_t *owner, struct diag *d)
{
	size_t i;
	int err;

	if (n == 0 || n > NVRAM_CERTIFICATES)
		return diag_fail(d, ERR_LIMIT,
		    "nvram: %s: %zu certificates, 1 to %d", what, n,
		    NVRAM_CERTIFICATES);
	for (i = 0; i < n; i++) {
		uint32_t size = (uint32_t)(GUID_SIZE + certs[i].len);

		if ((err = certificate_check(what, certs[i], d)) < 0)
			return err;
		buf_put(b, bytes_of(GUID_X509, GUID_SIZE));
		buf_put_le32(b, LIST_HEADER_SIZE + size);
		buf_put_le32(b, 0); /* SignatureHeaderSize */
		buf_put_le32(b, size);
		buf_put(b, bytes_of(owner, GUID_SIZE));
		buf_put(b, certs[i]);
	}
	return buf_check(b, "nvram: signature lists", d);
}

/* dbx comes as signature lists: they must fill it exactly. */
static int
lists_check(struct bytes lists, struct diag *d)
{
	struct reader r = reader_of(lists);
	struct bytes type;
	uint32_t size, header, each;

	while (reader_left(&r) > 0) {
		if (!reader_take(&r, GUID_SIZE, &type) ||
		    !reader_le32(&r, &size) || !reader_le32(&r, &header) ||
		    !reader_le32(&r, &each) || size < LIST_HEADER_SIZE ||
		    header > size - LIST_HEADER_SIZE || each <= GUID_SIZE ||
		    (size - LIST_HEADER_SIZE - header) % each != 0 ||
		    !reader_skip(&r, size - LIST_HEADER_SIZE))
			return diag_fail(d, ERR_FORMAT,
			    "nvram: dbx: not a signature list at byte %zu",
			    r.off);
	}
	return ERR_OK;
}

/* AUTHENTICATED_VARIABLE_HEADER (edk2 VariableFormat.h), name, data. */
static int
variable_put(struct buf *b, const char *name, const uint8_t *vendor,
    uint32_t attributes, struct bytes time, struct bytes data, struct diag *d)
{
	size_t i, name_len = strlen(name) + 1;

	if (data.len > NVRAM_VARIABLE_MAX)
		return diag_fail(d, ERR_LIMIT,
		    "nvram: %s: %zu bytes, at most %d", name, data.len,
		    NVRAM_VARIABLE_MAX);
	buf_put_le16(b, VARIABLE_START);
	buf_put_u8(b, VARIABLE_ADDED);
	buf_put_u8(b, 0); /* Reserved */
	buf_put_le32(b, attributes);
	buf_put_le64(b, 0); /* MonotonicCount */
	buf_put(b, time);   /* TimeStamp */
	buf_put_le32(b, 0); /* PubKeyIndex */
	buf_put_le32(b, (uint32_t)(name_len * 2));
	buf_put_le32(b, (uint32_t)data.len);
	buf_put(b, bytes_of(vendor, GUID_SIZE));
	for (i = 0; i < name_len; i++)
		buf_put_le16(b, (uint8_t)name[i]);
	buf_put(b, data);
	while (b->len % 4 != 0 && buf_put_u8(b, ERASED))
		continue;
	return buf_check(b, "nvram: variables", d);
}

/* The key variables and the two switches that make OVMF enforce them. */
static int
variables_put(struct buf *b, const struct secure_boot_keys *keys,
    const uint8_t *owner, struct bytes time, struct diag *d)
{
	static const uint8_t on = 1, off = 0, never[16];
	struct bytes no_time = bytes_of(never, sizeof(never));
	auto_buf struct buf pk = BUF_INIT(NVRAM_VARIABLE_MAX);
	auto_buf struct buf kek = BUF_INIT(NVRAM_CERTIFICATES * 8192);
	auto_buf struct buf db = BUF_INIT(NVRAM_CERTIFICATES * 8192);
	int err;

	if ((err = certificates_put(&pk, "PK", &keys->pk, 1, owner, d)) < 0 ||
	    (err = certificates_put(&kek, "KEK", keys->kek, keys->n_kek, owner,
		 d)) < 0 ||
	    (err = certificates_put(&db, "db", keys->db, keys->n_db, owner,
		 d)) < 0 ||
	    (err = lists_check(keys->dbx, d)) < 0)
		return err;

	if ((err = variable_put(b, "PK", GUID_GLOBAL, ATTR_KEYS, time,
		 buf_bytes(&pk), d)) < 0 ||
	    (err = variable_put(b, "KEK", GUID_GLOBAL, ATTR_KEYS, time,
		 buf_bytes(&kek), d)) < 0 ||
	    (err = variable_put(b, "db", GUID_IMAGE_SECURITY, ATTR_KEYS, time,
		 buf_bytes(&db), d)) < 0)
		return err;
	if (keys->dbx.len > 0 &&
	    (err = variable_put(b, "dbx", GUID_IMAGE_SECURITY, ATTR_KEYS, time,
		 keys->dbx, d)) < 0)
		return err;
	if ((err = variable_put(b, "SecureBootEnable", GUID_ENABLE, ATTR_SWITCH,
		 no_time, bytes_of(&on, 1), d)) < 0)
		return err;
	return variable_put(b, "CustomMode", GUID_CUSTOM_MODE, ATTR_SWITCH,
	    no_time, bytes_of(&off, 1), d);
}

int
nvram_enrol(struct bytes template, const struct secure_boot_keys *keys,
    const uint8_t owner[static 16], uint64_t timestamp, struct buf *ret,
    struct diag *d)
{
	auto_buf struct buf time = BUF_INIT(16);
	auto_buf struct buf vars = BUF_INIT(VARSTORE_MAX);
	struct varstore s;
	size_t len = ret->len;
	int err;

	if ((err = varstore_parse_blank(template, &s, d)) < 0 ||
	    (err = time_put(&time, timestamp, d)) < 0 ||
	    (err = variables_put(&vars, keys, owner, buf_bytes(&time), d)) < 0)
		return err;

	/* Variables are padded to 4 bytes from a start that is a multiple. */
	BUG_ON(s.at % 4 != 0);
	if (vars.len > s.end - s.at)
		return diag_fail(d, ERR_LIMIT,
		    "nvram: %zu bytes of variables, room for %zu", vars.len,
		    s.end - s.at);

	buf_put(ret, bytes_of(template.p, s.at));
	buf_put(ret, buf_bytes(&vars));
	buf_put(ret,
	    bytes_of(template.p + s.at + vars.len,
		template.len - s.at - vars.len));
	if ((err = buf_check(ret, "nvram: output", d)) < 0)
		ret->len = len;
	return err;
}
