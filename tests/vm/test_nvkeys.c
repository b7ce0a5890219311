/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The digest of a volume's Secure Boot keys: it stays when a guest writes
 * other variables, and changes with any of what it stands for.
 */
#include "t.h"

#include "vm/nvkeys.h"
#include "vm/nvram.h"
#include "vm/security.h"
#include "vm/varstore.h"
#include "vm/volume.h"

#define CERT_SIZE 300u

static uint8_t cert[3][CERT_SIZE];
static uint8_t volume[VOLUME_SIZE];
static struct buf good = BUF_INIT(VOLUME_SIZE);
static uint8_t want[32];

static void
make_good(void)
{
	static const uint8_t owner[16] = { 1 };
	struct bytes kek = bytes_of(cert[1], CERT_SIZE);
	struct bytes db = bytes_of(cert[2], CERT_SIZE);
	struct secure_boot_keys keys = { .pk = bytes_of(cert[0], CERT_SIZE),
		.kek = &kek,
		.n_kek = 1,
		.db = &db,
		.n_db = 1 };
	struct diag d;

	for (size_t i = 0; i < ARRAY_LEN(cert); i++) {
		memset(cert[i], (int)i + 1, CERT_SIZE);
		cert[i][0] = 0x30;
		cert[i][1] = 0x82;
		cert[i][2] = (CERT_SIZE - 4) >> 8;
		cert[i][3] = (CERT_SIZE - 4) & 0xff;
	}
	make_volume(volume);
	if (nvram_enrol(bytes_of(volume, VOLUME_SIZE), &keys, owner, 0, &good,
		&d) < 0)
		t_bail("%s", d.text);
}

static bool
accepts(const uint8_t *p, size_t n, void *arg)
{
	uint8_t digest[32];

	(void)arg;
	return nvram_keys_digest(bytes_of(p, n), digest, NULL) == ERR_OK;
}

/* Accepted, with another digest than the good volume's. */
static bool
differs(size_t at, uint8_t v)
{
	uint8_t digest[32], old = good.p[at];
	bool r;

	good.p[at] = v;
	r = nvram_keys_digest(buf_bytes(&good), digest, NULL) == ERR_OK &&
	    memcmp(digest, want, 32) != 0;
	good.p[at] = old;
	return r;
}

/* Offset of the n-th variable's header. */
static size_t
variable_at(size_t n)
{
	size_t at = FIRST_AT;

	while (n-- > 0)
		at = (at + 60 + get_le(good.p + at + 36, 4) +
			 get_le(good.p + at + 40, 4) + 3) &
		    ~(size_t)3;
	return at;
}

static void
test_refused(void)
{
	size_t enable = variable_at(3), end = variable_at(5);
	uint8_t digest[32], old;
	struct diag d = { 0 };

	CHECK(get_le(good.p + end, 2) == 0xffff, "five variables are there");
	old = good.p[enable + 60 + get_le(good.p + enable + 36, 4)];
	good.p[enable + 60 + get_le(good.p + enable + 36, 4)] = 0;
	CHECK(nvram_keys_digest(buf_bytes(&good), digest, &d) == ERR_REFUSED &&
		d.reason == REASON_VmStateTampered,
	    "T75 Secure Boot switched off: refused");
	good.p[enable + 60 + get_le(good.p + enable + 36, 4)] = old;
	good.p[FIRST_AT + 2] = 0x3c;
	CHECK(nvram_keys_digest(buf_bytes(&good), digest, &d) == ERR_REFUSED,
	    "T75 no PK, so set-up mode: refused");
	good.p[FIRST_AT + 2] = 0x3f;
	memcpy(good.p + end, good.p + FIRST_AT, enable - FIRST_AT);
	CHECK(nvram_keys_digest(buf_bytes(&good), digest, &d) == ERR_FORMAT,
	    "T75 a second PK behind the first: refused");
	good.p[FIRST_AT + 2] = 0x3e;
	CHECK(nvram_keys_digest(buf_bytes(&good), digest, &d) == ERR_FORMAT,
	    "T75 a second KEK behind a PK that is being replaced: refused");
	good.p[FIRST_AT + 2] = 0x3f;
	memset(good.p + end, 0xff, enable - FIRST_AT);
	put_le(good.p + FIRST_AT + 36, 0xfffffffe, 4);
	CHECK(nvram_keys_digest(buf_bytes(&good), digest, &d) == ERR_FORMAT,
	    "a name of 4 GiB: refused");
	put_le(good.p + FIRST_AT + 36, 6, 4);
}

static void
test_settle(void)
{
	auto_buf struct buf out = BUF_INIT(VOLUME_SIZE);
	struct diag d;

	good.p[WORK_AT + 100] = 0xfe; /* a record of the writer */
	good.p[WORK_AT + 5000] = 0x55;
	CHECK(varstore_settle(buf_bytes(&good), &out, &d) == ERR_OK &&
		out.len == VOLUME_SIZE && out.p[WORK_AT + 100] == 0xff &&
		out.p[WORK_AT + 5000] == 0xff &&
		memcmp(out.p, good.p, WORK_AT + 32) == 0,
	    "T75 a pending write is dropped, the rest stays");
	good.p[WORK_AT + 100] = 0xff;
	good.p[WORK_AT + 5000] = 0xff;
}

int
main(void)
{
	uint8_t digest[32];
	struct diag d = { 0 };
	size_t pk, end;

	make_good();
	CHECK(nvram_keys_digest(buf_bytes(&good), want, &d) == ERR_OK,
	    "an enrolled volume has a digest");
	CHECK(nvram_keys_digest(bytes_of(volume, VOLUME_SIZE), digest, &d) ==
		ERR_REFUSED,
	    "a blank volume has none");
	for (size_t i = 0; i < 3; i++)
		CHECK(differs(variable_at(i + 1) - 8, 0x77),
		    "T75 one byte of key variable %zu changed: another digest",
		    i);
	end = variable_at(5);
	pk = variable_at(1) - FIRST_AT;
	memcpy(good.p + end, good.p + FIRST_AT, pk);
	good.p[end + 60] = 'X';
	CHECK(nvram_keys_digest(buf_bytes(&good), digest, &d) == ERR_OK &&
		memcmp(digest, want, 32) == 0,
	    "a variable of the guest's own changes nothing");
	memset(good.p + end, 0xff, pk);
	test_refused();
	test_settle();
	CHECK(t_truncations(good.p, good.len, accepts, NULL) == 0,
	    "no truncation is accepted");
	CHECK(vm_device_classes(2, false) == VM_DEVICES_SHIELDED &&
		vm_device_classes(2, true) ==
		    (VM_DEVICES_SHIELDED | VM_DEVICE_CONSOLE) &&
		vm_device_classes(1, false) == VM_DEVICES_ENCRYPTED &&
		vm_device_classes(1, true) == VM_DEVICES_ENCRYPTED &&
		vm_device_classes(3, true) == 0,
	    "each level has its device classes");
	buf_free(&good);
	return t_done();
}
