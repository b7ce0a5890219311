/* SPDX-License-Identifier: Apache-2.0 */
/*
 * baseline add, list, remove, diff, accept.
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "hgs/admin/change.h"
#include "hgs/admin/refused.h"
#include "hgs/common/store_client.h"
#include "policy/diff.h"

#define UNUSED_MAX 6 /* removed in one commit */
#define DIFF_MAX   ((size_t)256 << 10)
#define ANY_REMOVED \
	"healthy hosts of other baselines attest again by themselves"

static int
put_baseline(struct change *c, struct bytes name, struct baseline *b,
    uint8_t ret_id[static SHA256_SIZE], struct diag *d)
{
	auto_buf struct buf file = BUF_INIT(BASELINE_FILE_MAX);
	char key[STORE_KEY_MAX + 1];
	struct baseline_record rec = { .version = RECORD_VERSION,
		.name = name,
		.added = c->request->now };
	int r;

	/* Verdicts name it as the store does. */
	b->name = name;
	if ((r = baseline_check_room(c->admin, d)) < 0 ||
	    (r = baseline_encode(b, &file, d)) < 0 ||
	    (r = store_key_name(key, "baseline", name, d)) < 0)
		return r;
	baseline_id(buf_bytes(&file), ret_id);
	rec.file = buf_bytes(&file);
	return change_put(c, key, 0, &baseline_record_fields, &rec, d);
}

static int
check_absent(const struct admin *a, struct bytes name, struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(STORE_VALUE_MAX);
	char key[STORE_KEY_MAX + 1];
	uint64_t version;
	int r;

	if ((r = store_key_name(key, "baseline", name, d)) < 0 ||
	    (r = store_read_raw(a->store_fd, key, &b, &version, d)) < 0)
		return r;
	if (version != 0)
		return diag_refuse(d, REASON_AlreadyExists, "%s is registered",
		    key);
	return ERR_OK;
}

static int
finish_add(struct change *c, struct bytes name, const uint8_t *id,
    const char *how, struct answer *ret, struct diag *d)
{
	char hex[65], detail[200], undo[128];
	int r;

	hex_format(bytes_of(id, SHA256_SIZE), hex);
	(void)snprintf(detail, sizeof(detail), "id=%s %s", hex, how);
	if ((r = change_commit(c, EPOCH_NEXT, name, detail, ret, d)) < 0)
		return r;
	json_out_put_string(answer_data(ret), "id", hex);
	answer_line(ret, "id: %s", hex);
	(void)snprintf(undo, sizeof(undo), "hgsctl baseline remove %.*s",
	    (int)name.len, (const char *)name.p);
	answer_changed(ret, undo, "baseline %.*s is registered", (int)name.len,
	    (const char *)name.p);
	return ERR_OK;
}

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
	    (r = check_absent(a, name, d)) < 0 ||
	    (r = put_baseline(&c, name, &b, id, d)) < 0)
		return r;
	return finish_add(&c, name, id, "from=file", ret, d);
}

/* Which baselines the hosts' last attestations matched. */
struct usage {
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
	if (r == ERR_OK && bytes_equal(s.baseline, u->wanted))
		u->n++;
	return r;
}

static int
uses_of(const struct admin *a, struct bytes name, unsigned *ret, struct diag *d)
{
	struct usage u = { name, 0 };
	int r = each_row(a, "status/", count_use, &u, d);

	*ret = u.n;
	return r;
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
	    (r = uses_of(l->a, name, &uses, d)) < 0)
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

struct unused {
	struct admin *a;
	struct change *c;
	struct answer *ret;
	unsigned n;
};

static int
take_unused(void *user, struct bytes name, const struct store_row *row,
    struct diag *d)
{
	struct unused *u = user;
	char key[STORE_KEY_MAX + 1];
	unsigned uses;
	int r;

	if (u->n == UNUSED_MAX)
		return ERR_OK;
	if ((r = uses_of(u->a, name, &uses, d)) < 0 || uses != 0)
		return r;
	if ((r = store_key_name(key, "baseline", name, d)) < 0 ||
	    (r = change_remove(u->c, key, row->version, d)) < 0)
		return r;
	answer_line(u->ret, "removed: %.*s", (int)name.len,
	    (const char *)name.p);
	u->n++;
	return ERR_OK;
}

