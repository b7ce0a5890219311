/* SPDX-License-Identifier: Apache-2.0 */
/*
 * drivers/md/dm-ima.c: dm_ima_measure_on_table_load() takes the digest of the
 * text that it logs; the other events name a table by that digest.
 */
#include "measure/ima_dm_state.h"

#include <string.h>

#include "base/text.h"

#define CRYPT_KEY_MIN 16 /* bytes */

void
ima_dm_state_start(struct ima_dm_state *s)
{
	s->n = 0;
}

static struct ima_dm_known *
find(struct ima_dm_state *s, const struct ima_dm_device *device)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->devices[i].major == device->major &&
		    s->devices[i].minor == device->minor)
			return &s->devices[i];
	return NULL;
}

static int
set_name(struct ima_dm_known *known, struct bytes name, struct diag *d)
{
	if (name.len == 0 || name.len > sizeof(known->name))
		return diag_fail(d, ERR_LIMIT,
		    "device-mapper: name of %zu bytes, 1-%zu allowed", name.len,
		    sizeof(known->name));
	memcpy(known->name, name.p, name.len);
	known->name_len = name.len;
	return ERR_OK;
}

/* A device that was not there has neither table. */
static int
need(struct ima_dm_state *s, const struct ima_dm_device *device,
    struct ima_dm_known **ret, struct diag *d)
{
	struct ima_dm_known *known = find(s, device);
	int err;

	if (known == NULL) {
		if (s->n >= IMA_DM_DEVICES_MAX)
			return diag_fail(d, ERR_LIMIT,
			    "device-mapper: over %d devices",
			    IMA_DM_DEVICES_MAX);
		known = &s->devices[s->n];
		*known = (struct ima_dm_known){ .major = device->major,
			.minor = device->minor };
		if ((err = set_name(known, device->name, d)) < 0)
			return err;
		s->n++;
	}
	*ret = known;
	return ERR_OK;
}

static void
remove_known(struct ima_dm_state *s, const struct ima_dm_known *known)
{
	size_t i = (size_t)(known - s->devices);

	s->n--;
	memmove(&s->devices[i], &s->devices[i + 1],
	    (s->n - i) * sizeof(s->devices[0]));
}

/* "cipher_null-ecb", "capi:ecb(cipher_null)": a table that encrypts nothing. */
static bool
encrypts(const struct ima_dm_crypt *c)
{
	static const char null[] = "null";

	return c->key_size >= CRYPT_KEY_MIN &&
	    memmem(c->cipher.p, c->cipher.len, null, sizeof(null) - 1) == NULL;
}

static int
read_crypt(const struct ima_dm_target *t, struct ima_dm_table *table,
    struct diag *d)
{
	struct ima_dm_crypt c;
	int err = ima_dm_crypt(t, &c, d);

	if (err == ERR_OK)
		table->kind = encrypts(&c) ? IMA_DM_CRYPT : IMA_DM_UNKNOWN;
	return err;
}

static int
read_kind(const struct ima_dm_target *t, struct ima_dm_table *table,
    struct diag *d)
{
	struct ima_dm_verity v;
	int err = ima_dm_verity(t, &v, d);

	if (err == ERR_OK) {
		table->kind = IMA_DM_VERITY;
		memcpy(table->root, v.root, v.root_len);
		table->root_len = v.root_len;
		table->corrupted = v.corrupted;
		return ERR_OK;
	}
	if (err == ERR_NOT_FOUND)
		err = read_crypt(t, table, d);
	if (err != ERR_NOT_FOUND)
		return err;
	table->kind = bytes_equal_text(t->name, "linear") ? IMA_DM_LINEAR
							  : IMA_DM_UNKNOWN;
	return ERR_OK;
}

/*
 * A table of more text than the kernel's buffer comes in several events: its
 * digest is of all of them, and no kind that we ask about is that long.
 */
static int
read_table(const struct ima_dm *dm, struct bytes buf, struct ima_dm_table *ret,
    struct diag *d)
{
	struct ima_dm_table table = { .kind = IMA_DM_UNKNOWN };
	struct bytes targets = dm->targets;
	struct ima_dm_target t, first = { 0 };
	uint32_t n = 0;
	int err;

	while ((err = ima_dm_target_next(&targets, &t, d)) == ERR_OK) {
		if (n == 0)
			first = t;
		n++;
	}
	if (err != ERR_NOT_FOUND)
		return err;
	if (n == 1 && dm->device.n_targets == 1 && first.index == 0 &&
	    (err = read_kind(&first, &table, d)) < 0)
		return err;
	table.hashed = n == dm->device.n_targets && first.index == 0;
	if (table.hashed)
		sha256(buf, table.digest);
	*ret = table;
	return ERR_OK;
}

