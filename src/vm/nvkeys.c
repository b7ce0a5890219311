/* SPDX-License-Identifier: Apache-2.0 */
#include "vm/nvkeys.h"

#include <string.h>

#include "base/buf.h"
#include "base/reader.h"
#include "crypto/hash.h"
#include "vm/varstore.h"

#define GUID_SIZE      16
#define VARIABLE_START 0x55aa
#define VARIABLE_ADDED 0x3f
/* Being replaced: good until the new one is there. */
#define VARIABLE_LEAVING 0x3e
#define VARIABLES_MAX    4096
#define NAME_BYTES_MAX   1024

/* Where the keys and the switches live, in the order of the digest. */
static const struct wanted {
	const char *name;
	uint8_t vendor[GUID_SIZE];
} WANTED[] = {
	{ "PK",
	    { 0x61, 0xdf, 0xe4, 0x8b, 0xca, 0x93, 0xd2, 0x11, 0xaa, 0x0d, 0x00,
		0xe0, 0x98, 0x03, 0x2b, 0x8c } },
	{ "KEK",
	    { 0x61, 0xdf, 0xe4, 0x8b, 0xca, 0x93, 0xd2, 0x11, 0xaa, 0x0d, 0x00,
		0xe0, 0x98, 0x03, 0x2b, 0x8c } },
	{ "db",
	    { 0xcb, 0xb2, 0x19, 0xd7, 0x3a, 0x3d, 0x96, 0x45, 0xa3, 0xbc, 0xda,
		0xd0, 0x0e, 0x67, 0x65, 0x6f } },
	{ "SecureBootEnable",
	    { 0xc7, 0x0b, 0xa3, 0xf0, 0x08, 0xaf, 0x56, 0x45, 0x99, 0xc4, 0x00,
		0x10, 0x09, 0xc9, 0x3a, 0x44 } },
	{ "CustomMode",
	    { 0x0c, 0xec, 0x76, 0xc0, 0x28, 0x70, 0x99, 0x43, 0xa0, 0x72, 0x71,
		0xee, 0x5c, 0x44, 0x8b, 0x9f } },
};
enum { WANT_PK, WANT_KEK, WANT_DB, WANT_ENABLE, WANT_CUSTOM, N_WANTED };

struct found {
	struct bytes data[N_WANTED];
	bool there[N_WANTED];
	bool final[N_WANTED]; /* not one that is being replaced */
};

static bool
name_is(struct bytes utf16, const char *name)
{
	size_t n = strlen(name) + 1;

	if (utf16.len != 2 * n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (utf16.p[2 * i] != (uint8_t)name[i] ||
		    utf16.p[2 * i + 1] != 0)
			return false;
	return true;
}

/* Two good ones of a name would leave the choice to the firmware. */
static int
note(struct found *f, uint8_t state, struct bytes vendor, struct bytes name,
    struct bytes data, struct diag *d)
{
	bool final = state == VARIABLE_ADDED;

	if (!final && state != VARIABLE_LEAVING)
		return ERR_OK;
	for (size_t i = 0; i < N_WANTED; i++) {
		if (!name_is(name, WANTED[i].name) ||
		    !bytes_equal(vendor, bytes_of(WANTED[i].vendor, GUID_SIZE)))
			continue;
		if (f->there[i] && f->final[i] == final)
			return diag_fail(d, ERR_FORMAT, "nvram: %s twice",
			    WANTED[i].name);
		if (!f->there[i] || final) {
			f->data[i] = data;
			f->final[i] = final;
		}
		f->there[i] = true;
	}
	return ERR_OK;
}

/* AUTHENTICATED_VARIABLE_HEADER (edk2 VariableFormat.h), name, data, pad. */
static int
variable_read(struct reader *r, struct found *f, struct diag *d)
{
	struct bytes time, vendor, name, data;
	uint32_t attributes, key_index, name_len, data_len;
	uint64_t count;
	uint8_t state, reserved;
	size_t start = r->off;

	if (!reader_u8(r, &state) || !reader_u8(r, &reserved) ||
	    !reader_le32(r, &attributes) || /* Attributes */
	    !reader_le64(r, &count) ||      /* MonotonicCount */
	    !reader_take(r, 16, &time) ||   /* TimeStamp */
	    !reader_le32(r, &key_index) ||  /* PubKeyIndex */
	    !reader_le32(r, &name_len) ||   /* NameSize */
	    !reader_le32(r, &data_len) ||   /* DataSize */
	    !reader_take(r, GUID_SIZE, &vendor) || name_len > NAME_BYTES_MAX ||
	    !reader_take(r, name_len, &name) ||
	    !reader_take(r, data_len, &data) ||
	    !reader_skip(r, (4 - r->off % 4) % 4))
		return diag_fail(d, ERR_FORMAT,
		    "nvram: not a variable at byte %zu", start);
	return note(f, state, vendor, name, data, d);
}

/* The store's bytes from a multiple of four on; erased space ends it. */
static int
variables_read(struct bytes store, struct found *f, struct diag *d)
{
	struct reader r = reader_of(store);
	uint16_t start;
	int err;

	for (size_t n = 0; reader_le16(&r, &start); n++) {
		if (start != VARIABLE_START)
			return ERR_OK;
		if (n == VARIABLES_MAX)
			return diag_fail(d, ERR_LIMIT,
			    "nvram: more than %d variables", VARIABLES_MAX);
		if ((err = variable_read(&r, f, d)) < 0)
			return err;
	}
	return ERR_OK;
}

static bool
is_byte(struct bytes b, uint8_t v)
{
	return b.len == 1 && b.p[0] == v;
}

int
nvram_keys_digest(struct bytes volume, uint8_t ret[static 32], struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(VARSTORE_MAX);
	struct varstore s;
	struct found f = { 0 };
	int err;

	if ((err = varstore_parse(volume, &s, d)) < 0 ||
	    (err = variables_read(bytes_of(volume.p + s.at, s.end - s.at), &f,
		 d)) < 0)
		return err;
	if (!f.there[WANT_PK] || !f.there[WANT_KEK] || !f.there[WANT_DB] ||
	    !is_byte(f.data[WANT_ENABLE], 1) ||
	    (f.there[WANT_CUSTOM] && !is_byte(f.data[WANT_CUSTOM], 0)))
		return diag_refuse(d, REASON_VmStateTampered,
		    "nvram: Secure Boot is not on with keys of its own");
	for (size_t i = 0; i < N_WANTED; i++) {
		if (i == WANT_CUSTOM)
			continue;
		buf_put_be32_blob(&b, bytes_of_text(WANTED[i].name));
		buf_put_be32_blob(&b, f.data[i]);
	}
	if ((err = buf_check(&b, "nvram: keys", d)) < 0)
		return err;
	sha256(buf_bytes(&b), ret);
	return ERR_OK;
}
