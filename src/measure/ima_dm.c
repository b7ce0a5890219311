/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dm-ima.rst's grammar: sections end with ';', what is in one is separated by
 * ','. Each event has its keys; another one is refused.
 */
#include "measure/ima_dm.h"

#include <string.h>

#include "base/text.h"

#define KEY_MAX 64

static const struct {
	const char *name;
	enum ima_dm_type type;
} events[] = {
	{ "dm_table_load", IMA_DM_TABLE_LOAD },
	{ "dm_table_clear", IMA_DM_TABLE_CLEAR },
	{ "dm_device_resume", IMA_DM_DEVICE_RESUME },
	{ "dm_device_remove", IMA_DM_DEVICE_REMOVE },
	{ "dm_device_rename", IMA_DM_DEVICE_RENAME },
	{ "dm_target_update", IMA_DM_TARGET_UPDATE },
};

bool
ima_dm_named(struct bytes name, enum ima_dm_type *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(events); i++)
		if (bytes_equal_text(name, events[i].name)) {
			*ret = events[i].type;
			return true;
		}
	return false;
}

/* --- key=value -------------------------------------------------------------- */

static struct bytes
rest_of(struct bytes in, size_t n)
{
	return bytes_of(in.p + n, in.len - n);
}

/* The key and, behind its '=', all the rest. */
static bool
take_key(struct bytes *in, struct bytes *ret)
{
	size_t n = 0;

	while (n < in->len && n < KEY_MAX &&
	    ((in->p[n] >= 'a' && in->p[n] <= 'z') ||
		(in->p[n] >= '0' && in->p[n] <= '9') || in->p[n] == '_'))
		n++;
	if (n == 0 || n == in->len || in->p[n] != '=')
		return false;
	*ret = bytes_of(in->p, n);
	*in = rest_of(*in, n + 1);
	return true;
}

/* Up to ',' or ';', which is skipped; a backslash takes the next with it. */
static bool
take_value(struct bytes *in, struct bytes *ret, bool *ret_last)
{
	size_t n = 0;

	while (n < in->len && in->p[n] != ',' && in->p[n] != ';')
		n += in->p[n] == '\\' ? 2 : 1;
	if (n >= in->len || memchr(in->p, '\0', n) != NULL)
		return false;
	*ret = bytes_of(in->p, n);
	*ret_last = in->p[n] == ';';
	*in = rest_of(*in, n + 1);
	return true;
}

static int
malformed(struct diag *d, const char *what)
{
	return diag_fail(d, ERR_FORMAT, "device-mapper: malformed %s", what);
}

static bool
number(struct bytes text, uint64_t max, uint64_t *ret)
{
	return number_parse("number", text, 0, max, ret, NULL) == ERR_OK;
}

static bool
number32(struct bytes text, uint32_t *ret)
{
	uint64_t v;

	if (!number(text, UINT32_MAX, &v))
		return false;
	*ret = (uint32_t)v;
	return true;
}

static bool
yes_no(struct bytes text, bool *ret)
{
	*ret = bytes_equal_text(text, "y");
	return *ret || bytes_equal_text(text, "n");
}

/* --- events ----------------------------------------------------------------- */

enum {
	SEEN_NAME = 1 << 0,
	SEEN_UUID = 1 << 1,
	SEEN_MAJOR = 1 << 2,
	SEEN_MINOR = 1 << 3,
	SEEN_MINOR_COUNT = 1 << 4,
	SEEN_TARGETS = 1 << 5,
	SEEN_ACTIVE_HASH = 1 << 6,
	SEEN_INACTIVE_HASH = 1 << 7,
	SEEN_NEW_NAME = 1 << 8,
	SEEN_NEW_UUID = 1 << 9,
	SEEN_REMOVE_ALL = 1 << 10,
	SEEN_NO_DATA = 1 << 11,
	SEEN_CAPACITY = 1 << 12,
	SEEN_DEVICE = 0x3f
};

