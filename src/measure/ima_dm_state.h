/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which device-mapper devices there are after the events of a list, and what
 * they are mapped to: a table is loaded, and then resumed by the digest that
 * its loading had. A device is known by its number; its name may change.
 */
#ifndef MEASURE_IMA_DM_STATE_H
#define MEASURE_IMA_DM_STATE_H

#include "measure/ima_dm.h"

#define IMA_DM_DEVICES_MAX 64
#define IMA_DM_NAME_MAX    256 /* 127 characters and their backslashes */

/* What a table with one target maps to. */
enum ima_dm_kind {
	IMA_DM_NONE,    /* no table */
	IMA_DM_UNKNOWN, /* several targets, or other ones, or not logged */
	IMA_DM_VERITY,
	IMA_DM_CRYPT, /* by a cipher, with a key of 128 bits or more */
	IMA_DM_LINEAR
};

struct ima_dm_table {
	enum ima_dm_kind kind;
	bool hashed; /* its whole text was one event, with this digest */
	uint8_t digest[SHA256_SIZE];
	uint8_t root[HASH_SIZE_MAX]; /* of verity */
	size_t root_len;
	bool corrupted; /* verity found a block that did not verify */
};

struct ima_dm_known {
	uint32_t major, minor;
	size_t name_len;
	uint8_t name[IMA_DM_NAME_MAX]; /* as logged, with its backslashes */
	struct ima_dm_table active, loaded;
};

struct ima_dm_state {
	size_t n;
	struct ima_dm_known devices[IMA_DM_DEVICES_MAX];
};

void ima_dm_state_start(struct ima_dm_state *s);
/*
 * buf: the event's whole buffer, which dm was parsed from. ERR_REFUSED: a
 * device that goes on with a table which was not loaded into it; ERR_LIMIT:
 * over IMA_DM_DEVICES_MAX devices. On errors nothing is changed.
 */
MUST_CHECK int ima_dm_state_event(struct ima_dm_state *s,
    const struct ima_dm *dm, struct bytes buf, struct diag *d);
/* The device of this name (as logged); NULL: none, or two. */
const struct ima_dm_known *ima_dm_state_find(const struct ima_dm_state *s,
    struct bytes name);

#endif
