/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A copy of a program that nobody but root may read: the processes of other
 * users that run it let nobody look into them, from their first instruction
 * to their last. Made once and kept, since QEMU is large and a VM's start is
 * not the time to copy it.
 */
#ifndef VM_PROGRAM_H
#define VM_PROGRAM_H

#include <sys/stat.h>

#include "base/err.h"

/* Root's, and for others to run only. */
bool program_is_private(const struct stat *st);

/*
 * ret: the path of the copy in dir, which is made if it is not there; it is of
 * the file that the program is now, by device, inode, length and time. Older
 * copies of it are removed: who runs one goes on.
 */
MUST_CHECK int program_keep(const char *dir, const char *program, char *ret,
    size_t size, struct diag *d);

#endif
