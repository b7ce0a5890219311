/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/judge.h"

#include "host.h"

static struct baseline base; /* of the recorded good host, production */

static void
check_refused(const struct host *h, const struct policy_set *set, enum policy p,
    enum reason code, const char *what)
{
	struct verdict *v = judge(h, set, &base);

	CHECK(v->status == VERDICT_REFUSED && sub_of(v, p) != REASON_NONE &&
		reason_of(v, code) != NULL,
	    "%s: refused, %s: %s", what, reason_name(code), text_of(v, code));
}

static void
test_pass(void)
{
	struct host *h = host_make("host-good-again", NULL);
	struct verdict *v = judge(h, NULL, &base);

	CHECK(v->status == VERDICT_PASSED && v->matched && v->n_sub == 5 &&
		v->n_reasons == 0 && bytes_equal_text(v->baseline, "reference"),
	    "another boot of the reference host passes");
}

/* Zeros everywhere, and each thing that must be said left unsaid. */
static void
test_default_is_no(void)
{
	struct findings nothing = { 0 };
	struct boot_state unknown = { 0 };
	struct policy_set none = { 0 }, all = { 0xffffffff };
	const struct baseline *list[] = { &base };
	struct host *h = host_make("host-good", NULL);
	struct verdict v;

	policy_judge(&none, NULL, 0, &nothing, &unknown, &v);
	CHECK(v.status == VERDICT_REFUSED && v.n_sub == 3,
	    "nothing is known and nothing enabled: refused by the locked ones");
	policy_judge(&none, list, 1, &nothing, &h->state, &v);
	CHECK(v.status == VERDICT_REFUSED && !v.matched,
	    "T104 no findings: refused");
	policy_judge(&none, list, 1, &h->f, &unknown, &v);
	CHECK(v.status == VERDICT_REFUSED, "no verified quote: refused");
	policy_judge(&all, list, 1, &h->f, &h->state, &v);
	CHECK(v.status == VERDICT_REFUSED, "a policy nobody knows: refused");
	policy_judge(&none, list, 1, &h->f, &h->state, &v);
	CHECK(v.status == VERDICT_PASSED && v.n_sub == 3,
	    "the locked policies alone: passed");
	policy_judge(&none, NULL, 0, &h->f, &h->state, &v);
	CHECK(v.status == VERDICT_REFUSED && !v.matched,
	    "T40 nothing but the locked policies, and no baseline: refused");
	for (unsigned p = 0; p < POLICY_COUNT; p++) {
		struct policy_set one = { 1u << p };

		if (builtin_get((enum policy)p)->unavailable == NULL)
			continue;
		policy_judge(&one, list, 1, &h->f, &h->state, &v);
		CHECK(v.status == VERDICT_REFUSED &&
			sub_of(&v, (enum policy)p) != REASON_NONE,
		    "%s, should it ever be enabled: refused",
		    builtin_get((enum policy)p)->name);
	}
}

static void
test_evidence(void)
{
	struct host *h = host_make("host-good", NULL);
	struct tcg_event sep = event_of(h->boot.log, 3, 0);

	h->state.quote_covers_pcrs = false;
	check_refused(h, NULL, POLICY_SECURE_BOOT_ENABLED,
	    REASON_TcgLogVerification, "T31 a quote of other PCRs");
	h = host_make("host-good", NULL);
	h->parts.boot_log.len -= 3;
	host_measure(h);
	check_refused(h, NULL, POLICY_SECURE_BOOT_SETTINGS,
	    REASON_TcgLogVerification, "T30 a truncated log");
	h->parts.boot_log = BYTES_NONE;
	host_measure(h);
	check_refused(h, NULL, POLICY_SECURE_BOOT_ENABLED,
	    REASON_TcgLogVerification, "T104 no log");
	h->parts.boot_log = remove_event(h->boot.log, &sep);
	host_measure(h);
	check_refused(h, NULL, POLICY_FULL_BOOT, REASON_TcgLogVerification,
	    "T35 no separator in PCR 3");
}

static void
test_secure_boot(void)
{
	struct host *h = host_make("host-nosb", NULL);
	struct tcg_event sb = event_of(h->boot.log, 7, 0);
	struct bytes log = copy_of(h->boot.log, 0);

	check_refused(h, NULL, POLICY_SECURE_BOOT_ENABLED, REASON_SecureBoot,
	    "T38 Secure Boot off");
	CHECK(sub_of(judge(h, NULL, &base), POLICY_SECURE_BOOT_SETTINGS) ==
		REASON_SecureBootSettings,
	    "T38 and the measurements equal no baseline");
	*at_byte(log, sb.offset + AT_DATA + 52) = 1;
	h->parts.boot_log = log;
	host_measure(h);
	check_refused(h, NULL, POLICY_SECURE_BOOT_ENABLED, REASON_SecureBoot,
	    "T32 Secure Boot switched on in the log's data");
	h = host_make("host-good", NULL);
	h->f.secureboot.user_mode = false;
	check_refused(h, NULL, POLICY_SECURE_BOOT_ENABLED, REASON_SecureBoot,
	    "T38 set-up mode");
	h = host_make("host-good", NULL);
	h->f.secureboot.shim_insecure = true;
	check_refused(h, NULL, POLICY_SECURE_BOOT_ENABLED, REASON_SecureBoot,
	    "T38 shim told not to verify");
	h = host_make("host-good", NULL);
	h->f.secureboot.firmware_debug = true;
	check_refused(h, NULL, POLICY_UEFI_DEBUG_DISABLED, REASON_UefiDebug,
	    "firmware in debug mode");
}

