/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Registered hosts that lie about their host key, their boot or the time: each
 * lie has its reason code and its audit record, and gets nothing. On a live
 * service; see run.sh.
 */
#include "attempt.h"

/* --- the host key --- */

/* After begin(): this is the host key, and all else is true. */
static void
show_key(const struct tpmdev_key *hk, struct attempt *a)
{
	copy_to(&a->s.hk, tpmdev_key_public(hk));
	shown_transcript(one, &a->c, &a->s);
	shown_quote(&one->ak, BYTES_OF_ARRAY(a->s.transcript), a->c.pcr_mask,
	    &a->s);
	shown_certify(&one->ak, hk, &one->auth, BYTES_OF_ARRAY(a->s.transcript),
	    &a->s);
	present(a);
}

static void
test_host_key_attributes(void)
{
	static const struct {
		const char *what;
		uint32_t set, clear;
	} cases[] = {
		{ "that can be duplicated", 0,
		    TPMA_FIXED_TPM | TPMA_FIXED_PARENT },
		{ "that guesses at its authorisation lock", 0, TPMA_NO_DA },
		{ "that can be duplicated encrypted",
		    TPMA_ENCRYPTED_DUPLICATION,
		    TPMA_FIXED_TPM | TPMA_FIXED_PARENT },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_attempt a = { 0 };
		struct tpmdev_key own;
		struct buf template;

		forge_template(false, cases[i].set, cases[i].clear, 9,
		    &template);
		begin(one, &a);
		forge_primary(one, ESYS_TR_RH_NULL, &template, true, &own);
		show_key(&own, &a);
		REFUSED(&g, "attest", REASON_HostKeyTemplate,
		    "T55 a host key %s: HostKeyTemplate", cases[i].what);
		tpmdev_key_flush(&own);
		buf_free(&template);
	}
}

static void
test_host_key(void)
{
	auto_attempt a = { 0 }, b = { 0 }, c = { 0 };
	uint8_t point[P256_POINT_SIZE];
	struct tpmdev_key own;
	struct buf template, soft = BUF_INIT(TPM_PUBLIC_MAX);
	struct key *key = t_key(T_P256);

	forge_template(false, 0, 0, 11, &template);
	begin(one, &a);
	forge_primary(one, ESYS_TR_RH_OWNER, &template, true, &own);
	show_key(&own, &a);
	REFUSED(&g, "attest", REASON_HostKeyCertify,
	    "T55 a host key that outlives a reset: HostKeyCertify");
	tpmdev_key_flush(&own);
	buf_free(&template);

	key_p256_point(key, point);
	if (!public_put_hk(&soft, bytes_of(point + 1, 32),
		bytes_of(point + 33, 32)))
		t_bail("template");
	begin(one, &b);
	copy_to(&b.s.hk, buf_bytes(&soft));
	shown_sign(one, &b.c, &b.s);
	present(&b);
	REFUSED(&g, "attest", REASON_HostKeyCertify,
	    "T55 a host key that is in no TPM: HostKeyCertify");
	buf_free(&soft);
	key_free(key);

	begin(one, &c);
	host_key_new(one, &own);
	show_key(&own, &c);
	JUDGED(&g, REASON_HostKeyPresent,
	    "T87 root's own host key, right in all but PCR 15: "
	    "HostKeyPresent");
	tpmdev_key_flush(&own);
}

/* --- logs --- */

/* The parts in a are signed for as they stand, and shown. */
static void
sign_and_present(struct attempt *a)
{
	shown_sign(one, &a->c, &a->s);
	present(a);
}

/* Where event n of the log lies. */
static void
event_at(struct bytes in, size_t n, size_t *ret_from, size_t *ret_to,
    struct tcg_event *ret)
{
	struct tcglog_iter it;
	struct tcglog log;
	struct diag d = { 0 };

	need(tcglog_open(in, &log, &d), &d, "log");
	it = tcglog_iter(&log);
	for (size_t i = 0; i <= n; i++) {
		*ret_from = it.r.off;
		need(tcglog_next(&it, ret, &d), &d, "event");
		*ret_to = it.r.off;
	}
}

