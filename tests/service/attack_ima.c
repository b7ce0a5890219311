/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hosts that ran what they should not, or lie about what they ran: CiPolicy on
 * a live service, each attempt with its reason and its audit record; see
 * run.sh.
 */
#include "crypto/health.h"

#include "ima.h"

#define RULES                                                               \
	"allow hash "                                                       \
	"sha256:"                                                           \
	"ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb " \
	"/usr/bin/a\n"                                                      \
	"allow hash "                                                       \
	"sha256:"                                                           \
	"3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d " \
	"/usr/bin/b\n"
#define ENFORCED "shieldwall-ci 1\nname ours\nmode enforced\n" RULES
#define AUDIT    "shieldwall-ci 1\nname watch\nmode audit\n" RULES
#define MORE     ENFORCED "allow event kernel_version\n"

static struct party signer;
static struct ima_list list;

/* Judged unfit for CiPolicy, with this reason beside the sub-status. */
#define UNFIT(reason, ...)                                          \
	CHECK((int)said_code(&g, REASON_InsecureHostConfiguration,  \
		  REASON_CodeIntegrityPolicy) &                     \
		(int)tells_reason(reason) &                         \
		(int)audited(&g, "attest",                          \
		    reason_name(REASON_InsecureHostConfiguration)), \
	    __VA_ARGS__)

#define PASSED(...) \
	CHECK(passed() && audited(&g, "attest", "Passed"), __VA_ARGS__)

static void
test_none(void)
{
	auto_attempt a = { 0 };
	char said[1024];

	must(hgsctl(&g, said, sizeof(said), "policy enable CiPolicy"), said);
	ima_boot(one, &list);
	ima_run(one, &list, "/usr/bin/a", "a");
	ima_attest(one, &list, &a);
	CHECK(a.c.ima_cursor == 0 && (a.c.pcr_mask & 1u << IMA_PCR) != 0,
	    "where CiPolicy is enabled, PCR 10 is asked for");
	UNFIT(REASON_CodeIntegrityPolicy,
	    "no policy is registered: CodeIntegrityPolicy");
}

static void
test_lists(void)
{
	auto_attempt a = { 0 }, b = { 0 }, c = { 0 }, e = { 0 }, f = { 0 };
	struct buf other = BUF_INIT(IMA_LIST_LIMIT);

	ima_policy_add(&signer, "ours", ENFORCED);
	ima_run(one, &list, "/usr/bin/b", "b");
	ima_begin(one, &a);
	ima_present(one, &a, BYTES_NONE);
	JUDGED(&g, REASON_ImaLogVerification,
	    "T42 T104 no list at all: ImaLogVerification");
	ima_begin(one, &b);
	ima_present(one, &b,
	    bytes_of(list.b.p, list.b.len - ima_from(&list, 2).len));
	JUDGED(&g, REASON_ImaLogVerification,
	    "T42 a list shorter than the quote: ImaLogVerification");
	(void)buf_put(&other,
	    bytes_of(list.b.p, list.b.len - ima_from(&list, 1).len));
	(void)buf_put(&other, ima_from(&list, 2));
	(void)buf_put(&other,
	    bytes_of(ima_from(&list, 1).p,
		ima_from(&list, 1).len - ima_from(&list, 2).len));
	ima_begin(one, &c);
	ima_present(one, &c, buf_bytes(&other));
	JUDGED(&g, REASON_ImaLogVerification,
	    "T42 a reordered list: ImaLogVerification");
	buf_reset(&other);
	(void)buf_put(&other, buf_bytes(&list.b));
	other.p[other.len - ima_from(&list, 2).len + 4] ^= 1;
	ima_begin(one, &e);
	ima_present(one, &e, buf_bytes(&other));
	UNFIT(REASON_ImaTemplateDigest,
	    "T43 T45 a logged digest that is not of its data: "
	    "ImaTemplateDigest");
	other.p[other.len - ima_from(&list, 2).len + 28] ^= 1;
	ima_begin(one, &f);
	ima_present(one, &f, buf_bytes(&other));
	JUDGED(&g, REASON_ImaLogVerification,
	    "T45 a template that nobody knows: ImaLogVerification");
	buf_free(&other);
}

