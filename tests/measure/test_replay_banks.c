/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/replay_banks.h"

#include "boot.h"

static struct boot good;

static int
replay(struct bytes in, struct replay_banks *ret, struct diag *d)
{
	struct tcglog log;
	int e;

	if ((e = tcglog_open_limited(in, &tcglog_any, &log, d)) < 0)
		return e;
	return replay_banks_log(&log, ret, d);
}

static bool
bank_equal(const struct replay_banks *b, const struct pcr_values *want)
{
	const struct replay_bank *bank = replay_banks_find(b, 0x0b);

	for (unsigned i = 0; bank != NULL && i < 15; i++)
		if (i != 10 &&
		    !bytes_equal(replay_bank_value(bank, i),
			bytes_of(want->v[i], 32)))
			return false;
	return bank != NULL;
}

/* TCG_PCR_EVENT, appended. */
static size_t
put_legacy(uint8_t *p, uint32_t pcr, uint32_t type, struct bytes data)
{
	struct bytes all = bytes_of(p, 32 + data.len);

	put_le32(all, 0, pcr);
	put_le32(all, 4, type);
	if (type == EV_NO_ACTION)
		memset(p + 8, 0, 20);
	else
		hash_bytes(HASH_SHA1, data, p + 8);
	put_le32(all, 28, (uint32_t)data.len);
	memcpy(p + 32, data.p, data.len);
	return all.len;
}

static bool
legacy_pcr0(struct bytes log, uint8_t start, const char *const *words,
    struct diag *d)
{
	uint8_t want[20] = { 0 }, digest[20];
	struct replay_banks b;

	want[19] = start;
	for (; *words != NULL; words++) {
		struct bytes parts[2] = { BYTES_OF_ARRAY(want),
			BYTES_OF_ARRAY(digest) };

		hash_bytes(HASH_SHA1, bytes_of_text(*words), digest);
		hash_parts(HASH_SHA1, parts, 2, want);
	}
	return replay(log, &b, d) == ERR_OK && b.n == 1 &&
	    bytes_equal(replay_bank_value(&b.bank[0], 0), BYTES_OF_ARRAY(want));
}

static void
test_legacy(void)
{
	static const char *const one[] = { "HCRTM", NULL };
	static const uint8_t locality[] = "StartupLocality\0\4";
	uint8_t *p = keep(400);
	struct diag d = { 0 };
	struct replay_banks b;
	size_t n, m;

	n = put_legacy(p, 0, EV_EFI_HCRTM, bytes_of_text("HCRTM"));
	CHECK(legacy_pcr0(bytes_of(p, n), 4, one, &d),
	    "HCRTM event: PCR 0 starts from 4 without being told");
	m = n + put_legacy(p + n, 0, EV_NO_ACTION, bytes_of(locality, 17));
	CHECK(legacy_pcr0(bytes_of(p, m), 4, one, &d),
	    "a startup locality of 4 behind it says the same");
	p[m - 1] = 3;
	CHECK(replay(bytes_of(p, m), &b, &d) == ERR_REFUSED,
	    "T37 one of 3 behind it is refused: %s", d.text);
	n = put_legacy(p, 0, EV_NO_ACTION, bytes_of(locality, 17));
	m = n + put_legacy(p + n, 0, EV_EFI_HCRTM, bytes_of_text("HCRTM"));
	CHECK(legacy_pcr0(bytes_of(p, m), 4, one, &d),
	    "a SHA-1 log may start with its startup locality");
	p[n - 1] = 3;
	CHECK(replay(bytes_of(p, m), &b, &d) == ERR_REFUSED,
	    "T37 an H-CRTM after startup locality 3: refused: %s", d.text);
	p[n - 1] = 4;
	n = m + put_legacy(p + m, 0, EV_NO_ACTION, bytes_of(locality, 17));
	CHECK(replay(bytes_of(p, n), &b, &d) == ERR_REFUSED,
	    "T37 two startup localities: refused: %s", d.text);
	n = put_legacy(p, 0, EV_POST_CODE, bytes_of_text("x"));
	m = n + put_legacy(p + n, 0, EV_EFI_HCRTM, bytes_of_text("HCRTM"));
	CHECK(replay(bytes_of(p, m), &b, &d) == ERR_REFUSED,
	    "T37 an H-CRTM after another event: refused: %s", d.text);
	n = put_legacy(p, 24, EV_IPL, bytes_of_text("x"));
	CHECK(replay(bytes_of(p, n), &b, &d) == ERR_FORMAT,
	    "T34 PCR 24 does not exist: refused: %s", d.text);
}

static void
test_launch(void)
{
	uint8_t digest[20], want[20] = { 0 }, *p = keep(200);
	struct bytes parts[2] = { BYTES_OF_ARRAY(want),
		BYTES_OF_ARRAY(digest) };
	struct replay_banks b;
	size_t n = put_legacy(p, 17, 0x402, bytes_of_text("x"));

	hash_bytes(HASH_SHA1, bytes_of_text("x"), digest);
	hash_parts(HASH_SHA1, parts, 2, want);
	CHECK(replay(bytes_of(p, n), &b, NULL) == ERR_OK && b.launched &&
		bytes_equal(replay_bank_value(&b.bank[0], 17),
		    BYTES_OF_ARRAY(want)) &&
		bytes_all_zero(replay_bank_value(&b.bank[0], 22)),
	    "a dynamic launch resets PCR 17-22 to zero");
	n = put_legacy(p, 16, 0x402, bytes_of_text("x"));
	CHECK(replay(bytes_of(p, n), &b, NULL) == ERR_OK && !b.launched &&
		b.bank[0].v[22][0] == 0xff,
	    "without one they hold 0xFF");
}

static void
test_error_leaves(void)
{
	struct tcg_event e = event_of(good.log, 7, 0);
	struct replay_banks b, before;
	struct tcglog log;

	if (tcglog_open(good.log, &log, NULL) < 0)
		t_bail("log");
	replay_banks_start(&log, &b);
	before = b;
	e.pcr = PCR_COUNT;
	CHECK(replay_banks_event(&b, &e, NULL) < 0 &&
		memcmp(&b, &before, sizeof(b)) == 0,
	    "an error leaves the banks as they were");
	CHECK(replay_banks_find(&b, 0x0c) == NULL,
	    "a bank that the log has not is not there");
}

/* An algorithm that is known by its size alone is walked, not replayed. */
static void
test_unknown(void)
{
	char name[REPLAY_BANK_NAME_SIZE];
	struct bytes log = copy_of(good.log, 0);
	struct tcg_event e = event_of(good.log, 0, 0);
	struct replay_banks b;

	*at_byte(log, 60) = 0x27; /* SHA3-256, of the same size */
	log.len = e.offset;
	CHECK(replay(log, &b, NULL) == ERR_OK && b.n == 1 && !b.bank[0].known,
	    "a SHA-3 bank is told as one that cannot be replayed");
	replay_bank_name(&b.bank[0], name);
	CHECK(strcmp(name, "0x0027") == 0, "and named by its number: %s", name);
}

int
main(void)
{
	struct replay_banks b;

	good = boot_load("host-good");
	CHECK(replay(good.log, &b, NULL) == ERR_OK &&
		bank_equal(&b, &good.pcrs) && b.bank[0].n_missing == 0,
	    "a recorded log replays to what its TPM held");
	test_legacy();
	test_launch();
	test_error_leaves();
	test_unknown();
	return t_done();
}
