/* SPDX-License-Identifier: Apache-2.0 */
#include "made_sipa.h"

#define MODULES 128

static struct sipa_reader s;
static struct sipa_module modules[MODULES];

static int
feed(uint32_t pcr, const struct buf *b, struct diag *d)
{
	struct tcg_event e =
	    event_make(pcr, EV_EVENT_TAG, buf_bytes(b), buf_bytes(b));

	return sipa_event(&s, &e, d);
}

static bool
wide_equal(struct bytes in, const char *text)
{
	size_t n = strlen(text);

	if (in.len != 2 * n + 2)
		return false;
	for (size_t i = 0; i < n; i++)
		if (in.p[2 * i] != (uint8_t)text[i] || in.p[2 * i + 1] != 0)
			return false;
	return true;
}

static const struct sipa_module *
module_of(const char *hash_start)
{
	uint8_t want[4];

	if (hex_decode_fixed(bytes_of_text(hash_start), want, 4, NULL) < 0)
		t_bail("hex");
	for (size_t i = 0; i < s.facts.n_modules && i < MODULES; i++)
		if (modules[i].hash.len == 32 &&
		    memcmp(modules[i].hash.p, want, 4) == 0)
			return &modules[i];
	return NULL;
}

static void
check_module(const char *hash, const char *path, uint64_t base,
    const char *issuer, const char *publisher, uint8_t serial_end)
{
	const struct sipa_module *m = module_of(hash);

	CHECK(m != NULL && wide_equal(m->path, path) && m->base == base &&
		m->n_loads == 1 && m->hash_alg == 0x0c &&
		m->validated == SIPA_YES && wide_equal(m->issuer, issuer) &&
		wide_equal(m->publisher, publisher) && m->serial.len == 19 &&
		m->serial.p[18] == serial_end && m->thumbprint.len == 20 &&
		m->size != 0,
	    "TestParseWinEvents: 3 named driver loads (hash, base, size, "
	    "issuer, serial): %s",
	    path);
}

static void
check_facts(void)
{
	const struct sipa_facts *f = &s.facts;

	CHECK(f->cold_boot == SIPA_YES, "TestParseWinEvents: cold boot");
	CHECK(f->has_boot_count && f->boot_count == 4,
	    "TestParseWinEvents: BootCount 4");
	CHECK(f->property[SIPA_DEP] == SIPA_YES, "TestParseWinEvents: DEP");
	CHECK(f->property[SIPA_CODE_INTEGRITY] == SIPA_YES,
	    "TestParseWinEvents: code integrity");
	CHECK(f->n_unlocks >= 2 && f->unlocks[0] == 0 && f->unlocks[1] == 0,
	    "TestParseWinEvents: 2 BitLocker unlocks");
	CHECK(f->n_elam == 1 &&
		wide_equal(f->elam[0].name, "Windows Defender") &&
		f->elam[0].measured.len == 20 &&
		f->elam[0].measured.p[0] == 0x06,
	    "TestParseWinEvents: ELAM Windows Defender");
	CHECK(f->property[SIPA_TEST_SIGNING] == SIPA_NO &&
		f->property[SIPA_KERNEL_DEBUG] == SIPA_NO &&
		f->property[SIPA_BOOT_DEBUGGING] == SIPA_NO,
	    "no test signing, no debugging");
	CHECK(f->property[SIPA_VSM_REQUIRED] == SIPA_UNKNOWN,
	    "what no event says is unknown");
	check_module("0fdce7d7", "\\Windows\\System32\\drivers\\vioscsi.sys",
	    81416192, "Microsoft Windows Third Party Component CA 2014",
	    "Microsoft Windows Hardware Compatibility Publisher", 0x25);
	check_module("055a36a9", "\\Windows\\System32\\Drivers\\ksecpkg.sys",
	    82952192, "Microsoft Windows Production PCA 2011",
	    "Microsoft Windows", 0xc4);
	check_module("2bedd158", "\\Windows\\System32\\drivers\\volmgrx.sys",
	    80875520, "Microsoft Windows Production PCA 2011",
	    "Microsoft Windows", 0xc4);
}

