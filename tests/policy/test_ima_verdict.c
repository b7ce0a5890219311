/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which part of an IMA list counts, and what is found in it. What is found is
 * encoded and decoded each time, as it travels.
 */
#include "policy/ima_verdict.h"

#include "ci_made.h"
#include "host.h"
#include "ima_made.h"

#define MASK (PCR_MASK_DEFAULT | 1u << IMA_PCR)

#define HASH_A \
	"sha256:ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"
#define HASH_B \
	"sha256:3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d"
/* Of the contents "a" and "b". */
#define RULES                                \
	"allow hash " HASH_A " /usr/bin/a\n" \
	"allow hash " HASH_B " /usr/bin/b\n" \
	"allow event kernel_version\n"
#define POLICY_TEXT CI_HEAD RULES

static struct host *h;
static struct ima_work *work;
static struct buf storage[IMA_POLICIES_MAX];
static struct ima_policy policies[IMA_POLICIES_MAX];
static size_t n_policies;

static void
use_policies(const char *first, const char *second)
{
	const char *texts[] = { first, second };

	n_policies = 0;
	for (size_t i = 0; i < 2 && texts[i] != NULL; i++) {
		buf_free(&storage[i]);
		storage[i] = (struct buf)BUF_INIT(CI_MAX);
		policies[i].policy = t_ci(texts[i], &storage[i]);
		policies[i].keys = NULL;
		n_policies++;
	}
}

static struct buf
boot_list(void)
{
	struct buf list = BUF_INIT(IMA_LIST_LIMIT);

	ima_put_boot(&list, &h->f.pcrs);
	return list;
}

/* The quoted digest when PCR 10 is what `quoted` makes of `value`. */
static struct ima_question
question(struct bytes list, struct bytes quoted, unsigned phase)
{
	struct ima_question q = { .list = list,
		.cursor = IMA_CURSOR_START,
		.pcr_mask = MASK,
		.n_policies = n_policies,
		.policies = policies };
	struct pcr_values v;

	replay_phase(&h->f.pcrs, phase, &v);
	memset(v.v[IMA_PCR], 0, SHA256_SIZE);
	ima_value(quoted, v.v[IMA_PCR]);
	if (pcr_digest(&v, MASK, q.pcr_digest, NULL) < 0)
		t_bail("digest");
	return q;
}

static struct findings
ask(const struct ima_question *q)
{
	static struct findings_store store;
	static struct buf b = BUF_INIT(1 << 18);
	struct findings f, back;
	struct diag d = { 0 };

	measure_evidence(&h->parts, &store, &f);
	ima_verdict(q, work, &store, &f);
	buf_reset(&b);
	if (findings_encode(&f, &b, &d) < 0 ||
	    findings_decode(buf_bytes(&b), &back, &d) < 0)
		t_bail("findings: %s", d.text);
	return back;
}

static struct findings
ask_all(const struct buf *list)
{
	struct ima_question q = question(buf_bytes(list), buf_bytes(list), 0);

	return ask(&q);
}

static const char *
text_of_check(const struct findings *f)
{
	static char text[FINDINGS_TEXT_MAX + 1];

	(void)snprintf(text, sizeof(text), "%.*s", (int)f->ima_check.text.len,
	    f->ima_check.text.len == 0 ? ""
				       : (const char *)f->ima_check.text.p);
	return text;
}

static bool
is_good(const struct findings *f)
{
	return f->ima_check.state == FINDING_GOOD &&
	    f->ima.problem == IMA_PROBLEM_NONE;
}

static bool
is_bad(const struct findings *f, enum ima_problem problem)
{
	return f->ima_check.state == FINDING_BAD && f->ima.problem == problem &&
	    f->ima.admitting == 0 && f->ima.cursor.next == 0;
}

