/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secure Boot enrolment, read back by a reader of its own that knows offsets
 * only. The blank volume is made here, in the layout of OVMF_VARS_4M.fd; where
 * the real one is installed it is used as well.
 */
#include "t.h"

#include "vm/nvram.h"
#include "vm/volume.h"

#define CERT_SIZE 700u
#define TIMESTAMP 1704164645u /* 2024-01-02T03:04:05Z */

static const uint8_t OWNER[16] = { 0xde, 0xad, 0xbe, 0xef, 0x05, 0x06, 0x07,
	0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x10 };
static uint8_t cert[5][CERT_SIZE];
static struct bytes kek[2], db[2];
static struct secure_boot_keys keys;

static void
make_keys(void)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(cert); i++) {
		memset(cert[i], (int)i + 1, CERT_SIZE);
		cert[i][0] = 0x30;
		cert[i][1] = 0x82;
		cert[i][2] = (CERT_SIZE - 4) >> 8;
		cert[i][3] = (CERT_SIZE - 4) & 0xff;
	}
	kek[0] = bytes_of(cert[1], CERT_SIZE);
	kek[1] = bytes_of(cert[2], CERT_SIZE);
	db[0] = bytes_of(cert[3], CERT_SIZE);
	db[1] = bytes_of(cert[4], CERT_SIZE);
	keys = (struct secure_boot_keys){ .pk = bytes_of(cert[0], CERT_SIZE),
		.kek = kek,
		.n_kek = 2,
		.db = db,
		.n_db = 2 };
}

/* One signature list with one SHA-256 digest of zeros. */
static struct bytes
make_dbx(uint8_t *p)
{
	static const uint8_t sha256[16] = { 0x26, 0x16, 0xc4, 0xc1, 0x4c, 0x50,
		0x92, 0x40, 0xac, 0xa9, 0x41, 0xf9, 0x36, 0x93, 0x43, 0x28 };

	memset(p, 0, 76);
	memcpy(p, sha256, 16);
	put_le(p + 16, 76, 4);
	put_le(p + 24, 48, 4);
	return bytes_of(p, 76);
}

/* The variable of that name at *at, checked field by field; its data. */
static struct bytes
variable(const uint8_t *v, size_t *at, const char *name, uint32_t attributes)
{
	const uint8_t *p = v + *at;
	size_t name_size = get_le(p + 36, 4), size = get_le(p + 40, 4), i;
	bool same = name_size == 2 * strlen(name) + 2;

	for (i = 0; same && i < name_size / 2; i++)
		same = get_le(p + 60 + 2 * i, 2) == (uint8_t)name[i];
	CHECK(get_le(p, 2) == 0x55aa && p[2] == 0x3f && p[3] == 0 && same,
	    "%s is next in the store and added", name);
	CHECK(get_le(p + 4, 4) == attributes && get_le(p + 8, 8) == 0 &&
		get_le(p + 32, 4) == 0,
	    "%s has the attributes 0x%x", name, attributes);
	*at += (60 + name_size + size + 3) & ~(size_t)3;
	return bytes_of(p + 60 + name_size, size);
}

static bool
is_list(const uint8_t *p, const uint8_t *der)
{
	static const uint8_t x509[16] = { 0xa1, 0x59, 0xc0, 0xa5, 0xe4, 0x94,
		0xa7, 0x4a, 0x87, 0xb5, 0xab, 0x15, 0x5c, 0x2b, 0xf0, 0x72 };

	return memcmp(p, x509, 16) == 0 &&
	    get_le(p + 16, 4) == 28 + 16 + CERT_SIZE &&
	    get_le(p + 20, 4) == 0 && get_le(p + 24, 4) == 16 + CERT_SIZE &&
	    memcmp(p + 28, OWNER, 16) == 0 &&
	    memcmp(p + 44, der, CERT_SIZE) == 0;
}

