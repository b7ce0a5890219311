/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/tcglog.h"

#include "boot.h"

static struct boot good;

/* The whole log is walked and at least one event was there. */
static int
walk(struct bytes in, struct diag *d)
{
	struct tcglog log;
	struct tcglog_iter it;
	struct tcg_event e;
	int err, n = 0;

	if ((err = tcglog_open(in, &log, d)) < 0)
		return err;
	it = tcglog_iter(&log);
	while ((err = tcglog_next(&it, &e, d)) == ERR_OK)
		n++;
	return err == ERR_NOT_FOUND ? n : err;
}

static bool
same_pcrs(const uint8_t *p, size_t n, void *arg)
{
	struct findings f = measure_log_only(bytes_of(p, n), BYTES_NONE);

	(void)arg;
	return f.log.state == FINDING_GOOD && pcrs_equal(&f.pcrs, &good.pcrs);
}

static int
walk_changed(size_t off, uint32_t v, struct diag *d)
{
	struct bytes log = copy_of(good.log, 0);

	put_le32(log, off, v);
	return walk(log, d);
}

static void
test_form(void)
{
	struct tcg_event e = event_of(good.log, 7, 0);
	struct diag d = { 0 };

	CHECK(walk(good.log, &d) == 36, "a recorded log has its 36 events");
	CHECK(e.index == 4 && e.offset == 249 && e.type == 0x80000001 &&
		tcg_event_digest(&e, 0x0b).len == 32 &&
		tcg_event_digest(&e, 0x04).len == 0,
	    "an event is given with its index, offset and digests");
	CHECK(t_truncations(good.log.p, good.log.len, same_pcrs, NULL) == 0,
	    "T30 no truncated log is read and still makes the TPM's PCRs");
	CHECK(walk_changed(e.offset + AT_COUNT, 0, &d) == ERR_FORMAT,
	    "T34 digest count 0: refused: %s", d.text);
	CHECK(walk_changed(e.offset + AT_COUNT, 0xffffffff, &d) == ERR_FORMAT,
	    "T34 digest count 2^32-1: refused: %s", d.text);
	CHECK(walk_changed(e.offset + AT_COUNT, 2, &d) == ERR_FORMAT,
	    "T34 more digests than banks: refused: %s", d.text);
	CHECK(walk_changed(e.offset + AT_SIZE, (uint32_t)good.log.len, &d) ==
		ERR_SHORT,
	    "T34 event size over the log: refused: %s", d.text);
	CHECK(walk_changed(e.offset + AT_SIZE, 0xffffffff, &d) == ERR_LIMIT,
	    "T34 event size 2^32-1: refused: %s", d.text);
	CHECK(walk_changed(e.offset + AT_SIZE, (uint32_t)TCGLOG_DATA_MAX + 1,
		  &d) == ERR_LIMIT,
	    "T34 event size over its limit: refused: %s", d.text);
}

static void
test_algorithms(void)
{
	struct tcg_event e = event_of(good.log, 7, 0);
	struct bytes log = copy_of(good.log, 0);
	struct diag d = { 0 };

	*at_byte(log, e.offset + AT_ALG) = 0x0c;
	CHECK(walk(log, &d) == ERR_FORMAT,
	    "T34 an algorithm that is not in the header: refused: %s", d.text);
	/* numberOfAlgorithms is at 56, the first algorithm at 60. */
	log = copy_of(good.log, 0);
	*at_byte(log, 60) = 0x99;
	CHECK(walk(log, &d) == ERR_UNSUPPORTED,
	    "T34 an unknown algorithm in the header: refused: %s", d.text);
	log = copy_of(good.log, 0);
	*at_byte(log, 62) = 0;
	CHECK(walk(log, &d) == ERR_UNSUPPORTED,
	    "T34 a digest size of 0 in the header: refused: %s", d.text);
	CHECK(walk_changed(56, 0, &d) == ERR_LIMIT,
	    "T34 no algorithms in the header: refused: %s", d.text);
	CHECK(walk_changed(56, 0xffffffff, &d) == ERR_LIMIT,
	    "T34 2^32-1 algorithms in the header: refused: %s", d.text);
	log = copy_of(good.log, 0);
	*at_byte(log, 53) = 1;
	CHECK(walk(log, &d) == ERR_UNSUPPORTED,
	    "T36 a header of another version: refused: %s", d.text);
}