static void
test_whole(void)
{
	struct buf list = boot_list();
	struct ima_question q;
	struct findings f;

	ima_put_file(&list, "/usr/bin/a", "a");
	ima_put_file(&list, "/usr/bin/b", "b");
	ima_put_buffer(&list, "kernel_version", bytes_of_text("6.1.0"));
	f = ask_all(&list);
	CHECK(is_good(&f) && f.ima.n_covered == 4 && f.ima.admitting == 1 &&
		f.ima.n_refused == 0 && f.ima.cursor.next == 4 &&
		f.ima.n_events == 1,
	    "a list of what the policy has: admitted %s", text_of_check(&f));
	for (unsigned i = 0; i < REPLAY_PHASES; i++) {
		q = question(buf_bytes(&list), buf_bytes(&list), i);
		f = ask(&q);
		CHECK(is_good(&f) && f.ima.admitting == 1,
		    "after phase \"%s\" of PCR 11 too", replay_phase_name(i));
	}
	q.pcr_mask = PCR_MASK_DEFAULT;
	f = ask(&q);
	CHECK(f.ima_check.state == FINDING_NONE && f.ima.admitting == 0,
	    "where PCR 10 was not quoted nothing is found");
	buf_free(&list);
}

static void
test_prefix(void)
{
	struct buf list = boot_list(), shorter = BUF_INIT(1 << 16);
	struct ima_question q;
	struct findings f;

	ima_put_file(&list, "/usr/bin/a", "a");
	(void)buf_put(&shorter, buf_bytes(&list));
	ima_put_file(&list, "/tmp/evil", "evil");
	q = question(buf_bytes(&list), buf_bytes(&shorter), 0);
	f = ask(&q);
	CHECK(is_good(&f) && f.ima.n_covered == 2 && f.ima.n_entries == 3 &&
		f.ima.admitting == 1 && f.ima.n_refused == 0 &&
		f.ima.cursor.next == 2,
	    "T104 what was measured after the quote is not judged yet");
	q = question(buf_bytes(&shorter), buf_bytes(&list), 0);
	f = ask(&q);
	CHECK(is_bad(&f, IMA_PROBLEM_QUOTE),
	    "T42 a list shorter than the quote: %s", text_of_check(&f));
	q = question(BYTES_NONE, buf_bytes(&list), 0);
	f = ask(&q);
	CHECK(is_bad(&f, IMA_PROBLEM_ABSENT), "T42 no list: %s",
	    text_of_check(&f));
	q = question(buf_bytes(&list), BYTES_NONE, 0);
	f = ask(&q);
	CHECK(is_bad(&f, IMA_PROBLEM_AGGREGATE),
	    "T42 a list of which nothing was extended: %s", text_of_check(&f));
	buf_free(&list);
	buf_free(&shorter);
}

static void
test_forged(void)
{
	struct buf list = boot_list(), other = boot_list();
	struct ima_question q;
	struct findings f;
	uint8_t digest[32];
	size_t at = list.len;

	ima_put_file(&list, "/usr/bin/a", "a");
	ima_put_file(&list, "/usr/bin/b", "b");
	ima_put_file(&other, "/usr/bin/b", "b");
	ima_put_file(&other, "/usr/bin/a", "a");
	q = question(buf_bytes(&other), buf_bytes(&list), 0);
	f = ask(&q);
	CHECK(is_bad(&f, IMA_PROBLEM_QUOTE), "T42 a reordered list: %s",
	    text_of_check(&f));
	list.p[list.len - 6] ^= 1; /* in the last path */
	q = question(buf_bytes(&list), buf_bytes(&list), 0);
	f = ask(&q);
	CHECK(is_bad(&f, IMA_PROBLEM_TEMPLATE),
	    "T43 data that the logged digest is not of: %s", text_of_check(&f));
	list.p[list.len - 6] ^= 1;
	memset(list.p + at + 4, 0, 20);
	q = question(buf_bytes(&list), buf_bytes(&other), 0);
	f = ask(&q);
	CHECK(is_bad(&f, IMA_PROBLEM_MALFORMED),
	    "T43 an entry shown as a violation: %s", text_of_check(&f));
	q = question(buf_bytes(&other), bytes_of(other.p, other.len - 1), 0);
	memset(q.pcr_digest, 7, sizeof(q.pcr_digest));
	f = ask(&q);
	CHECK(is_bad(&f, IMA_PROBLEM_QUOTE),
	    "T50 PCR 10 extended by somebody else: %s", text_of_check(&f));
	q = question(bytes_of(other.p, other.len - 1), buf_bytes(&other), 0);
	f = ask(&q);
	CHECK(is_bad(&f, IMA_PROBLEM_MALFORMED), "T42 a list cut by a byte: %s",
	    text_of_check(&f));
	sha256(bytes_of_text("a"), digest);
	buf_reset(&other);
	ima_put_boot(&other, &h->f.pcrs);
	ima_put_as(&other, "d-ng|n-ng|sig", digest, "/usr/bin/a", BYTES_NONE);
	f = ask_all(&other);
	CHECK(is_bad(&f, IMA_PROBLEM_MALFORMED), "T45 another template: %s",
	    text_of_check(&f));
	buf_free(&list);
	buf_free(&other);
}

