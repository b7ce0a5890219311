/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One true exchange with a TPM, then every bit of its bundle flipped, every
 * truncation, parts left out, exchanged, doubled: by the code that hgs-front,
 * hgs-measure and hgs-attest run, in one process. None may pass.
 */
#include <sys/mman.h>

#include "hgs/attest/verify.h"
#include "hgs/front/request.h"
#include "policy/baseline.h"
#include "policy/ci_made.h"

#include "ima_host.h"

#define IMA_RULES                                                           \
	"allow hash "                                                       \
	"sha256:"                                                           \
	"ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb " \
	"/usr/bin/a\n"                                                      \
	"allow violation /usr/bin/log its own\n"                            \
	"allow event kernel_version\n"

/* Where a bundle was refused, in the order of the checks. */
enum stage {
	STAGE_FORM,     /* bundle, JSON */
	STAGE_TOKEN,    /* the challenge */
	STAGE_IDENTITY, /* keys and activation */
	STAGE_PROOF,    /* quote and certify */
	STAGE_JUDGE,
	STAGE_PASSED,
	STAGES
};
static const char *const stage_names[STAGES] = { "form", "challenge",
	"identity", "proof", "judgement", "passed" };

struct rig {
	struct host *host;
	struct tokens tokens;
	uint8_t signer[32];
	struct host_record record;
	struct policy_set policies;
	struct buf baseline_file;
	struct baseline baseline;
	struct findings_store store;
	struct findings findings;
	struct buf bundle;
	/* Where CiPolicy is enabled. */
	bool ci;
	struct ima_list list;
	struct buf compiled;
	struct ima_policy policy;
	struct ima_work *work;
	size_t n[STAGES];
};

#define NOW 1790000000

static struct bytes
slice(struct bytes all, uint64_t at, uint64_t len)
{
	return len == 0 ? BYTES_NONE : bytes_of(all.p + at, (size_t)len);
}

static enum stage
judge(struct rig *r, const struct proof *proof)
{
	static struct verdict v;
	const struct baseline *b = &r->baseline;
	struct boot_state boot = proof->boot;
	struct ci_names names = { .n = 1 };

	names.list[0] = (struct ci_name){ bytes_of_text("ours"), CI_ENFORCED };
	boot.ci = &names;
	boot.production = true;
	policy_judge(&r->policies, &b, 1, &r->findings, &boot, &v);
	return v.status == VERDICT_PASSED ? STAGE_PASSED : STAGE_JUDGE;
}

/* What hgs-measure finds in it. */
static void
measure(struct rig *r, const struct evidence_parts *parts,
    const struct token *token, struct bytes quote)
{
	struct ima_question q = { .list = parts->ima_log,
		.cursor = IMA_CURSOR_START,
		.pcr_mask = token->pcr_mask,
		.n_policies = r->ci ? 1 : 0,
		.policies = &r->policy };
	struct quote parsed;

	if (quote_parse(quote, &parsed, NULL) == ERR_OK &&
	    parsed.digest.len == sizeof(q.pcr_digest))
		memcpy(q.pcr_digest, parsed.digest.p, sizeof(q.pcr_digest));
	measure_evidence(parts, &r->store, &r->findings);
	ima_verdict(&q, r->work, &r->store, &r->findings);
}

/* The way of a bundle through the service. */
static enum stage
present(struct rig *r, struct bytes bundle)
{
	static const uint8_t no_tls[32];
	auto_buf struct buf message = BUF_INIT(1 << 16);
	struct attest_parts p;
	struct attest_request q;
	struct evidence_parts parts;
	struct token token;
	struct proof proof;

	if (request_evidence(bundle, no_tls, "192.0.2.1", &message, NULL) < 0 ||
	    fields_decode(&attest_parts_fields, buf_bytes(&message), &p, NULL) <
		0 ||
	    fields_decode(&attest_request_fields, p.request, &q, NULL) < 0 ||
	    q.version != PROTO_VERSION)
		return STAGE_FORM;
	r->tokens.n_spent = 0;
	if (token_spend(&r->tokens, q.token, NOW, &token, NULL) < 0)
		return STAGE_TOKEN;
	if (identity_verify(&p, &q, &token, &r->record, NULL) < 0)
		return STAGE_IDENTITY;
	parts.boot_log = slice(bundle, p.boot_log_at, p.boot_log_len);
	parts.ima_log = slice(bundle, p.ima_log_at, p.ima_log_len);
	parts.command_line =
	    slice(bundle, p.command_line_at, p.command_line_len);
	parts.pcr15 = slice(bundle, p.pcr15_at, p.pcr15_len);
	measure(r, &parts, &token, p.quote);
	if (proof_verify(&p, &token, &r->findings, r->signer, &proof, NULL) < 0)
		return STAGE_PROOF;
	return judge(r, &proof);
}