static void
test_settings(void)
{
	struct host *h = host_make("host-cmdline", NULL);
	const struct verdict_reason *r;
	struct tcg_event dbx = event_of(h->boot.log, 7, 4);
	struct verdict *v;

	check_refused(h, NULL, POLICY_SECURE_BOOT_SETTINGS,
	    REASON_SecureBootSettings, "T90 lockdown= left out");
	v = judge(h, NULL, &base);
	r = reason_of(v, REASON_SecureBootSettings);
	CHECK(says(r->text, "lockdown=confidentiality is missing"),
	    "the argument that is missing comes first: %.*s", (int)r->text.len,
	    (const char *)r->text.p);
	r++;
	CHECK(r->pcr == 4 && r->digests && r->event == 23 &&
		memcmp(r->expected, r->got, 32) != 0 &&
		sub_of(v, POLICY_SECURE_BOOT_ENABLED) == REASON_NONE,
	    "a refusal names PCR, event, expected and got");
	h = host_make("host-good", NULL);
	h->parts.boot_log = remove_event(h->boot.log, &dbx);
	host_measure(h);
	check_refused(h, NULL, POLICY_SECURE_BOOT_SETTINGS,
	    REASON_SecureBootSettings, "T38 a missing dbx");
	h->parts.boot_log = insert_event(h->boot.log, h->boot.log.len, 12,
	    EV_IPL, bytes_of_text("credential"));
	host_measure(h);
	check_refused(h, NULL, POLICY_SECURE_BOOT_SETTINGS,
	    REASON_SecureBootSettings, "T39 a credential in PCR 12");
	h->parts.boot_log = insert_event(h->boot.log, h->boot.log.len, 9,
	    EV_IPL, bytes_of_text("another initrd"));
	host_measure(h);
	check_refused(h, NULL, POLICY_SECURE_BOOT_SETTINGS,
	    REASON_SecureBootSettings, "T40 one more initrd");
	h->parts.boot_log = h->boot.log;
	h->parts.command_line = bytes_of_text("lockdown=confidentiality");
	host_measure(h);
	check_refused(h, NULL, POLICY_SECURE_BOOT_SETTINGS,
	    REASON_SecureBootSettings, "T89 another command line's text");
	h->parts.command_line = BYTES_NONE;
	host_measure(h);
	check_refused(h, NULL, POLICY_SECURE_BOOT_SETTINGS,
	    REASON_SecureBootSettings, "T89 no command line's text");
}

static void
test_baselines(void)
{
	struct host *h = host_make("host-good", NULL);
	struct host *other = host_make("host-cmdline", NULL);
	struct baseline second = baseline_of(other, BASELINE_PRODUCTION);
	struct baseline lab = baseline_of(h, BASELINE_TEST);
	const struct baseline *both[] = { &second, &base };
	const struct baseline *labs[] = { &second, &lab };
	struct policy_set set = policy_set_default();
	struct verdict *v = judge(h, NULL, NULL);
	struct verdict w;

	CHECK(v->status == VERDICT_REFUSED &&
		reason_of(v, REASON_NoBaseline) != NULL,
	    "no baseline registered: refused");
	policy_judge(&set, both, 2, &h->f, &h->state, &w);
	CHECK(w.status == VERDICT_PASSED && w.baseline_index == 1,
	    "one of several baselines matches");
	policy_judge(&set, labs, 2, &h->f, &h->state, &w);
	CHECK(w.status == VERDICT_REFUSED && !w.matched &&
		reason_of(&w, REASON_DebugBaseline) != NULL,
	    "T57 a baseline for tests in production: refused");
	h->state.production = false;
	policy_judge(&set, labs, 2, &h->f, &h->state, &w);
	CHECK(w.status == VERDICT_PASSED,
	    "T57 outside production it may match");
}

static void
test_host_key(void)
{
	struct host *h = host_make("host-good", NULL);

	h->state.host_key_certified = false;
	check_refused(h, NULL, POLICY_HOST_KEY_PRESENT, REASON_HostKeyPresent,
	    "T55 no certified host key");
	h = host_make("host-good", NULL);
	h->state.hk_name[9] ^= 1;
	check_refused(h, NULL, POLICY_HOST_KEY_PRESENT, REASON_HostKeyPresent,
	    "T87 a certified key of root's own");
	h = host_make("host-good", NULL);
	h->parts.pcr15 = BYTES_NONE;
	host_measure(h);
	check_refused(h, NULL, POLICY_HOST_KEY_PRESENT, REASON_HostKeyPresent,
	    "T87 no record in PCR 15");
}