/* Signature and buffer have one layout, and the name no digest covers. */
static void
test_disguise(void)
{
	struct buf list = boot_list();
	static const uint8_t xattr[] = { 3, 2, 4, 1, 2, 3, 4 };
	struct findings f;
	uint8_t digest[32];

	sha256(bytes_of_text("evil"), digest);
	ima_put_as(&list, "ima-buf", digest, "kernel_version", BYTES_NONE);
	f = ask_all(&list);
	CHECK(is_bad(&f, IMA_PROBLEM_TEMPLATE),
	    "T45 a file shown as an event that is allowed: %s",
	    text_of_check(&f));
	buf_reset(&list);
	ima_put_boot(&list, &h->f.pcrs);
	sha256(BYTES_OF_ARRAY(xattr), digest);
	ima_put_as(&list, "ima-buf", digest, "kernel_version",
	    BYTES_OF_ARRAY(xattr));
	f = ask_all(&list);
	CHECK(is_bad(&f, IMA_PROBLEM_TEMPLATE),
	    "T45 one that holds its own signature: %s", text_of_check(&f));
	buf_reset(&list);
	ima_put_boot(&list, &h->f.pcrs);
	sha256(bytes_of_text("a"), digest);
	ima_put_as(&list, "ima-sig", digest, ".ima", bytes_of_text("a"));
	f = ask_all(&list);
	CHECK(is_bad(&f, IMA_PROBLEM_TEMPLATE),
	    "T45 T46 a key shown as a file of its contents: %s",
	    text_of_check(&f));
	buf_reset(&list);
	ima_put_boot(&list, &h->f.pcrs);
	ima_put_as(&list, "ima-sig", digest, "/usr/bin/a",
	    BYTES_OF_ARRAY(xattr));
	f = ask_all(&list);
	CHECK(is_good(&f) && f.ima.admitting == 1, "a signed file is one");
	buf_free(&list);
}

static void
test_boot(void)
{
	struct pcr_values other = h->f.pcrs;
	struct buf list = BUF_INIT(1 << 16);
	struct findings f;

	other.v[4][0] ^= 1;
	ima_put_boot(&list, &other);
	ima_put_file(&list, "/usr/bin/a", "a");
	f = ask_all(&list);
	CHECK(is_bad(&f, IMA_PROBLEM_AGGREGATE),
	    "T44 another boot's boot_aggregate: %s", text_of_check(&f));
	buf_reset(&list);
	ima_put_file(&list, "/usr/bin/a", "a");
	f = ask_all(&list);
	CHECK(is_bad(&f, IMA_PROBLEM_AGGREGATE), "T44 none: %s",
	    text_of_check(&f));
	buf_reset(&list);
	ima_put_boot(&list, &h->f.pcrs);
	ima_put_boot(&list, &h->f.pcrs);
	f = ask_all(&list);
	CHECK(is_good(&f) && f.ima.admitting == 0 &&
		f.ima.refusals[0].result == CI_NOT_A_FILE,
	    "T44 a second one is refused");
	buf_free(&list);
}

