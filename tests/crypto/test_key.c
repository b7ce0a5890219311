/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/key.h"

#include "crypto/keys.h"

static void
test_points(void)
{
	uint8_t point[P256_POINT_SIZE] = { 4 };
	struct key *key = generate(&kinds[0]), *mixed = generate(&kinds[1]),
		   *bad = NULL;
	struct diag d = { 0 };
	uint8_t z[32];

	CHECK(key_from_p256_point(point, &bad, &d) == ERR_FORMAT,
	    "the point (0, 0): %s", d.text);
	key_p256_point(key, point);
	point[0] = 6;
	CHECK(key_from_p256_point(point, &bad, &d) == ERR_FORMAT,
	    "the hybrid form: %s", d.text);
	point[0] = 4;
	point[64] ^= 1;
	CHECK(key_from_p256_point(point, &bad, &d) == ERR_FORMAT,
	    "a point off the curve: %s", d.text);
	memset(point + 1, 0xff, 64);
	CHECK(key_from_p256_point(point, &bad, &d) == ERR_FORMAT,
	    "coordinates beyond the prime: %s", d.text);
	CHECK(key_from_point(KEY_P256, bytes_of(point, 33), bytes_of(point, 32),
		  &bad, &d) == ERR_FORMAT,
	    "a coordinate too long: %s", d.text);
	CHECK(key_from_point(KEY_P256, BYTES_NONE, bytes_of(point, 32), &bad,
		  &d) == ERR_FORMAT,
	    "no coordinate: %s", d.text);
	CHECK(ecdh_derive(key, mixed, z, sizeof(z), &d) == ERR_CRYPTO,
	    "ECDH over two curves: %s", d.text);
	key_free(key);
	key_free(mixed);
}

static void
test_rsa_numbers(void)
{
	uint8_t modulus[512] = { 0x80 };
	struct key *bad = NULL;
	struct diag d = { 0 };

	modulus[127] = modulus[255] = modulus[511] = 1;
	CHECK(key_from_rsa(bytes_of(modulus, 128), 65537, &bad, &d) ==
		ERR_UNSUPPORTED,
	    "T09 RSA-1024: %s", d.text);
	CHECK(key_from_rsa(bytes_of(modulus, 256), 3, &bad, &d) ==
		ERR_UNSUPPORTED,
	    "exponent 3: %s", d.text);
	CHECK(key_from_rsa(bytes_of(modulus, 256), 65538, &bad, &d) ==
		ERR_UNSUPPORTED,
	    "an even exponent: %s", d.text);
	modulus[0] = 0;
	modulus[1] = 0x80;
	CHECK(key_from_rsa(bytes_of(modulus, 256), 65537, &bad, &d) ==
		ERR_UNSUPPORTED,
	    "T09 RSA-2040: %s", d.text);
	CHECK(key_generate(KEY_RSA, 1024, &bad, &d) == ERR_UNSUPPORTED, "%s",
	    d.text);
	CHECK(key_generate(KEY_RSA, 2047, &bad, &d) == ERR_UNSUPPORTED, "%s",
	    d.text);
}

/* More keys than are kept, each made twice in between others. */
static void
test_kept(void)
{
	enum { N = 200 };
	static struct key *private[N], *first[N];
	uint8_t point[P256_POINT_SIZE];
	struct key *again = NULL;
	size_t bad = 0;

	for (size_t i = 0; i < N; i++) {
		if (key_generate(KEY_P256, 0, &private[i], NULL) < 0)
			t_bail("key_generate");
		key_p256_point(private[i], point);
		if (key_from_p256_point(point, &first[i], NULL) < 0)
			t_bail("key_from_p256_point");
	}
	for (size_t i = 0; i < 2 * N; i++) {
		const struct key *want = private[i / 2];

		key_p256_point(want, point);
		if (key_from_p256_point(point, &again, NULL) < 0 ||
		    !key_public_equal(again, want) || key_is_private(again) ||
		    !key_public_equal(first[i / 2], want))
			bad++;
		key_free(again);
	}
	CHECK(bad == 0,
	    "%d public keys, each made again and again: %zu are others", N,
	    bad);
	for (size_t i = 0; i < N; i++) {
		key_free(private[i]);
		key_free(first[i]);
	}
}

int
main(void)
{
	test_points();
	test_kept();
	test_rsa_numbers();
	return t_done();
}
