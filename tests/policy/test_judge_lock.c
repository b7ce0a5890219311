/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Policies that rest on guard-early's record: its lock and its place in PCR
 * 15, and the command line that goes with it.
 */
#include "policy/judge.h"

#include "host.h"

static const uint8_t lock[SHA256_SIZE] = { 0x10, 0xcc };
static const uint8_t locks[][SHA256_SIZE] = { { 7 }, { 0x10, 0xcc } };
static const struct digest_list known = { ARRAY_LEN(locks), locks };

static const struct {
	enum policy p;
	enum reason reason;
	const char *line; /* measured and in the baseline, and yet refused */
} rows[] = {
	{ POLICY_MEMORY_ACCESS_BLOCKED, REASON_MemoryAccessBlocked,
	    PRODUCT_CMDLINE " lsm=landlock,yama" },
	{ POLICY_CODE_INTEGRITY_ENFORCED, REASON_CodeIntegrityEnforced,
	    PRODUCT_CMDLINE " root=/dev/sda1" },
	{ POLICY_SWAP_ENCRYPTED, REASON_PagefileEncryption,
	    PRODUCT_CMDLINE " resume=/dev/sda2" },
};

/* A host of the product, booted with this line, and the baseline of it. */
static struct host *
product(const char *line, const uint8_t *digest, struct baseline *ret)
{
	struct host *h = host_make("host-good", digest);

	h->state.locks = &known;
	host_boot_with(h, line);
	*ret = baseline_of(h, BASELINE_PRODUCTION);
	return h;
}

static struct policy_set
with(enum policy p)
{
	struct policy_set set = policy_set_default();
	struct diag d = { 0 };

	if (policy_set_change(&set, p, true, &d) < 0)
		t_bail("%s", d.text);
	return set;
}

static void
test_lock(size_t row)
{
	static const uint8_t other[SHA256_SIZE] = { 0x10, 0xcd };
	enum policy p = rows[row].p;
	enum reason reason = rows[row].reason;
	const char *name = builtin_get(p)->name;
	struct policy_set set = with(p);
	struct baseline b, good;
	struct host *h = product(PRODUCT_CMDLINE, lock, &good);
	struct verdict *v = judge(h, &set, &good);

	CHECK(v->status == VERDICT_PASSED && sub_of(v, p) == REASON_NONE,
	    "%s: a known lock and the product's command line pass", name);
	h->state.locks = NULL;
	v = judge(h, &set, &good);
	CHECK(v->status == VERDICT_REFUSED && sub_of(v, p) == reason,
	    "T88 %s: no lock is known: refused", name);
	h->state.locks = &known_locks;
	CHECK(sub_of(judge(h, &set, &good), p) == reason,
	    "T88 %s: the lock of this test is no release's: refused", name);
	h = product(PRODUCT_CMDLINE, NULL, &b);
	v = judge(h, &set, &b);
	CHECK(v->status == VERDICT_REFUSED && sub_of(v, p) == reason,
	    "T88 %s: no lock: refused: %s", name, text_of(v, reason));
	h = product(PRODUCT_CMDLINE, other, &b);
	v = judge(h, &set, &b);
	CHECK(v->status == VERDICT_REFUSED && sub_of(v, p) == reason,
	    "T88 %s: a lock that nobody knows: refused: %s", name,
	    text_of(v, reason));
	h = product(rows[row].line, lock, &b);
	v = judge(h, &set, &b);
	CHECK(v->status == VERDICT_REFUSED && v->matched &&
		sub_of(v, p) == reason,
	    "T90 %s: though the baseline says so, refused: %s", name,
	    text_of(v, reason));
	v = judge(h, &set, &good);
	CHECK(v->status == VERDICT_REFUSED && sub_of(v, p) == reason,
	    "T90 %s: a command line that no baseline proves: refused", name);
	h->parts.command_line = bytes_of_text(PRODUCT_CMDLINE);
	host_measure(h);
	CHECK(sub_of(judge(h, &set, &good), p) == reason,
	    "T89 %s: the good text, but not measured: refused", name);
}

