/* SPDX-License-Identifier: Apache-2.0 */
/*
 * baseline diff, accept: a refused host's measurements against the baseline
 * that is nearest to them, and that difference as a new baseline.
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "hgs/admin/baseline.h"
#include "hgs/admin/refused.h"
#include "hgs/common/store_client.h"
#include "policy/diff.h"

#define DIFF_MAX ((size_t)256 << 10)

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
	uint32_t n_pcrs; /* that differ from the nearest */
	size_t n;        /* differences to it */
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
	/* As the judge chooses it. */
	if (x->has_nearest &&
	    (x->work->n_pcrs > x->n_pcrs ||
		(x->work->n_pcrs == x->n_pcrs && n >= x->n)))
		return ERR_OK;
	x->has_nearest = true;
	x->n_pcrs = x->work->n_pcrs;
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

static void
put_components(const struct comparison *c, struct json_out *o)
{
	uint32_t mask = comparison_components(c);

	json_out_key(o, "components");
	json_out_begin_array(o);
	for (unsigned i = 0; i < COMPONENT_COUNT; i++)
		if ((mask >> i & 1) != 0)
			json_out_string(o, component_words((enum component)i));
	json_out_end_array(o);
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

int
baseline_on_diff(struct admin *a, const struct request *q, struct answer *ret,
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
		if (x.has_nearest) {
			baseline_compare(&x.nearest, x.findings, x.work);
			put_components(x.work, o);
		}
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
	    (r = baseline_put(c, name, &b, id, d)) < 0)
		return r;
	(void)snprintf(how, sizeof(how), "accepted-from=%.*s", (int)host.len,
	    (const char *)host.p);
	return baseline_finish_add(c, name, id, how, ret, d);
}

/*
 * Bound to the digest of what was read: if the host has shown other evidence
 * or another baseline is nearest since, the digest is another one.
 */
int
baseline_on_accept(struct admin *a, const struct request *q, struct answer *ret,
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
		r = refused_is_baseline_only(x.status.error, x.findings, d);
	if (r == ERR_OK) {
		baseline_diff_digest(x.id, x.findings, is);
		if (!bytes_equal(BYTES_OF_ARRAY(is), BYTES_OF_ARRAY(said)))
			r = diag_refuse(d, REASON_FingerprintMismatch,
			    "this is not the difference that was read: see "
			    "'hgsctl baseline diff' again");
	}
	if (r == ERR_OK)
		r = baseline_check_absent(a, name, d);
	if (r == ERR_OK)
		r = accept_difference(&c, &x, host, name, ret, d);
	difference_free(&x);
	return r;
}
