/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any log that others recorded (../shared/corpus/eventlog, read in place):
 * every bank against expected/FILE.json, and what the events say. The checks'
 * sentences name what the suites that published the logs assert.
 */
#include "expected.h"
#include "made_event.h"
#include "measure/event_digest.h"
#include "measure/event_order.h"

struct seen {
	int n; /* events, the header with them */
	unsigned n_wrong;
	unsigned n_part;
	unsigned n_order;
	unsigned n_authorities; /* in PCR 7, behind its separator */
	bool in_place;          /* each index is its position */
	bool again;             /* written again, an event has its bytes */
	bool exact;             /* the whole log was read */
	char secure_boot[16];
	const char *order; /* the last rule that was broken */
	uint32_t unseparated;
	const char *texts; /* all of them, a line each */
};

/* What is refused, by the manifest's verdict. */
static const struct {
	const char *file;
	const char *says;
} refused[] = {
	{ "mal_empty.bin", "TestEmptyEventlog: no claim of anything" },
	{ "mal_ga_eventsize_3gb.bin",
	    "TestParseEventLogEventSizeTooLarge: event size beyond the input "
	    "is an error, no huge allocation" },
	{ "mal_ga_specid_bad_version.bin",
	    "TestParseSpecIDEvent: wrong version -> error" },
	{ "min_t2_specid_vendordata.bin", "bytes behind the header" },
	{ "der_win_hp1_truncated.bin", "ioerr: every short read" },
	{ "der_deb1_digestcount_huge.bin",
	    "digest count 0xFFFFFFFF: must fail without allocating" },
};

/* What casts doubt on a log that replays. */
static const struct {
	const char *file;
	const char *order;
	const char *says;
} doubtful[] = {
	{ "ccel_cos113_dupe_separator.bin", "a second separator",
	    "TestExtractFirmwareLogStateFailDuplicateSeparator" },
	{ "der_glinux_dup_separator.bin",
	    "an application before the boot option was called",
	    "duplicate separator" },
	{ "der_cos101_separator_retyped.bin", "a separator of another type",
	    "separator retyped (event type is not hashed)" },
	{ "linux_glinux_laptop.bin",
	    "an application before the boot option was called",
	    "TestParseEventLogCallingEFIAppError: app before \"Calling EFI "
	    "Application\"" },
};

static bool
written_again(const struct tcglog *log, const struct tcg_event *e, size_t end)
{
	struct buf b = BUF_INIT((size_t)8 << 20);
	bool same;

	(void)buf_put_le32(&b, e->pcr);
	(void)buf_put_le32(&b, e->type);
	if (!log->legacy)
		(void)buf_put_le32(&b, (uint32_t)e->n_digests);
	for (size_t i = 0; i < e->n_digests; i++) {
		if (!log->legacy)
			(void)buf_put_le16(&b, e->digests[i].alg);
		(void)buf_put(&b, e->digests[i].digest);
	}
	(void)buf_put_le32(&b, (uint32_t)e->data.len);
	(void)buf_put(&b, e->data);
	same = bytes_equal(buf_bytes(&b),
	    bytes_of(log->in.p + e->offset, end - (size_t)e->offset));
	buf_free(&b);
	return same;
}

static void
see_event(struct seen *s, struct event_order *order, struct buf *texts,
    const struct tcg_event *e)
{
	bool after = e->pcr < 24 && (order->separated >> e->pcr & 1) != 0;
	size_t start = texts->len;
	const char *part, *broken;

	switch (event_digest_check(e, after, &part)) {
	case EVENT_DIGEST_WRONG:
		s->n_wrong++;
		break;
	case EVENT_DIGEST_PART:
		s->n_part++;
		break;
	case EVENT_DIGEST_OTHER:
	case EVENT_DIGEST_DATA:
		break;
	}
	if (after && e->pcr == 7 && e->type == EV_EFI_VARIABLE_AUTHORITY)
		s->n_authorities++;
	if ((broken = event_order_next(order, e)) != NULL) {
		s->n_order++;
		s->order = broken;
	}
	if (!event_put_text(texts, e))
		t_bail("text");
	if (texts->len - start > 12 &&
	    memcmp(texts->p + start, "SecureBoot: ", 12) == 0)
		(void)snprintf(s->secure_boot, sizeof(s->secure_boot), "%.*s",
		    (int)(texts->len - start - 12), texts->p + start + 12);
	(void)buf_put_u8(texts, '\n');
}

