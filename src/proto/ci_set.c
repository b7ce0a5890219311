/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/ci_set.h"

#include "base/reader.h"

static const struct field item_list[] = {
	FIELD_NAME(struct ci_set_item, name),
	FIELD_FIXED(struct ci_set_item, id),
	FIELD_U64(struct ci_set_item, at),
	FIELD_U64(struct ci_set_item, len),
};
const struct fields ci_set_item_fields =
    FIELDS(struct ci_set_item, "CI set item", item_list);

static const struct field set_list[] = {
	FIELD_LIST(struct ci_set, items, n_items, &ci_set_item_fields),
};
const struct fields ci_set_fields = FIELDS(struct ci_set, "CI set", set_list);

int
ci_set_write(struct ci_set *set, struct buf *ret, struct diag *d)
{
	auto_buf struct buf probe = BUF_INIT(4096);
	uint64_t at;
	int r;

	/* Its own length does not depend on the numbers in it. */
	if ((r = fields_encode(&ci_set_fields, set, &probe, d)) < 0)
		return r;
	at = probe.len;
	for (size_t i = 0; i < set->n_items; i++) {
		set->items[i].at = at;
		at += set->items[i].len;
	}
	return fields_encode(&ci_set_fields, set, ret, d);
}

int
ci_set_read(struct bytes file, struct ci_set *ret, struct diag *d)
{
	struct reader r = reader_of(file);
	struct ci_set set;
	int rc;

	if ((rc = fields_read(&ci_set_fields, &r, &set, d)) < 0)
		return rc;
	for (size_t i = 0; i < set.n_items; i++)
		if (set.items[i].at != r.off ||
		    set.items[i].len > reader_left(&r) ||
		    !reader_skip(&r, (size_t)set.items[i].len))
			return diag_fail(d, ERR_FORMAT,
			    "CI set: policy %zu is not where it must be", i);
	if (reader_left(&r) != 0)
		return diag_fail(d, ERR_FORMAT, "CI set: %zu bytes are left",
		    reader_left(&r));
	*ret = set;
	return ERR_OK;
}

struct bytes
ci_set_policy(struct bytes file, const struct ci_set_item *item)
{
	return bytes_of(file.p + item->at, (size_t)item->len);
}
