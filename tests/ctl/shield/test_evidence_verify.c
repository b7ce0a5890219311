/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Evidence from files, judged as an HGS judges it: a whole bundle of a
 * recorded boot under a key in memory, and one thing after the other wrong
 * with it.
 */
#include "bundle.h"
#include "run.h"

#include "proto/enrol.h"

static void
put_enrolment(const char *name)
{
	auto_buf struct buf b = BUF_INIT(ENROL_MAX);
	auto_buf struct buf ek = BUF_INIT(TPM_PUBLIC_MAX);
	uint8_t x[32], y[32];
	struct enrolment e = { .name = bytes_of_text("kvm1") };
	struct diag d = { 0 };

	memset(x, 1, sizeof(x));
	memset(y, 2, sizeof(y));
	if (!public_put_ek_ecc(&ek, BYTES_OF_ARRAY(x), BYTES_OF_ARRAY(y)))
		t_bail("EK");
	e.ek_public = buf_bytes(&ek);
	e.ak_public = buf_bytes(&f.ak_public);
	if (enrolment_encode(&e, &b, &d) < 0)
		t_bail("%s", d.text);
	put_file(name, buf_bytes(&b));
}

static struct ran
verify(const char *options)
{
	char words[1024];

	(void)snprintf(words, sizeof(words),
	    "evidence verify %s --baseline %s %s", path_of("bundle"),
	    path_of("baseline"), options);
	return run(words);
}

static void
check_refused(const char *options, const char *code, const char *what)
{
	struct ran r = verify(options);

	CHECK(r.code == 1 && ran_says(&r, code) && ran_is_tame(&r), "%s: %s",
	    what, code);
	ran_free(&r);
}

static void
test_good(void)
{
	char options[200];
	struct ran r;
	json_t *o, *checks;

	(void)snprintf(options, sizeof(options), "--enrolment %s",
	    path_of("enrolment"));
	r = verify(options);
	CHECK(r.code == 0 && ran_says(&r, "ok  identity") &&
		ran_says(&r, "ok  quote") && ran_says(&r, "ok  host key") &&
		ran_says(&r, "ok  boot log") &&
		ran_says(&r, "ok  baseline              reference") &&
		ran_says(&r, "ok  SecureBootEnabled") && !ran_says(&r, "NO"),
	    "a good host passes, each check on a line of its own");
	CHECK(ran_says(&r, "--  freshness             a file does not show") &&
		ran_says(&r, "--  activation") &&
		ran_says(&r, "--  earlier quotes"),
	    "what a file cannot show is said");
	ran_free(&r);
	r = verify("--json");
	o = json_loads(r.out, JSON_REJECT_DUPLICATES, NULL);
	checks = json_object_get(json_object_get(o, "data"), "checks");
	CHECK(r.code == 0 && json_is_true(json_object_get(o, "ok")) &&
		json_array_size(checks) > 8 &&
		json_array_size(json_object_get(o, "reasons")) == 0,
	    "the same as JSON");
	CHECK(strstr(r.out, "no --enrolment") != NULL,
	    "a bundle names its own key: without another's word it is nobody's");
	json_decref(o);
	ran_free(&r);
}

static void
test_same_parts(void)
{
	char words[1500];
	struct ran r;

	put_file("quote", buf_bytes(&f.quote));
	put_file("signature", buf_bytes(&f.quote_sig));
	put_file("ak", buf_bytes(&f.ak_public));
	put_file("log", h->parts.boot_log);
	put_file("cmdline", h->parts.command_line);
	put_file("pcr15", h->parts.pcr15);
	(void)snprintf(words, sizeof(words),
	    "evidence verify --quote %s --signature %s --ak %s --boot-log %s "
	    "--cmdline %s --pcr15 %s",
	    path_of("quote"), path_of("signature"), path_of("ak"),
	    path_of("log"), path_of("cmdline"), path_of("pcr15"));
	r = run(words);
	CHECK(r.code == 1 && ran_says(&r, "ok  quote") &&
		ran_says(&r, "ok  boot log") &&
		ran_says(&r, "--  host key              no certification") &&
		ran_says(&r, "NO  HostKeyPresent") &&
		ran_says(&r, "NoBaseline"),
	    "single files are judged alike; what is missing is a refusal");
	ran_free(&r);
}

static void
test_identity(void)
{
	struct forge other;
	char options[200];

	forge_init(&other);
	put_file("other-ak", buf_bytes(&other.ak_public));
	forge_free(&other);
	(void)snprintf(options, sizeof(options), "--ak %s",
	    path_of("other-ak"));
	check_refused(options, "AkMismatch",
	    "T07 evidence of another enrolled host");
	(void)snprintf(options, sizeof(options), "--nonce %064d", 0);
	check_refused(options, "QuoteNonce", "T01 a quote of another exchange");
	check_refused("--policy IommuEnabled", "Iommu",
	    "T39 a policy that the host does not meet");
}