static struct seen
see(const struct tcglog *log)
{
	struct seen s = { .in_place = true,
		.again = true,
		.secure_boot = "not measured" };
	struct buf texts = BUF_INIT((size_t)16 << 20);
	struct tcglog_iter it = tcglog_iter(log);
	struct event_order order;
	struct tcg_event e;
	char *kept;

	event_order_start(log, &order);
	s.n = log->legacy ? 0 : 1;
	while (tcglog_next(&it, &e, NULL) == ERR_OK) {
		s.in_place = s.in_place && (int)e.index == s.n;
		s.n++;
		s.again = s.again && written_again(log, &e, it.r.off);
		see_event(&s, &order, &texts, &e);
	}
	s.exact = tcglog_next(&it, &e, NULL) == ERR_NOT_FOUND;
	s.unseparated = event_order_unseparated(&order);
	kept = keep(texts.len + 1);
	if (texts.len != 0)
		memcpy(kept, texts.p, texts.len);
	s.texts = kept;
	buf_free(&texts);
	return s;
}

/* How many values of the object are there, and how many are as replayed. */
static void
compare(struct bytes object, const struct replay_banks *b, unsigned *n,
    unsigned *n_equal)
{
	char name[REPLAY_BANK_NAME_SIZE], key[8];
	uint8_t want[HASH_SIZE_MAX];

	for (size_t i = 0; i < b->n; i++) {
		struct bytes bank;

		replay_bank_name(&b->bank[i], name);
		bank = expected_object(object, name);
		for (unsigned pcr = 0; pcr < PCR_COUNT; pcr++) {
			struct bytes v = replay_bank_value(&b->bank[i], pcr);

			(void)snprintf(key, sizeof(key), "%u", pcr);
			/* The sources' PCR 10 is IMA's, or nobody's. */
			if (pcr == 10 || !expected_hex(bank, key, want, v.len))
				continue;
			(*n)++;
			*n_equal += bytes_equal(v, bytes_of(want, v.len));
		}
	}
}

static void
check_banks(const char *file, const struct tcglog *log, const char *json)
{
	struct bytes all = bytes_of_text(json);
	unsigned n = 0, n_equal = 0, n_source = 0, n_source_equal = 0;
	struct replay_banks b;
	struct diag d = { 0 };

	if (!CHECK(replay_banks_log(log, &b, &d) == ERR_OK,
		"TestParseEventLogs: %s: replayed %s", file, d.text))
		return;
	compare(expected_object(all,
		    b.launched ? "replayed_pcrs_drtm_init0" : "replayed_pcrs"),
	    &b, &n, &n_equal);
	compare(expected_object(all, "source_pcrs"), &b, &n_source,
	    &n_source_equal);
	CHECK(n == n_equal && n_source == n_source_equal,
	    "%s: %u of %u values of %zu banks as replayed, %u of %u as its "
	    "source tells",
	    file, n_equal, n, b.n, n_source_equal, n_source);
	CHECK(!b.has_locality ||
		b.locality == expected_number(json, "startup_locality"),
	    "%s: startup locality %u", file, b.locality);
}

static void
check_doubts(const char *file, const struct seen *s)
{
	for (size_t i = 0; i < ARRAY_LEN(doubtful); i++)
		if (strcmp(doubtful[i].file, file) == 0)
			CHECK(s->order != NULL &&
				strcmp(s->order, doubtful[i].order) == 0,
			    "%s: %s", file, doubtful[i].says);
	if (strcmp(file, "der_rhel8_secureboot_data_flipped.bin") == 0)
		CHECK(s->n_wrong == 1,
		    "secure boot byte flipped under an unchanged digest "
		    "(replay still right): found");
	else
		CHECK(s->n_wrong == 0,
		    "tcglog-check: digest==H(data) by type: %s: none wrong, %u "
		    "of a part",
		    file, s->n_part);
	if (strcmp(file, "linux_ga_sb_cert_bug157.bin") == 0)
		CHECK(s->n_authorities == 3 && s->n_part >= 2,
		    "TestSecureBootBug157: 3 post-separator authorities (two "
		    "certificate layouts)");
	if (strcmp(file, "ccel_cos113_tdx_padded.bin") == 0)
		CHECK(s->n_order == 0, "%s: nothing is out of order", file);
}

