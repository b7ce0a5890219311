/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel lock as seen by the process that lives on: how often it refused
 * what, and the request to close modules. Links nothing but base; the
 * descriptors are those of lock_counters_fd() and lock_modules_fd().
 */
#ifndef GUARD_LOCK_COUNTERS_H
#define GUARD_LOCK_COUNTERS_H

#include "base/base.h"
#include "base/err.h"
#include "guard/lock/shared.h"

#define LOCK_DIGEST_SIZE 32

/* SHA-256 of the programs that this build's lock_load() loads. */
void lock_digest(uint8_t ret[static LOCK_DIGEST_SIZE]);
/* Refusals since the lock was armed. */
MUST_CHECK int lock_counters_read(int counters_fd, struct lock_counters *ret,
    struct diag *d);
/*
 * Has the lock refuse modules from now on; nobody can take that back. Fails if
 * the lock does not say that it did.
 */
MUST_CHECK int lock_modules_close(int modules_fd, struct diag *d);

#endif