/* Where the policy is off, the lock is not looked at. */
static void
test_off(void)
{
	struct baseline b;
	struct host *h = product(PRODUCT_CMDLINE, NULL, &b);

	CHECK(judge(h, NULL, &b)->status == VERDICT_PASSED,
	    "without these policies a host without a lock passes");
}

/*
 * PCR 15 as `events` says: r the host key's record with the known lock, o one
 * of another key, z one of the host key without a lock, m the end mark, x any
 * later extend.
 */
static void
set_pcr15(struct host *h, const char *events)
{
	static const uint8_t none[SHA256_SIZE];
	uint8_t other[TPM_NAME_SIZE] = { 0, 11, 6, 6, 6 };
	struct buf records[4];
	struct pcr15_list list = { 0 };

	for (; events[list.n_events] != '\0'; list.n_events++) {
		struct pcr15_event *e = &list.events[list.n_events];
		struct buf *b = &records[list.n_events];
		char c = events[list.n_events];

		*b = (struct buf)BUF_INIT(PCR15_RECORD_MAX);
		if (c == 'm')
			e->record = bytes_of_text(PCR15_END_MARK);
		else if (c == 'r' || c == 'o' || c == 'z') {
			if (pcr15_record_encode(c == 'o' ? other
							 : h->state.hk_name,
				c == 'z' ? none : lock, none, b, NULL) < 0)
				t_bail("record");
			e->record = buf_bytes(b);
		}
		sha256(e->record, e->digest);
	}
	buf_reset(&h->pcr15);
	if (fields_encode(&pcr15_list_fields, &list, &h->pcr15, NULL) < 0)
		t_bail("list");
	for (size_t i = 0; i < list.n_events; i++)
		buf_free(&records[i]);
	h->parts.pcr15 = buf_bytes(&h->pcr15);
	host_measure(h);
}

static void
test_records(void)
{
	static const struct {
		const char *events;
		const char *what;
		bool good;
	} cases[] = {
		{ "rm", "record and end mark", true },
		{ "rmx", "something extended later", true },
		{ "rmom", "another key recorded after the end mark", true },
		{ "", "no record", false },
		{ "r", "no end mark", false },
		{ "m", "an end mark alone", false },
		{ "mr", "the record after the end mark", false },
		{ "rr", "a second record for the end mark", false },
		{ "rrm", "a second record before the end mark", false },
		{ "rom", "another key's record before the end mark", false },
		{ "om", "another key's record", false },
		{ "omrm", "another key's record first", false },
		{ "zrm", "a record without a lock first", false },
		{ "xrm", "something extended first", false },
		{ "rxm", "something between the two", false },
	};
	struct policy_set set = with(POLICY_MEMORY_ACCESS_BLOCKED);
	struct baseline b;
	struct host *h = product(PRODUCT_CMDLINE, lock, &b);

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct verdict *v;
		enum reason r;

		set_pcr15(h, cases[i].events);
		v = judge(h, &set, &b);
		r = sub_of(v, POLICY_HOST_KEY_PRESENT);
		CHECK((v->status == VERDICT_PASSED) == cases[i].good &&
			r ==
			    (cases[i].good ? REASON_NONE
					   : REASON_HostKeyPresent),
		    "T87 PCR 15 with %s: %s", cases[i].what,
		    cases[i].good ? "passed" : "refused, HostKeyPresent");
	}
	set_pcr15(h, "zmrm");
	CHECK(sub_of(judge(h, &set, &b), POLICY_MEMORY_ACCESS_BLOCKED) ==
		REASON_MemoryAccessBlocked,
	    "T88 a lock recorded after the end mark counts for nothing");
}

int
main(void)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		test_lock(i);
	test_off();
	test_records();
	return t_done();
}
