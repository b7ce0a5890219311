/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel locks that this release vouches for, by the SHA-256 of the object
 * that guard-early loads and records in PCR 15.
 */
#ifndef POLICY_KNOWN_LOCKS_H
#define POLICY_KNOWN_LOCKS_H

#include "crypto/hash.h"

struct lock_list {
	size_t n;
	const uint8_t (*digests)[SHA256_SIZE];
};

/* Of known_locks.txt, and of this build: the build makes the table. */
extern const struct lock_list known_locks;

/* Never for the digest of zeros, which says "no lock"; NULL knows none. */
bool lock_is_known(const struct lock_list *list,
    const uint8_t digest[static SHA256_SIZE]);

#endif
