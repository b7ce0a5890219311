/* SPDX-License-Identifier: Apache-2.0 */
/*
 * T70 for the host's disks: a header that is written differently is refused,
 * and one that speaks of other data is another disk.
 */
#include "t.h"

#include "disk/header.h"
#include "disk/luks1.h"

static uint8_t good[HEADER_SIZE];

static bool
accepts(const uint8_t *p, size_t n, void *arg)
{
	struct luks1 h;
	struct diag d = { 0 };

	(void)arg;
	return luks1_parse(bytes_of(p, n), &h, &d) == ERR_OK;
}

static void
refuses(const uint8_t *p, const char *what)
{
	struct luks1 h = { .payload = 5 };
	struct diag d = { 0 };
	int r = luks1_parse(bytes_of(p, HEADER_SIZE), &h, &d);

	CHECK(r == ERR_REFUSED && d.reason == REASON_FileInvalid &&
		h.payload == 5,
	    "T70 %s: refused (%s)", what, d.text);
}

static void
test_changes(void)
{
	static const struct {
		size_t at;
		const char *bytes;
		size_t n;
		const char *what;
	} changes[] = {
		{ 0, "LUKS\xba\xbf", 6, "another magic number" },
		{ 6, "\0\2", 2, "LUKS2" },
		{ 8, "cipher_null", 11, "no cipher" },
		{ 40, "ecb\0\0\0\0\0\0\0\0", 11, "another mode" },
		{ 40 + 12, "x", 1, "something behind the mode" },
		{ 72, "sha1\0\0", 6, "another hash" },
		{ 104, "\0\0\0\1", 4, "data inside the header" },
		{ 104, "\xff\xff\xff\xff", 4, "data past the limit" },
		{ 108, "\0\0\0\x20", 4, "a short volume key" },
		{ 164, "\0\0\0\0", 4, "no iteration" },
		{ 168, "4E2C", 4, "a UUID in capitals" },
		{ 208, "\0\0\xde\xad", 4, "no key slot in use" },
		{ 256, "\x00\xac\x71\xf3", 4, "a second key slot" },
		{ 212, "\xff\xff\xff\xff", 4, "a slot of endless work" },
		{ 248, "\0\0\x0f\xff", 4, "key material over the data" },
		{ 248, "\xff\xff\xff\xff", 4, "key material nowhere" },
		{ 252, "\0\0\0\1", 4, "key material in one stripe" },
	};
	uint8_t p[HEADER_SIZE];

	for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
		memcpy(p, good, sizeof(p));
		memcpy(p + changes[i].at, changes[i].bytes, changes[i].n);
		refuses(p, changes[i].what);
	}
}

static void
test_identity(void)
{
	struct luks1 h, other;
	struct diag d = { 0 };
	uint8_t p[HEADER_SIZE];

	CHECK(luks1_parse(BYTES_OF_ARRAY(good), &h, &d) == ERR_OK &&
		h.payload == PAYLOAD && h.iterations == 1000 &&
		h.material == 4096 && h.uuid[0] == '4' &&
		h.uuid[LUKS1_UUID_SIZE] == '\0',
	    "a good header is read");
	memcpy(p, good, sizeof(p));
	p[112] ^= 1;
	CHECK(luks1_parse(BYTES_OF_ARRAY(p), &other, &d) == ERR_OK &&
		memcmp(h.identity, other.identity, 32) != 0,
	    "T65 another volume key is another disk");
	memcpy(p, good, sizeof(p));
	p[203] ^= 1;
	CHECK(luks1_parse(BYTES_OF_ARRAY(p), &other, &d) == ERR_OK
		? memcmp(h.identity, other.identity, 32) != 0
		: true,
	    "T65 another UUID is another disk, or none");
	memcpy(p, good, sizeof(p));
	p[216] ^= 1;
	CHECK(luks1_parse(BYTES_OF_ARRAY(p), &other, &d) == ERR_OK &&
		memcmp(h.identity, other.identity, 32) == 0,
	    "a new passphrase leaves the identity");
}

int
main(void)
{
	make_header(good);
	test_identity();
	test_changes();
	CHECK(t_truncations(good, sizeof(good), accepts, NULL) == 0,
	    "no shorter header is taken");
	CHECK(!t_trailing(good, sizeof(good), accepts, NULL),
	    "nor a longer one");
	return t_done();
}
