/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A boot log and a quote, judged as an HGS judges a host: the same findings,
 * the same proof, the same policies. What only an exchange shows (that the
 * quote is fresh, that one TPM holds both keys) is told as not checked.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "ctl/shield/evidence_verify.h"
#include "ctl/shield/verify_ci.h"
#include "policy/judge.h"
#include "tpm/attest.h"

#define BASELINES 16
#define PCR10     (1u << IMA_PCR)

/* What an HGS has in its store. */
struct judges {
	struct policy_set set;
	size_t n;
	const struct baseline *list[BASELINES];
	struct baseline baselines[BASELINES];
	struct buf files[BASELINES];
	struct findings_store store;
	struct findings f;
	struct ci_files ci;
	struct proof proof;
	struct verdict v;
};

static void
judges_free(struct judges **j)
{
	if (*j == NULL)
		return;
	for (size_t i = 0; i < BASELINES; i++)
		buf_free(&(*j)->files[i]);
	ci_files_free(&(*j)->ci);
	free(*j);
	*j = NULL;
}

static int
read_baselines(struct input *in, struct judges *j, struct diag *d)
{
	const char *name;
	int r;

	for (; (name = cli_option_at(in->cli, "baseline", j->n)) != NULL;
	     j->n++) {
		struct buf *b = &j->files[j->n];

		if (j->n == BASELINES)
			return diag_fail(d, ERR_USAGE, "--baseline: at most %d",
			    BASELINES);
		*b = (struct buf)BUF_INIT(BASELINE_FILE_MAX);
		if ((r = cli_read_input(in->cli, name, b->max, b, d)) < 0)
			return r;
		r = baseline_decode(buf_bytes(b), &j->baselines[j->n], d);
		if (r < 0) {
			diag_prefix(d, "%s", name);
			return r;
		}
		j->list[j->n] = &j->baselines[j->n];
	}
	return ERR_OK;
}

/* Who gives CI policies wants to be judged by them. */
static int
enable_ci(struct input *in, struct judges *j, struct diag *d)
{
	return cli_option(in->cli, "ci") == NULL
	    ? ERR_OK
	    : policy_set_change(&j->set, POLICY_CI_POLICY, true, d);
}

/* The locked ones and those named; without names, those on by default. */
static int
read_policies(struct input *in, struct judges *j, struct diag *d)
{
	const char *names = cli_option(in->cli, "policy");
	struct bytes rest;

	j->set = policy_set_default();
	if (names == NULL)
		return enable_ci(in, j, d);
	for (unsigned p = 0; p < POLICY_COUNT; p++)
		if (!builtin_get((enum policy)p)->locked)
			j->set.mask &= ~(1u << p);
	rest = bytes_of_text(names);
	while (rest.len > 0) {
		const uint8_t *comma = memchr(rest.p, ',', rest.len);
		size_t n = comma != NULL ? (size_t)(comma - rest.p) : rest.len;
		enum policy p = builtin_find(bytes_of(rest.p, n));
		int r;

		if (p == POLICY_COUNT)
			return diag_fail(d, ERR_USAGE,
			    "--policy: %.*s: no such policy", (int)n,
			    (const char *)rest.p);
		if ((r = policy_set_change(&j->set, p, true, d)) < 0)
			return r;
		n += comma != NULL;
		rest = bytes_of(rest.p + n, rest.len - n);
	}
	return enable_ci(in, j, d);
}

static void
check_identity(struct input *in, struct checks *c)
{
	if (in->known_ak.p == NULL)
		checks_open(c, "identity",
		    "whose key it is: no --enrolment and no --ak");
	else if (bytes_equal(in->known_ak, in->proof.ak_public))
		checks_good(c, "identity", "the attestation key is the host's");
	else
		checks_bad(c, "identity", REASON_AkMismatch,
		    "the attestation key is not that of this host");
	checks_open(c, "activation",
	    "that one TPM holds both keys is shown to an HGS alone");
}

/*
 * The nonce is in a token that only the HGS opens. Quote and certification
 * must carry the same in any case, so they are of one exchange.
 */
static void
check_freshness(struct input *in, struct checks *c, const struct quote *q)
{
	if (in->proof.extra_data.p == NULL) {
		in->proof.extra_data = q->head.extra_data;
		checks_open(c, "freshness",
		    "a file does not show when it was made");
	}
}

