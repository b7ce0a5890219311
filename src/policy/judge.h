/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The judgement. It cannot fail: the answer to anything missing, strange or
 * unknown is a refusal that says so, and Passed takes every enabled policy's
 * positive word.
 */
#ifndef POLICY_JUDGE_H
#define POLICY_JUDGE_H

#include "measure/findings.h"
#include "policy/baseline.h"
#include "policy/builtin.h"
#include "policy/ci.h"
#include "policy/known.h"
#include "policy/verdict.h"
#include "tpm/attest.h"

/* The code integrity policies that findings.ima was judged by, in order. */
struct ci_names {
	size_t n;
	struct ci_name {
		struct bytes name;
		enum ci_mode mode;
	} list[IMA_POLICIES_MAX];
};

/* What the attestation process itself verified and remembers. */
struct boot_state {
	bool quote_covers_pcrs; /* the quote's digest is that of findings.pcrs,
	                           after a phase of PCR 11 */
	bool host_key_certified;
	uint8_t hk_name[TPM_NAME_SIZE]; /* the certified key's */
	struct tpm_clock now;           /* from the quote */
	bool has_before;                /* an earlier attestation is known */
	struct tpm_clock before;
	bool production;     /* this HGS refuses baselines for tests */
	bool quote_has_ima;  /* PCR 10 is among the quoted ones */
	struct tpm_kind tpm; /* firmware is taken from `now` */
	/* Vouched for; NULL: none is. */
	const struct digest_list *locks;
	const struct digest_list *ima_policies;
	const struct ci_names *ci; /* NULL: none is registered */
};

void policy_judge(const struct policy_set *enabled,
    const struct baseline *const *baselines, size_t n, const struct findings *f,
    const struct boot_state *boot, struct verdict *ret);

#endif