static int
remove_unused(struct admin *a, const struct request *q, struct answer *ret,
    struct diag *d)
{
	auto_change struct change c;
	struct unused u = { a, &c, ret, 0 };
	int r;

	change_init(&c, a, q);
	if ((r = each_row(a, "baseline/", take_unused, &u, d)) < 0)
		return r;
	if (u.n == 0) {
		answer_changed(ret, NULL, "every baseline is in use");
		return ERR_OK;
	}
	r = change_commit(&c, EPOCH_FLOOR, bytes_of_text("unused"), "", ret, d);
	if (r < 0)
		return r;
	answer_line(ret, "%s", ANY_REMOVED);
	answer_changed(ret, "hgsctl baseline add NAME FILE, for each",
	    "%u unused baselines are removed%s", u.n,
	    u.n == UNUSED_MAX ? "; there may be more" : "");
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

/* A refused host's findings, and the baseline that is nearest to them. */
struct difference_of {
	struct buf status_storage;
	struct status_record status;
	struct findings *findings;
	struct buf nearest_file;
	struct bytes nearest_name;
	char name_text[NAME_MAX_LEN + 1];
	struct baseline nearest;
	bool has_nearest;
	size_t n; /* differences to the nearest */
	uint8_t id[SHA256_SIZE];
	struct comparison *work;
};

static void
difference_free(struct difference_of *x)
{
	buf_free(&x->status_storage);
	buf_free(&x->nearest_file);
	free(x->findings);
	free(x->work);
}

static int
find_nearest(void *user, struct bytes name, const struct store_row *row,
    struct diag *d)
{
	struct difference_of *x = user;
	struct baseline_record rec;
	struct baseline b;
	size_t n;
	int r;

	r = fields_decode(&baseline_record_fields, row->value, &rec, d);
	if (r < 0 || (r = baseline_decode(rec.file, &b, d)) < 0)
		return r;
	baseline_compare(&b, x->findings, x->work);
	n = x->work->n + (x->work->cut ? DIFFERENCES_MAX : 0);
	if (x->has_nearest && n >= x->n)
		return ERR_OK;
	x->has_nearest = true;
	x->n = n;
	(void)snprintf(x->name_text, sizeof(x->name_text), "%.*s",
	    (int)name.len, (const char *)name.p);
	buf_reset(&x->nearest_file);
	if (!buf_put(&x->nearest_file, rec.file))
		return diag_nomem(d);
	return ERR_OK;
}

static int
load_difference(const struct admin *a, struct bytes host,
    struct difference_of *x, struct diag *d)
{
	char key[STORE_KEY_MAX + 1];
	uint64_t version;
	int r;

	*x = (struct difference_of){
		.status_storage = BUF_INIT(CHANNEL_BODY_MAX),
		.nearest_file = BUF_INIT(BASELINE_FILE_MAX),
		.findings = calloc(1, sizeof(*x->findings)),
		.work = calloc(1, sizeof(*x->work)),
	};
	if (x->findings == NULL || x->work == NULL)
		return diag_nomem(d);
	if ((r = store_key_name(key, "status", host, d)) < 0 ||
	    (r = store_read(a->store_fd, key, &status_record_fields,
		 &x->status_storage, &x->status, &version, d)) < 0)
		return r;
	if (version == 0 || x->status.findings.len == 0)
		return diag_fail(d, ERR_NOT_FOUND,
		    "host %.*s: no refused evidence is kept", (int)host.len,
		    (const char *)host.p);
	r = findings_decode(x->status.findings, x->findings, d);
	if (r < 0 || (r = each_row(a, "baseline/", find_nearest, x, d)) < 0 ||
	    !x->has_nearest)
		return r;
	baseline_id(buf_bytes(&x->nearest_file), x->id);
	return baseline_decode(buf_bytes(&x->nearest_file), &x->nearest, d);
}

static int
say_difference(const struct difference_of *x, struct answer *ret,
    char ret_hex[static 65], struct diag *d)
{
	auto_buf struct buf text = BUF_INIT(DIFF_MAX);
	uint8_t digest[SHA256_SIZE];
	size_t start = 0;
	int r;

	r = baseline_diff(x->has_nearest ? &x->nearest : NULL, x->id,
	    x->findings, &text, digest, d);
	if (r < 0)
		return r;
	hex_format(BYTES_OF_ARRAY(digest), ret_hex);
	for (size_t i = 0; i < text.len; i++) {
		if (text.p[i] != '\n')
			continue;
		answer_line(ret, "%.*s", (int)(i - start),
		    (const char *)text.p + start);
		start = i + 1;
	}
	if (start < text.len)
		answer_line(ret, "%.*s", (int)(text.len - start),
		    (const char *)text.p + start);
	return ERR_OK;
}

static int
on_diff(struct admin *a, const struct request *q, struct answer *ret,
    struct diag *d)
{
	struct json_out *o = answer_data(ret);
	struct difference_of x;
	struct bytes host;
	char hex[65];
	int r;

