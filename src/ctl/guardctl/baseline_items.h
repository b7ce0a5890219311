/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What there is to know of a boot before it becomes a baseline: one item for
 * each thing that a guarded host should have. The root's and swap's items rest
 * on the command line and on the device-mapper tables in IMA's list, which no
 * quote covers here: these are for people. Pure functions of bytes.
 */
#ifndef CTL_GUARDCTL_BASELINE_ITEMS_H
#define CTL_GUARDCTL_BASELINE_ITEMS_H

#include "measure/findings.h"

#define BASELINE_ITEM_TEXT 256

enum baseline_item {
	ITEM_SECURE_BOOT,
	ITEM_FIRMWARE,
	ITEM_LOCKDOWN,
	ITEM_IOMMU,
	ITEM_ROOT,
	ITEM_SWAP,
	BASELINE_ITEMS
};

struct baseline_item_state {
	const char *name;
	bool good;
	char text[BASELINE_ITEM_TEXT]; /* what it is, or what is wrong */
};

/* `ima` is IMA's list as the kernel gives it, or nothing. */
void baseline_item_read(enum baseline_item which, const struct findings *f,
    struct bytes ima, struct baseline_item_state *ret);

#endif