static void
test_tampered(void)
{
	struct forge_words words = f.words;
	struct bytes log = h->parts.boot_log;
	struct bytes changed = copy_of(log, 0);
	struct tcg_event e = event_of(log, 4, 1);

	f.quote.p[20] ^= 1;
	put_bundle("bundle");
	check_refused("", "QuoteSignature", "T06 a changed quote");
	f.words.magic ^= 1;
	forge_make(&f);
	put_bundle("bundle");
	check_refused("", "QuoteFormat", "T10 another magic under a signature");
	f.words = words;
	f.words.mask = 0x00fbfe;
	forge_make(&f);
	put_bundle("bundle");
	check_refused("", "QuoteSelection", "T12 another selection");
	f.words = words;
	f.words.certify_clock.resets++;
	forge_make(&f);
	put_bundle("bundle");
	check_refused("", "QuoteCounters",
	    "T16 a host key certified in another boot");
	f.words = words;
	f.words.name[5] ^= 1;
	forge_make(&f);
	put_bundle("bundle");
	check_refused("", "HostKeyCertify", "T55 another key's certification");
	f.words = words;
	forge_make(&f);
	*at_byte(changed, (size_t)e.offset + AT_DIGEST) ^= 1;
	h->parts.boot_log = changed;
	put_bundle("bundle");
	check_refused("", "TcgLogVerification",
	    "T31 a log that does not replay to the quote");
	h->parts.boot_log = bytes_of(log.p, log.len - 1);
	put_bundle("bundle");
	check_refused("", "TcgLogVerification", "T30 a log that is cut");
	h->parts.boot_log = log;
	put_bundle("bundle");
	put_baseline("baseline", BASELINE_TEST);
	check_refused("", "DebugBaseline",
	    "T57 a baseline for tests, as in production");
	put_baseline("baseline", BASELINE_PRODUCTION);
}

/* The recorded machine's own values are in a file beside the log. */
static void
test_replay(void)
{
	char words[600];
	struct ran r;
	auto_buf struct buf pcrs = BUF_INIT(8192);
	struct pcr_values v = h->boot.pcrs;

	for (unsigned i = 0; i < 16; i++) {
		buf_printf(&pcrs, "sha256:%u 0x", i);
		hex_put(&pcrs, BYTES_OF_ARRAY(v.v[i]));
		buf_put_u8(&pcrs, '\n');
	}
	put_file("log", h->parts.boot_log);
	put_file("pcrs", buf_bytes(&pcrs));
	(void)snprintf(words, sizeof(words), "evidence verify %s --pcrs %s",
	    path_of("log"), path_of("pcrs"));
	r = run(words);
	CHECK(r.code == 0 && ran_says(&r, "ok  boot log") &&
		ran_says(&r, "the log replays to PCR") &&
		ran_says(&r, "--  origin"),
	    "a log alone is compared with the values that were read");
	ran_free(&r);
	pcrs.p[11] = pcrs.p[11] == '0' ? '1' : '0';
	put_file("pcrs", buf_bytes(&pcrs));
	r = run(words);
	CHECK(r.code == 1 && ran_says(&r, "NO  sha256 PCR 0") &&
		ran_says(&r, "expected") && ran_says(&r, "got") &&
		ran_says(&r, "remedy"),
	    "T31 one of them is another: told with both digests");
	ran_free(&r);
	(void)snprintf(words, sizeof(words), "evidence verify %s",
	    path_of("log"));
	r = run(words);
	CHECK(r.code == 2, "a log with nothing to compare is a usage error");
	ran_free(&r);
}

/* name: a folder of the corpus's quotes; words that must be said. */
static void
check_quote(const char *name, const char *nonce, int code, const char *said)
{
	char base[4096], words[3 * 4200];
	struct ran r;

	if (!t_corpus_path(name, base, sizeof(base)))
		return;
	(void)snprintf(words, sizeof(words),
	    "evidence verify %s/attest.msg --signature %s/attest.sig --ak "
	    "%s/ak.pem %s%s",
	    base, base, base, nonce != NULL ? "--nonce " : "",
	    nonce != NULL ? nonce : "");
	r = run(words);
	CHECK(r.code == code && ran_says(&r, said), "%s: exit %d, \"%s\"", name,
	    code, said);
	ran_free(&r);
}

static void
test_quotes(void)
{
	check_quote("quote/keylime-files", NULL, 0, "ok  signature");
	check_quote("quote/keylime-files", "00", 1, "QuoteNonce");
	check_quote("quote/intel-secl-host-quote", NULL, 0, "ok  signature");
	check_quote("quote/gce-cos-85-no-nonce-sha384", NULL, 0,
	    "without --nonce a quote may be of any age");
	check_quote("quote/go-attestation-win-gcp", NULL, 1, "QuoteSignature");
	check_quote("quote/akcreate-rsa-pub-ecc-sig", NULL, 1,
	    "QuoteSignature");
	check_quote("quote/der-win-gcp-badmagic", NULL, 1, "FileInvalid");
}

/* name: a folder of recordings. */
static void
test_recorded(void)
{
	char base[4096], words[3 * 4200];
	struct ran r;

	if (!t_corpus_path("recordings/host-uki-clean", base, sizeof(base)))
		return;
	(void)snprintf(words, sizeof(words),
	    "evidence verify %s/binary_bios_measurements --pcrs "
	    "%s/pcr-sha256.txt --ima-log %s/binary_runtime_measurements",
	    base, base, base);
	r = run(words);
	CHECK(ran_says(&r, "after systemd's words: sysinit, ready") &&
		ran_says(&r, "the log replays to PCR 0-7, 9") &&
		ran_says(&r, "ok  IMA list"),
	    "a real host's log, and PCR 11 that systemd extended");
	ran_free(&r);
}

int
main(void)
{
	struct ran r;

	bundle_start();
	record_host_key(NULL, PCR_MASK_DEFAULT);
	put_bundle("bundle");
	put_enrolment("enrolment");
	put_baseline("baseline", BASELINE_PRODUCTION);
	test_good();
	test_same_parts();
	test_identity();
	test_tampered();
	test_replay();
	test_quotes();
	test_recorded();
	r = run("evidence verify");
	CHECK(r.code == 2 && ran_says(&r, "nothing to verify"),
	    "nothing to verify is a usage error");
	ran_free(&r);
	bundle_end();
	return t_done();
}
