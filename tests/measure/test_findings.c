/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/findings.h"

#include "boot.h"

static struct boot good;

struct evidence {
	struct buf pcr15;
	struct evidence_parts parts;
	struct findings_store store;
	struct findings f;
};

/* The recorded boot, and guard-early's two events. */
static struct evidence *
whole(void)
{
	static const uint8_t name[TPM_NAME_SIZE] = { 0, 11, 1 }, lock[32];
	struct evidence *e = calloc(1, sizeof(*e));
	struct buf record = BUF_INIT(256);

	if (e == NULL)
		t_bail("out of memory");
	e->pcr15 = (struct buf)BUF_INIT(1 << 16);
	if (pcr15_record_encode(name, lock, lock, &record, NULL) < 0 ||
	    pcr15_list_encode(buf_bytes(&record), &e->pcr15, NULL) < 0)
		t_bail("cannot encode");
	buf_free(&record);
	e->parts.boot_log = good.log;
	e->parts.command_line = good.cmdline;
	e->parts.pcr15 = buf_bytes(&e->pcr15);
	measure_evidence(&e->parts, &e->store, &e->f);
	return e;
}

static void
whole_free(struct evidence *e)
{
	buf_free(&e->pcr15);
	free(e);
}

static bool
all_good(const struct findings *f)
{
	return f->log.state == FINDING_GOOD &&
	    f->structure.state == FINDING_GOOD &&
	    f->secureboot_check.state == FINDING_GOOD &&
	    f->pcr15_check.state == FINDING_GOOD &&
	    f->cmdline_check.state == FINDING_GOOD;
}

static bool
decodes(const uint8_t *p, size_t n, void *arg)
{
	struct findings f;

	(void)arg;
	return findings_decode(bytes_of(p, n), &f, NULL) == ERR_OK;
}

static void
test_whole(void)
{
	struct evidence *e = whole();
	struct buf b = BUF_INIT(1 << 18), c = BUF_INIT(1 << 18);
	struct findings back;

	CHECK(all_good(&e->f) && e->f.n_events == 36 &&
		e->f.boot_attempts == 1 && e->f.boot_returns == 0 &&
		e->f.ima_check.state == FINDING_NONE &&
		pcrs_equal(&e->f.pcrs, &good.pcrs) &&
		memcmp(e->f.pcrs.v[15], e->f.pcr15.value, 32) == 0,
	    "a recorded boot: every check is good, the PCRs are the TPM's");
	CHECK(findings_encode(&e->f, &b, NULL) == ERR_OK &&
		findings_decode(buf_bytes(&b), &back, NULL) == ERR_OK &&
		findings_encode(&back, &c, NULL) == ERR_OK &&
		bytes_equal(buf_bytes(&b), buf_bytes(&c)),
	    "findings are the same after encoding and decoding (%zu bytes)",
	    b.len);
	CHECK(t_truncations(b.p, b.len, decodes, NULL) == 0,
	    "every truncation of encoded findings is refused");
	CHECK(!t_trailing(b.p, b.len, decodes, NULL),
	    "a byte behind encoded findings is refused");
	buf_free(&b);
	buf_free(&c);
	whole_free(e);
}

/* A judge that would believe any of these could be led astray. */
static void
test_contradictions(void)
{
	struct evidence *e = whole();
	struct findings f;
	struct buf b = BUF_INIT(1 << 18);

#define REFUSED(change, what)                                         \
	do {                                                          \
		f = e->f;                                             \
		change;                                               \
		buf_reset(&b);                                        \
		CHECK(findings_encode(&f, &b, NULL) == ERR_OK &&      \
			findings_decode(buf_bytes(&b), &f, NULL) < 0, \
		    what);                                            \
	} while (0)
	REFUSED(f.n_events--, "findings that miscount: refused");
	REFUSED(f.log.state = FINDING_BAD,
	    "findings with facts of a bad log: refused");
	REFUSED(f.log.state = 3, "findings with an unknown state: refused");
	REFUSED(f.pcr15.recorded = false,
	    "findings that contradict themselves on PCR 15: refused");
	REFUSED(f.cmdline.bound = false,
	    "findings that contradict themselves on the command line: refused");
	REFUSED(f.cmdline_text.len--,
	    "findings with another command line's text: refused");
	REFUSED(f.secureboot_check.state = FINDING_BAD,
	    "findings with Secure Boot known from a bad PCR 7: refused");
	REFUSED(f.locality = 2, "findings with a strange locality: refused");
	REFUSED(f.version = 2, "findings of another version: refused");
	REFUSED(f.ima.admitting = 1,
	    "findings of an IMA list that nobody examined: refused");
	REFUSED(f.ima_check.state = FINDING_GOOD,
	    "findings of a good IMA list without an entry: refused");
	REFUSED(f.ima.mapped_known = true,
	    "findings of devices by a list that nobody examined: refused");
	REFUSED(f.ima.n_mapped = 1,
	    "findings of a device without a name: refused");
#undef REFUSED
	buf_free(&b);
	whole_free(e);
}