static void
test_cursor(void)
{
	auto_attempt a = { 0 }, b = { 0 }, c = { 0 }, e = { 0 }, f = { 0 };

	ima_attest(one, &list, &a);
	CHECK(a.c.ima_cursor == 0,
	    "T91 what was refused moves no cursor: it is 0");
	PASSED("a list that the policy has: Passed");
	ima_attest(one, &list, &b);
	CHECK(b.c.ima_cursor == 3 && b.s.ima.len == 0,
	    "the next time nothing is sent again (%llu)",
	    (unsigned long long)b.c.ima_cursor);
	PASSED("... and it passes");
	ima_run(one, &list, "/usr/bin/a", "a");
	ima_begin(one, &c);
	ima_present(one, &c, ima_from(&list, 2));
	JUDGED(&g, REASON_ImaLogVerification,
	    "T48 a list from another entry than was asked: "
	    "ImaLogVerification");
	ima_begin(one, &e);
	ima_attest(one, &list, &f);
	PASSED("T48 the new entry alone: Passed");
	ima_present(one, &e, ima_from(&list, e.c.ima_cursor));
	REFUSED(&g, "attest", REASON_ChallengeAgain,
	    "T48 back to an earlier cursor, of a challenge before: "
	    "ChallengeAgain");
}

static void
test_reboot(void)
{
	auto_attempt a = { 0 }, b = { 0 }, c = { 0 };
	struct ima_list before = list;

	/* The state was dropped with the last refusal. */
	ima_attest(one, &list, &c);
	PASSED("the list from its beginning: Passed");
	list = (struct ima_list){ 0 };
	host_down(one);
	reboot(one);
	ima_boot(one, &list);
	ima_run(one, &list, "/usr/bin/a", "a");
	ima_begin(one, &a);
	ima_present(one, &a, ima_from(&before, a.c.ima_cursor));
	REFUSED(&g, "attest", REASON_ChallengeAgain,
	    "T48 T91 a cursor of the boot before: ChallengeAgain");
	ima_attest(one, &list, &b);
	CHECK(b.c.ima_cursor == 0, "... then the whole list is asked for");
	PASSED("... and it passes");
	buf_free(&before.b);
}

static bool
names_policy(struct bytes certificate, const char *text)
{
	struct buf compiled = BUF_INIT(CI_MAX);
	struct diag d = { 0 };
	struct health health;
	uint8_t id[32];

	need(health_parse(certificate, &health, &d), &d, "certificate");
	need(t_ci_compile(bytes_of_text(text), &compiled, &d), &d, "policy");
	ci_id(buf_bytes(&compiled), id);
	buf_free(&compiled);
	return memcmp(id, health.ci_id, sizeof(id)) == 0;
}

static void
test_changed_policy(void)
{
	auto_attempt a = { 0 }, b = { 0 }, c = { 0 };
	struct session s;

	ima_attest(one, &list, &a);
	PASSED("the host is attested");
	session_take(&g, one, &a.s, &s);
	CHECK(names_policy(buf_bytes(&s.certificate), ENFORCED),
	    "... and its certificate names the policy that admitted it");
	ima_begin(one, &b);
	ima_policy_remove("ours");
	hgs_mark(&g);
	notice(&g, &s, PATH_CONFIRM, bytes_of_text("x"));
	REFUSED(&g, "confirm", REASON_CertificateRevoked,
	    "T101 CI policy removed: its certificate is CertificateRevoked");
	session_free(&s);
	ima_present(one, &b, ima_from(&list, b.c.ima_cursor));
	REFUSED(&g, "attest", REASON_ChallengeAgain,
	    "T91 a cursor by the policy that was removed: ChallengeAgain");
	ima_policy_add(&signer, "ours", MORE);
	ima_attest(one, &list, &c);
	CHECK(c.c.ima_cursor == 0,
	    "T91 under another policy the whole list is asked for");
	PASSED("... and it passes");
}

