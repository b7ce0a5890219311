/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What several commands need.
 */
#include <string.h>

#include "base/text.h"
#include "hgs/admin/admin.h"
#include "hgs/common/store_client.h"

int
request_text(const struct request *q, const char *key, struct bytes *ret,
    struct diag *d)
{
	if (!json_has(q->args, key))
		return diag_fail(d, ERR_USAGE, "%s: %s is missing", q->command,
		    key);
	if (json_get_text(q->args, key, ret, d) < 0)
		return ERR_USAGE;
	return ERR_OK;
}

int
request_name(const struct request *q, const char *key, struct bytes *ret,
    struct diag *d)
{
	int r = request_text(q, key, ret, d);

	if (r == ERR_OK && name_check(key, *ret, d) < 0)
		return ERR_USAGE;
	return r;
}

bool
request_flag(const struct request *q, const char *key)
{
	bool on = false;

	return json_has(q->args, key) &&
	    json_get_bool(q->args, key, &on, NULL) == ERR_OK && on;
}

int
each_row(const struct admin *a, const char *prefix, row_fn fn, void *user,
    struct diag *d)
{
	auto_buf struct buf storage = BUF_INIT(CHANNEL_BODY_MAX);
	auto_free struct store_page *page = calloc(1, sizeof(*page));
	char after_text[STORE_KEY_MAX + 1];
	struct bytes after = BYTES_NONE;
	size_t skip = strlen(prefix);
	int r;

	if (page == NULL)
		return diag_nomem(d);
	for (;;) {
		r = store_list(a->store_fd, prefix, after, &storage, page, d);
		if (r < 0)
			return r;
		for (size_t i = 0; i < page->n_rows; i++) {
			const struct store_row *row = &page->rows[i];

			r = fn(user,
			    bytes_of(row->key.p + skip, row->key.len - skip),
			    row, d);
			if (r < 0)
				return r;
		}
		if (!page->more || page->n_rows == 0)
			return ERR_OK;
		after = page->rows[page->n_rows - 1].key;
		memcpy(after_text, after.p, after.len);
		after = bytes_of(after_text, after.len);
	}
}

struct usage {
	enum used used;
	struct bytes wanted;
	unsigned n;
};

static int
count_use(void *user, struct bytes name, const struct store_row *row,
    struct diag *d)
{
	struct usage *u = user;
	struct status_record s;
	int r = fields_decode(&status_record_fields, row->value, &s, d);

	(void)name;
	if (r == ERR_OK &&
	    bytes_equal(u->used == USED_CI ? s.ci : s.baseline, u->wanted))
		u->n++;
	return r;
}

int
hosts_by(const struct admin *a, enum used used, struct bytes name,
    unsigned *ret, struct diag *d)
{
	struct usage u = { used, name, 0 };
	int r = each_row(a, "status/", count_use, &u, d);

	*ret = u.n;
	return r;
}

static int
count_row(void *user, struct bytes name, const struct store_row *row,
    struct diag *d)
{
	size_t *n = user;

	(void)name;
	(void)row;
	(void)d;
	(*n)++;
	return ERR_OK;
}

int
baseline_check_room(const struct admin *a, struct diag *d)
{
	size_t n = 0;
	int r = each_row(a, "baseline/", count_row, &n, d);

	if (r < 0)
		return r;
	if (n >= BASELINES_MAX)
		return diag_fail(d, ERR_LIMIT,
		    "%zu baselines are registered, and no more can be; hosts "
		    "of one kind share one: see 'hgsctl baseline remove "
		    "--unused'",
		    n);
	return ERR_OK;
}

const char *
time_text(uint64_t t, char ret[static 24])
{
	if (t == 0) {
		ret[0] = '-';
		ret[1] = '\0';
	} else {
		time_format(t, ret);
	}
	return ret;
}