/* What the judge gets after the reader told *f, which it may have forged. */
static bool
told(const struct findings *f, struct buf *storage, struct findings *ret)
{
	buf_reset(storage);
	return findings_encode(f, storage, NULL) == ERR_OK &&
	    findings_decode(buf_bytes(storage), ret, NULL) == ERR_OK;
}

/* Bit n: the values of PCR n differ. */
static uint32_t
other_pcrs(const struct findings *a, const struct findings *b)
{
	uint32_t mask = 0;

	for (unsigned i = 0; i < PCR_COUNT; i++)
		if (memcmp(a->pcrs.v[i], b->pcrs.v[i], SHA256_SIZE) != 0)
			mask |= 1u << i;
	return mask;
}

/* The first event of a PCR. */
static struct finding_event
event_in(const struct findings *f, unsigned pcr)
{
	struct reader r = reader_of(f->events);
	struct finding_event e = { 0 };
	uint32_t passed = 0;

	if (!finding_event_seek(&r, (uint8_t)pcr, &passed) ||
	    !finding_event_read(&r, &e))
		t_bail("no event in PCR %u", pcr);
	return e;
}

/* The judge believes no PCR value that the events do not make. */
static void
test_values(void)
{
	struct evidence *e = whole();
	struct buf b = BUF_INIT(1 << 18);
	struct findings back, f = e->f;
	struct finding_event changed = event_in(&f, 4);
	uint8_t *at = e->store.events;
	size_t off = 0;

	f.pcrs.v[4][0] ^= 1;
	f.pcrs.v[12][0] ^= 1;
	f.extended ^= 1u << 14;
	CHECK(told(&f, &b, &back) && other_pcrs(&back, &e->f) == 0 &&
		back.extended == e->f.extended,
	    "T31 PCR values that a reader makes up do not get to the judge");
	f = e->f;
	f.locality = 3;
	CHECK(told(&f, &b, &back) && other_pcrs(&back, &e->f) == 1u << 0,
	    "T37 another locality makes another PCR 0");
	f = e->f;
	f.pcr15.value[0] ^= 1;
	CHECK(told(&f, &b, &back) && other_pcrs(&back, &e->f) == 1u << 15,
	    "another value behind the PCR15 part is PCR 15's");
	f = e->f;
	while (memcmp(at + off, changed.digest, SHA256_SIZE) != 0)
		off++;
	at[off] ^= 1;
	CHECK(told(&f, &b, &back) && other_pcrs(&back, &e->f) == 1u << 4,
	    "T31 another digest of an event makes another PCR 4");
	at[off] ^= 1;
	measure_parts(&e->parts, &e->store, &f);
	CHECK(bytes_all_zero(bytes_of(f.pcrs.v, sizeof(f.pcrs.v))) &&
		told(&f, &b, &back) && other_pcrs(&back, &e->f) == 0 &&
		back.extended == e->f.extended,
	    "what is only sent on has no PCR values, and makes the TPM's");
	f.n_events++;
	CHECK(findings_replay(&f, NULL) == ERR_FORMAT &&
		bytes_all_zero(bytes_of(f.pcrs.v, sizeof(f.pcrs.v))),
	    "a wrong count is refused, and no PCR is made of it");
	buf_free(&b);
	whole_free(e);
}