static void
test_legacy(void)
{
	struct tcg_event e = event_of(good.log, 7, 0);
	struct bytes tail = bytes_of(good.log.p + 65, good.log.len - 65);
	struct bytes log = copy_of(good.log, 0);
	struct findings f;
	struct tcglog l;

	*at_byte(log, 46) = '2'; /* "Spec ID Event02" */
	CHECK(tcglog_open(log, &l, NULL) == ERR_OK && l.legacy,
	    "the SHA-1 form is told from the crypto-agile one");
	f = measure_log_only(log, BYTES_NONE);
	CHECK(f.log.state == FINDING_BAD && says(f.log.text, "SHA-1"),
	    "T36 a log of SHA-1 alone is no evidence: %.*s",
	    (int)f.log.text.len, (const char *)f.log.text.p);
	f = measure_log_only(tail, BYTES_NONE);
	CHECK(f.log.state == FINDING_BAD, "T36 no header: refused");
	/* SHA-384 for SHA-256 in the header would need longer digests. */
	log = copy_of(good.log, 0);
	*at_byte(log, 60) = 0x12; /* SM3, of the same size */
	*at_byte(log, e.offset + AT_ALG) = 0x12;
	f = measure_log_only(log, BYTES_NONE);
	CHECK(f.log.state == FINDING_BAD && says(f.log.text, "SHA-256"),
	    "T36 a log without the SHA-256 bank: refused: %.*s",
	    (int)f.log.text.len, (const char *)f.log.text.p);
	f = measure_log_only(BYTES_NONE, BYTES_NONE);
	CHECK(f.log.state == FINDING_BAD && says(f.log.text, "absent"),
	    "T104 no log at all is told as such");
	f = measure_log_only(bytes_of("", 0), BYTES_NONE);
	CHECK(f.log.state == FINDING_BAD, "T104 an empty log: refused");
	f = measure_log_only(bytes_of(good.log.p, 65), BYTES_NONE);
	CHECK(f.log.state == FINDING_BAD, "T104 a header alone: refused");
}

static void
test_padding(void)
{
	struct bytes log = copy_of(good.log, 64);

	log.len += 64;
	CHECK(walk(log, NULL) == 36, "zeros behind the last event are padding");
	memset(at_byte(log, good.log.len), 0xff, 64);
	CHECK(walk(log, NULL) == 36, "so is erased flash");
	*at_byte(log, log.len - 1) = 0;
	CHECK(walk(log, NULL) < 0, "T17 anything else behind it is refused");
}

/* Zero-length informative events: as many as there may be, and one more. */
static void
test_limit(void)
{
	size_t one = AT_DATA, n = TCGLOG_EVENTS_MAX;
	uint8_t *p = calloc(1, 65 + n * one);
	static const uint8_t zero[32];

	if (p == NULL)
		t_bail("out of memory");
	memcpy(p, good.log.p, 65);
	for (size_t i = 0; i < n; i++)
		(void)put_event(p + 65 + i * one, 0, EV_NO_ACTION, zero,
		    BYTES_NONE);
	CHECK(walk(bytes_of(p, 65 + (n - 1) * one), NULL) == (int)n - 1,
	    "65536 events, header and all, are read");
	CHECK(walk(bytes_of(p, 65 + n * one), NULL) == ERR_LIMIT,
	    "T49 one more is refused");
	free(p);
}