/* The challenge that hgs-attest would make, and its answer. */
static void
exchange(struct rig *r)
{
	auto_shown struct shown s = { 0 };
	struct buf sealed = BUF_INIT(TOKEN_LIMIT);
	const uint32_t mask = PCR_MASK_DEFAULT | (r->ci ? 1u << IMA_PCR : 0);
	struct token k = { .made = NOW, .pcr_mask = mask };
	struct challenge_reply c = { .pcr_mask = mask };
	struct host *h = r->host;
	uint8_t key[32], iv[12], secret[32];
	struct diag d = { 0 };

	random_bytes(key, sizeof(key));
	random_bytes(iv, sizeof(iv));
	random_bytes(k.nonce, sizeof(k.nonce));
	random_bytes(secret, sizeof(secret));
	random_bytes(r->signer, sizeof(r->signer));
	tokens_init(&r->tokens, key);
	sha256(BYTES_OF_ARRAY(secret), k.activation);
	tpm_host_id(tpmdev_key_public(&h->ek), k.host_id);
	tpm_name(tpmdev_key_public(&h->ak), k.ak_name);
	need(token_seal(&r->tokens, &k, iv, &sealed, &d), &d, "token");
	memcpy(c.nonce, k.nonce, sizeof(c.nonce));
	memcpy(c.signer, r->signer, sizeof(c.signer));
	shown_parts(h, buf_bytes(&sealed), &s);
	copy_to(&s.activation, BYTES_OF_ARRAY(secret));
	if (r->ci)
		copy_to(&s.ima, buf_bytes(&r->list.b));
	shown_sign(h, &c, &s);
	shown_bundle(h, &s, &r->bundle);
	buf_free(&sealed);
}

/* A host that ran a file, wrote one in use, and measured its own version. */
static void
make_ci(struct rig *r)
{
	static uint8_t ima_policy[32];
	struct diag d = { 0 };

	ima_policy_shipped(ima_policy);
	r->host = ima_host("kvm1", ima_policy);
	need(policy_set_change(&r->policies, POLICY_CI_POLICY, true, &d), &d,
	    "CiPolicy");
	r->compiled = (struct buf)BUF_INIT(CI_MAX);
	r->policy.policy = t_ci(CI_HEAD IMA_RULES, &r->compiled);
	ima_boot(r->host, &r->list);
	ima_put_file(&r->list.b, "/usr/bin/a", "a");
	ima_put_violation(&r->list.b, "/usr/bin/log");
	ima_put_buffer(&r->list.b, "kernel_version", bytes_of_text("6.1.0"));
	ima_extend_tpm(r->host, &r->list);
}

static void
make_rig(struct rig *r, bool ci)
{
	struct diag d = { 0 };

	r->policies = policy_set_default();
	r->ci = ci;
	if ((r->work = calloc(1, sizeof(*r->work))) == NULL)
		t_bail("out of memory");
	if (ci)
		make_ci(r);
	else
		r->host = host_new("kvm1", "host-good");
	r->record.ak_public = tpmdev_key_public(&r->host->ak);
	host_baseline(r->host, &r->baseline_file);
	need(baseline_decode(buf_bytes(&r->baseline_file), &r->baseline, &d),
	    &d, "baseline");
	exchange(r);
}

/* --- what may be changed without effect --- */

/*
 * `time` and `host_name` of part 1 are the host's word for people who look for
 * a fault; nothing reads them. They alone are not covered.
 */
static bool
is_remark(const struct rig *r, size_t at)
{
	static const char *const keys[] = { "\"time\":", "\"host_name\":\"" };
	static const char *const ends[] = { ",", "\"" };
	struct bytes b = buf_bytes(&r->bundle);

	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		const uint8_t *from =
		    memmem(b.p, b.len, keys[i], strlen(keys[i]));
		const uint8_t *to;

		if (from == NULL)
			t_bail("no %s in the request", keys[i]);
		from += strlen(keys[i]);
		to = memmem(from, 256, ends[i], 1);
		if (to == NULL || (b.p + at >= from && b.p + at < to))
			return to != NULL;
	}
	return false;
}