static void
test_structure(void)
{
	struct tcg_event sep = event_of(good.log, 2, 0);
	struct bytes log = copy_of(good.log, 0);
	static const uint8_t one[] = { 1, 0, 0, 0 };
	struct findings f;

	f = measure_log_only(remove_event(good.log, &sep), BYTES_NONE);
	CHECK(f.structure.state == FINDING_BAD &&
		says(f.structure.text, "PCR 2: no separator"),
	    "T35 a missing separator: %.*s", (int)f.structure.text.len,
	    (const char *)f.structure.text.p);
	f = measure_log_only(insert_event(good.log, good.log.len, 2,
				 EV_SEPARATOR, sep.data),
	    BYTES_NONE);
	CHECK(f.structure.state == FINDING_BAD && f.bad_index == 37,
	    "T35 a second separator: %.*s", (int)f.structure.text.len,
	    (const char *)f.structure.text.p);
	log = insert_event(remove_event(good.log, &sep), sep.offset, 2,
	    EV_SEPARATOR, BYTES_OF_ARRAY(one));
	f = measure_log_only(log, BYTES_NONE);
	CHECK(f.structure.state == FINDING_BAD &&
		says(f.structure.text, "error"),
	    "T35 an error separator: %.*s", (int)f.structure.text.len,
	    (const char *)f.structure.text.p);
	log = copy_of(good.log, 0);
	put_le32(log, sep.offset + AT_TYPE, 0x05);
	log = insert_event(log, log.len, 2, EV_SEPARATOR, sep.data);
	f = measure_log_only(log, BYTES_NONE);
	CHECK(f.structure.state == FINDING_BAD,
	    "T33 a retyped separator with a new one behind it: %.*s",
	    (int)f.structure.text.len, (const char *)f.structure.text.p);
	f = measure_log_only(insert_event(good.log, good.log.len, 5,
				 EV_EFI_ACTION, bytes_of_text("late")),
	    BYTES_NONE);
	CHECK(f.structure.state == FINDING_BAD &&
		says(f.structure.text, "after boot services"),
	    "T33 an event in PCR 5 after the firmware gave up control: %.*s",
	    (int)f.structure.text.len, (const char *)f.structure.text.p);
	f = measure_log_only(insert_event(good.log, good.log.len, 9, EV_IPL,
				 bytes_of_text("late")),
	    BYTES_NONE);
	CHECK(f.structure.state == FINDING_GOOD,
	    "one in PCR 9 is the system's");
	log = copy_of(good.log, 0);
	put_le32(log, event_of(good.log, 4, 1).offset + AT_TYPE, EV_NO_ACTION);
	f = measure_log_only(log, BYTES_NONE);
	CHECK(f.structure.state == FINDING_BAD &&
		!pcrs_equal(&f.pcrs, &good.pcrs),
	    "T33 real event retyped to EV_NO_ACTION: must vanish from the "
	    "replay, and is told: %.*s",
	    (int)f.structure.text.len, (const char *)f.structure.text.p);
	f = measure_log_only(insert_event(good.log, good.log.len, 0xffffffff,
				 EV_NO_ACTION, bytes_of_text("key")),
	    BYTES_NONE);
	CHECK(f.structure.state == FINDING_GOOD,
	    "PCR index 0xFFFFFFFF in EV_NO_ACTION (Windows)");
	f = measure_log_only(insert_event(good.log, good.log.len, 15, EV_IPL,
				 sep.data),
	    BYTES_NONE);
	CHECK(f.log.state == FINDING_BAD,
	    "a boot log that extends PCR 15: refused");
}

static void
test_parts(void)
{
	struct evidence *e = whole();

	e->parts.pcr15 = BYTES_NONE;
	e->parts.ima_log = bytes_of_text("x");
	measure_evidence(&e->parts, &e->store, &e->f);
	CHECK(e->f.pcr15_check.state == FINDING_BAD && !e->f.pcr15.recorded &&
		e->f.log.state == FINDING_GOOD,
	    "T87 no PCR 15 records: %.*s", (int)e->f.pcr15_check.text.len,
	    (const char *)e->f.pcr15_check.text.p);
	CHECK(e->f.ima_check.state == FINDING_NONE,
	    "an IMA list that nobody judged is no finding");
	memset(&e->parts, 0, sizeof(e->parts));
	measure_evidence(&e->parts, &e->store, &e->f);
	CHECK(e->f.log.state == FINDING_BAD && e->f.n_events == 0 &&
		e->f.secureboot.state == SECUREBOOT_UNKNOWN,
	    "T104 an empty bundle is findings of nothing good");
	whole_free(e);
}