static bool
is_refused(const char *file, struct bytes in)
{
	struct diag d = { 0 };
	struct tcglog log;
	size_t i;
	bool bad;

	for (i = 0; i < ARRAY_LEN(refused); i++)
		if (strcmp(refused[i].file, file) == 0)
			break;
	if (i == ARRAY_LEN(refused))
		return false;
	bad = tcglog_open_limited(in, &tcglog_any, &log, &d) < 0 ||
	    !see(&log).exact;
	CHECK(bad, "%s: %s: refused %s", refused[i].says, file, d.text);
	return true;
}

static void
check_file(const char *file, const char *secure_boot)
{
	char name[90];
	const char *json;
	struct tcglog log;
	struct seen s;
	uint8_t *p;
	size_t len;

	(void)snprintf(name, sizeof(name), "eventlog/%s", file);
	if ((p = t_corpus(name, &len)) == NULL)
		return;
	if (is_refused(file, bytes_of(p, len))) {
		free(p);
		return;
	}
	(void)snprintf(name, sizeof(name), "eventlog/expected/%s.json", file);
	json = expected_load(name);
	if (tcglog_open_limited(bytes_of(p, len), &tcglog_any, &log, NULL) < 0)
		t_bail("%s: not opened", file);
	s = see(&log);
	CHECK(s.exact && s.n == expected_number(json, "events") && s.in_place,
	    "TestEventLog: %s: its %d events, sequence numbers equal their "
	    "position",
	    file, s.n);
	CHECK(s.again, "event read/write round trip: %s", file);
	CHECK(strcmp(s.secure_boot, secure_boot) == 0,
	    "TestSecureBoot: %s: Secure Boot is %s", file, s.secure_boot);
	CHECK(log.registers == (strncmp(file, "ccel_", 5) == 0),
	    "%s: counts %s", file, log.registers ? "registers" : "PCRs");
	check_doubts(file, &s);
	check_banks(file, &log, json);
	free(p);
}

static void
check_manifest(void)
{
	const char *text = expected_load("eventlog/MANIFEST.tsv");
	struct bytes rest = bytes_of_text(text), line;
	unsigned n = 0;

	if (*text == '\0' || !text_next_line(&rest, &line))
		return;
	while (text_next_line(&rest, &line)) {
		char copy[4096], *next = copy, *column[11];

		(void)snprintf(copy, sizeof(copy), "%.*s", (int)line.len,
		    (const char *)line.p);
		for (size_t i = 0; i < ARRAY_LEN(column); i++)
			if ((column[i] = strsep(&next, "\t")) == NULL)
				t_bail("manifest");
		check_file(column[0], column[10]);
		n++;
	}
	CHECK(n == 46, "%u of all 46 logs were replayed or refused", n);
}

static const char *
texts_of(const char *file)
{
	struct tcglog log;
	uint8_t *p;
	size_t len;
	struct seen s;

	if ((p = t_corpus(file, &len)) == NULL)
		return NULL;
	if (tcglog_open_limited(bytes_of(p, len), &tcglog_any, &log, NULL) < 0)
		t_bail("%s", file);
	s = see(&log);
	free(p);
	return s.texts;
}

static void
check_words(const char *file, const char *says, const char *words)
{
	const char *texts = texts_of(file);

	if (texts != NULL)
		CHECK(strstr(texts, words) != NULL, "%s: %s: %s", says, file,
		    words);
}

static void
test_words(void)
{
	static const char rhel[] = "eventlog/linux_rhel8_gce.bin",
			  ubuntu[] = "eventlog/linux_ubuntu2404_sevsnp_gce.bin";

	check_words(rhel,
	    "TestParseSecureBootState: well-known certs identified",
	    "db: 2 certificates (\"Microsoft Corporation UEFI CA 2011\", "
	    "\"Microsoft Windows Production PCA 2011\")");
	check_words(rhel, "TestParseLinuxKernelState",
	    "grub_kernel_cmdline (hd0,gpt2)/boot/vmlinuz");
	check_words(rhel, "image load event, device path printing",
	    "\\EFI\\redhat\\grubx64.efi");
	check_words(ubuntu,
	    "TestParseGrubState: no EV_EVENT_TAG among the files",
	    "tag 0x8f3b22ed: LOADED_IMAGE::LoadOptions");
	check_words("eventlog/linux_t2_sdboot_fedora37.bin",
	    "systemd-stub command line", "console=ttyS0");
	check_words("eventlog/linux_cgke_251000.bin", "SP800-155 events",
	    "SP800-155 Event3: vendor 11129");
	check_words("eventlog/win_ideapad1.tcglog",
	    "PCR index 0xFFFFFFFF in EV_NO_ACTION (Windows)",
	    "attestation key \"Windows AIK\"");
	check_words("eventlog/ccel_coco_grub.bin", "handoff tables 1/2",
	    "TdxTable, 1 tables: ");
	check_words("eventlog/legacy_acs_tpmbios.bin",
	    "S-CRTM version as UCS-2, GUID, invalid", "version ");
}

