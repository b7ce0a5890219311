/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Code integrity policies from files, and the IMA list judged by them as
 * hgs-measure does it.
 */
#ifndef CTL_SHIELD_VERIFY_CI_H
#define CTL_SHIELD_VERIFY_CI_H

#include "ctl/shield/evidence_input.h"
#include "policy/ima_verdict.h"

struct ci_files {
	size_t n;
	struct buf files[IMA_POLICIES_MAX]; /* what the views point to */
	struct ima_policy list[IMA_POLICIES_MAX];
	struct ci_keys keys[IMA_POLICIES_MAX];
	struct ci_names names;
	struct ima_work work;
};

/* --ci FILE... under the certificate of --ci-signer. */
MUST_CHECK int ci_files_read(struct cli *cli, struct ci_files *ret,
    struct diag *d);
void ci_files_free(struct ci_files *c);
/* Into *f, which measure_evidence() made; the quote is yet to be verified. */
void ci_files_judge(struct ci_files *c, struct bytes list,
    const struct quote *quote, uint32_t mask, struct findings_store *store,
    struct findings *f);

#endif
