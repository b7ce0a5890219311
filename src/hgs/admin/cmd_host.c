/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host add, list, show, remove.
 */
#include "hgs/admin/cmd_host.h"
#include "hgs/admin/baseline.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "hgs/admin/authorities.h"
#include "hgs/admin/refused.h"
#include "hgs/common/store_client.h"
#include "proto/enrol.h"
#include "tpm/public.h"

/* T19, T20: the certificate is for this key, and of a registered vendor. */
static int
check_ek_certificate(const struct admin *a, const struct enrolment *e,
    uint64_t now, bool *ret_chained, struct diag *d)
{
	auto_authorities struct authorities all = { 0 };
	auto_ek_cert struct ek_cert *cert = NULL;
	auto_key struct key *key = NULL;
	int r;

	*ret_chained = false;
	if (e->ek_certificate.len == 0)
		return ERR_OK;
	if ((r = ek_cert_read(e->ek_certificate, &cert, d)) < 0 ||
	    (r = public_key(e->ek_public, &key, d)) < 0)
		return r;
	if (!key_public_equal(ek_cert_key(cert), key))
		return diag_refuse(d, REASON_EkMismatch,
		    "the EK certificate is for another key");
	if ((r = authorities_load(a, BYTES_NONE, &all, d)) < 0)
		return r;
	return authorities_verify(&all, cert, now, ret_chained, d);
}

static int
check_identity(const struct admin *a, const struct request *q,
    const struct enrolment *e, bool *ret_pinned, struct diag *d)
{
	uint8_t id[32];
	char hex[65];
	bool chained, pin = request_flag(q, "pin-ek");
	struct diag why = { 0 };
	int r;

	if ((r = public_is_ek(e->ek_public, d)) < 0 ||
	    (r = public_is_ak(e->ak_public, d)) < 0)
		return r;
	r = check_ek_certificate(a, e, q->now, &chained, &why);
	/* A pin stands for the vendor's word, not for another key's paper. */
	if (r < 0 && (!pin || why.reason == REASON_EkMismatch)) {
		*d = why;
		return r;
	}
	chained = chained && r == ERR_OK;
	*ret_pinned = !chained;
	if (chained || pin)
		return ERR_OK;
	tpm_host_id(e->ek_public, id);
	hex_format(BYTES_OF_ARRAY(id), hex);
	return diag_refuse(d, REASON_FingerprintNeeded,
	    "no vendor root vouches for this endorsement key: compare its "
	    "fingerprint %s with the machine's by another channel, then give "
	    "--pin-ek",
	    hex);
}

/* T24, T25: said by name here; the commit's conditions decide the race. */
static int
check_new(const struct admin *a, const char *host_key, const char *id_key,
    struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(STORE_VALUE_MAX);
	uint64_t version;
	int r;

	if ((r = store_read_raw(a->store_fd, host_key, &b, &version, d)) < 0)
		return r;
	if (version != 0)
		return diag_refuse(d, REASON_AlreadyExists,
		    "%s is registered; remove it first", host_key);
	buf_reset(&b);
	if ((r = store_read_raw(a->store_fd, id_key, &b, &version, d)) < 0)
		return r;
	if (version != 0)
		return diag_refuse(d, REASON_AlreadyExists,
		    "this endorsement key is registered as host %.*s",
		    (int)b.len, (const char *)b.p);
	return ERR_OK;
}

/* The host's own baseline, under the host's name. */
static int
add_baseline(struct change *c, struct bytes name, struct bytes file,
    struct answer *ret, struct diag *d)
{
	uint8_t id[SHA256_SIZE];
	struct baseline b;
	int r;

	if (file.len == 0)
		return diag_refuse(d, REASON_FileInvalid,
		    "the enrolment file has no baseline");
	if ((r = baseline_decode(file, &b, d)) < 0 ||
	    (r = baseline_put(c, name, &b, id, d)) < 0)
		return r;
	return baseline_tell_variances(&b, ret, d);
}

static int
host_add(struct admin *a, const struct request *q, struct answer *ret,
    struct diag *d)
{
	auto_change struct change c;
	char host_key[STORE_KEY_MAX + 1], id_key[STORE_KEY_MAX + 1];
	char hex[65], undo[128], detail[256];
	struct host_record rec = { .version = RECORD_VERSION, .added = q->now };
	bool policies = request_flag(q, "with-policies");
	struct enrolment e;
	struct bytes id;
	int r;

