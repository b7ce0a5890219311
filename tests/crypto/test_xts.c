/* SPDX-License-Identifier: Apache-2.0 */
/*
 * IEEE 1619-2007, annex B: vectors 10 to 14 (AES-256, units of 512 bytes), and
 * the same by one call of OpenSSL for each sector with a context of its own.
 */
#include "crypto/xts.h"

#include <openssl/evp.h>

#include "../dies.h"
#include "crypto/random.h"
#include "hex.h"

#define KEY                                                                \
	"2718281828459045235360287471352662497757247093699959574966967627" \
	"3141592653589793238462643383279502884197169399375105820974944592"
#define SECTORS 40u

static const uint8_t key[XTS_KEY_SIZE] = { 1, 2, 3, [40] = 4 };

/* 00 to ff, twice. */
static void
ramp(uint8_t p[static XTS_SECTOR])
{
	for (size_t i = 0; i < XTS_SECTOR; i++)
		p[i] = (uint8_t)i;
}

/* Of each its first and its last 32 bytes. */
static void
test_vectors(void)
{
	static const struct {
		unsigned vector;
		uint64_t sector;
		const char *start;
		const char *end;
	} cases[] = {
		{ 10, 0xff,
		    "1c3b3a102f770386e4836c99e370cf9bea00803f5e482357a4ae12d414a3e63b",
		    "773dad38014bd2092fa755c824bb5e54c4f36ffda9fcea70b9c6e693e148c151" },
		{ 11, 0xffff,
		    "77a31251618a15e6b92d1d66dffe7b50b50bad552305ba0217a610688eff7e11",
		    "54fbff89eeaeea791f4a7ab1f9868294a4f9e27b42af8100cb9d59cef9645803" },
		{ 12, 0xffffff,
		    "e387aaa58ba483afa7e8eb469778317ecf4cf573aa9d4eac23f2cdf914e4e200",
		    "ed242c8900dd1fa965bc950dfce09b132263a1eef52dd6888c309f5a7d712826" },
		{ 13, 0xffffffff,
		    "bf53d2dade78e822a4d949a9bc6766b01b06a8ef70d26748c6a7fc36d80ae4c5",
		    "f6516139420fcff3b7361d86322c4bd84c82f335abb152c4a93411373aaa8220" },
		{ 14, 0xffffffffff,
		    "64497e5a831e4a932c09be3e5393376daa599548b816031d224bbf50a818ed23",
		    "6975be5e0b4efce51cd3e70c25a1fbbbd609d273ad5b0d59631c531f6a0a57b9" },
	};
	struct buf k = BUF_INIT(99);

	t_hex(&k, KEY);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		uint8_t p[XTS_SECTOR], want[XTS_SECTOR];
		struct xts *in = NULL, *out = NULL;

		ramp(p);
		ramp(want);
		if (xts_new(k.p, XTS_ENCRYPT, &in, NULL) < 0 ||
		    xts_new(k.p, XTS_DECRYPT, &out, NULL) < 0)
			t_bail("no cipher");
		xts_run(in, cases[i].sector, p, sizeof(p));
		CHECK(t_is_hex(bytes_of(p, 32), cases[i].start) &&
			t_is_hex(bytes_of(p + 480, 32), cases[i].end),
		    "vector %u is encrypted", cases[i].vector);
		xts_run(out, cases[i].sector, p, sizeof(p));
		CHECK(bytes_equal(BYTES_OF_ARRAY(p), BYTES_OF_ARRAY(want)),
		    "and decrypted");
		xts_free(in);
		xts_free(out);
	}
	buf_free(&k);
}

/* One sector the long way. */
static void
by_openssl(uint64_t sector, const uint8_t *in, uint8_t *ret)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t tweak[16] = { 0 };
	int n = 0;

	for (unsigned i = 0; i < 8; i++)
		tweak[i] = (uint8_t)(sector >> (8 * i));
	if (ctx == NULL ||
	    EVP_EncryptInit_ex(ctx, EVP_aes_256_xts(), NULL, key, tweak) != 1 ||
	    EVP_EncryptUpdate(ctx, ret, &n, in, XTS_SECTOR) != 1 ||
	    n != XTS_SECTOR)
		t_bail("OpenSSL does not encrypt");
	EVP_CIPHER_CTX_free(ctx);
}

/* Every number of sectors up to the most, each run from the same context. */
static bool
agrees(struct xts *in, struct xts *out, uint64_t first)
{
	static uint8_t plain[SECTORS * XTS_SECTOR], p[SECTORS * XTS_SECTOR],
	    want[SECTORS * XTS_SECTOR];

	random_bytes(plain, sizeof(plain));
	for (size_t i = 0; i < SECTORS; i++)
		by_openssl(first + i, plain + i * XTS_SECTOR,
		    want + i * XTS_SECTOR);
	for (size_t n = 0; n <= SECTORS; n++) {
		size_t len = n * XTS_SECTOR;

		memcpy(p, plain, sizeof(p));
		xts_run(in, first, p, len);
		if (memcmp(p, want, len) != 0 ||
		    memcmp(p + len, plain + len, sizeof(p) - len) != 0)
			return false;
		xts_run(out, first, p, len);
		if (memcmp(p, plain, sizeof(p)) != 0)
			return false;
	}
	return true;
}

static void
test_openssl(void)
{
	static const uint64_t first[] = { 0, 1, 127, 128, 255, 256, 4095, 65535,
		((uint64_t)1 << 24) - 3, ((uint64_t)1 << 31) - 1,
		((uint64_t)1 << 32) - 20, (uint64_t)1 << 32,
		((uint64_t)1 << 55) + 7, UINT64_MAX - SECTORS };
	struct xts *in = NULL, *out = NULL;

	if (xts_new(key, XTS_ENCRYPT, &in, NULL) < 0 ||
	    xts_new(key, XTS_DECRYPT, &out, NULL) < 0)
		t_bail("no cipher");
	for (size_t i = 0; i < ARRAY_LEN(first); i++)
		CHECK(agrees(in, out, first[i]),
		    "sector %llu and those after it are OpenSSL's",
		    (unsigned long long)first[i]);
	xts_free(in);
	xts_free(out);
}

static void
run_part(void *arg)
{
	uint8_t p[XTS_SECTOR] = { 0 };

	xts_run(arg, 0, p, sizeof(p) - 1);
}

static void
test_refusals(void)
{
	static const enum xts_way ways[] = { XTS_ENCRYPT, XTS_DECRYPT };
	uint8_t twice[XTS_KEY_SIZE];
	struct xts *x = NULL;
	struct diag d = { 0 };

	memset(twice, 7, sizeof(twice));
	for (size_t i = 0; i < ARRAY_LEN(ways); i++)
		CHECK(xts_new(twice, ways[i], &x, &d) == ERR_CRYPTO &&
			x == NULL && strstr(d.text, "key") != NULL,
		    "a key of two equal halves is refused, way %zu", i);
	twice[63] = 8;
	CHECK(xts_new(twice, XTS_ENCRYPT, &x, &d) == ERR_OK,
	    "with one byte changed it is one");
	CHECK(t_dies(run_part, x), "part of a sector is a bug");
	xts_free(x);
	xts_free(NULL);
}

int
main(void)
{
	test_vectors();
	test_openssl();
	test_refusals();
	return t_done();
}
