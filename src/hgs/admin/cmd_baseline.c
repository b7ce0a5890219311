/* SPDX-License-Identifier: Apache-2.0 */
/*
 * baseline add, list, remove, diff, accept.
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "hgs/admin/baseline.h"
#include "hgs/common/store_client.h"

#define UNUSED_AT_ONCE 6 /* in one commit; the epoch is in it, too */
#define ANY_REMOVED \
	"healthy hosts of other baselines attest again by themselves"

static int
on_add(struct admin *a, const struct request *q, struct answer *ret,
    struct diag *d)
{
	auto_change struct change c;
	uint8_t id[SHA256_SIZE];
	struct baseline b;
	struct bytes name;
	int r;

	change_init(&c, a, q);
	if ((r = request_name(q, "NAME", &name, d)) < 0 ||
	    (r = baseline_decode(buf_bytes(&q->file), &b, d)) < 0 ||
	    (r = baseline_check_absent(a, name, d)) < 0 ||
	    (r = baseline_put(&c, name, &b, id, d)) < 0 ||
	    (r = baseline_tell_variances(&b, ret, d)) < 0)
		return r;
	return baseline_finish_add(&c, name, id, "from=file", ret, d);
}

struct listing {
	struct admin *a;
	struct answer *ret;
};

static int
list_one(void *user, struct bytes name, const struct store_row *row,
    struct diag *d)
{
	struct listing *l = user;
	struct json_out *o = answer_data(l->ret);
	struct baseline_record rec;
	uint8_t id[SHA256_SIZE];
	struct baseline b;
	unsigned uses;
	char hex[65], when[24];
	int r;

	r = fields_decode(&baseline_record_fields, row->value, &rec, d);
	if (r < 0 || (r = baseline_decode(rec.file, &b, d)) < 0 ||
	    (r = hosts_by(l->a, USED_BASELINE, name, &uses, d)) < 0)
		return r;
	baseline_id(rec.file, id);
	hex_format(BYTES_OF_ARRAY(id), hex);
	answer_line(l->ret, "%-24.*s %s %u hosts  %.16s  %s  %.*s",
	    (int)name.len, (const char *)name.p, time_text(rec.added, when),
	    uses, hex, b.purpose == BASELINE_TEST ? "TEST" : "production",
	    (int)b.source.len, (const char *)b.source.p);
	json_out_begin_object(o);
	json_out_put_text(o, "name", name);
	json_out_put_string(o, "id", hex);
	json_out_put_number(o, "added", rec.added);
	json_out_put_number(o, "hosts", uses);
	json_out_put_text(o, "source", b.source);
	json_out_put_bool(o, "test", b.purpose == BASELINE_TEST);
	json_out_end_object(o);
	return ERR_OK;
}

static int
on_list(struct admin *a, const struct request *q, struct answer *ret,
    struct diag *d)
{
	struct listing l = { a, ret };
	int r;

	(void)q;
	json_out_key(answer_data(ret), "baselines");
	json_out_begin_array(answer_data(ret));
	r = each_row(a, "baseline/", list_one, &l, d);
	json_out_end_array(answer_data(ret));
	return r;
}

/* All baselines that are registered, and which of them are in use. */
struct registered {
	size_t n;
	struct {
		char name[NAME_MAX_LEN + 1];
		uint64_t version;
		bool used;
	} list[BASELINES_MAX];
};

static int
note_baseline(void *user, struct bytes name, const struct store_row *row,
    struct diag *d)
{
	struct registered *all = user;

	if (all->n == BASELINES_MAX)
		return diag_fail(d, ERR_LIMIT, "over %d baselines",
		    BASELINES_MAX);
	(void)snprintf(all->list[all->n].name, sizeof(all->list[0].name),
	    "%.*s", (int)name.len, (const char *)name.p);
	all->list[all->n++].version = row->version;
	return ERR_OK;
}

static int
note_use(void *user, struct bytes name, const struct store_row *row,
    struct diag *d)
{
	struct registered *all = user;
	struct status_record s;
	int r = fields_decode(&status_record_fields, row->value, &s, d);