static void
test_written(const uint8_t *volume, size_t len, const char *which)
{
	static const uint8_t stamp[16] = { 0xe8, 0x07, 1, 2, 3, 4, 5 };
	static const uint8_t global[16] = { 0x61, 0xdf, 0xe4, 0x8b, 0xca, 0x93,
		0xd2, 0x11, 0xaa, 0x0d, 0x00, 0xe0, 0x98, 0x03, 0x2b, 0x8c };
	auto_buf struct buf out = BUF_INIT(BUF_DEFAULT_MAX);
	size_t at = FIRST_AT, one = 44 + CERT_SIZE, i;
	struct secure_boot_keys k = keys;
	struct bytes b;
	struct diag d;
	uint8_t dbx[76];
	bool blank = true;

	k.dbx = make_dbx(dbx);
	if (!CHECK(nvram_enrol(bytes_of(volume, len), &k, OWNER, TIMESTAMP,
		       &out, &d) == ERR_OK &&
		    out.len == len,
		"%s: keys are written, the size stays", which)) {
		printf("# %s\n", d.text);
		return;
	}
	CHECK(memcmp(out.p, volume, FIRST_AT) == 0, "the headers stay");
	CHECK(memcmp(out.p + at + 16, stamp, 16) == 0,
	    "PK carries the timestamp");
	CHECK(memcmp(out.p + at + 44, global, 16) == 0,
	    "PK is one of UEFI's global variables");
	b = variable(out.p, &at, "PK", 0x27);
	CHECK(b.len == one && is_list(b.p, cert[0]), "PK is the certificate");
	b = variable(out.p, &at, "KEK", 0x27);
	CHECK(b.len == 2 * one && is_list(b.p, cert[1]) &&
		is_list(b.p + one, cert[2]),
	    "KEK is the two certificates");
	b = variable(out.p, &at, "db", 0x27);
	CHECK(b.len == 2 * one && is_list(b.p, cert[3]) &&
		is_list(b.p + one, cert[4]),
	    "db is the two certificates");
	b = variable(out.p, &at, "dbx", 0x27);
	CHECK(bytes_equal(b, k.dbx), "dbx is as given");
	b = variable(out.p, &at, "SecureBootEnable", 3);
	CHECK(b.len == 1 && b.p[0] == 1, "Secure Boot is enabled");
	b = variable(out.p, &at, "CustomMode", 3);
	CHECK(b.len == 1 && b.p[0] == 0, "custom mode is off");
	for (i = at; i < STORE_AT + STORE_SIZE; i++)
		blank = blank && out.p[i] == 0xff;
	CHECK(blank, "behind the last variable the store is blank");
	CHECK(memcmp(out.p + at, volume + at, len - at) == 0,
	    "everything behind stays as it was");
}

static void
test_no_dbx(const uint8_t *volume)
{
	auto_buf struct buf a = BUF_INIT(BUF_DEFAULT_MAX);
	auto_buf struct buf b = BUF_INIT(BUF_DEFAULT_MAX);
	size_t at = FIRST_AT;

	CHECK(nvram_enrol(bytes_of(volume, VOLUME_SIZE), &keys, OWNER,
		  TIMESTAMP, &a, NULL) == ERR_OK &&
		nvram_enrol(bytes_of(volume, VOLUME_SIZE), &keys, OWNER,
		    TIMESTAMP, &b, NULL) == ERR_OK &&
		bytes_equal(buf_bytes(&a), buf_bytes(&b)),
	    "the same keys and time give the same bytes");
	(void)variable(a.p, &at, "PK", 0x27);
	(void)variable(a.p, &at, "KEK", 0x27);
	(void)variable(a.p, &at, "db", 0x27);
	(void)variable(a.p, &at, "SecureBootEnable", 3);
	CHECK(nvram_enrol(buf_bytes(&a), &keys, OWNER, TIMESTAMP, &b, NULL) ==
		    ERR_FORMAT &&
		b.len == a.len,
	    "T75 a volume with variables is refused as a template");
}