	if ((r = request_name(q, "HOST", &host, d)) < 0)
		return r;
	r = load_difference(a, host, &x, d);
	if (r == ERR_OK) {
		answer_line(ret, "against: %s",
		    x.has_nearest ? x.name_text : "no baseline is registered");
		r = say_difference(&x, ret, hex, d);
	}
	if (r == ERR_OK) {
		answer_line(ret, "diff: %s", hex);
		json_out_put_string(o, "diff", hex);
		json_out_put_string(o, "against", x.name_text);
		json_out_put_number(o, "time", x.status.time);
	}
	difference_free(&x);
	return r;
}

static int
accept_difference(struct change *c, const struct difference_of *x,
    struct bytes host, struct bytes name, struct answer *ret, struct diag *d)
{
	auto_buf struct buf store = BUF_INIT((size_t)1 << 20);
	char source[96], how[160];
	struct baseline_source src = { .name = name,
		.purpose = BASELINE_PRODUCTION,
		.created = c->request->now };
	uint8_t id[SHA256_SIZE];
	struct baseline b;
	int r;

	(void)snprintf(source, sizeof(source), "host %.*s", (int)host.len,
	    (const char *)host.p);
	src.description = bytes_of_text("accepted by an administrator");
	src.source = bytes_of_text(source);
	if ((r = baseline_capture(&src, x->findings, &store, &b, d)) < 0 ||
	    (r = put_baseline(c, name, &b, id, d)) < 0)
		return r;
	(void)snprintf(how, sizeof(how), "accepted-from=%.*s", (int)host.len,
	    (const char *)host.p);
	return finish_add(c, name, id, how, ret, d);
}

/*
 * Bound to the digest of what was read: if the host has shown other evidence
 * or another baseline is nearest since, the digest is another one.
 */
static int
on_accept(struct admin *a, const struct request *q, struct answer *ret,
    struct diag *d)
{
	auto_change struct change c;
	struct bytes host, digest, name;
	struct difference_of x;
	uint8_t is[SHA256_SIZE], said[SHA256_SIZE];
	int r;

	change_init(&c, a, q);
	if ((r = request_name(q, "HOST", &host, d)) < 0 ||
	    (r = request_name(q, "name", &name, d)) < 0 ||
	    (r = request_text(q, "diff", &digest, d)) < 0)
		return r;
	if (hex_decode_fixed(digest, said, sizeof(said), d) < 0)
		return diag_fail(d, ERR_USAGE, "--diff: not 64 hex digits");
	r = load_difference(a, host, &x, d);
	if (r == ERR_OK)
		r = refused_is_baseline_only(x.status.error, d);
	if (r == ERR_OK) {
		baseline_diff_digest(x.id, x.findings, is);
		if (!bytes_equal(BYTES_OF_ARRAY(is), BYTES_OF_ARRAY(said)))
			r = diag_refuse(d, REASON_FingerprintMismatch,
			    "this is not the difference that was read: see "
			    "'hgsctl baseline diff' again");
	}
	if (r == ERR_OK)
		r = check_absent(a, name, d);
	if (r == ERR_OK)
		r = accept_difference(&c, &x, host, name, ret, d);
	difference_free(&x);
	return r;
}

const struct admin_command baseline_commands[] = {
	{ "baseline add", { "NAME", "FILE" }, true, on_add },
	{ "baseline list", { NULL }, false, on_list },
	{ "baseline remove", { "NAME", "unused" }, true, on_remove },
	{ "baseline diff", { "HOST" }, false, on_diff },
	{ "baseline accept", { "HOST", "diff", "name" }, true, on_accept },
	{ NULL },
};
