/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guard-early: runs from the measured initramfs before anybody can log in. It
 * starts guard-tpm, has the host key and the kernel lock recorded in PCR 15,
 * and leaves.
 */
#ifndef GUARD_EARLY_EARLY_H
#define GUARD_EARLY_EARLY_H

#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "guard/common/guard_conf.h"

/*
 * The lock that now holds in the kernel: its digest for the record, zero for
 * none, and one line that says so.
 */
void lock_state(uint8_t ret_digest[static 32], char *ret_line, size_t size);

/* A guard-tpm that has made the host key, and the channel to it. */
struct started {
	pid_t pid;
	int fd;
};
MUST_CHECK int guard_tpm_start(const char *root, const struct guard_conf *conf,
    struct started *ret, struct diag *d);
/* Has it extend the record and the end mark; appends the evidence part. */
MUST_CHECK int guard_tpm_record(const struct started *s,
    const uint8_t lock_digest[static 32], struct buf *ret, struct diag *d);
/* After a failure. */
void guard_tpm_end(struct started *s);

#endif