/* --- the changes --- */

struct tally {
	size_t n[STAGES];
	size_t remarks; /* flips in what nobody reads */
	size_t wrong;   /* passed and should not have */
};

/* Every bit of the bytes first, first + step, ... */
static void
flip(struct rig *r, size_t first, size_t step, struct tally *t)
{
	struct bytes b = buf_bytes(&r->bundle);
	uint8_t *copy = malloc(b.len);

	if (copy == NULL)
		t_bail("out of memory");
	memcpy(copy, b.p, b.len);
	for (size_t i = first; i < b.len; i += step) {
		bool remark = is_remark(r, i);

		for (unsigned bit = 0; bit < 8; bit++) {
			enum stage s;

			copy[i] ^= (uint8_t)(1u << bit);
			s = present(r, bytes_of(copy, b.len));
			copy[i] ^= (uint8_t)(1u << bit);
			if (s == STAGE_PASSED && remark)
				t->remarks++;
			else if (s == STAGE_PASSED)
				t->wrong++;
			else
				t->n[s]++;
		}
	}
	free(copy);
}

/* On each processor its share. */
static void
test_flips(struct rig *r)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	size_t n = cpus < 1 ? 1 : cpus > 8 ? 8 : (size_t)cpus;
	struct tally *t = mmap(NULL, n * sizeof(*t), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct tally sum = { 0 };
	int status, bad = 0;

	if (t == MAP_FAILED)
		t_bail("mmap");
	for (size_t i = 0; i < n; i++)
		if (fork() == 0) {
			flip(r, i, n, &t[i]);
			_exit(0);
		}
	for (size_t i = 0; i < n; i++) {
		while (wait(&status) == r->host->tpm.pid)
			t_bail("the TPM ended");
		bad += status != 0;
	}
	for (size_t i = 0; i < n; i++) {
		for (size_t s = 0; s < STAGES; s++)
			sum.n[s] += t[i].n[s];
		sum.remarks += t[i].remarks;
		sum.wrong += t[i].wrong;
	}
	CHECK(bad == 0 && sum.wrong == 0,
	    "T05 T10 T14 T17 T31 each of %zu flipped bits is refused "
	    "(form %zu, challenge %zu, identity %zu, proof %zu, judgement %zu)",
	    r->bundle.len * 8 - sum.remarks, sum.n[STAGE_FORM],
	    sum.n[STAGE_TOKEN], sum.n[STAGE_IDENTITY], sum.n[STAGE_PROOF],
	    sum.n[STAGE_JUDGE]);
	CHECK(sum.n[STAGE_FORM] > 0 && sum.n[STAGE_TOKEN] > 0 &&
		sum.n[STAGE_IDENTITY] > 0 && sum.n[STAGE_PROOF] > 0,
	    "... by every check in its turn");
	CHECK(sum.remarks < 18 * 8,
	    "... but %zu in the host's remarks for people, that nobody reads",
	    sum.remarks);
	(void)munmap(t, n * sizeof(*t));
}

static bool
passes(const uint8_t *p, size_t n, void *arg)
{
	return present(arg, bytes_of(p, n)) == STAGE_PASSED;
}

static void
test_lengths(struct rig *r)
{
	CHECK(t_truncations(r->bundle.p, r->bundle.len, passes, r) == 0,
	    "T17 T30 cut to any of %zu lengths it is refused", r->bundle.len);
	CHECK(!t_trailing(r->bundle.p, r->bundle.len, passes, r),
	    "T17 with one more byte it is refused");
}

/*
 * Parts one after the other, to say also what evidence_encode() would not:
 * `twice` comes twice, `last` changes places with the last one; 0 for none.
 */
static enum stage
present_raw(struct rig *r, const struct evidence *e, unsigned twice,
    unsigned last)
{
	struct buf b = BUF_INIT(EVIDENCE_MAX);
	unsigned n = twice != 0;
	enum stage s;

	for (unsigned i = 1; i < EVIDENCE_PARTS; i++)
		n += e->part[i].p != NULL;
	buf_put_text(&b, "SWEV");
	buf_put_u8(&b, EVIDENCE_VERSION);
	buf_put_be16(&b, (uint16_t)n);
	for (unsigned i = 1; i < EVIDENCE_PARTS; i++) {
		unsigned type = i;

		if (last != 0 && i == last)
			type = EVIDENCE_PARTS - 1;
		else if (last != 0 && i == EVIDENCE_PARTS - 1)
			type = last;
		for (int k = 0; k < (type == twice ? 2 : 1); k++) {
			if (e->part[type].p == NULL)
				continue;
			buf_put_be16(&b, (uint16_t)type);
			buf_put_be32_blob(&b, e->part[type]);
		}
	}
	s = present(r, buf_bytes(&b));
	buf_free(&b);
	return s;
}