static void
test_full_boot(void)
{
	struct host *h = host_make("host-good", NULL);

	h->state.has_before = true;
	h->state.before = h->state.now;
	h->state.before.clock--;
	CHECK(judge(h, NULL, &base)->status == VERDICT_PASSED,
	    "a later attestation of the same boot passes");
	h->state.before.clock = h->state.now.clock + 1;
	check_refused(h, NULL, POLICY_FULL_BOOT, REASON_FullBoot,
	    "T16 a clock that went back");
	h->state.before = h->state.now;
	h->state.before.resets++;
	check_refused(h, NULL, POLICY_FULL_BOOT, REASON_FullBoot,
	    "T16 a reset count that went back");
	h = host_make("host-good", NULL);
	h->state.now.restarts = 1;
	check_refused(h, NULL, POLICY_FULL_BOOT, REASON_FullBoot,
	    "T41 a TPM restarted without a reset");
	h = host_make("host-good", NULL);
	h->state.now.safe = false;
	check_refused(h, NULL, POLICY_FULL_BOOT, REASON_FullBoot,
	    "T16 a clock that is not safe");
}

static void
test_cmdline(void)
{
	struct policy_set set = policy_set_default();
	struct host *h = host_make("host-good", NULL);
	struct baseline own;

	if (policy_set_change(&set, POLICY_IOMMU_ENABLED, true, NULL) < 0 ||
	    policy_set_change(&set, POLICY_NO_HIBERNATION, true, NULL) < 0 ||
	    policy_set_change(&set, POLICY_NO_DUMPS, true, NULL) < 0)
		t_bail("cannot enable");
	check_refused(h, &set, POLICY_IOMMU_ENABLED, REASON_Iommu,
	    "T39 a boot without efi=disable_early_pci_dma");
	host_boot_with(h, PRODUCT_CMDLINE);
	own = baseline_of(h, BASELINE_PRODUCTION);
	CHECK(judge(h, &set, &own)->status == VERDICT_PASSED,
	    "the product's command line meets the policies that read it");
	h->f.secureboot.dma_unprotected = true;
	CHECK(sub_of(judge(h, &set, &own), POLICY_IOMMU_ENABLED) ==
		REASON_Iommu,
	    "T39 DMA protection switched off by the firmware");
	h = host_make("host-cmdline", NULL);
	check_refused(h, &set, POLICY_IOMMU_ENABLED, REASON_Iommu,
	    "T39 a command line that no baseline proves");
	set.mask &= ~(1u << POLICY_SECURE_BOOT_SETTINGS);
	check_refused(h, &set, POLICY_NO_DUMPS, REASON_DumpsEnabled,
	    "T39 the same where a store's set leaves the baseline out");
	CHECK(sub_of(judge(h, &set, &base), POLICY_SECURE_BOOT_SETTINGS) ==
		REASON_SecureBootSettings,
	    "T40 a kernel of another baseline is judged by it all the same");
}

/* A baseline for tests may name no place where the text was measured. */
static void
test_no_template(void)
{
	struct policy_set set = policy_set_default();
	struct host *h = host_make("host-good", NULL);
	struct baseline bare = baseline_of(h, BASELINE_TEST);
	struct verdict *v;

	bare.cmdline = BYTES_NONE;
	bare.load_options.bound = bare.uki_section.bound = false;
	h->state.production = false;
	if (policy_set_change(&set, POLICY_NO_HIBERNATION, true, NULL) < 0)
		t_bail("cannot enable");
	v = judge(h, &set, &bare);
	CHECK(v->matched &&
		sub_of(v, POLICY_NO_HIBERNATION) == REASON_HibernationEnabled,
	    "T89 a baseline without a template proves no command line: %s",
	    text_of(v, REASON_HibernationEnabled));
}

static void
test_kexec(void)
{
	struct host *h = host_make("host-good", NULL);
	struct baseline own;
	struct verdict *v;

	host_boot_with(h, "lockdown=confidentiality nohibernate");
	v = judge(h, NULL, &base);
	CHECK(v->status == VERDICT_REFUSED &&
		sub_of(v, POLICY_FULL_BOOT) == REASON_NONE &&
		sub_of(v, POLICY_SECURE_BOOT_SETTINGS) ==
		    REASON_SecureBootSettings,
	    "an unproven command line is the baseline's matter alone");
	own = baseline_of(h, BASELINE_PRODUCTION);
	v = judge(h, NULL, &own);
	CHECK(v->status == VERDICT_REFUSED && v->matched &&
		sub_of(v, POLICY_FULL_BOOT) == REASON_FullBoot,
	    "T41 kexec not switched off, by a baseline that says so: %s",
	    text_of(v, REASON_FullBoot));
}

int
main(void)
{
	base = baseline_of(host_make("host-good", NULL), BASELINE_PRODUCTION);
	test_pass();
	test_default_is_no();
	test_evidence();
	test_secure_boot();
	test_settings();
	test_baselines();
	test_host_key();
	test_full_boot();
	test_cmdline();
	test_no_template();
	test_kexec();
	return t_done();
}
