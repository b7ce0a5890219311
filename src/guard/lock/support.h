/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether this kernel can hold the lock.
 */
#ifndef GUARD_LOCK_SUPPORT_H
#define GUARD_LOCK_SUPPORT_H

#include "base/base.h"
#include "base/err.h"

/*
 * From what the kernel says of itself: uname's release, its list of LSMs, its
 * command line. ERR_UNSUPPORTED with the reason in one line.
 */
MUST_CHECK int lock_supports(const char *release, struct bytes lsm,
    struct bytes cmdline, struct diag *d);
/* The same about the running kernel. /proc has to be mounted, no more. */
MUST_CHECK int lock_supported(struct diag *d);

/* A new mount of this file system that is nowhere attached: its root. */
MUST_CHECK int lock_mount_detached(const char *type, const char *mode,
    int *ret_fd, struct diag *d);

#endif