static enum stage
present_parts(struct rig *r, const struct evidence *e)
{
	return present_raw(r, e, 0, 0);
}

static void
test_parts(struct rig *r)
{
	struct evidence e, changed;
	unsigned bad = 0, swaps = 0;
	struct diag d = { 0 };

	need(evidence_decode(buf_bytes(&r->bundle), &e, &d), &d, "bundle");
	CHECK(present_parts(r, &e) == STAGE_PASSED,
	    "its parts put together again pass");
	for (unsigned i = 1; i < EVIDENCE_PARTS; i++) {
		changed = e;
		changed.part[i] = BYTES_NONE;
		/* Where there was no IMA log, it is the same bundle. */
		if ((present_parts(r, &changed) == STAGE_PASSED) !=
		    (i == EVIDENCE_IMA_LOG && !r->ci))
			bad++;
		if (present_raw(r, &e, i, 0) != STAGE_FORM)
			bad++;
		if (i < EVIDENCE_PARTS - 1 &&
		    present_raw(r, &e, 0, i) != STAGE_FORM)
			bad++;
	}
	CHECK(bad == 0,
	    "T30 T93 any part left out, doubled or out of order: refused");
	bad = 0;
	for (unsigned i = 1; i < EVIDENCE_PARTS; i++)
		for (unsigned j = i + 1; j < EVIDENCE_PARTS; j++, swaps++) {
			changed = e;
			changed.part[i] = e.part[j];
			changed.part[j] = e.part[i];
			if (present_parts(r, &changed) == STAGE_PASSED)
				bad++;
		}
	CHECK(bad == 0, "T11 any two of %u pairs of parts exchanged: refused",
	    swaps);
}

/* Part for part, what another exchange of the same host would show. */
static void
test_other_exchange(struct rig *r)
{
	struct buf first = BUF_INIT(EVIDENCE_MAX);
	struct evidence e, other, mixed;
	struct tokens tokens = r->tokens;
	uint8_t signer[32];
	unsigned bad = 0;
	struct diag d = { 0 };

	memcpy(signer, r->signer, sizeof(signer));
	buf_move(&r->bundle, &first);
	exchange(r);
	/* The first exchange's service judges. */
	r->tokens = tokens;
	memcpy(r->signer, signer, sizeof(signer));
	need(evidence_decode(buf_bytes(&first), &e, &d), &d, "bundle");
	need(evidence_decode(buf_bytes(&r->bundle), &other, &d), &d, "bundle");
	CHECK(present(r, buf_bytes(&r->bundle)) == STAGE_TOKEN,
	    "T03 the answer to another service's challenge: refused");
	for (unsigned i = EVIDENCE_REQUEST; i <= EVIDENCE_CERTIFY_SIG; i++) {
		mixed = e;
		mixed.part[i] = other.part[i];
		if (present_parts(r, &mixed) == STAGE_PASSED)
			bad++;
	}
	mixed = other;
	mixed.part[EVIDENCE_REQUEST] = e.part[EVIDENCE_REQUEST];
	CHECK(bad == 0 && present_parts(r, &mixed) == STAGE_PROOF,
	    "T01 quote and certify of another exchange, alone or together: "
	    "refused");
	buf_free(&r->bundle);
	buf_move(&first, &r->bundle);
}

static void
test_rig(bool ci)
{
	struct rig *r = keep(sizeof(*r));

	make_rig(r, ci);
	CHECK(present(r, buf_bytes(&r->bundle)) == STAGE_PASSED,
	    "a bundle of %zu bytes from a TPM passes, judged by a baseline "
	    "captured from the host%s (%s)",
	    r->bundle.len, ci ? ", its IMA list by a CI policy" : "",
	    stage_names[present(r, buf_bytes(&r->bundle))]);
	test_parts(r);
	test_other_exchange(r);
	test_lengths(r);
	test_flips(r);
	host_free(r->host);
	buf_free(&r->baseline_file);
	buf_free(&r->bundle);
	buf_free(&r->list.b);
	buf_free(&r->compiled);
	free(r->work);
}

int
main(void)
{
	test_rig(false);
	test_rig(true);
	return t_done();
}
