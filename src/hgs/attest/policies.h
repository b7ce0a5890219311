/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What hgs-attest judges by, read from the store: built-in policies,
 * baselines, code integrity policies, the policy epoch. Read again whenever the epoch's record has a
 * new version, so that a removal counts from the next request on.
 */
#ifndef HGS_ATTEST_POLICIES_H
#define HGS_ATTEST_POLICIES_H

#include "hgs/attest/ci_set.h"
#include "policy/judge.h"
#include "proto/records.h"

#define POLICIES_BASELINES_MAX BASELINES_MAX

struct policies {
	bool loaded;
	uint64_t epoch_version; /* of the record, when all else was read */
	struct epoch_record epoch;
	struct policy_set set;
	size_t n_baselines;
	const struct baseline *baselines[POLICIES_BASELINES_MAX];
	uint8_t ids[POLICIES_BASELINES_MAX][32];
	struct buf files[POLICIES_BASELINES_MAX]; /* the views' storage */
	struct baseline storage[POLICIES_BASELINES_MAX];
	/* Where CiPolicy is enabled. */
	struct ci_loaded ci;
	struct ci_names ci_names; /* views into ci */
};

/* NULL: no memory. */
struct policies *policies_new(void);
/* The PCRs that a host is asked to quote. */
uint32_t policies_pcr_mask(const struct policies *p);

void policies_free(struct policies *p);
/* Reads what may have changed; `force` reads all. */
MUST_CHECK int policies_refresh(struct policies *p, int store_fd, bool force,
    struct diag *d);

#endif
