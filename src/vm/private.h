/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A folder in memory that is mounted nowhere: no path leads there, only
 * descriptors. launch() shows it to one program.
 */
#ifndef VM_PRIVATE_H
#define VM_PRIVATE_H

#include <sys/types.h>

#include "base/err.h"

/* ret_mount_fd: for launch(), once. ret_dir_fd: to work in it. */
MUST_CHECK int private_folder(uid_t uid, int *ret_mount_fd, int *ret_dir_fd,
    struct diag *d);

#endif
