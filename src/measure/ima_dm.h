/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What device-mapper measures of itself (drivers/md/dm-ima.c and the kernel's
 * admin-guide/device-mapper/dm-ima.rst): lists of key=value. Names and values
 * are as logged: in a device's name and uuid a backslash precedes each
 * backslash, semicolon, equals sign and comma. Views into the buffer.
 */
#ifndef MEASURE_IMA_DM_H
#define MEASURE_IMA_DM_H

#include "base/err.h"
#include "crypto/hash.h"

enum ima_dm_type {
	IMA_DM_TABLE_LOAD,
	IMA_DM_TABLE_CLEAR,
	IMA_DM_DEVICE_RESUME,
	IMA_DM_DEVICE_REMOVE,
	IMA_DM_DEVICE_RENAME,
	IMA_DM_TARGET_UPDATE
};

struct ima_dm_device {
	bool present;
	struct bytes name;
	struct bytes uuid;
	uint32_t major, minor, minor_count;
	uint32_t n_targets;
};

struct ima_dm {
	enum ima_dm_type type;
	struct bytes version;
	struct ima_dm_device device;   /* for REMOVE: with its active table */
	struct ima_dm_device inactive; /* for REMOVE and CLEAR */
	struct bytes active_hash;      /* "sha256:" and hex */
	struct bytes inactive_hash;
	struct bytes new_name, new_uuid;
	bool remove_all;
	bool no_data;         /* the kernel knew nothing of the device */
	uint64_t capacity;    /* sectors */
	struct bytes targets; /* of LOAD and UPDATE: ima_dm_target_next() */
};

struct ima_dm_target {
	uint32_t index;
	uint64_t begin, len; /* sectors */
	struct bytes name;   /* "verity"; empty: one that says nothing */
	struct bytes version;
	struct bytes values; /* the rest: ima_dm_value() */
};

/* False: name is no event of device-mapper. */
MUST_CHECK bool ima_dm_named(struct bytes name, enum ima_dm_type *ret);
MUST_CHECK int ima_dm_parse(enum ima_dm_type type, struct bytes in,
    struct ima_dm *ret, struct diag *d);
/* Takes one off dm->targets; ERR_NOT_FOUND when there is no more. */
MUST_CHECK int ima_dm_target_next(struct bytes *targets,
    struct ima_dm_target *ret, struct diag *d);
/* The value of this key; false unless it is there once. */
MUST_CHECK bool ima_dm_value(const struct ima_dm_target *t, const char *key,
    struct bytes *ret);

struct ima_dm_verity {
	bool corrupted;         /* a block did not verify */
	struct bytes algorithm; /* as the kernel's crypto names it */
	uint8_t root[HASH_SIZE_MAX];
	size_t root_len;
	struct bytes salt; /* hex, or "-" */
	struct bytes data_device, hash_device;
	bool ignore_zero_blocks, check_at_most_once;
	struct bytes signature_key; /* of a signed root digest; may be empty */
};

struct ima_dm_crypt {
	struct bytes cipher; /* "aes-xts-plain64" */
	uint32_t key_size;   /* bytes */
	bool allow_discards;
};

struct ima_dm_linear {
	struct bytes device;
	uint64_t start;
};

struct ima_dm_snapshot {
	struct bytes origin, cow;
};

/* ERR_NOT_FOUND: another target. */
MUST_CHECK int ima_dm_verity(const struct ima_dm_target *t,
    struct ima_dm_verity *ret, struct diag *d);
MUST_CHECK int ima_dm_crypt(const struct ima_dm_target *t,
    struct ima_dm_crypt *ret, struct diag *d);
MUST_CHECK int ima_dm_linear(const struct ima_dm_target *t,
    struct ima_dm_linear *ret, struct diag *d);
MUST_CHECK int ima_dm_snapshot(const struct ima_dm_target *t,
    struct ima_dm_snapshot *ret, struct diag *d);

#endif