static void
test_log(void)
{
	auto_attempt a = { 0 }, b = { 0 }, c = { 0 }, e = { 0 };
	size_t from, to, n = 0;
	struct tcg_event event;
	struct buf cut = BUF_INIT((size_t)1 << 20);

	begin(one, &a);
	a.s.log.len -= 10;
	sign_and_present(&a);
	JUDGED(&g, REASON_TcgLogVerification,
	    "T30 a log cut within an event: TcgLogVerification");

	begin(one, &b);
	event_at(one->log, 5, &from, &to, &event);
	buf_put(&cut, bytes_of(one->log.p, from));
	buf_put(&cut, bytes_of(one->log.p + to, one->log.len - to));
	copy_to(&b.s.log, buf_bytes(&cut));
	buf_free(&cut);
	sign_and_present(&b);
	JUDGED(&g, REASON_TcgLogVerification,
	    "T31 a log without one of its events: TcgLogVerification");

	/* The digest stays, so the log still replays to the quote. */
	begin(one, &c);
	do
		event_at(one->log, n++, &from, &to, &event);
	while (event.type != EV_SEPARATOR);
	c.s.log.p[to - 1] ^= 1;
	sign_and_present(&c);
	JUDGED(&g, REASON_TcgLogVerification,
	    "T32 a separator whose digest is not its data's: "
	    "TcgLogVerification");

	begin(one, &e);
	copy_to(&e.s.log, BYTES_NONE);
	sign_and_present(&e);
	JUDGED(&g, REASON_TcgLogVerification,
	    "T104 no log at all: TcgLogVerification");
}

static void
test_other_parts(void)
{
	auto_attempt a = { 0 }, b = { 0 }, c = { 0 };

	begin(one, &a);
	buf_put_text(&a.s.cmdline, " init=/bin/sh");
	sign_and_present(&a);
	JUDGED(&g, REASON_SecureBootSettings,
	    "T90 a command line that was not measured: SecureBootSettings");
	begin(one, &b);
	copy_to(&b.s.pcr15, BYTES_NONE);
	sign_and_present(&b);
	JUDGED(&g, REASON_TcgLogVerification,
	    "T87 without PCR 15's records: TcgLogVerification");
	begin(one, &c);
	copy_to(&c.s.pcr15, buf_bytes(&two->pcr15));
	sign_and_present(&c);
	JUDGED(&g, REASON_TcgLogVerification,
	    "T87 with another host's records: TcgLogVerification");
}

/* --- the TPM's state put back --- */

static void
copy_state(const struct host *h, const char *from, const char *to)
{
	char a[128], b[128];
	const char *rm[] = { "rm", "-rf", b, NULL };
	const char *cp[] = { "cp", "-a", a, b, NULL };

	(void)snprintf(a, sizeof(a), "%s/%s", h->tpm.dir, from);
	(void)snprintf(b, sizeof(b), "%s/%s", h->tpm.dir, to);
	if (swtpm_run(&h->tpm, "cp", rm) != 0 ||
	    swtpm_run(&h->tpm, "cp", cp) != 0)
		t_bail("cannot copy the TPM's state");
}

static void
test_rollback(void)
{
	auto_attempt a = { 0 }, b = { 0 }, c = { 0 }, e = { 0 };

	begin(one, &a);
	host_down(one);
	copy_state(one, "state", "old");
	reboot(one);
	present(&a);
	CHECK(passed(), "a bundle made before a reboot is still of its boot");
	begin(one, &b);
	host_down(one);
	reboot(one);
	host_down(one);
	reboot(one);
	begin(one, &c);
	present(&c);
	CHECK(passed(), "after a reboot the host attests again");
	present(&b);
	JUDGED(&g, REASON_FullBoot,
	    "T16 a bundle made in an earlier boot: FullBoot");
	host_down(one);
	copy_state(one, "old", "state");
	reboot(one);
	for (int i = 0; i < 2; i++) {
		begin(one, &e);
		present(&e);
		JUDGED(&g, REASON_FullBoot,
		    "T16 a TPM whose state was put back: FullBoot%s",
		    i == 0 ? "" : ", and again when it insists");
		attempt_free(&e);
		e = (struct attempt){ 0 };
	}
	/* It has no more boots to count than we have to wait for. */
	for (int i = 0; i < 3; i++) {
		host_down(one);
		reboot(one);
	}
	begin(one, &e);
	present(&e);
	CHECK(passed(), "once its counters are past what was seen: Passed");
}

/* --- the time that has passed --- */

static void
test_expired(const struct attempt *early, time_t made)
{
	while (time(NULL) < made + 62)
		(void)sleep(1);
	hgs_mark(&g);
	hgs_attest(&g, two, &early->s);
	REFUSED(&g, "attest", REASON_ChallengeExpired,
	    "T02 a challenge older than 60 s: ChallengeExpired");
}

int
main(void)
{
	auto_attempt early = { 0 }, last = { 0 };
	time_t made;

	attempt_setup();
	begin(two, &early);
	made = time(NULL);
	test_host_key_attributes();
	test_host_key();
	test_log();
	test_other_parts();
	test_rollback();
	test_expired(&early, made);
	begin(one, &last);
	present(&last);
	CHECK(passed(), "after all this an honest host passes");
	attempt_end();
	return t_done();
}
