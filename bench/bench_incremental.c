/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verifier's part of an incremental re-attestation, in process: a quote by
 * a P-256 key, the boot log, 50 new entries of the IMA list from the cursor on,
 * the judgement. The quote is a recorded one, of other PCRs: its signature is
 * verified, and what it should say is computed once.
 */
#define OPENSSL_SUPPRESS_DEPRECATED

#include <stdio.h>
#include <string.h>

#include <openssl/sha.h>

#include "bench.h"
#include "hgs/attest/verify.h"
#include "policy/ci_text.h"
#include "policy/ima_verdict.h"

#define ROUND_SECONDS 0.1
#define ENTRIES       50
#define BEFORE        10000 /* that the cursor has passed */
#define MASK          (PCR_MASK_DEFAULT | 1u << IMA_PCR)

static struct {
	struct buf ak, attest, signature, extra, log, cmdline, list, ci;
	struct buf events;
	struct ima_policy policy;
	struct ima_question question;
	struct baseline baseline;
	struct policy_set set;
	struct ci_names names;
} in;

static struct ima_work work;

static void
must(int r, const struct diag *d)
{
	if (r < 0)
		bench_die("%s", d->text);
}

static void
measure(struct findings *ret)
{
	static struct findings_store store;
	struct evidence_parts parts = { .boot_log = buf_bytes(&in.log),
		.command_line = buf_bytes(&in.cmdline),
		.ima_log = buf_bytes(&in.list) };

	measure_evidence(&parts, &store, ret);
	ima_verdict(&in.question, &work, &store, ret);
}

static void
ours(void *arg)
{
	static struct findings found, told;
	static struct verdict v;
	static struct buf wire = BUF_INIT((size_t)1 << 20);
	struct quote_evidence q = { .ak_public = buf_bytes(&in.ak),
		.attest = buf_bytes(&in.attest),
		.signature = buf_bytes(&in.signature),
		.extra_data = buf_bytes(&in.extra),
		.mask = PCR_MASK_DEFAULT };
	const struct baseline *baseline = &in.baseline;
	struct boot_state boot = { .quote_has_ima = true, .ci = &in.names };
	struct quote_facts facts;
	struct diag d = { 0 };

	(void)arg;
	must(quote_verify(&q, &facts, &d), &d);
	measure(&found);
	wire.len = 0;
	must(findings_encode(&found, &wire, &d), &d);
	must(findings_decode(buf_bytes(&wire), &told, &d), &d);
	memcpy(facts.pcr_digest, in.question.pcr_digest, SHA256_SIZE);
	boot.quote_covers_pcrs =
	    quote_digest_check(&facts, &told.pcrs, MASK, &d) == ERR_OK;
	policy_judge(&in.set, &baseline, 1, &told, &boot, &v);
	if (!boot.quote_covers_pcrs || !v.matched ||
	    told.ima.n_covered != BEFORE + ENTRIES || told.ima.admitting != 1)
		bench_die("the list is not admitted");
}

static void
put_le32(struct buf *b, size_t n)
{
	for (unsigned i = 0; i < 4; i++, n >>= 8)
		(void)buf_put_u8(b, (uint8_t)n);
}

static void
put_field(struct buf *b, struct bytes field)
{
	put_le32(b, field.len);
	(void)buf_put(b, field);
}

/* One entry of a program, and its rule. */
static void
put_entry(unsigned i, struct buf *text)
{
	auto_buf struct buf data = BUF_INIT(1024);
	uint8_t digest[SHA256_SIZE], template[SHA_DIGEST_LENGTH];
	char path[64];
	int n = snprintf(path, sizeof(path), "/usr/bin/program-%05u", i);

	sha256(bytes_of_text(path), digest);
	(void)buf_printf(text, "allow hash sha256:");
	for (size_t k = 0; k < sizeof(digest); k++)
		(void)buf_printf(text, "%02x", digest[k]);
	(void)buf_printf(text, " %s\n", path);
	if (i >= ENTRIES)
		return;
	put_le32(&data, 8 + sizeof(digest));
	(void)buf_put(&data, bytes_of("sha256:", 8));
	(void)buf_put(&data, BYTES_OF_ARRAY(digest));
	put_field(&data, bytes_of(path, (size_t)n + 1));
	put_field(&data, BYTES_NONE);
	(void)SHA1(data.p, data.len, template);
	put_le32(&in.list, IMA_PCR);
	(void)buf_put(&in.list, BYTES_OF_ARRAY(template));
	put_field(&in.list, bytes_of_text("ima-sig"));
	put_field(&in.list, buf_bytes(&data));
}

