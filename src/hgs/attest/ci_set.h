/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The code integrity policies of the store, in one sealed memory file
 * (proto/ci_set.h) that hgs-measure is handed with each host's evidence: a list
 * is judged where it is read.
 */
#ifndef HGS_ATTEST_CI_SET_H
#define HGS_ATTEST_CI_SET_H

#include "crypto/hash.h"
#include "policy/ci.h"
#include "proto/ci_set.h"

/* One registered policy, in the order of their names. */
struct ci_known {
	char name[64];
	uint8_t id[SHA256_SIZE];
	enum ci_mode mode;
	uint64_t version; /* of its record */
	uint64_t size;
};

struct ci_loaded {
	bool loaded; /* false: nothing here may be judged by */
	int fd;      /* sealed; closed by ci_loaded_free() */
	size_t n;
	struct ci_known list[CI_POLICIES_MAX];
	uint8_t digest[SHA256_SIZE]; /* of all ids, in order */
};
#define CI_LOADED_NONE ((struct ci_loaded){ .fd = -1 })

void ci_loaded_free(struct ci_loaded *c);
/*
 * Lists the store's policies, and reads them when one was added or removed
 * since: each has its id and passes ci_open().
 */
MUST_CHECK int ci_set_refresh(struct ci_loaded *c, int store_fd,
    struct diag *d);
/* NULL when no policy has this id. */
const struct ci_known *ci_loaded_find(const struct ci_loaded *c,
    const uint8_t id[static SHA256_SIZE]);

#endif
