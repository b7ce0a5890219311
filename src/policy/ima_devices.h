/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which device-mapper devices a host has, by the events of its IMA list: what
 * its root file system stands on is one of them.
 */
#ifndef POLICY_IMA_DEVICES_H
#define POLICY_IMA_DEVICES_H

#include "measure/findings.h"

struct ima_devices {
	struct ima_dm_state state;
	bool lost; /* something was not understood: nothing is known */
};

/* whole: the list is read from the first entry of the boot on. */
void ima_devices_start(struct ima_devices *s, bool whole);
/* One entry that ima_event_check_kind() passed, in the list's order. */
void ima_devices_entry(struct ima_devices *s, const struct ima_entry *e);
/* All entries of a binary list; whatever is wrong with it, nothing is known. */
void ima_devices_list(struct ima_devices *s, struct bytes list);
/* What a device maps to; IMA_DM_UNKNOWN where nothing is known. */
enum ima_dm_kind ima_devices_kind(const struct ima_devices *s,
    struct bytes name);
/* Fills ret's mapped devices; their names go into store. */
void ima_devices_end(const struct ima_devices *s, struct findings_store *store,
    struct ima_facts *ret);

#endif