static const struct {
	const char *key;
	unsigned seen;
} keys[] = {
	{ "name", SEEN_NAME },
	{ "uuid", SEEN_UUID },
	{ "major", SEEN_MAJOR },
	{ "minor", SEEN_MINOR },
	{ "minor_count", SEEN_MINOR_COUNT },
	{ "num_targets", SEEN_TARGETS },
	{ "active_table_hash", SEEN_ACTIVE_HASH },
	{ "inactive_table_hash", SEEN_INACTIVE_HASH },
	{ "new_name", SEEN_NEW_NAME },
	{ "new_uuid", SEEN_NEW_UUID },
	{ "remove_all", SEEN_REMOVE_ALL },
	{ "device_resume", SEEN_NO_DATA },
	{ "device_remove", SEEN_NO_DATA },
	{ "device_rename", SEEN_NO_DATA },
	{ "table_clear", SEEN_NO_DATA },
	{ "current_device_capacity", SEEN_CAPACITY },
};

/* What an event must have, and what else it may have. */
static const struct {
	unsigned must, may;
} forms[] = {
	[IMA_DM_TABLE_LOAD] = { SEEN_DEVICE, 0 },
	[IMA_DM_TARGET_UPDATE] = { SEEN_DEVICE, 0 },
	[IMA_DM_TABLE_CLEAR] = { SEEN_NAME | SEEN_UUID | SEEN_CAPACITY,
	    SEEN_DEVICE | SEEN_INACTIVE_HASH | SEEN_NO_DATA },
	[IMA_DM_DEVICE_RESUME] = { SEEN_NAME | SEEN_UUID | SEEN_CAPACITY,
	    SEEN_DEVICE | SEEN_ACTIVE_HASH | SEEN_NO_DATA },
	[IMA_DM_DEVICE_REMOVE] = { SEEN_NAME | SEEN_UUID | SEEN_REMOVE_ALL |
		SEEN_CAPACITY,
	    SEEN_DEVICE | SEEN_ACTIVE_HASH | SEEN_INACTIVE_HASH |
		SEEN_NO_DATA },
	[IMA_DM_DEVICE_RENAME] = { SEEN_NAME | SEEN_UUID | SEEN_NEW_NAME |
		SEEN_NEW_UUID | SEEN_CAPACITY,
	    SEEN_DEVICE | SEEN_NO_DATA },
};

static unsigned
key_bit(struct bytes key)
{
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (bytes_equal_text(key, keys[i].key))
			return keys[i].seen;
	return 0;
}

static bool
set_device(struct ima_dm_device *device, unsigned bit, struct bytes value)
{
	device->present = true;
	switch (bit) {
	case SEEN_NAME:
		device->name = value;
		return value.len != 0;
	case SEEN_UUID:
		device->uuid = value;
		return true;
	case SEEN_MAJOR:
		return number32(value, &device->major);
	case SEEN_MINOR:
		return number32(value, &device->minor);
	case SEEN_MINOR_COUNT:
		return number32(value, &device->minor_count);
	case SEEN_TARGETS:
		return number32(value, &device->n_targets);
	default:
		return false;
	}
}

static bool
set(struct ima_dm *dm, unsigned bit, struct bytes value)
{
	switch (bit) {
	case SEEN_ACTIVE_HASH:
		dm->active_hash = value;
		return true;
	case SEEN_INACTIVE_HASH:
		dm->inactive_hash = value;
		return true;
	case SEEN_NEW_NAME:
		dm->new_name = value;
		return true;
	case SEEN_NEW_UUID:
		dm->new_uuid = value;
		return true;
	case SEEN_REMOVE_ALL:
		return yes_no(value, &dm->remove_all);
	case SEEN_NO_DATA:
		dm->no_data = true;
		return bytes_equal_text(value, "no_data");
	case SEEN_CAPACITY:
		return number(value, UINT64_MAX, &dm->capacity);
	default:
		return false;
	}
}

/*
 * Which device the names behind this are of: "device_active_metadata=name=x".
 * Keys that come once for each begin anew.
 */
static struct ima_dm_device *
section(struct ima_dm *dm, struct bytes key)
{
	if (bytes_equal_text(key, "device_active_metadata"))
		return &dm->device;
	if (bytes_equal_text(key, "device_inactive_metadata"))
		return &dm->inactive;
	return NULL;
}

static bool
parse_version(struct bytes *in, struct ima_dm *dm)
{
	struct bytes key;
	bool last;

	return take_key(in, &key) && bytes_equal_text(key, "dm_version") &&
	    take_value(in, &dm->version, &last) && last;
}

/* Kernels before 6.6 leave NULs where their text was shorter than its room. */
static void
skip_nuls(struct bytes *in)
{
	while (in->len != 0 && in->p[0] == '\0')
		*in = rest_of(*in, 1);
}

