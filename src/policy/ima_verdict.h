/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From an IMA list to facts: which prefix of it the quote covers, whether it
 * belongs to this boot, and which policies admit its entries. The list goes on
 * growing while the TPM quotes, so what is behind the prefix counts for
 * nothing, and a list that ends before what was quoted proves nothing.
 *
 * Nothing here is believed until the quote's signature is verified and the
 * quoted digest is found to be that of findings.pcrs (hgs/attest/verify.c).
 */
#ifndef POLICY_IMA_VERDICT_H
#define POLICY_IMA_VERDICT_H

#include "measure/findings.h"
#include "policy/ci.h"
#include "policy/ima_devices.h"

/* Shorter prefixes that are tried: entries made between quote and reading. */
#define IMA_PREFIXES_MAX 65536

/* A policy of the HGS's set, in its order. */
struct ima_policy {
	struct ci_policy policy;
	const struct ci_keys *keys;
};

struct ima_question {
	struct bytes list;        /* entries from cursor.next on */
	struct ima_cursor cursor; /* what an earlier judgement left */
	uint32_t pcr_mask;        /* of the quote */
	uint8_t pcr_digest[SHA256_SIZE];
	size_t n_policies; /* at most IMA_POLICIES_MAX */
	const struct ima_policy *policies;
};

/* Scratch of one judgement, about 2 MiB: the caller's, its contents are not. */
struct ima_work {
	uint8_t values[IMA_PREFIXES_MAX][SHA256_SIZE];
	struct ima_refused {
		uint64_t n;
		struct ima_refusal list[IMA_REFUSALS_MAX];
		char paths[IMA_REFUSALS_MAX][IMA_PATH_SHOWN + 1];
	} refused[IMA_POLICIES_MAX];
	struct ima_devices devices;
};

/*
 * Fills ret->ima, ret->ima_check and PCR 10 of ret->pcrs, where the mask has
 * PCR 10; the rest of *ret, from measure_evidence(), is read. Total.
 */
void ima_verdict(const struct ima_question *q, struct ima_work *work,
    struct findings_store *store, struct findings *ret);

#endif
