/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RootEncrypted: which device the command line names, and what the IMA list
 * says of it.
 */
#include "policy/judge.h"

#include "host.h"

/* The product's line with another root device. */
static const char *
line_of(const char *root)
{
	char *line = keep(4096);
	const char *at = strstr(PRODUCT_CMDLINE, "root=/");
	size_t before;

	if (at == NULL)
		t_bail("the product's command line names no root");
	before = (size_t)(at - PRODUCT_CMDLINE);
	(void)snprintf(line, 4096, "%.*s%s%s", (int)before, PRODUCT_CMDLINE,
	    root, at + strcspn(at, " "));
	return line;
}

static const uint8_t ima_policy[SHA256_SIZE] = { 0x1a, 0xcc };
static const uint8_t known_list[][SHA256_SIZE] = { { 0x1a, 0xcc } };
static const struct digest_list known = { ARRAY_LEN(known_list), known_list };
static struct policy_set set;

static struct host *
host_with(const char *line, const uint8_t *early, struct baseline *ret)
{
	struct host *h = host_make_early("host-good", NULL, early);

	h->state.ima_policies = &known;
	h->state.quote_has_ima = true;
	host_boot_with(h, line);
	*ret = baseline_of(h, BASELINE_PRODUCTION);
	h->f.ima_check.state = FINDING_GOOD;
	h->f.ima = (struct ima_facts){ .n_entries = 9,
		.n_covered = 9,
		.nearest = IMA_NO_POLICY,
		.mapped_known = true,
		.n_mapped = 2 };
	h->f.ima.mapped[0] =
	    (struct ima_mapped){ bytes_of_text("swap"), IMA_DM_CRYPT };
	h->f.ima.mapped[1] =
	    (struct ima_mapped){ bytes_of_text("root"), IMA_DM_CRYPT };
	return h;
}

static bool
refused(const struct verdict *v, enum reason reason)
{
	return v->status == VERDICT_REFUSED &&
	    sub_of(v, POLICY_ROOT_ENCRYPTED) == REASON_RootEncryption &&
	    reason_of(v, reason) != NULL;
}

static void
test_device(void)
{
	struct baseline b;
	struct host *h =
	    host_with(line_of("root=/dev/mapper/root"), ima_policy, &b);
	struct verdict *v = judge(h, &set, &b);

	CHECK(v->status == VERDICT_PASSED &&
		sub_of(v, POLICY_ROOT_ENCRYPTED) == REASON_NONE,
	    "a root on dm-crypt passes");
	h->f.ima.mapped[1].kind = IMA_DM_VERITY;
	v = judge(h, &set, &b);
	CHECK(refused(v, REASON_RootEncryption),
	    "one on dm-verity does not: %s", text_of(v, REASON_RootEncryption));
	h->f.ima.n_mapped = 1;
	CHECK(refused(judge(h, &set, &b), REASON_RootEncryption),
	    "nor one that is not mapped, though another is");
	h->f.ima.mapped_known = false;
	h->f.ima.n_mapped = 0;
	v = judge(h, &set, &b);
	CHECK(refused(v, REASON_RootEncryption),
	    "T48 nor where the list is not whole: %s",
	    text_of(v, REASON_RootEncryption));
}

static void
test_list(void)
{
	struct baseline b;
	struct host *h =
	    host_with(line_of("root=/dev/mapper/root"), ima_policy, &b);

	h->state.quote_has_ima = false;
	CHECK(refused(judge(h, &set, &b), REASON_ImaLogVerification),
	    "T50 a list that was not quoted says nothing of the root");
	h->state.quote_has_ima = true;
	h->f.ima_check = (struct finding_check){ 0 };
	CHECK(refused(judge(h, &set, &b), REASON_ImaLogVerification),
	    "nor one that nobody examined");
	h = host_with(line_of("root=/dev/mapper/root"), NULL, &b);
	CHECK(refused(judge(h, &set, &b), REASON_ImaPolicyLate),
	    "T47 nor one of an IMA policy that came late");
}

static void
test_cmdline(void)
{
	static const char *const roots[] = { "root=/dev/sda1",
		"root=/dev/mapper/root root=/dev/mapper/swap",
		"root=/dev/mapper/root rd.break",
		"root=/dev/mapper/root ima=off", "root=UUID=1234",
		"root=/dev/mapper/root init=/bin/sh" };
	struct baseline b;

	for (size_t i = 0; i < ARRAY_LEN(roots); i++) {
		struct host *h = host_with(line_of(roots[i]), ima_policy, &b);
		struct verdict *v = judge(h, &set, &b);

		CHECK(v->matched && refused(v, REASON_RootEncryption),
		    "T39 T90 though the baseline says so, refused: %s",
		    text_of(v, REASON_RootEncryption));
	}
}

int
main(void)
{
	set = policy_set_default();
	if (policy_set_change(&set, POLICY_ROOT_ENCRYPTED, true, NULL) < 0)
		t_bail("RootEncrypted cannot be enabled");
	CHECK(policy_set_reads_ima(&set), "PCR 10 is asked for");
	test_device();
	test_list();
	test_cmdline();
	return t_done();
}