static void
test_real(void)
{
	size_t len;
	uint8_t *p = t_corpus("eventlog/win_gcp_shielded_vm.tcglog", &len);
	struct tcglog_iter it;
	struct tcg_event e;
	struct tcglog log;
	bool good = true;

	if (p == NULL)
		return;
	sipa_start(&s, modules, MODULES);
	if (tcglog_open_limited(bytes_of(p, len), &tcglog_any, &log, NULL) < 0)
		t_bail("log");
	it = tcglog_iter(&log);
	while (tcglog_next(&it, &e, NULL) == ERR_OK)
		good = good && sipa_event(&s, &e, NULL) == ERR_OK;
	CHECK(good && s.separated == 0x7000,
	    "a recorded Windows log is read to its three separators");
	check_facts();
	free(p);
}

static void
test_failures(void)
{
	struct buf b = BUF_INIT(1 << 16);
	struct diag d = { 0 };

	sipa_start(&s, modules, MODULES);
	put_nested(&b, SIPA_TRUST_BOUNDARY, SIPA_DEPTH_MAX - 1, 0x00020002,
	    "\4\0\0\0\0\0\0\0", 8);
	CHECK(feed(12, &b, &d) == ERR_OK && s.facts.boot_count == 4,
	    "as many levels as there may be");
	buf_reset(&b);
	put_nested(&b, SIPA_TRUST_BOUNDARY, SIPA_DEPTH_MAX, 0x00020002,
	    "\4\0\0\0\0\0\0\0", 8);
	CHECK(feed(12, &b, &d) == ERR_LIMIT, "and one more: %s", d.text);
	buf_reset(&b);
	put_nested(&b, SIPA_ELAM_AGGREGATE, 100, 0x00090001, "n\0", 2);
	CHECK(feed(12, &b, &d) == ERR_FORMAT && s.facts.n_elam == 0,
	    "TestParseWinEvents_Failures: ELAM aggregation nested 100 deep: %s",
	    d.text);
	buf_reset(&b);
	put_nested(&b, SIPA_TRUST_BOUNDARY, 100, 0x00020002, "\4\0\0\0\0\0\0\0",
	    8);
	CHECK(feed(12, &b, &d) == ERR_LIMIT,
	    "TestParseWinEvents_Failures: nested 100 deep: %s", d.text);
	buf_reset(&b);
	put_item(&b, SIPA_TRUST_BOUNDARY, "\2\0\2\0\0\0\0\x40", 8);
	CHECK(feed(12, &b, &d) == ERR_FORMAT,
	    "TestParseWinEvents_Failures: 1 GiB inner SIPA size: %s", d.text);
	buf_reset(&b);
	put_nested(&b, SIPA_LOADED_MODULE, 1, 0x00070001, keep(2000), 2000);
	CHECK(feed(12, &b, &d) == ERR_FORMAT,
	    "TestParseWinEvents_Failures: oversized LMA -> error, no crash: %s",
	    d.text);
	buf_reset(&b);
	put_item(&b, 0x00020002, "\5\0\0\0\0\0\0\0", 8);
	CHECK(feed(13, &b, &d) == ERR_FORMAT && s.facts.boot_count == 4,
	    "two boot counters: refused, facts stay: %s", d.text);
	buf_free(&b);
}