static int
try_keys(const uint8_t *volume, const struct secure_boot_keys *k,
    uint64_t timestamp)
{
	auto_buf struct buf out = BUF_INIT(BUF_DEFAULT_MAX);
	int err;

	err = nvram_enrol(bytes_of(volume, VOLUME_SIZE), k, OWNER, timestamp,
	    &out, NULL);
	if (err < 0 && out.len != 0)
		t_bail("output written although refused");
	return err;
}

static void
test_keys(const uint8_t *volume)
{
	struct bytes many[NVRAM_CERTIFICATES + 1];
	struct secure_boot_keys k = keys;
	uint8_t dbx[76];
	size_t i;

	for (i = 0; i < ARRAY_LEN(many); i++)
		many[i] = db[0];
	k.pk = BYTES_NONE;
	CHECK(try_keys(volume, &k, TIMESTAMP) == ERR_FORMAT, "no PK: refused");
	k.pk = bytes_of(cert[0], CERT_SIZE - 1);
	CHECK(try_keys(volume, &k, TIMESTAMP) == ERR_FORMAT,
	    "a PK cut short: refused");
	k = keys;
	k.n_kek = 0;
	CHECK(try_keys(volume, &k, TIMESTAMP) == ERR_LIMIT, "no KEK: refused");
	k = keys;
	k.n_db = 0;
	CHECK(try_keys(volume, &k, TIMESTAMP) == ERR_LIMIT, "no db: refused");
	k.db = many;
	k.n_db = ARRAY_LEN(many);
	CHECK(try_keys(volume, &k, TIMESTAMP) == ERR_LIMIT,
	    "%zu certificates in db: refused", k.n_db);
	k.n_db--;
	CHECK(try_keys(volume, &k, TIMESTAMP) == ERR_LIMIT,
	    "more than the store holds: refused");
	k = keys;
	k.dbx = make_dbx(dbx);
	k.dbx.len--;
	CHECK(try_keys(volume, &k, TIMESTAMP) == ERR_FORMAT,
	    "a dbx cut short: refused");
	k.dbx = make_dbx(dbx);
	put_le(dbx + 24, 47, 4);
	CHECK(try_keys(volume, &k, TIMESTAMP) == ERR_FORMAT,
	    "a dbx of uneven entries: refused");
	k.dbx = make_dbx(dbx);
	put_le(dbx + 24, 0, 4);
	CHECK(try_keys(volume, &k, TIMESTAMP) == ERR_FORMAT,
	    "a dbx of entries without size: refused");
	k.dbx = make_dbx(dbx);
	put_le(dbx + 20, 0xffffffff, 4);
	CHECK(try_keys(volume, &k, TIMESTAMP) == ERR_FORMAT,
	    "a dbx with an endless header: refused");
	CHECK(try_keys(volume, &keys, UINT64_MAX) == ERR_LIMIT &&
		try_keys(volume, &keys, 253402300800u) == ERR_LIMIT &&
		try_keys(volume, &keys, 253402300799u) == ERR_OK,
	    "a time after the year 9999: refused");
}

int
main(void)
{
	static const char ovmf[] = "/usr/share/OVMF/OVMF_VARS_4M.fd";
	uint8_t *volume = malloc(VOLUME_SIZE), *real;
	size_t len;

	if (volume == NULL)
		t_bail("out of memory");
	make_keys();
	make_volume(volume);
	test_written(volume, VOLUME_SIZE, "made here");
	test_no_dbx(volume);
	test_keys(volume);
	free(volume);
	if (access(ovmf, R_OK) == 0) {
		real = t_read_file(ovmf, &len);
		test_written(real, len, ovmf);
		free(real);
	} else {
		t_skip("no OVMF_VARS_4M.fd (package ovmf)");
	}
	return t_done();
}
