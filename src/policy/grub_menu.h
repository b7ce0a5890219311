/* SPDX-License-Identifier: Apache-2.0 */
/* The entries of GRUB's menu, and which of them is the default. */
#ifndef POLICY_GRUB_MENU_H
#define POLICY_GRUB_MENU_H

#include "policy/grub_script.h"

/* One that was executed; false: not understood, or too many. */
MUST_CHECK bool grub_menu_add(struct grub_script *s,
    const struct grub_command *c, const struct grub_words *w);
/*
 * By "N", title or id; of a submenu *ret_rest is what stands behind '>'.
 * ERR_REFUSED: no such entry.
 */
MUST_CHECK int grub_menu_find(const struct grub_script *s, struct bytes name,
    struct grub_entry *ret, struct bytes *ret_rest, struct diag *d);

#endif