/* PCR 5 of a log that lacks what firmware measures when it is left. */
static void
test_workaround(void)
{
	size_t len;
	uint8_t *p = t_corpus("eventlog/linux_rhel8_gce.bin", &len);
	struct replay_banks all, without;
	struct tcglog_iter it;
	struct tcg_event e;
	struct tcglog log;

	if (p == NULL)
		return;
	if (tcglog_open_limited(bytes_of(p, len), &tcglog_any, &log, NULL) <
		0 ||
	    replay_banks_log(&log, &all, NULL) < 0)
		t_bail("log");
	replay_banks_start(&log, &without);
	it = tcglog_iter(&log);
	while (tcglog_next(&it, &e, NULL) == ERR_OK)
		if (!(e.type == EV_EFI_ACTION && e.data.len > 4 &&
			memcmp(e.data.p, "Exit", 4) == 0) &&
		    replay_banks_event(&without, &e, NULL) < 0)
			t_bail("event");
	CHECK(memcmp(all.bank[1].v[5], without.bank[1].v[5], 32) != 0 &&
		memcmp(all.bank[1].v[4], without.bank[1].v[4], 32) == 0,
	    "TestEBSVerifyWorkaround: a log lacking ExitBootServices events "
	    "makes another PCR 5; there is no workaround");
	free(p);
}

/* Whole Debian machines with the TPM's own values: GRUB, shim and UKI. */
static void
check_recording(const char *name)
{
	char path[90], key[8];
	unsigned n = 0, n_equal = 0;
	uint8_t want[32], *p;
	struct replay_banks b;
	struct tcglog log;
	struct seen s;
	const char *at;
	size_t len;

	(void)snprintf(path, sizeof(path),
	    "recordings/%s/binary_bios_measurements", name);
	if ((p = t_corpus(path, &len)) == NULL)
		return;
	(void)snprintf(path, sizeof(path), "recordings/%s/pcr-sha256.txt",
	    name);
	at = expected_load(path);
	if (tcglog_open_limited(bytes_of(p, len), &tcglog_any, &log, NULL) <
		0 ||
	    replay_banks_log(&log, &b, NULL) < 0)
		t_bail("%s", name);
	s = see(&log);
	for (unsigned pcr = 0; pcr < 15; pcr++) {
		const struct replay_bank *bank = replay_banks_find(&b, 0x0b);
		size_t skip = (size_t)snprintf(key, sizeof(key), "%u ", pcr);

		if (strncmp(at, key, skip) != 0 ||
		    hex_decode_fixed(bytes_of(at + skip, 64), want, 32, NULL) <
			0)
			t_bail("%s: PCR %u", name, pcr);
		at += strcspn(at, "\n");
		at += *at == '\n';
		if (pcr == 10 || pcr == 11)
			continue; /* IMA's, and systemd's unlogged words */
		n++;
		n_equal += bytes_equal(replay_bank_value(bank, pcr),
		    BYTES_OF_ARRAY(want));
	}
	CHECK(n_equal == n && s.n_wrong == 0 && s.n_order == 0 &&
		s.unseparated == 0 && s.again,
	    "recording %s: %u of %u PCRs, no wrong digest, in order", name,
	    n_equal, n);
	free(p);
}

static void
test_recordings(void)
{
	static const char *const names[] = { "guest-shim-hardened",
		"guest-shim-keyscript", "guest-shim-plain",
		"guest-shim-systemd-tpm2", "guest-uki-keyscript",
		"host-added-binary", "host-appraise-enforced", "host-clean-1",
		"host-uki-clean", "host-uki-luks-root",
		"host-uki-secureboot-off" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		check_recording(names[i]);
}

int
main(void)
{
	check_manifest();
	test_recordings();
	test_words();
	test_workaround();
	return t_done();
}