/* 10,000 programs, of which the new entries ran the first ones. */
static void
make_policy(void)
{
	static struct ci_draft draft;
	auto_buf struct buf text = BUF_INIT((size_t)4 << 20);
	auto_buf struct buf store = BUF_INIT((size_t)4 << 20);
	struct diag d = { 0 };

	in.list = (struct buf)BUF_INIT((size_t)1 << 20);
	in.ci = (struct buf)BUF_INIT(CI_MAX);
	(void)buf_printf(&text, "shieldwall-ci 1\nname n\nmode enforced\n");
	for (unsigned i = 0; i < BEFORE; i++)
		put_entry(i, &text);
	draft.max_rows = ci_text_rows(buf_bytes(&text));
	draft.rows = calloc(draft.max_rows, sizeof(*draft.rows));
	draft.paths = calloc(draft.max_rows, sizeof(*draft.paths));
	if (draft.rows == NULL || draft.paths == NULL)
		bench_die("out of memory");
	must(ci_text_read(buf_bytes(&text), &store, &draft, &d), &d);
	must(ci_compile(&draft, &in.ci, &d), &d);
	must(ci_open(buf_bytes(&in.ci), &in.policy.policy, &d), &d);
	free(draft.rows);
	free(draft.paths);
}

/* Where the cursor stands, and what the quote would say behind the list. */
static void
make_question(const struct findings *f)
{
	struct pcr_values v = f->pcrs;
	struct ima_iter it;
	struct ima_entry e;
	struct diag d = { 0 };

	in.question = (struct ima_question){ .list = buf_bytes(&in.list),
		.cursor = { .next = BEFORE, .value = { 7 }, .admitting = 1 },
		.pcr_mask = MASK,
		.n_policies = 1,
		.policies = &in.policy };
	memcpy(v.v[IMA_PCR], in.question.cursor.value, SHA256_SIZE);
	ima_iter_start(&it, IMA_BINARY, HASH_SHA1, in.question.list, BEFORE);
	while (ima_next(&it, &e, &d) == ERR_OK)
		ima_extend(HASH_SHA256, &e, v.v[IMA_PCR]);
	must(pcr_digest(&v, MASK, in.question.pcr_digest, &d), &d);
}

static void
set_up(void)
{
	static struct findings_store store;
	static struct findings f;
	struct baseline_source src = { .name = bytes_of_text("bench"),
		.description = bytes_of_text("bench"),
		.source = bytes_of_text("bench"),
		.purpose = BASELINE_PRODUCTION };
	struct evidence_parts parts;
	struct diag d = { 0 };

	bench_load("tests/data/tpm/ak.public", &in.ak);
	bench_load("tests/data/tpm/quote.attest", &in.attest);
	bench_load("tests/data/tpm/quote.signature", &in.signature);
	bench_load("tests/data/tpm/extra", &in.extra);
	bench_load("tests/data/boot/host-good/binary_bios_measurements",
	    &in.log);
	bench_load("tests/data/boot/host-good/cmdline", &in.cmdline);
	if (in.cmdline.len > 0 && in.cmdline.p[in.cmdline.len - 1] == '\n')
		in.cmdline.len--;
	make_policy();
	parts = (struct evidence_parts){ .boot_log = buf_bytes(&in.log),
		.command_line = buf_bytes(&in.cmdline) };
	measure_evidence(&parts, &store, &f);
	in.events = (struct buf)BUF_INIT(FINDINGS_EVENTS_SIZE_MAX);
	must(baseline_capture(&src, &f, &in.events, &in.baseline, &d), &d);
	make_question(&f);
	in.set = policy_set_default();
	in.names = (struct ci_names){ .n = 1,
		.list = { { bytes_of_text("n"), CI_ENFORCED } } };
	must(policy_set_change(&in.set, POLICY_CI_POLICY, true, &d), &d);
}

int
main(int argc, char **argv)
{
	static const char name[] = "attest_tpm_incremental";
	struct bench_side sides[] = { { .once = ours } };
	struct bench_row row = { name, "1/s/core" };

	if (!bench_wanted(argc, argv, name))
		return 0;
	set_up();
	bench_run(sides, 1, ROUND_SECONDS);
	row.ours = bench_rate(&sides[0]);
	bench_print(&row);
	return 0;
}
