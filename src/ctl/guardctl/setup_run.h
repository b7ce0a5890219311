/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs one of the system's own programs (update-grub, update-initramfs), which
 * may talk a lot: what they say is kept, and told only when they fail.
 */
#ifndef CTL_GUARDCTL_SETUP_RUN_H
#define CTL_GUARDCTL_SETUP_RUN_H

#include "base/buf.h"

/*
 * argv ends with NULL; argv[0] is a path. ret_said gets the end of what it
 * wrote. ERR_IO if it cannot be started or does not end with 0.
 */
MUST_CHECK int setup_run(const char *const *argv, struct buf *ret_said,
    struct diag *d);

#endif
