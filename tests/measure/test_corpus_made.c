/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Logs that are made out of those that others recorded
 * (../shared/corpus/eventlog, read in place), where a suite of theirs makes its
 * own: banks switched off, one log behind another, events without data, boots
 * without GRUB.
 */
#include "made_event.h"

/* A recorded log; the bytes live as long as the test. */
static struct bytes
load(const char *file)
{
	char name[90];
	uint8_t *p, *kept;
	size_t len;

	(void)snprintf(name, sizeof(name), "eventlog/%s", file);
	if ((p = t_corpus(name, &len)) == NULL)
		return BYTES_NONE;
	kept = keep(len + 1);
	memcpy(kept, p, len);
	free(p);
	return bytes_of(kept, len);
}

static struct tcglog
opened(struct bytes in)
{
	struct tcglog log;

	if (tcglog_open_limited(in, &tcglog_any, &log, NULL) < 0)
		t_bail("a log is not opened");
	return log;
}

/* How the walk ends. */
static int
walk(struct bytes in, unsigned *ret_n)
{
	struct tcglog log = opened(in);
	struct tcglog_iter it = tcglog_iter(&log);
	struct tcg_event e;
	int rc;

	*ret_n = 0;
	while ((rc = tcglog_next(&it, &e, NULL)) == ERR_OK)
		(*ret_n)++;
	return rc;
}

/* The header, whose list of algorithms starts at byte 28 of its data. */
static void
put_head(struct buf *b, const struct tcglog *log, uint16_t without)
{
	const uint8_t *data = log->in.p + 32;
	size_t len = log->in.p[28], lists = 28 + 4 * log->n_algs;

	(void)buf_put(b, bytes_of(log->in.p, 28));
	(void)buf_put_le32(b, (uint32_t)len - 4);
	(void)buf_put(b, bytes_of(data, 24));
	(void)buf_put_le32(b, (uint32_t)log->n_algs - 1);
	for (size_t i = 0; i < log->n_algs; i++)
		if (log->algs[i].id != without)
			(void)buf_put(b, bytes_of(data + 28 + 4 * i, 4));
	(void)buf_put(b, bytes_of(data + lists, len - lists));
}

/* As the firmware would have written it, had this bank been off. */
static struct bytes
without_bank(const struct tcglog *log, uint16_t without)
{
	struct buf b = BUF_INIT((size_t)1 << 20);
	struct tcglog_iter it = tcglog_iter(log);
	struct tcg_event e;
	struct bytes made;

	put_head(&b, log, without);
	while (tcglog_next(&it, &e, NULL) == ERR_OK) {
		(void)buf_put_le32(&b, e.pcr);
		(void)buf_put_le32(&b, e.type);
		(void)buf_put_le32(&b, (uint32_t)e.n_digests - 1);
		for (size_t i = 0; i < e.n_digests; i++) {
			if (e.digests[i].alg == without)
				continue;
			(void)buf_put_le16(&b, e.digests[i].alg);
			(void)buf_put(&b, e.digests[i].digest);
		}
		(void)buf_put_le32(&b, (uint32_t)e.data.len);
		(void)buf_put(&b, e.data);
	}
	if (!buf_ok(&b))
		t_bail("a log of fewer banks");
	made = copy_of(buf_bytes(&b), 0);
	buf_free(&b);
	return made;
}

/* All banks of b are in a, with the same values. */
static bool
banks_agree(const struct replay_banks *a, const struct replay_banks *b)
{
	for (size_t i = 0; i < b->n; i++) {
		const struct replay_bank *other =
		    replay_banks_find(a, b->bank[i].alg);

		if (other == NULL)
			return false;
		for (unsigned pcr = 0; pcr < PCR_COUNT; pcr++)
			if (!bytes_equal(replay_bank_value(other, pcr),
				replay_bank_value(&b->bank[i], pcr)))
				return false;
	}
	return true;
}

static void
test_banks(void)
{
	struct bytes in = load("linux_rhel8_gce.bin");
	struct replay_banks all, fewer;
	struct tcglog log;

	if (in.len == 0)
		return;
	log = opened(in);
	if (log.n_algs != 3 || replay_banks_log(&log, &all, NULL) < 0)
		t_bail("three banks");
	for (size_t i = 0; i < log.n_algs; i++) {
		uint16_t alg = log.algs[i].id;
		struct bytes made = without_bank(&log, alg);
		struct tcglog left = opened(made);
		struct findings f = measure_log_only(made, BYTES_NONE);

		CHECK(replay_banks_log(&left, &fewer, NULL) == ERR_OK &&
			fewer.n == 2 &&
			replay_banks_find(&fewer, alg) == NULL &&
			banks_agree(&all, &fewer),
		    "TestSimEventLogPCRBanks: bank 0x%04x disabled, the log's "
		    "algorithms follow",
		    alg);
		CHECK((f.log.state == FINDING_GOOD) == (alg != 0x0b),
		    "T36 TestSimEventLogPCRBanks: without bank 0x%04x: %s%.*s",
		    alg,
		    alg != 0x0b ? "evidence" : "refused: ", (int)f.log.text.len,
		    (const char *)f.log.text.p);
	}
}