/* All of a device is told, or nothing; but see no_data. */
static bool
whole(const struct ima_dm_device *device, unsigned seen)
{
	return !device->present || (seen & SEEN_DEVICE) == SEEN_DEVICE;
}

static int
parse_pairs(struct bytes *in, struct ima_dm *dm, unsigned *ret_seen,
    struct diag *d)
{
	struct ima_dm_device *device = &dm->device, *other;
	unsigned seen = 0, all = 0, bit;
	struct bytes key, value;
	bool last, loads = forms[dm->type].may == 0;

	for (skip_nuls(in); in->len != 0; skip_nuls(in)) {
		if (loads && (all & SEEN_TARGETS) != 0)
			break; /* the targets */
		if (!take_key(in, &key))
			return malformed(d, "event");
		if ((other = section(dm, key)) != NULL) {
			if (other->present || !whole(device, seen))
				return malformed(d, "event");
			device = other;
			seen &= ~(unsigned)SEEN_DEVICE;
			continue;
		}
		bit = key_bit(key);
		if ((seen & bit) != 0 || bit == 0 ||
		    !take_value(in, &value, &last) ||
		    !((bit & SEEN_DEVICE) != 0 ? set_device(device, bit, value)
					       : set(dm, bit, value)))
			return malformed(d, "event");
		seen |= bit;
		all |= bit;
	}
	if (!dm->no_data && !whole(device, seen))
		return malformed(d, "event");
	*ret_seen = all;
	return ERR_OK;
}

int
ima_dm_parse(enum ima_dm_type type, struct bytes in, struct ima_dm *ret,
    struct diag *d)
{
	struct ima_dm dm = { .type = type };
	unsigned seen, must, may;
	int err;

	BUG_ON(type >= ARRAY_LEN(forms));
	must = forms[type].must;
	may = must | forms[type].may;
	if (!parse_version(&in, &dm))
		return malformed(d, "version");
	if ((err = parse_pairs(&in, &dm, &seen, d)) < 0)
		return err;
	if ((seen & must) != must || (seen & ~may) != 0)
		return malformed(d, "event");
	dm.targets = in;
	*ret = dm;
	return ERR_OK;
}

/* --- targets ---------------------------------------------------------------- */

/* This key comes next; otherwise *in is not moved. */
static bool
take_named(struct bytes *in, const char *name, struct bytes *ret,
    bool *ret_last)
{
	struct bytes rest = *in, key;

	if (!take_key(&rest, &key) || !bytes_equal_text(key, name) ||
	    !take_value(&rest, ret, ret_last))
		return false;
	*in = rest;
	return true;
}

/* Some targets (zero, error) say nothing of themselves, not even a ';'. */
int
ima_dm_target_next(struct bytes *targets, struct ima_dm_target *ret,
    struct diag *d)
{
	struct bytes in = *targets, index, begin, len, key, value;
	struct ima_dm_target t = { 0 };
	bool last = false;

	skip_nuls(&in);
	if (in.len == 0)
		return diag_fail(d, ERR_NOT_FOUND, "device-mapper: end");
	if (!take_named(&in, "target_index", &index, &last) || last ||
	    !number32(index, &t.index) ||
	    !take_named(&in, "target_begin", &begin, &last) || last ||
	    !number(begin, UINT64_MAX, &t.begin) ||
	    !take_named(&in, "target_len", &len, &last) || last ||
	    !number(len, UINT64_MAX, &t.len))
		return malformed(d, "target");
	if (take_named(&in, "target_name", &t.name, &last)) {
		if (last ||
		    !take_named(&in, "target_version", &t.version, &last))
			return malformed(d, "target");
		t.values = in;
		while (!last)
			if (!take_key(&in, &key) ||
			    !take_value(&in, &value, &last))
				return malformed(d, "target");
		t.values.len -= in.len;
	}
	*targets = in;
	*ret = t;
	return ERR_OK;
}

bool
ima_dm_value(const struct ima_dm_target *t, const char *name, struct bytes *ret)
{
	struct bytes in = t->values, key, value, found = BYTES_NONE;
	unsigned n = 0;
	bool last;

	while (take_key(&in, &key) && take_value(&in, &value, &last))
		if (bytes_equal_text(key, name)) {
			found = value;
			n++;
		}
	if (n != 1)
		return false;
	*ret = found;
	return true;
}
