/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/ima_devices.h"

#include <string.h>

#include "measure/ima_event.h"

void
ima_devices_start(struct ima_devices *s, bool whole)
{
	ima_dm_state_start(&s->state);
	s->lost = !whole;
}

/*
 * A device that is in use can be given another name, and its name to another
 * device: then no name says what the root file system stands on.
 */
static bool
follow(struct ima_devices *s, const struct ima_entry *e)
{
	struct ima_event event;
	struct diag d = { 0 };

	if (ima_event_decode(e, &event, &d) < 0)
		return false;
	if (event.type != IMA_EVENT_DM)
		return true;
	return event.dm.type != IMA_DM_DEVICE_RENAME &&
	    ima_dm_state_event(&s->state, &event.dm, e->buf, &d) == ERR_OK;
}

void
ima_devices_entry(struct ima_devices *s, const struct ima_entry *e)
{
	enum ima_dm_type type;

	if (s->lost || (e->fields & IMA_F_BUF) == 0 ||
	    !ima_dm_named(e->name, &type))
		return;
	s->lost = e->violation || !follow(s, e);
}

void
ima_devices_list(struct ima_devices *s, struct bytes list)
{
	struct ima_iter it;
	struct ima_entry e;
	struct diag d = { 0 };
	int r;

	ima_devices_start(s, true);
	ima_iter_start(&it, IMA_BINARY, HASH_SHA1, list, 0);
	while ((r = ima_next(&it, &e, &d)) == ERR_OK && !s->lost) {
		if (ima_event_check_kind(&e, &d) < 0)
			s->lost = true;
		ima_devices_entry(s, &e);
	}
	if (r != ERR_NOT_FOUND)
		s->lost = true;
}

enum ima_dm_kind
ima_devices_kind(const struct ima_devices *s, struct bytes name)
{
	const struct ima_dm_known *k =
	    s->lost ? NULL : ima_dm_state_find(&s->state, name);

	return k == NULL ? IMA_DM_UNKNOWN : k->active.kind;
}

/* Others are named with backslashes, and nobody's root is called so. */
static bool
is_plain(struct bytes name)
{
	for (size_t i = 0; i < name.len; i++) {
		uint8_t c = name.p[i];

		if ((c < 'a' || c > 'z') && (c < 'A' || c > 'Z') &&
		    (c < '0' || c > '9') && c != '.' && c != '_' && c != '-')
			return false;
	}
	return name.len > 0 && name.len <= IMA_MAPPED_NAME;
}

void
ima_devices_end(const struct ima_devices *s, struct findings_store *store,
    struct ima_facts *ret)
{
	ret->n_mapped = 0;
	ret->mapped_known = !s->lost;
	for (size_t i = 0; i < s->state.n && ret->mapped_known; i++) {
		const struct ima_dm_known *k = &s->state.devices[i];
		struct bytes name = bytes_of(k->name, k->name_len);
		char *to;

		if ((k->active.kind != IMA_DM_VERITY &&
			k->active.kind != IMA_DM_CRYPT) ||
		    !is_plain(name))
			continue;
		/* One name twice, or more than fit: nothing is said. */
		if (ima_dm_state_find(&s->state, name) != k ||
		    ret->n_mapped == IMA_MAPPED_MAX) {
			ret->mapped_known = false;
			break;
		}
		to = store->ima_mapped[ret->n_mapped];
		memcpy(to, name.p, name.len);
		ret->mapped[ret->n_mapped++] =
		    (struct ima_mapped){ bytes_of(to, name.len),
			    (uint8_t)k->active.kind };
	}
	if (!ret->mapped_known)
		ret->n_mapped = 0;
}
