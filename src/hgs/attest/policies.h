/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What hgs-attest judges by, read from the store: built-in policies,
 * baselines, the policy epoch. Read again whenever the epoch's record has a
 * new version, so that a removal counts from the next request on.
 */
#ifndef HGS_ATTEST_POLICIES_H
#define HGS_ATTEST_POLICIES_H

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
};

void policies_free(struct policies *p);
/* Reads what may have changed; `force` reads all. */
MUST_CHECK int policies_refresh(struct policies *p, int store_fd, bool force,
    struct diag *d);

#endif
