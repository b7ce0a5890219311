/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Swap and hibernation: where memory could come to rest on a disk.
 */
#ifndef CTL_GUARDCTL_SETUP_SWAP_H
#define CTL_GUARDCTL_SETUP_SWAP_H

#include "ctl/guardctl/report.h"

/* Fields of one line, between blanks; how many, at most max. */
size_t fields_of_line(struct bytes line, struct bytes *ret, size_t max);

/* What runs now, and what the next boot would do. */
void swap_check(const char *root, struct report *r);

#endif
