/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/replay.h"

#include "boot.h"

static const char *const hosts[] = { "host-good", "host-good-again",
	"host-nosb", "host-cmdline" };

static int
replay(struct bytes in, struct replay *ret, struct diag *d)
{
	struct tcglog log;
	int e;

	if ((e = tcglog_open(in, &log, d)) < 0)
		return e;
	return replay_log(&log, ret, d);
}

static void
test_recorded(void)
{
	struct replay r;

	for (size_t i = 0; i < ARRAY_LEN(hosts); i++) {
		struct boot b = boot_load(hosts[i]);

		CHECK(replay(b.log, &r, NULL) == ERR_OK &&
			pcrs_equal(&r.pcrs, &b.pcrs),
		    "%s: the log replays to what its TPM held", hosts[i]);
	}
}

static void
test_mismatch(const struct boot *b)
{
	struct tcg_event e = event_of(b->log, 4, 0);
	struct bytes log = copy_of(b->log, 0);
	struct replay r;

	*at_byte(log, e.offset + AT_DIGEST) ^= 1;
	CHECK(replay(log, &r, NULL) == ERR_OK &&
		memcmp(r.pcrs.v[4], b->pcrs.v[4], 32) != 0,
	    "T31 a changed digest replays to another PCR");
	log = copy_of(b->log, 0);
	put_le32(log, e.offset + AT_TYPE, EV_NO_ACTION);
	CHECK(replay(log, &r, NULL) == ERR_OK &&
		memcmp(r.pcrs.v[4], b->pcrs.v[4], 32) != 0,
	    "T33 an event retyped to EV_NO_ACTION is missing in its PCR");
	log = copy_of(b->log, 0);
	put_le32(log, e.offset, 24);
	CHECK(replay(log, &r, NULL) < 0, "T34 PCR 24 does not exist: refused");
}

static struct bytes
with_locality(struct bytes log, size_t at, uint32_t pcr, uint8_t locality,
    size_t cut)
{
	uint8_t data[17] = "StartupLocality";

	data[16] = locality;
	return insert_event(log, at, pcr, EV_NO_ACTION,
	    bytes_of(data, sizeof(data) - cut));
}

static void
test_locality(const struct boot *b)
{
	uint8_t want[32] = { 0 };
	struct tcg_event e = event_of(b->log, 0, 0), x;
	struct bytes log = with_locality(b->log, e.offset, 0, 3, 0);
	struct diag d = { 0 };
	struct replay r;

	want[31] = 3;
	for (unsigned i = 0; i < 4; i++) {
		x = event_of(b->log, 0, i);
		sha256_extend(want, tcg_event_digest(&x, 0x0b).p, want);
	}
	CHECK(replay(log, &r, NULL) == ERR_OK && r.locality == 3 &&
		memcmp(r.pcrs.v[0], want, 32) == 0 &&
		memcmp(r.pcrs.v[1], b->pcrs.v[1], 32) == 0,
	    "startup locality 3 is where PCR 0, and it alone, starts from");
	CHECK(memcmp(r.pcrs.v[0], b->pcrs.v[0], 32) != 0,
	    "T37 a forged startup locality makes another PCR 0");
	CHECK(replay(with_locality(log, e.offset, 0, 3, 0), &r, &d) < 0,
	    "T37 two startup localities: refused: %s", d.text);
	CHECK(replay(with_locality(b->log, e.offset, 0, 1, 0), &r, &d) < 0,
	    "T37 startup locality 1: refused: %s", d.text);
	CHECK(replay(with_locality(b->log, e.offset, 0, 3, 1), &r, &d) < 0,
	    "T37 a startup locality without its byte: refused: %s", d.text);
	CHECK(replay(with_locality(b->log, e.offset, 1, 3, 0), &r, &d) < 0,
	    "T37 a startup locality of PCR 1: refused: %s", d.text);
	x = event_of(b->log, 0, 1);
	CHECK(replay(with_locality(b->log, x.offset, 0, 3, 0), &r, &d) < 0,
	    "T37 a startup locality after PCR 0 was extended: refused: %s",
	    d.text);
}

static void
test_phases(const struct boot *b)
{
	struct pcr_values v[REPLAY_PHASES], want = b->pcrs;
	uint8_t digest[32];
	bool distinct = true, rest = true;

	for (unsigned i = 0; i < REPLAY_PHASES; i++) {
		replay_phase(&b->pcrs, i, &v[i]);
		for (unsigned k = 0; k < i; k++)
			if (memcmp(v[i].v[11], v[k].v[11], 32) == 0)
				distinct = false;
		for (unsigned pcr = 0; pcr < PCR_COUNT; pcr++)
			if (pcr != 11 &&
			    memcmp(v[i].v[pcr], b->pcrs.v[pcr], 32) != 0)
				rest = false;
	}
	sha256(bytes_of_text("sysinit"), digest);
	sha256_extend(want.v[11], digest, want.v[11]);
	sha256(bytes_of_text("ready"), digest);
	sha256_extend(want.v[11], digest, want.v[11]);
	CHECK(memcmp(v[0].v[11], b->pcrs.v[11], 32) == 0 &&
		memcmp(v[2].v[11], want.v[11], 32) == 0 && distinct && rest,
	    "phase words go on from PCR 11 and touch nothing else");
}

int
main(void)
{
	struct boot good = boot_load("host-good");

	test_recorded();
	test_mismatch(&good);
	test_locality(&good);
	test_phases(&good);
	return t_done();
}
