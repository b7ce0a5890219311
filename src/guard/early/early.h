/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guard-early: runs from the measured initramfs before anybody can log in. It
 * takes the kernel lock, enters the sealed root, starts guard-tpm there, has
 * the host key and the lock recorded in PCR 15, and leaves.
 */
#ifndef GUARD_EARLY_EARLY_H
#define GUARD_EARLY_EARLY_H

#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "guard/common/guard_conf.h"
#include "proto/guard.h"

/* The lock that holds in the kernel, and what guard-tpm needs of it. */
struct held_lock {
	uint8_t digest[32]; /* zero: none */
	int holder_fd;      /* keeps it, in every process that it protects */
	int counters_fd;    /* what it refused so far */
	int modules_fd;     /* closes the loading of modules */
};
#define HELD_LOCK_NONE                        \
	((struct held_lock){ .holder_fd = -1, \
	    .counters_fd = -1,                \
	    .modules_fd = -1 })
/*
 * Loads and arms it, this process and what it starts being what it protects.
 * Where the kernel takes no lock it says why in one line and *ret is
 * HELD_LOCK_NONE; an error is a lock that should have held and does not.
 */
MUST_CHECK int lock_take(struct held_lock *ret, struct diag *d);
/* Why a lock would be worth nothing here, in one line. */
void lock_renounce(const char *why);

/* The image lies in the initramfs that this process runs from. */
bool sealed_image_exists(void);
/*
 * Moves this process into it, for good. *ret_host_ns_fd is the mount namespace
 * that the machine's own root will be in.
 */
MUST_CHECK int sealed_enter(int *ret_host_ns_fd, struct diag *d);

/*
 * After a failure: spoils PCR 15 for this boot, so that nobody can extend a
 * record that was never made. An error: it is not spoiled, and the machine must
 * not go on.
 */
MUST_CHECK int unguarded_mark(struct diag *d);

/* Of this process and those that it starts. */
void memory_limits(void);
/* So that what a reset leaves in memory is not read by what boots next. */
void memory_overwrite_request(void);
/* *ret_digest: of its text; zero where the image has none. */
MUST_CHECK int ima_policy_load(uint8_t ret_digest[static 32], struct diag *d);

/* systemd ends what is left in the control group of an initramfs' unit. */
void leave_control_group(void);

/* A guard-tpm that has made the host key, and the channel to it. */
struct started {
	pid_t pid;
	int fd;
};
MUST_CHECK int guard_tpm_start(const char *root, const struct guard_conf *conf,
    const struct held_lock *lock, int host_ns_fd, struct started *ret,
    struct diag *d);
/* Has it extend the record and the end mark; appends the evidence part. */
MUST_CHECK int guard_tpm_record(const struct started *s,
    const struct early_record *record, struct buf *ret, struct diag *d);
/* After a failure. */
void guard_tpm_end(struct started *s);

#endif