/* No second log is merged into the first: where it begins, the log is bad. */
static void
test_appended(void)
{
	struct bytes first = load("linux_coreos36_nosb.bin"),
		     second = load("linux_ga_crypto_agile.bin"), both;
	struct findings f;
	unsigned n, n_both;

	if (first.len == 0)
		return;
	both = copy_of(first, second.len);
	memcpy(at_byte(both, 0) + first.len, second.p, second.len);
	both.len += second.len;
	f = measure_log_only(both, BYTES_NONE);
	CHECK(walk(first, &n) == ERR_NOT_FOUND && n == 75 &&
		walk(both, &n_both) != ERR_NOT_FOUND && n_both == n &&
		f.log.state == FINDING_BAD,
	    "T17 TestAppendEvents: a second log behind the first: refused, and "
	    "not merged: %.*s",
	    (int)f.log.text.len, (const char *)f.log.text.p);
}

static void
test_size_zero(void)
{
	static const uint8_t event[32] = { [4] = EV_POST_CODE };
	struct tcglog log = opened(BYTES_OF_ARRAY(event));
	struct tcglog_iter it = tcglog_iter(&log);
	struct tcg_event e = { 0 };

	CHECK(log.legacy && tcglog_next(&it, &e, NULL) == ERR_OK &&
		e.type == EV_POST_CODE && e.n_digests == 1 && e.data.len == 0 &&
		tcglog_next(&it, &e, NULL) == ERR_NOT_FOUND,
	    "TestParseEventLogEventSizeZero: zero-length data is legal in the "
	    "SHA-1 form");
}

/* Images have a digest in each bank, and are told by their paths. */
static void
test_applications(void)
{
	static const char *const paths[] = { "\\EFI\\redhat\\shimx64.efi",
		"\\EFI\\redhat\\grubx64.efi", "" };
	struct bytes in = load("linux_rhel8_gce.bin");
	struct tcglog_iter it;
	struct tcg_event e;
	struct tcglog log;
	bool good = true;
	size_t n = 0;

	if (in.len == 0)
		return;
	log = opened(in);
	it = tcglog_iter(&log);
	while (tcglog_next(&it, &e, NULL) == ERR_OK) {
		if (e.type != EV_EFI_APPLICATION)
			continue;
		good = good && n < ARRAY_LEN(paths) && e.pcr == 4 &&
		    tcg_event_digest(&e, 0x04).len == 20 &&
		    tcg_event_digest(&e, 0x0b).len == 32 &&
		    tcg_event_digest(&e, 0x0c).len == 48 &&
		    strstr(text_of(e.type, e.data), paths[n]) != NULL;
		n++;
	}
	CHECK(good && n == 3,
	    "TestParseEfiState: three applications, a digest of each per bank");
}

/* Where GRUB measured nothing, there is no command line to believe. */
static void
test_no_grub(void)
{
	struct bytes in = load("linux_glinux_laptop.bin");
	struct findings f;

	if (in.len == 0)
		return;
	f = measure_log_only(in, bytes_of_text("quiet"));
	CHECK(f.log.state == FINDING_GOOD && !f.cmdline.bound,
	    "T89 TestParseGrubStateFail: a log without GRUB's measurements "
	    "proves no command line");
}

static void
test_locality(void)
{
	struct bytes good = load("linux_kl_lenovo_sboff.bin"),
		     forged = load("der_kl_locality_0.bin");
	struct replay_banks a, b;
	struct tcglog log;
	bool same = true;

	if (good.len == 0)
		return;
	log = opened(good);
	if (replay_banks_log(&log, &a, NULL) < 0)
		t_bail("log");
	log = opened(forged);
	if (replay_banks_log(&log, &b, NULL) < 0)
		t_bail("log");
	for (unsigned pcr = 1; pcr < PCR_COUNT; pcr++)
		same = same &&
		    bytes_equal(replay_bank_value(&a.bank[1], pcr),
			replay_bank_value(&b.bank[1], pcr));
	CHECK(same && a.locality == 3 && b.locality == 0 &&
		!bytes_equal(replay_bank_value(&a.bank[0], 0),
		    replay_bank_value(&b.bank[0], 0)) &&
		!bytes_equal(replay_bank_value(&a.bank[1], 0),
		    replay_bank_value(&b.bank[1], 0)),
	    "T37 TestParseMachineStateFail: a forged StartupLocality makes "
	    "another PCR 0, and no other PCR");
}

int
main(void)
{
	test_banks();
	test_appended();
	test_size_zero();
	test_applications();
	test_no_grub();
	test_locality();
	return t_done();
}