	change_init(&c, a, q);
	if ((r = request_name(q, "NAME", &rec.name, d)) < 0 ||
	    (r = enrolment_decode(buf_bytes(&q->file), &e, d)) < 0 ||
	    (r = check_identity(a, q, &e, &rec.ek_pinned, d)) < 0)
		return r;
	tpm_host_id(e.ek_public, rec.host_id);
	id = BYTES_OF_ARRAY(rec.host_id);
	hex_format(id, hex);
	rec.ek_certificate = e.ek_certificate;
	rec.ek_public = e.ek_public;
	rec.ak_public = e.ak_public;
	store_key_hex(id_key, "hostid", &id, 1);
	if ((r = store_key_name(host_key, "host", rec.name, d)) < 0 ||
	    (r = check_new(a, host_key, id_key, d)) < 0 ||
	    (r = change_put(&c, host_key, 0, &host_record_fields, &rec, d)) <
		0 ||
	    (r = change_put_raw(&c, id_key, 0, rec.name, d)) < 0 ||
	    (policies &&
		(r = add_baseline(&c, rec.name, e.baseline, ret, d)) < 0))
		return r;
	(void)snprintf(detail, sizeof(detail), "ek=%s pinned=%s baseline=%s",
	    hex, rec.ek_pinned ? "yes" : "no", policies ? "yes" : "no");
	r = change_commit(&c, policies ? EPOCH_NEXT : EPOCH_STAYS, rec.name,
	    detail, ret, d);
	if (r < 0)
		return r;
	answer_line(ret, "endorsement key: %s%s", hex,
	    rec.ek_pinned ? " (pinned)" : " (vouched for by its vendor)");
	if (policies)
		answer_line(ret, "baseline: %.*s", (int)rec.name.len,
		    (const char *)rec.name.p);
	json_out_put_string(answer_data(ret), "host_id", hex);
	json_out_put_bool(answer_data(ret), "pinned", rec.ek_pinned);
	(void)snprintf(undo, sizeof(undo), "hgsctl host remove %.*s",
	    (int)rec.name.len, (const char *)rec.name.p);
	answer_changed(ret, undo, "host %.*s is registered", (int)rec.name.len,
	    (const char *)rec.name.p);
	return ERR_OK;
}

static int
read_status(const struct admin *a, struct bytes name, struct buf *storage,
    struct status_record *ret, uint64_t *ret_version, struct diag *d)
{
	char key[STORE_KEY_MAX + 1];
	int r = store_key_name(key, "status", name, d);

	if (r < 0)
		return r;
	return store_read(a->store_fd, key, &status_record_fields, storage, ret,
	    ret_version, d);
}

/* "never", "passed" or "refused" */
static const char *
state_of(const struct status_record *s, uint64_t version)
{
	if (version == 0)
		return "never";
	return bytes_equal_text(s->status, "Passed") ? "passed" : "refused";
}

struct listing {
	struct admin *a;
	struct answer *ret;
	struct bytes state; /* empty: all */
	size_t n;
};

static int
list_host(void *user, struct bytes name, const struct store_row *row,
    struct diag *d)
{
	auto_buf struct buf storage = BUF_INIT(CHANNEL_BODY_MAX);
	struct listing *l = user;
	struct json_out *o = answer_data(l->ret);
	struct host_record h;
	struct status_record s;
	uint64_t version;
	const char *state;
	char when[24];
	int r;

	if ((r = fields_decode(&host_record_fields, row->value, &h, d)) < 0 ||
	    (r = read_status(l->a, name, &storage, &s, &version, d)) < 0)
		return r;
	state = state_of(&s, version);
	if (l->state.len > 0 && !bytes_equal_text(l->state, state))
		return ERR_OK;
	answer_line(l->ret, "%-24.*s %-8s %-20s %.*s", (int)name.len,
	    (const char *)name.p, state, time_text(s.time, when),
	    (int)s.baseline.len, (const char *)s.baseline.p);
	json_out_begin_object(o);
	json_out_put_text(o, "name", name);
	json_out_put_string(o, "state", state);
	json_out_put_number(o, "time", s.time);
	json_out_put_text(o, "baseline", s.baseline);
	json_out_put_hex(o, "host_id", BYTES_OF_ARRAY(h.host_id));
	json_out_put_bool(o, "pinned", h.ek_pinned);
	json_out_end_object(o);
	l->n++;
	return ERR_OK;
}

static int
host_list(struct admin *a, const struct request *q, struct answer *ret,
    struct diag *d)
{
	struct listing l = { a, ret, BYTES_NONE, 0 };
	int r;

	if (json_has(q->args, "state")) {
		if ((r = request_text(q, "state", &l.state, d)) < 0)
			return r;
		if (!bytes_equal_text(l.state, "passed") &&
		    !bytes_equal_text(l.state, "refused") &&
		    !bytes_equal_text(l.state, "never"))
			return diag_fail(d, ERR_USAGE,
			    "state: passed, refused or never");
	}
	json_out_key(answer_data(ret), "hosts");
	json_out_begin_array(answer_data(ret));
	r = each_row(a, "host/", list_host, &l, d);
	json_out_end_array(answer_data(ret));
	if (r == ERR_OK && l.n == 0)
		answer_line(ret, "no hosts");
	return r;
}