static void
test_long(void)
{
	size_t one = AT_DATA + FINDINGS_LABEL_MAX, n = FINDINGS_EVENTS_MAX;
	uint8_t *p = calloc(1, 65 + (n + 1) * one);
	char label[FINDINGS_LABEL_MAX];
	struct findings f;

	if (p == NULL)
		t_bail("out of memory");
	memset(label, 'x', sizeof(label));
	memcpy(p, good.log.p, 65);
	for (size_t i = 0; i <= n; i++)
		(void)put_event(p + 65 + i * one, 8, EV_IPL, NULL,
		    BYTES_OF_ARRAY(label));
	f = measure_log_only(bytes_of(p, 65 + n * one), BYTES_NONE);
	CHECK(f.log.state == FINDING_GOOD && f.n_events == n,
	    "4096 events are told, with fewer labels");
	f = measure_log_only(bytes_of(p, 65 + (n + 1) * one), BYTES_NONE);
	CHECK(f.log.state == FINDING_BAD && f.n_events == 0,
	    "T49 one more is refused: %.*s", (int)f.log.text.len,
	    (const char *)f.log.text.p);
	free(p);
}

/* What a judge reads: everything but labels, types and offsets. */
static bool
same_facts(const struct findings *a, const struct findings *b)
{
	return a->secureboot.state == b->secureboot.state &&
	    memcmp(&a->secureboot, &b->secureboot, sizeof(a->secureboot)) ==
	    0 &&
	    a->boot_attempts == b->boot_attempts &&
	    a->boot_returns == b->boot_returns && a->locality == b->locality &&
	    a->n_events == b->n_events && a->extended == b->extended &&
	    memcmp(&a->cmdline, &b->cmdline, sizeof(a->cmdline)) == 0 &&
	    memcmp(&a->pcr15, &b->pcr15, sizeof(a->pcr15)) == 0;
}

/*
 * Each byte of a real log, three changes each. The TPM's PCRs are the oracle:
 * either the log is refused, or it makes other PCRs than the quote would show,
 * or nothing that is judged has changed.
 */
static void
test_flips(const char *host)
{
	struct boot b = boot_load(host);
	struct bytes log = copy_of(b.log, 0);
	struct findings want = measure_log_only(b.log, b.cmdline), f;
	size_t n_refused = 0, n_other = 0, n_same = 0, n_wrong = 0;

	for (size_t i = 0; i < log.len; i++) {
		uint8_t old = *at_byte(log, i);
		const uint8_t changes[] = { (uint8_t)(old ^ 1u << (i % 8)),
			(uint8_t)~old, (uint8_t)(old + 1) };

		for (size_t k = 0; k < ARRAY_LEN(changes); k++) {
			*at_byte(log, i) = changes[k];
			f = measure_log_only(log, b.cmdline);
			if (f.log.state != FINDING_GOOD ||
			    f.structure.state != want.structure.state ||
			    f.secureboot_check.state !=
				want.secureboot_check.state ||
			    f.cmdline_check.state != want.cmdline_check.state)
				n_refused++;
			else if (!pcrs_equal(&f.pcrs, &b.pcrs))
				n_other++;
			else if (same_facts(&f, &want))
				n_same++;
			else if (n_wrong++ < 8)
				printf("# byte %zu: 0x%02x to 0x%02x\n", i, old,
				    changes[k]);
		}
		*at_byte(log, i) = old;
	}
	CHECK(n_wrong == 0 && n_refused > 0 && n_other > 0 && n_same > 0,
	    "%s: of %zu changed logs %zu are refused, %zu make other PCRs, "
	    "%zu change no fact, %zu lie",
	    host, 3 * log.len, n_refused, n_other, n_same, n_wrong);
}

int
main(void)
{
	good = boot_load("host-good");
	test_whole();
	test_contradictions();
	test_values();
	test_structure();
	test_parts();
	test_long();
	test_flips("host-good");
	test_flips("host-nosb");
	return t_done();
}
