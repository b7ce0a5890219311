/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What this release vouches for among the things that guard-early records in
 * PCR 15, by their SHA-256: the kernel lock's object, the text of the IMA
 * policy.
 */
#ifndef POLICY_KNOWN_H
#define POLICY_KNOWN_H

#include "crypto/hash.h"

struct digest_list {
	size_t n;
	const uint8_t (*digests)[SHA256_SIZE];
};

/* Of a list of released ones, and of this build: the build makes the tables. */
extern const struct digest_list known_locks;
extern const struct digest_list known_ima_policies;

/* Never for the digest of zeros, which says "none"; NULL knows none. */
bool digest_is_known(const struct digest_list *list,
    const uint8_t digest[static SHA256_SIZE]);

#endif