static int
find_host(const struct admin *a, struct bytes name, struct buf *storage,
    struct host_record *ret, uint64_t *ret_version, struct diag *d)
{
	char key[STORE_KEY_MAX + 1];
	int r = store_key_name(key, "host", name, d);

	if (r < 0)
		return r;
	r = store_read(a->store_fd, key, &host_record_fields, storage, ret,
	    ret_version, d);
	if (r == ERR_OK && *ret_version == 0)
		return diag_fail(d, ERR_NOT_FOUND, "host %.*s: no such host",
		    (int)name.len, (const char *)name.p);
	return r;
}

static int
host_show(struct admin *a, const struct request *q, struct answer *ret,
    struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(CHANNEL_BODY_MAX);
	auto_buf struct buf storage = BUF_INIT(CHANNEL_BODY_MAX);
	struct json_out *o = answer_data(ret);
	struct status_record s;
	struct host_record h;
	struct bytes name;
	uint64_t version;
	char hex[65], when[24];
	int r;

	if ((r = request_name(q, "NAME", &name, d)) < 0 ||
	    (r = find_host(a, name, &b, &h, &version, d)) < 0 ||
	    (r = read_status(a, name, &storage, &s, &version, d)) < 0)
		return r;
	hex_format(BYTES_OF_ARRAY(h.host_id), hex);
	answer_line(ret, "name:            %.*s", (int)name.len,
	    (const char *)name.p);
	answer_line(ret, "registered:      %s", time_text(h.added, when));
	answer_line(ret, "endorsement key: %s%s", hex,
	    h.ek_pinned ? " (pinned)" : "");
	answer_line(ret, "state:           %s", state_of(&s, version));
	answer_line(ret, "last attested:   %s", time_text(s.time, when));
	json_out_put_text(o, "name", name);
	json_out_put_string(o, "host_id", hex);
	json_out_put_bool(o, "pinned", h.ek_pinned);
	json_out_put_number(o, "added", h.added);
	json_out_put_string(o, "state", state_of(&s, version));
	json_out_put_number(o, "time", s.time);
	json_out_put_text(o, "status", s.status);
	json_out_put_text(o, "baseline", s.baseline);
	json_out_put_text(o, "ci", s.ci);
	if (version != 0 && s.error.len != 0)
		return refused_show(s.error, ret, d);
	if (s.baseline.len != 0)
		answer_line(ret, "baseline:        %.*s", (int)s.baseline.len,
		    (const char *)s.baseline.p);
	if (s.ci.len != 0)
		answer_line(ret, "CI policy:       %.*s", (int)s.ci.len,
		    (const char *)s.ci.p);
	return notes_show(s.notes, ret, d);
}

int
host_forget(struct change *c, const struct host_record *host, uint64_t version,
    struct diag *d)
{
	struct bytes id = BYTES_OF_ARRAY(host->host_id);
	char key[STORE_KEY_MAX + 1];
	int r;

	if ((r = store_key_name(key, "host", host->name, d)) < 0 ||
	    (r = change_remove(c, key, version, d)) < 0)
		return r;
	store_key_hex(key, "hostid", &id, 1);
	if ((r = change_remove(c, key, STORE_ANY, d)) < 0 ||
	    (r = store_key_name(key, "status", host->name, d)) < 0)
		return r;
	return change_remove(c, key, STORE_ANY, d);
}

static int
host_remove(struct admin *a, const struct request *q, struct answer *ret,
    struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(CHANNEL_BODY_MAX);
	auto_change struct change c;
	struct host_record h;
	struct bytes name;
	uint64_t version;
	char hex[65], detail[128];
	int r;

	change_init(&c, a, q);
	if ((r = request_name(q, "NAME", &name, d)) < 0 ||
	    (r = find_host(a, name, &b, &h, &version, d)) < 0 ||
	    (r = host_forget(&c, &h, version, d)) < 0)
		return r;
	hex_format(BYTES_OF_ARRAY(h.host_id), hex);
	(void)snprintf(detail, sizeof(detail), "ek=%s", hex);
	if ((r = change_commit(&c, EPOCH_FLOOR, name, detail, ret, d)) < 0)
		return r;
	answer_line(ret,
	    "all hosts' certificates issued before are refused; "
	    "healthy hosts attest again by themselves");
	answer_changed(ret, "hgsctl host add NAME FILE --pin-ek",
	    "host %.*s is removed", (int)name.len, (const char *)name.p);
	return ERR_OK;
}

const struct admin_command host_commands[] = {
	{ "host add", { "NAME", "FILE", "with-policies", "pin-ek" }, true,
	    host_add },
	{ "host list", { "state" }, false, host_list },
	{ "host show", { "NAME" }, false, host_show },
	{ "host remove", { "NAME" }, true, host_remove },
	{ NULL },
};
