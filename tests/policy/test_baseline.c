/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/baseline.h"

#include "host.h"

static struct baseline base;

static bool
decodes(const uint8_t *p, size_t n, void *arg)
{
	struct baseline b;

	(void)arg;
	return baseline_decode(bytes_of(p, n), &b, NULL) == ERR_OK;
}

static void
test_file(void)
{
	struct buf a = BUF_INIT(BASELINE_FILE_MAX), b = a;
	uint8_t one[32], two[32];
	struct baseline back;

	CHECK(baseline_encode(&base, &a, NULL) == ERR_OK &&
		baseline_decode(buf_bytes(&a), &back, NULL) == ERR_OK &&
		baseline_encode(&back, &b, NULL) == ERR_OK &&
		bytes_equal(buf_bytes(&a), buf_bytes(&b)),
	    "a baseline is the same after encoding and decoding (%zu bytes)",
	    a.len);
	CHECK(t_truncations(a.p, a.len, decodes, NULL) == 0,
	    "every truncated baseline is refused");
	CHECK(!t_trailing(a.p, a.len, decodes, NULL),
	    "a byte behind a baseline is refused");
	baseline_id(buf_bytes(&a), one);
	a.p[a.len - 1] ^= 1;
	baseline_id(buf_bytes(&a), two);
	CHECK(memcmp(one, two, 32) != 0, "its id is that of all its bytes");
	a.p[4] = 2;
	CHECK(baseline_decode(buf_bytes(&a), &back, NULL) == ERR_UNSUPPORTED,
	    "another version is refused");
	buf_free(&a);
	buf_free(&b);
}

#define REFUSED(change, what)                                              \
	do {                                                               \
		struct baseline b = base;                                  \
		struct diag d = { 0 };                                     \
		change;                                                    \
		CHECK(baseline_check(&b, &d) < 0, "%s: refused: %s", what, \
		    d.text);                                               \
	} while (0)

static void
ignore(struct baseline *b, size_t i)
{
	b->rules[i].kind = BASELINE_IGNORE;
	b->rules[i].reason = bytes_of_text("because");
	memset(b->rules[i].value, 0, 32);
}

static void
test_rules(void)
{
	CHECK(base.n_rules == 14 &&
		baseline_rule(&base, 5)->kind == BASELINE_IGNORE &&
		baseline_rule(&base, 6)->kind == BASELINE_IGNORE &&
		baseline_rule(&base, 7)->kind == BASELINE_EXACT &&
		baseline_rule(&base, 10) == NULL &&
		baseline_rule(&base, 15) == NULL,
	    "by default all but PCR 5 and 6 are exact");
	REFUSED(b.rules[7].value[0] ^= 1, "a value its events do not make");
	REFUSED(b.n_rules--, "no rule for PCR 14");
	REFUSED(b.rules[13].pcr = 15, "T15 a rule for PCR 15");
	REFUSED(b.rules[13].pcr = 16, "T15 a rule for the resettable PCR 16");
	REFUSED(b.rules[13].pcr = 23, "T15 a rule for the resettable PCR 23");
	REFUSED(b.rules[13].pcr = 200, "a rule for PCR 200");
	REFUSED(b.rules[1].pcr = 0, "two rules for PCR 0");
	REFUSED(b.rules[2].kind = 3, "an unknown rule");
	REFUSED(b.rules[5].reason = BYTES_NONE, "ignoring without a reason");
	REFUSED(ignore(&b, 7), "ignoring PCR 7");
	REFUSED(ignore(&b, 13), "ignoring PCR 14 in production");
	REFUSED(b.locality = 3, "another startup locality");
	REFUSED(b.n_events++, "a wrong number of events");
	REFUSED(b.purpose = 0, "no purpose");
	REFUSED(b.name = bytes_of_text("../x"), "T60 a name that is a path");
}

static void
test_exceptions(void)
{
	struct baseline lab = base;
	struct baseline_exception x = { 9, 1, false,
		bytes_of_text("the initrd is built on each host") };

	REFUSED((b.exceptions[0] = x, b.exceptions[0].nth = 2,
		    b.n_exceptions = 1),
	    "an exception for an event that is not there");
	REFUSED((b.exceptions[0] = x, b.exceptions[0].reason = BYTES_NONE,
		    b.n_exceptions = 1),
	    "an exception without a reason");
	REFUSED((b.exceptions[0] = x, b.exceptions[0].pcr = 7,
		    b.n_exceptions = 1),
	    "an exception in PCR 7");
	REFUSED((b.exceptions[0] = x, b.exceptions[0].pcr = 5,
		    b.n_exceptions = 1),
	    "an exception in an ignored PCR");
	REFUSED((b.exceptions[0] = b.exceptions[1] = x, b.n_exceptions = 2),
	    "the same exception twice");
	REFUSED((b.exceptions[0] = x, b.exceptions[0].cmdline = true,
		    b.n_exceptions = 1),
	    "a command line exception at another event");
	lab.exceptions[0] = x;
	lab.n_exceptions = 1;
	CHECK(baseline_check(&lab, NULL) == ERR_OK,
	    "an event of PCR 9 may vary by name and reason");
	REFUSED(b.cmdline = BYTES_NONE, "no command line template");
	REFUSED(b.cmdline = bytes_of_text("a \"b"), "a template's open quote");
	REFUSED(b.load_options.nth = 7, "a command line at no event");
	REFUSED((b.load_options = b.uki_section = (struct cmdline_bind){ 0 }),
	    "a command line measured nowhere");
}

/* What guards a host is said in full; a disk's name may be left open. */
static void
test_open(void)
{
	static const char *const fixed[] = { "lockdown=*",
		"sysctl.kernel.yama.ptrace_scope=*",
		"sysctl/kernel/kexec_load_disabled=*", "module_blacklist=*",
		"module-blacklist=*", "module_blacklist=slram=*",
		"init_on_free=*", "iommu=*", "iommu.strict=*", "intel_iommu=*",
		"intel-iommu=*", "amd_iommu=*", "efi=*", "shieldwall.verity=*",
		"shieldwall.code=*", "init=*", "\"root\"=*" };
	static const char *const open[] = { "root=*", "root=UUID=*",
		"rd.luks.uuid=*", "lockdown=confidentiality",
		"module_blacklist=slram,*" };
	size_t n = 0, unsaid = 0;

	for (size_t i = 0; i < ARRAY_LEN(fixed); i++) {
		struct baseline b = base;
		struct diag d = { 0 };
		char text[128];

		(void)snprintf(text, sizeof(text), "quiet %s ro", fixed[i]);
		b.cmdline = bytes_of_text(text);
		if (baseline_check(&b, &d) == ERR_REFUSED)
			n++;
		else
			printf("# taken: %s\n", fixed[i]);
		unsaid += strstr(d.text, fixed[i]) == NULL;
	}
	CHECK(n == ARRAY_LEN(fixed) && unsaid == 0,
	    "T90 a template that leaves open what guards a host, in %zu ways: "
	    "refused, and named",
	    n);
	n = 0;
	for (size_t i = 0; i < ARRAY_LEN(open); i++) {
		struct baseline b = base;

		b.cmdline = bytes_of_text(open[i]);
		n += baseline_check(&b, NULL) == ERR_OK;
	}
	CHECK(n == ARRAY_LEN(open), "the name of a disk may be left open");
}

int
main(void)
{
	base = baseline_of(host_make("host-good", NULL), BASELINE_PRODUCTION);
	test_file();
	test_rules();
	test_exceptions();
	test_open();
	return t_done();
}