/* The table that an event tells, and the device that it is for. */
static int
read_event(struct ima_dm_state *s, const struct ima_dm *dm, struct bytes buf,
    struct ima_dm_known **ret_known, struct ima_dm_table *ret_table,
    struct diag *d)
{
	int err = read_table(dm, buf, ret_table, d);

	return err < 0 ? err : need(s, &dm->device, ret_known, d);
}

static int
load(struct ima_dm_state *s, const struct ima_dm *dm, struct bytes buf,
    struct diag *d)
{
	struct ima_dm_known *known;
	struct ima_dm_table table;
	int err = read_event(s, dm, buf, &known, &table, d);

	if (err == ERR_OK)
		known->loaded = table;
	return err;
}

/* Only the events of a table that failed say anything of it: none heals. */
static int
update(struct ima_dm_state *s, const struct ima_dm *dm, struct bytes buf,
    struct diag *d)
{
	struct ima_dm_known *known;
	struct ima_dm_table table;
	int err = read_event(s, dm, buf, &known, &table, d);

	if (err < 0)
		return err;
	if (known->active.kind == IMA_DM_NONE)
		known->active.kind = IMA_DM_UNKNOWN;
	known->active.corrupted |= table.corrupted;
	return ERR_OK;
}

static bool
is_table(const struct ima_dm_table *table, struct bytes hash)
{
	char text[8 + 2 * SHA256_SIZE] = "sha256:";

	hex_format(BYTES_OF_ARRAY(table->digest), text + 7);
	return table->hashed && bytes_equal_text(hash, text);
}

/*
 * What was loaded is now in use; without a loaded table the device goes on
 * with its old one. A table that came in pieces, or before IMA listened, is
 * in use and not known.
 */
static int
resume(struct ima_dm_state *s, const struct ima_dm *dm, struct diag *d)
{
	struct ima_dm_known *known;
	int err;

	if (dm->no_data)
		return ERR_OK;
	if ((err = need(s, &dm->device, &known, d)) < 0)
		return err;
	if (known->loaded.kind != IMA_DM_NONE) {
		if (known->loaded.hashed &&
		    !is_table(&known->loaded, dm->active_hash))
			return diag_fail(d, ERR_REFUSED,
			    "device-mapper: resumed with another table than "
			    "the loaded one");
		known->active = known->loaded;
		known->loaded = (struct ima_dm_table){ 0 };
		return ERR_OK;
	}
	if (known->active.hashed && !is_table(&known->active, dm->active_hash))
		return diag_fail(d, ERR_REFUSED,
		    "device-mapper: resumed with a table that was not loaded");
	if (known->active.kind == IMA_DM_NONE)
		known->active.kind = IMA_DM_UNKNOWN;
	return ERR_OK;
}

int
ima_dm_state_event(struct ima_dm_state *s, const struct ima_dm *dm,
    struct bytes buf, struct diag *d)
{
	const struct ima_dm_device *device =
	    dm->device.present ? &dm->device : &dm->inactive;
	struct ima_dm_known *known = find(s, device);

	switch (dm->type) {
	case IMA_DM_TABLE_LOAD:
		return load(s, dm, buf, d);
	case IMA_DM_TARGET_UPDATE:
		return update(s, dm, buf, d);
	case IMA_DM_DEVICE_RESUME:
		return resume(s, dm, d);
	case IMA_DM_TABLE_CLEAR:
		if (known != NULL && !dm->no_data)
			known->loaded = (struct ima_dm_table){ 0 };
		return ERR_OK;
	case IMA_DM_DEVICE_REMOVE:
		if (known != NULL && !dm->no_data)
			remove_known(s, known);
		return ERR_OK;
	case IMA_DM_DEVICE_RENAME:
		if (known == NULL || dm->no_data)
			return ERR_OK;
		return set_name(known, dm->new_name, d);
	}
	return ERR_OK;
}

const struct ima_dm_known *
ima_dm_state_find(const struct ima_dm_state *s, struct bytes name)
{
	const struct ima_dm_known *found = NULL;

	for (size_t i = 0; i < s->n; i++) {
		const struct ima_dm_known *k = &s->devices[i];

		if (!bytes_equal(name, bytes_of(k->name, k->name_len)))
			continue;
		if (found != NULL)
			return NULL;
		found = k;
	}
	return found;
}