static void
test_refusals(void)
{
	struct buf list = boot_list();
	struct findings f;
	char path[64];

	ima_put_file(&list, "/usr/bin/a", "changed");
	ima_put_file(&list, "/tmp/x\x1b[2J", "evil");
	ima_put_violation(&list, "/usr/bin/b");
	ima_put_buffer(&list, ".ima", bytes_of_text("0key"));
	f = ask_all(&list);
	CHECK(is_good(&f) && f.ima.admitting == 0 && f.ima.n_refused == 4 &&
		f.ima.refusals[0].result == CI_CHANGED &&
		f.ima.refusals[1].result == CI_UNKNOWN &&
		f.ima.refusals[2].result == CI_VIOLATION &&
		f.ima.refusals[3].result == CI_NOT_A_FILE,
	    "T43 T46 changed, unknown, violation and a key: each is refused");
	CHECK(bytes_equal_text(f.ima.refusals[1].path, "/tmp/x\\x1b[2J"),
	    "T98 a path reaches people escaped");
	CHECK(f.ima.cursor.next == 1 && f.ima.cursor.admitting == 1,
	    "T91 the cursor stays before what was not admitted");
	for (unsigned i = 0; i < 30; i++) {
		(void)snprintf(path, sizeof(path), "/tmp/evil%u", i);
		ima_put_file(&list, path, path);
	}
	f = ask_all(&list);
	CHECK(f.ima.n_refused == 34 && f.ima.n_refusals == IMA_REFUSALS_MAX,
	    "of many the first are told, and all counted");
	buf_free(&list);
}

static void
test_policies(void)
{
	struct buf list = boot_list();
	struct findings f;

	ima_put_file(&list, "/usr/bin/a", "a");
	ima_put_file(&list, "/usr/bin/b", "b");
	use_policies(CI_HEAD "allow hash " HASH_A "\n", POLICY_TEXT);
	f = ask_all(&list);
	CHECK(is_good(&f) && f.ima.admitting == 2 && f.ima.cursor.next == 3 &&
		f.ima.cursor.admitting == 2 && f.ima.n_refused == 1 &&
		f.ima.nearest == 0,
	    "of two policies the one that admits all is known");
	ima_put_file(&list, "/tmp/evil", "evil");
	f = ask_all(&list);
	CHECK(f.ima.admitting == 0 && f.ima.nearest == 1 &&
		f.ima.n_refused == 1 && f.ima.cursor.next == 3 &&
		f.ima.cursor.admitting == 2,
	    "the nearest one's refusals are told");
	use_policies("shieldwall-ci 1\nname watch\nmode audit\n" RULES,
	    CI_HEAD "allow hash " HASH_A "\n");
	f = ask_all(&list);
	CHECK(f.ima.admitting == 0 && f.ima.nearest == 1 &&
		f.ima.n_refused == 2,
	    "where one enforces, the refusals of one that audits are not told");
	n_policies = 0;
	f = ask_all(&list);
	CHECK(is_good(&f) && f.ima.admitting == 0 &&
		f.ima.nearest == IMA_NO_POLICY && f.ima.cursor.next == 0,
	    "without a policy nothing is admitted");
	use_policies(POLICY_TEXT, NULL);
	buf_free(&list);
}