/* Walks in windows of `size` bytes; true if every event is as in one piece. */
static bool
windows_agree(struct bytes in, size_t size, int *ret_n)
{
	struct tcglog_iter it, whole;
	struct tcg_event e, want;
	struct tcglog log, all;
	uint64_t at;
	int err, n = 0;

	if (tcglog_open_limited(bytes_of(in.p, size), &tcglog_any, &log, NULL) <
		0 ||
	    tcglog_open_limited(in, &tcglog_any, &all, NULL) < 0)
		return false;
	it = tcglog_iter(&log);
	whole = tcglog_iter(&all);
	it.more = size < in.len;
	for (;;) {
		while ((err = tcglog_next(&it, &e, NULL)) == ERR_SHORT) {
			at = tcglog_offset(&it);
			if (at == in.len || (it.r.off == 0 && at != 0))
				break; /* no progress */
			tcglog_window(&it,
			    bytes_of(in.p + at,
				size < in.len - at ? size : in.len - at),
			    size < in.len - at);
		}
		if (err != tcglog_next(&whole, &want, NULL))
			return false;
		if (err < 0)
			break;
		n++;
		if (e.index != want.index || e.offset != want.offset ||
		    !bytes_equal(e.data, want.data))
			return false;
	}
	*ret_n = n;
	return err == ERR_NOT_FOUND;
}

static void
test_windows(void)
{
	struct bytes log = copy_of(good.log, 300000), other;
	bool agree = true;
	int n = 0;

	/* The largest event of this log has under 1000 bytes. */
	for (size_t size = 1000; size < log.len + 200; size += 97)
		agree = agree &&
		    windows_agree(log, size < log.len ? size : log.len, &n);
	CHECK(agree && n == 36, "a log read by windows has the same events");
	log.len += 300000;
	CHECK(windows_agree(log, 100000, &n) && n == 36,
	    "padding over several windows is the log's end");
	other = copy_of(log, 0);
	*at_byte(other, other.len - 1) = 1;
	CHECK(!windows_agree(other, 100000, &n),
	    "T17 and nothing else may stand behind it");
	other = copy_of(log, 0);
	memset(at_byte(other, good.log.len + 200000), 0xff, 100000);
	CHECK(!windows_agree(other, 100000, &n),
	    "T17 not even padding of the other kind");
}

static void
test_partial(void)
{
	/* A header of SHA-256 and SHA-384; the events have the one digest. */
	uint8_t *p = keep(good.log.len + 4);
	struct bytes log = bytes_of(p, good.log.len + 4);
	struct tcglog l;
	struct diag d = { 0 };

	memcpy(p, good.log.p, 64);
	memcpy(p + 64, (const uint8_t[]){ 0x0c, 0, 48, 0 }, 4);
	memcpy(p + 68, good.log.p + 64, good.log.len - 64);
	p[56] = 2;
	p[28] = (uint8_t)(p[28] + 4);
	CHECK(walk(log, &d) == ERR_FORMAT,
	    "T36 an event without a digest of some bank: refused: %s", d.text);
	CHECK(tcglog_open_limited(log, &tcglog_any, &l, &d) == ERR_OK &&
		l.n_algs == 2,
	    "a reader of any log opens it");
	p[56] = 1;
	p[28] = (uint8_t)(p[28] - 4);
}

static void
test_registers(void)
{
	struct tcglog l = { .registers = true };
	char name[TCGLOG_REGISTER_SIZE];

	tcglog_register_name(&l, 0, name);
	CHECK(strcmp(name, "MRTD") == 0, "register 0 is MRTD");
	tcglog_register_name(&l, 1, name);
	CHECK(strcmp(name, "RTMR 0") == 0, "CCEL MR index n = RTMR n-1");
	l.registers = false;
	tcglog_register_name(&l, 7, name);
	CHECK(strcmp(name, "PCR 7") == 0, "a TPM's are PCRs");
}

int
main(void)
{
	good = boot_load("host-good");
	test_form();
	test_algorithms();
	test_legacy();
	test_padding();
	test_limit();
	test_windows();
	test_partial();
	test_registers();
	return t_done();
}