static void
test_latches(void)
{
	struct buf b = BUF_INIT(4096);

	sipa_start(&s, modules, MODULES);
	put_item(&b, 0x00050003, "\0", 1);
	put_item(&b, 0x00050002, "\1", 1);
	CHECK(feed(12, &b, NULL) == ERR_OK &&
		s.facts.property[SIPA_TEST_SIGNING] == SIPA_NO &&
		s.facts.property[SIPA_CODE_INTEGRITY] == SIPA_YES,
	    "properties are as told");
	buf_reset(&b);
	put_item(&b, 0x00050003, "\1", 1);
	put_item(&b, 0x00050002, "\0", 1);
	(void)feed(12, &b, NULL);
	buf_reset(&b);
	put_item(&b, 0x00050003, "\0", 1);
	put_item(&b, 0x00050002, "\1", 1);
	CHECK(feed(12, &b, NULL) == ERR_OK &&
		s.facts.property[SIPA_TEST_SIGNING] == SIPA_YES &&
		s.facts.property[SIPA_CODE_INTEGRITY] == SIPA_NO,
	    "and the worst of what was told stays");
	buf_reset(&b);
	put_item(&b, 0x0005000f, "\7\0\0\0\0\0\0\0\4\0\x0b\0\3\0\0\0n\0m\0abc",
	    23);
	put_item(&b, 0x00050020, "key", 3);
	CHECK(feed(12, &b, NULL) == ERR_OK && s.facts.policy.present &&
		s.facts.policy.version == 7 && s.facts.policy.name.len == 4 &&
		bytes_equal_text(s.facts.policy.digest, "abc") &&
		bytes_equal_text(s.facts.vsm_key, "key"),
	    "a system integrity policy has version, name and digest");
	buf_free(&b);
}

static void
test_binding(void)
{
	struct buf b = BUF_INIT(4096);
	struct tcg_event e;
	struct diag d = { 0 };

	sipa_start(&s, modules, MODULES);
	put_item(&b, 0x00050002, "\1", 1);
	e = event_make(12, EV_EVENT_TAG, buf_bytes(&b), bytes_of("x", 1));
	CHECK(sipa_event(&s, &e, &d) == ERR_REFUSED &&
		s.facts.property[SIPA_CODE_INTEGRITY] == SIPA_UNKNOWN,
	    "T32 data under another digest say nothing: %s", d.text);
	e = event_make(4, EV_EVENT_TAG, buf_bytes(&b), buf_bytes(&b));
	CHECK(sipa_event(&s, &e, NULL) == ERR_OK &&
		s.facts.property[SIPA_CODE_INTEGRITY] == SIPA_UNKNOWN,
	    "other PCRs say nothing");
	e = event_make(12, EV_SEPARATOR, bytes_of("WBCL", 4),
	    bytes_of("WBCL", 4));
	CHECK(sipa_event(&s, &e, NULL) == ERR_OK &&
		feed(12, &b, NULL) == ERR_OK &&
		s.facts.property[SIPA_CODE_INTEGRITY] == SIPA_UNKNOWN,
	    "nor does anything behind the separator");
	CHECK(sipa_event(&s, &e, &d) == ERR_REFUSED,
	    "T35 a second separator: refused: %s", d.text);
	buf_free(&b);
}

/* More modules than there is room for are counted. */
static void
test_room(void)
{
	struct buf b = BUF_INIT(1 << 16);

	sipa_start(&s, modules, 2);
	for (unsigned i = 0; i < 5; i++) {
		uint8_t hash = (uint8_t)i;

		put_nested(&b, SIPA_LOADED_MODULE, 1, 0x00070004, &hash, 1);
	}
	CHECK(feed(12, &b, NULL) == ERR_OK && s.facts.n_modules == 5,
	    "five modules are counted where two fit");
	/* The modules' views end with what they point into. */
	sipa_start(&s, modules, 2);
	buf_reset(&b);
	for (unsigned i = 0; i < SIPA_UNLOCKS_MAX + 1; i++)
		put_item(&b, 0x00020005, "\0\0\0\0", 4);
	CHECK(feed(13, &b, NULL) == ERR_OK &&
		s.facts.n_unlocks == SIPA_UNLOCKS_MAX + 1,
	    "so are more unlocks than are kept");
	buf_free(&b);
}

int
main(void)
{
	test_real();
	test_failures();
	test_latches();
	test_binding();
	test_room();
	return t_done();
}
