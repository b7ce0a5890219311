/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TPMT_PUBLIC: reading, names, templates.
 */
#include "tpm/public.h"

#include "forge.h"

static bool
reads(const uint8_t *p, size_t n, void *arg)
{
	struct tpm_public public;

	return tpm_public_parse(bytes_of(p, n), &public, arg) == 0;
}

static void
test_ek(void)
{
	uint8_t id[TPM_SHA256_SIZE], *p;
	auto_key struct key *key = NULL;
	struct diag d = { 0 };
	struct bytes ek;
	size_t len, at, bad = 0;

	p = t_load("data/tpm/ek.public", &len);
	ek = bytes_of(p, len);
	CHECK(public_is_ek(ek, &d) == 0 && public_key(ek, &key, &d) == 0 &&
		key_bits(key) == 2048,
	    "swtpm's EK is of template L-1 %s", d.text);
	tpm_host_id(ek, id);
	CHECK(!bytes_all_zero(BYTES_OF_ARRAY(id)), "it has a host id");
	CHECK(public_is_ak(ek, &d) == ERR_REFUSED &&
		d.reason == REASON_AkTemplate,
	    "T22 the EK offered as AK: refused (%s)", d.text);
	CHECK(public_is_hk(ek, &d) == ERR_REFUSED &&
		d.reason == REASON_HostKeyTemplate,
	    "T55 the EK offered as HK: refused (%s)", d.text);
	CHECK(t_truncations(p, len, reads, &d) == 0 &&
		!t_trailing(p, len, reads, &d),
	    "T17 cut or longer: refused (%s)", d.text);
	/* All but the modulus: type to exponent, and the modulus' length. */
	for (at = 0; at < 58; at++) {
		p[at] ^= 1;
		bad +=
		    public_is_ek(ek, &d) == 0 || d.reason != REASON_EkTemplate;
		p[at] ^= 1;
	}
	CHECK(bad == 0, "T20 an EK with any other field: refused (%s)", d.text);
	free(p);
}

static void
test_ek_ecc(struct forge *f)
{
	auto_buf struct buf b = BUF_INIT(1024);
	uint8_t point[P256_POINT_SIZE], got[P256_POINT_SIZE];
	struct diag d = { 0 };
	struct bytes x, y;

	forge_point(f->hk, &x, &y, point);
	CHECK(public_put_ek_ecc(&b, x, y) && b.len == 122 &&
		public_is_ek(buf_bytes(&b), &d) == 0,
	    "a P-256 EK is of template L-2");
	CHECK(public_point(buf_bytes(&b), got, &d) == 0 &&
		bytes_equal(BYTES_OF_ARRAY(got), BYTES_OF_ARRAY(point)),
	    "its point comes out");
	CHECK(public_is_hk(buf_bytes(&b), &d) == ERR_REFUSED,
	    "T55 a P-256 EK offered as HK: refused (%s)", d.text);
	CHECK(public_is_hk(buf_bytes(&f->ak_public), &d) == ERR_REFUSED &&
		public_is_ak(buf_bytes(&f->hk_public), &d) == ERR_REFUSED &&
		public_is_ek(buf_bytes(&f->ak_public), &d) == ERR_REFUSED,
	    "T22 AK and HK offered as each other: refused (%s)", d.text);
}

/* Old firmware strips leading zeros of coordinates. */
static void
test_short_coordinate(struct forge *f)
{
	auto_buf struct buf b = BUF_INIT(1024);
	uint8_t point[P256_POINT_SIZE], got[P256_POINT_SIZE],
	    long_x[33] = { 0 };
	struct diag d = { 0 };
	struct bytes x, y;

	do {
		key_free(f->hk);
		f->hk = NULL;
		if (key_generate(KEY_P256, 0, &f->hk, &d) < 0)
			t_bail("%s", d.text);
		forge_point(f->hk, &x, &y, point);
	} while (x.p[0] != 0);
	CHECK(public_put_ak(&b, bytes_of(x.p + 1, 31), y) &&
		public_is_ak(buf_bytes(&b), &d) == 0 &&
		public_point(buf_bytes(&b), got, &d) == 0 &&
		bytes_equal(BYTES_OF_ARRAY(got), BYTES_OF_ARRAY(point)),
	    "a coordinate without its leading zero is read %s", d.text);
	buf_reset(&b);
	memcpy(long_x + 1, x.p, 32);
	CHECK(public_put_ak(&b, BYTES_OF_ARRAY(long_x), y) &&
		public_is_ak(buf_bytes(&b), &d) == ERR_REFUSED,
	    "T17 a coordinate of 33 bytes: refused (%s)", d.text);
	buf_reset(&b);
	CHECK(public_put_ak(&b, BYTES_NONE, y) &&
		public_is_ak(buf_bytes(&b), &d) == ERR_REFUSED,
	    "T17 an empty coordinate: refused (%s)", d.text);
}

static void
refuses(const char *hex, const char *what)
{
	auto_buf struct buf b = BUF_INIT(4096);
	auto_key struct key *key = NULL;
	struct diag d = { 0 };

	t_hex(&b, hex);
	CHECK(public_key(buf_bytes(&b), &key, &d) < 0, "%s: refused (%s)", what,
	    d.text);
}

static void
test_hostile(void)
{
	refuses("0008000b000000000000", "T22 a keyed hash object");
	refuses("0025000b000000000000", "T22 a symmetric object");
	refuses("00230004000500720000001000180004000300100001010001"
		"01",
	    "T22 a SHA-1 name");
	refuses("0001000b0003047200000010001004000000000000800101",
	    "T09 a modulus of another length than it says");
	refuses("0001000b000304720000001000100008000000000001ff",
	    "T09 an RSA key of 8 bits");
	refuses("0023000b0002047200000010001000030020000101000101",
	    "a KDF in the parameters");
	refuses("0023000b0002047200000010001000200010000101000101",
	    "T09 an unknown curve");
	refuses("0023000b0002047200000025008000430010000300100001"
		"01000101",
	    "T22 an unknown symmetric algorithm");
}

int
main(void)
{
	struct forge f;

	forge_init(&f);
	test_ek();
	test_ek_ecc(&f);
	test_short_coordinate(&f);
	test_hostile();
	forge_free(&f);
	return t_done();
}