static void
test_code(void)
{
	auto_attempt a = { 0 }, b = { 0 }, c = { 0 }, e = { 0 }, f = { 0 };
	uint64_t at;
	char said[4096];

	ima_run(one, &list, "/tmp/evil", "evil");
	ima_attest(one, &list, &a);
	at = a.c.ima_cursor;
	UNFIT(REASON_CodeUnknown, "T104 an unknown program ran: CodeUnknown");
	CHECK(memmem(g.body.p, g.body.len, "/tmp/evil", 9) != NULL,
	    "... and its path is told");
	ima_run(one, &list, "/usr/bin/a", "a");
	ima_attest(one, &list, &b);
	CHECK(b.c.ima_cursor == at, "T91 the cursor stays before it");
	UNFIT(REASON_CodeUnknown, "T91 it is not forgotten: CodeUnknown");
	ima_run(one, &list, "/usr/bin/b", "changed");
	ima_put_violation(&list.b, "/usr/bin/a");
	ima_put_buffer(&list.b, ".ima", bytes_of_text("0 a key"));
	ima_extend_tpm(one, &list);
	ima_attest(one, &list, &c);
	UNFIT(REASON_CodeChanged, "T43 a changed program ran: CodeChanged");
	CHECK(tells_reason(REASON_CodeViolation),
	    "T43 a violation: CodeViolation");
	CHECK(tells_reason(REASON_CodeEvent),
	    "T46 a key that was added late: CodeEvent");
	ima_policy_add(&signer, "watch", AUDIT);
	ima_attest(one, &list, &e);
	UNFIT(REASON_CodeUnknown,
	    "a policy that audits does not weaken one that enforces: "
	    "CodeUnknown");
	ima_policy_remove("ours");
	ima_attest(one, &list, &f);
	PASSED("a policy that audits, alone, passes the same host");
	must(hgsctl(&g, said, sizeof(said), "host show kvm1"), said);
	CHECK(strstr(said, "/tmp/evil") != NULL &&
		strstr(said, "watch") != NULL,
	    "... and host show tells what it noted");
	must(hgsctl(&g, said, sizeof(said), "ci list"), said);
	CHECK(strstr(said, " 1 hosts ") != NULL,
	    "... and ci list that it passed one host");
	ima_policy_add(&signer, "ours", MORE);
	ima_policy_remove("watch");
}

static void
test_outside(void)
{
	auto_attempt a = { 0 };
	uint8_t digest[32] = { 7 };
	struct diag d = { 0 };

	host_down(one);
	reboot(one);
	ima_boot(one, &list);
	need(tpmdev_pcr_extend(one->dev, IMA_PCR, digest, &d), &d, "extend");
	ima_begin(one, &a);
	ima_present(one, &a, ima_from(&list, 0));
	if (a.c.ima_cursor != 0) {
		auto_attempt b = { 0 };

		ima_attest(one, &list, &b);
	}
	JUDGED(&g, REASON_ImaLogVerification,
	    "T50 PCR 10 extended by somebody else: ImaLogVerification");
}

/* A host whose guard-early loaded no IMA policy; its list has another boot's. */
static void
test_late(void)
{
	auto_attempt a = { 0 }, b = { 0 };
	struct ima_list l = { 0 };
	struct pcr_values none = { 0 };

	ima_boot(two, &l);
	ima_attest(two, &l, &a);
	UNFIT(REASON_ImaPolicyLate,
	    "T47 an IMA policy loaded late, or none: ImaPolicyLate");
	host_down(two);
	reboot(two);
	buf_reset(&l.b);
	l.extended = 0;
	ima_put_boot(&l.b, &none);
	ima_extend_tpm(two, &l);
	ima_attest(two, &l, &b);
	UNFIT(REASON_ImaBootAggregate,
	    "T44 a list of another boot: ImaBootAggregate");
	buf_free(&l.b);
}

int
main(void)
{
	static uint8_t ima_policy[32];

	ima_policy_shipped(ima_policy);
	t_party(&signer, "ci", T_P256, T_P256);
	hgs_open(&g, env("HGS_URL"), env("HGS_ROOT"));
	one = ima_host("kvm1", ima_policy);
	two = ima_host("kvm2", NULL);
	hgs_enrol(&g, one, true);
	hgs_enrol(&g, two, false);
	test_none();
	test_lists();
	test_cursor();
	test_reboot();
	test_changed_policy();
	test_code();
	test_outside();
	test_late();
	attempt_end();
	t_party_free(&signer);
	buf_free(&list.b);
	return t_done();
}
