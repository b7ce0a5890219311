/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file system that a launched program sees: an empty tmpfs with /usr and
 * three devices. No /etc (so no ld.so.preload), no /proc, no sockets.
 */
#ifndef VM_CAGE_H
#define VM_CAGE_H

#include "vm/launch.h"

#define CAGE_PROGRAM "/program"

/* In the child, as root, in a mount namespace of its own. */
MUST_CHECK int cage_enter(const struct launch *l, struct diag *d);

#endif