	(void)name;
	if (r < 0)
		return r;
	for (size_t i = 0; i < all->n; i++)
		if (bytes_equal_text(s.baseline, all->list[i].name))
			all->list[i].used = true;
	return ERR_OK;
}

/* Those from *i on that fit one commit; *i goes on. */
static int
remove_some(struct admin *a, const struct request *q, struct registered *all,
    size_t *i, unsigned *n, struct answer *ret, struct diag *d)
{
	auto_change struct change c;
	char key[STORE_KEY_MAX + 1];
	unsigned chosen = 0;
	int r;

	change_init(&c, a, q);
	for (; *i < all->n && chosen < UNUSED_AT_ONCE; ++*i) {
		const char *name = all->list[*i].name;

		if (all->list[*i].used)
			continue;
		r = store_key_name(key, "baseline", bytes_of_text(name), d);
		if (r < 0)
			return r;
		r = change_remove(&c, key, all->list[*i].version, d);
		if (r < 0)
			return r;
		answer_line(ret, "removed: %s", name);
		chosen++;
	}
	while (*i < all->n && all->list[*i].used)
		++*i;
	if (chosen == 0)
		return ERR_OK;
	*n += chosen;
	c.more = *i < all->n;
	return change_commit(&c, EPOCH_FLOOR, bytes_of_text("unused"), "", ret,
	    d);
}

static int
remove_unused(struct admin *a, const struct request *q, struct answer *ret,
    struct diag *d)
{
	auto_free struct registered *all = calloc(1, sizeof(*all));
	unsigned n = 0;
	size_t i = 0;
	int r;

	if (all == NULL)
		return diag_nomem(d);
	if ((r = each_row(a, "baseline/", note_baseline, all, d)) < 0 ||
	    (r = each_row(a, "status/", note_use, all, d)) < 0)
		return r;
	while (i < all->n)
		if ((r = remove_some(a, q, all, &i, &n, ret, d)) < 0)
			return r;
	if (n == 0) {
		answer_changed(ret, NULL, "every baseline is in use");
		return ERR_OK;
	}
	answer_line(ret, "%s", ANY_REMOVED);
	answer_changed(ret, "hgsctl baseline add NAME FILE, for each",
	    "%u unused baselines are removed", n);
	return ERR_OK;
}

static int
on_remove(struct admin *a, const struct request *q, struct answer *ret,
    struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(STORE_VALUE_MAX);
	auto_change struct change c;
	char key[STORE_KEY_MAX + 1];
	struct bytes name;
	uint64_t version;
	int r;

	change_init(&c, a, q);
	if (request_flag(q, "unused")) {
		if (json_has(q->args, "NAME"))
			return diag_fail(d, ERR_USAGE,
			    "baseline remove: NAME or --unused, not both");
		return remove_unused(a, q, ret, d);
	}
	if ((r = request_name(q, "NAME", &name, d)) < 0 ||
	    (r = store_key_name(key, "baseline", name, d)) < 0 ||
	    (r = store_read_raw(a->store_fd, key, &b, &version, d)) < 0)
		return r;
	if (version == 0)
		return diag_fail(d, ERR_NOT_FOUND, "%s: no such baseline", key);
	if ((r = change_remove(&c, key, version, d)) < 0 ||
	    (r = change_commit(&c, EPOCH_FLOOR, name, "", ret, d)) < 0)
		return r;
	answer_line(ret, "%s", ANY_REMOVED);
	answer_changed(ret, "hgsctl baseline add NAME FILE",
	    "baseline %.*s is removed", (int)name.len, (const char *)name.p);
	return ERR_OK;
}

const struct admin_command baseline_commands[] = {
	{ "baseline add", { "NAME", "FILE" }, true, on_add },
	{ "baseline list", { NULL }, false, on_list },
	{ "baseline remove", { "NAME", "unused" }, true, on_remove },
	{ "baseline diff", { "HOST" }, false, baseline_on_diff },
	{ "baseline accept", { "HOST", "diff", "name" }, true,
	    baseline_on_accept },
	{ NULL },
};