/* From where a judgement left, over what is new. */
static void
test_cursor(void)
{
	struct buf list = boot_list();
	struct ima_question q;
	struct findings f, g;
	size_t at;

	ima_put_file(&list, "/usr/bin/a", "a");
	f = ask_all(&list);
	at = list.len;
	ima_put_file(&list, "/usr/bin/b", "b");
	q = question(bytes_of(list.p + at, list.len - at), buf_bytes(&list), 0);
	q.cursor = f.ima.cursor;
	g = ask(&q);
	CHECK(is_good(&g) && g.ima.first == 2 && g.ima.n_covered == 3 &&
		g.ima.admitting == 1 && g.ima.cursor.next == 3,
	    "T48 new entries alone are judged, from the cursor on");
	q.cursor.next = 1;
	g = ask(&q);
	CHECK(is_good(&g) && g.ima.first == 1,
	    "(the index alone is not evidence: the state's keeper holds it)");
	q.cursor = f.ima.cursor;
	q.cursor.value[0] ^= 1;
	g = ask(&q);
	CHECK(is_bad(&g, IMA_PROBLEM_QUOTE),
	    "T48 the running value of another host or boot: %s",
	    text_of_check(&g));
	q.cursor = f.ima.cursor;
	q.cursor.admitting = 0;
	g = ask(&q);
	CHECK(is_good(&g) && g.ima.admitting == 0 && g.ima.cursor.next == 2,
	    "T91 a policy that refused before does not admit later");
	q = question(BYTES_NONE, bytes_of(list.p, at), 0);
	q.cursor = f.ima.cursor;
	g = ask(&q);
	CHECK(is_good(&g) && g.ima.admitting == 1 && g.ima.cursor.next == 2,
	    "nothing new is nothing refused");
	q.list = bytes_of(list.p, at);
	g = ask(&q);
	CHECK(is_good(&g) && g.ima.n_covered == 2,
	    "entries sent again are behind the quote, and count for nothing");
	q.cursor.next = UINT64_MAX - 1;
	g = ask(&q);
	CHECK(is_bad(&g, IMA_PROBLEM_MALFORMED), "a cursor of no list: %s",
	    text_of_check(&g));
	buf_free(&list);
}

/* Longer than what is kept of PCR 10's values. */
static void
test_long(void)
{
	struct buf list = boot_list(), head = boot_list();
	struct ima_question q;
	struct findings f;
	uint8_t value[32] = { 0 };

	ima_put_file(&list, "/usr/bin/a", "a");
	ima_put_file(&head, "/usr/bin/a", "a");
	ima_put_file(&list, "/tmp/evil", "evil");
	for (unsigned i = 0; i < IMA_PREFIXES_MAX + 5; i++)
		ima_put_file(&list, "/usr/bin/b", "b");
	f = ask_all(&list);
	ima_value(buf_bytes(&head), value);
	CHECK(is_good(&f) && f.ima.n_refused == 1 && f.ima.cursor.next == 2 &&
		memcmp(f.ima.cursor.value, value, 32) == 0,
	    "a cursor far behind the end has its own value of PCR 10");
	q = question(buf_bytes(&list), buf_bytes(&head), 0);
	f = ask(&q);
	CHECK(is_bad(&f, IMA_PROBLEM_QUOTE),
	    "T49 a quote from too long ago is not searched for: %s",
	    text_of_check(&f));
	buf_free(&list);
	buf_free(&head);
}

/* Whatever is changed, nothing is admitted under the same quote. */
static bool
admitted(const uint8_t *p, size_t n, void *arg)
{
	struct ima_question q = *(const struct ima_question *)arg;
	struct findings f;

	q.list = bytes_of(p, n);
	f = ask(&q);
	return is_good(&f) && f.ima.admitting != 0;
}

static void
test_every_bit(void)
{
	struct buf list = boot_list();
	struct ima_question q;

	ima_put_file(&list, "/usr/bin/a", "a");
	ima_put_buffer(&list, "kernel_version", bytes_of_text("6.1.0"));
	q = question(buf_bytes(&list), buf_bytes(&list), 0);
	CHECK(t_truncations(list.p, list.len, admitted, &q) == 0,
	    "T42 no truncation of a list is admitted");
	CHECK(t_bitflips(list.p, list.len, admitted, &q) == 0,
	    "T43 T45 nor one with any bit changed");
	buf_free(&list);
}

int
main(void)
{
	h = host_make("host-good", NULL);
	work = calloc(1, sizeof(*work));
	if (work == NULL)
		t_bail("out of memory");
	use_policies(POLICY_TEXT, NULL);
	test_whole();
	test_prefix();
	test_forged();
	test_disguise();
	test_boot();
	test_refusals();
	test_policies();
	test_cursor();
	test_long();
	test_every_bit();
	free(work);
	for (size_t i = 0; i < IMA_POLICIES_MAX; i++)
		buf_free(&storage[i]);
	return t_done();
}