static bool
check_proof(struct input *in, struct checks *c, struct judges *j)
{
	struct quote q = { 0 };
	struct diag why = { 0 };

	if (quote_parse(in->proof.quote, &q, &why) < 0) {
		checks_bad(c, "quote", REASON_QuoteFormat, "%s", why.text);
		return false;
	}
	/*
	 * An HGS asks for these PCRs, and for that of IMA where CiPolicy is
	 * enabled; more than asked for is no less. Another selection is told.
	 */
	in->proof.mask = PCR_MASK_DEFAULT | (q.mask & PCR10);
	if (policy_set_reads_ima(&j->set))
		in->proof.mask |= PCR10;
	ci_files_judge(&j->ci, in->parts.ima_log, &q, in->proof.mask, &j->store,
	    &j->f);
	check_freshness(in, c, &q);
	if (proof_quote(&in->proof, &j->f, &j->proof, &why) < 0) {
		checks_bad(c, "quote", why.reason, "%s", why.text);
		return false;
	}
	checks_good(c, "quote",
	    "signed by the attestation key, over the PCRs that an HGS wants");
	if (in->proof.certify.p == NULL) {
		checks_open(c, "host key", "no certification was given");
		return true;
	}
	if (proof_host_key(&in->proof, &j->proof, &why) < 0) {
		checks_bad(c, "host key", why.reason, "%s", why.text);
		return false;
	}
	checks_good(c, "host key",
	    "certified by the attestation key, in the same boot");
	return true;
}

/* What the quote covers of the list, and what it may lack at its beginning. */
static void
tell_ima(struct checks *c, const struct judges *j)
{
	const struct ima_facts *ima = &j->f.ima;

	if (!j->proof.boot.quote_has_ima) {
		checks_open(c, "IMA list",
		    "not quoted: the HGS did not ask for PCR 10");
		return;
	}
	if (j->f.ima_check.state == FINDING_GOOD)
		checks_good(c, "IMA list",
		    "the quote covers %llu of its %llu entries, %llu are "
		    "violations",
		    (unsigned long long)ima->n_covered,
		    (unsigned long long)ima->n_entries,
		    (unsigned long long)ima->n_violations);
	else if (ima->problem == IMA_PROBLEM_QUOTE)
		checks_open(c, "IMA list",
		    "may go on where an HGS knew it: --ima-log takes it whole");
}

static void
check_policies(struct checks *c, struct judges *j)
{
	const struct verdict *v = &j->v;
	bool evidence = true;

	checks_open(c, "earlier quotes",
	    "an HGS also compares counters with those before");
	j->proof.boot.production = true; /* as every HGS is */
	j->proof.boot.ci = j->ci.n > 0 ? &j->ci.names : NULL;
	policy_judge(&j->set, j->list, j->n, &j->f, &j->proof.boot, &j->v);
	for (size_t i = 0; i < v->n_sub; i++)
		if (v->sub[i].reason == REASON_TcgLogVerification)
			evidence = false;
	if (!evidence) {
		checks_other(c, v, "boot log");
		return;
	}
	if (j->proof.boot.quote_covers_pcrs)
		checks_good(c, "boot log", "replays to what is quoted");
	if (v->matched)
		checks_good(c, "baseline", "%.*s", (int)v->baseline.len,
		    (const char *)v->baseline.p);
	for (size_t i = 0; i < v->n_sub; i++)
		(void)checks_policy(c, v, &v->sub[i]);
	checks_other(c, v, "policies");
	checks_notes(c, v);
	tell_ima(c, j);
}

int
verify_host(struct input *in, struct checks *c, struct diag *d)
{
	CLEANUP(judges_free) struct judges *j = calloc(1, sizeof(*j));
	bool good;
	int r;

	if (j == NULL)
		return diag_nomem(d);
	if ((r = read_baselines(in, j, d)) < 0 ||
	    (r = read_policies(in, j, d)) < 0 ||
	    (r = ci_files_read(in->cli, &j->ci, d)) < 0 ||
	    (r = input_load_logs(in, d)) < 0)
		return r;
	measure_evidence(&in->parts, &j->store, &j->f);
	check_identity(in, c);
	good = check_proof(in, c, j);
	if (good)
		check_policies(c, j);
	else
		checks_open(c, "policies", "an HGS stops here");
	/* The verdict is what counts, whatever the lines above say. */
	if (good && c->n_bad == 0 && j->v.status != VERDICT_PASSED)
		checks_bad(c, "verdict", REASON_InsecureHostConfiguration, "%s",
		    verdict_status_name(&j->v));
	return checks_end(c, "host", d);
}
