/* SPDX-License-Identifier: Apache-2.0 */
#include "hgs/admin/tpmca.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "crypto/pem.h"
#include "hgs/admin/authorities.h"
#include "hgs/admin/cmd_host.h"
#include "hgs/common/store_client.h"

/* Of the certificate as it stands in the vendor's list. */
static void
fingerprint(struct bytes der, char ret[static 65])
{
	uint8_t digest[SHA256_SIZE];

	sha256(der, digest);
	hex_format(BYTES_OF_ARRAY(digest), ret);
}

/*
 * One certificate of the file. Vendors' bundles hold some that nobody can read
 * (a serial number with zeros in front): they are told and left out.
 */
static int
take_one(struct bytes der, struct buf *record, struct answer *ret,
    size_t *n_taken, struct diag *d)
{
	struct ek_authority authority;
	struct diag why = { 0 };
	char hex[65];
	int r = ek_authority_read(der, &authority, &why);

	fingerprint(der, hex);
	if (r == ERR_REFUSED) {
		*d = why;
		return r;
	}
	if (r < 0) {
		answer_line(ret, "left out: %s: %s", hex, why.text);
		return ERR_OK;
	}
	answer_line(ret, "fingerprint: %s %s", hex, authority.subject);
	(*n_taken)++;
	if (!buf_put(record, der))
		return buf_check(record, "TPM authorities", d);
	return ERR_OK;
}

static int
take_pem(struct bytes text, struct buf *record, struct answer *ret,
    size_t *n_taken, struct diag *d)
{
	auto_buf struct buf der = BUF_INIT(ADMIN_FILE_MAX);
	int r;

	for (;;) {
		buf_reset(&der);
		r = pem_next(&text, PEM_CERTIFICATE, &der, d);
		if (r == ERR_NOT_FOUND)
			return ERR_OK;
		if (r < 0 ||
		    (r = take_one(buf_bytes(&der), record, ret, n_taken, d)) <
			0)
			return r;
	}
}

/* PEM or DER, one or many; what is left over in DER is an error. */
static int
take_file(struct bytes file, struct buf *record, struct answer *ret,
    size_t *n_taken, struct diag *d)
{
	struct bytes der;
	int r;

	if (pem_is(file))
		return take_pem(file, record, ret, n_taken, d);
	while (ek_authority_next(&file, &der))
		if ((r = take_one(der, record, ret, n_taken, d)) < 0)
			return r;
	if (file.len != 0)
		return diag_refuse(d, REASON_FileInvalid,
		    "neither PEM nor DER of certificates");
	return ERR_OK;
}

/* Too many in the store would end every registration. */
static int
check_room(const struct admin *a, size_t n, struct diag *d)
{
	auto_authorities struct authorities x = { 0 };
	int r = authorities_load(a, BYTES_NONE, &x, d);

	if (r == ERR_OK && n > EK_ANCHORS_MAX - x.n)
		return diag_fail(d, ERR_LIMIT,
		    "%zu TPM authorities beside %zu: at most %d", n, x.n,
		    EK_ANCHORS_MAX);
	return r;
}

static int
check_absent(const struct admin *a, const char *key, struct diag *d)
{
	auto_buf struct buf old = BUF_INIT(STORE_VALUE_MAX);
	uint64_t version;
	int r = store_read_raw(a->store_fd, key, &old, &version, d);

	if (r == ERR_OK && version != 0)
		return diag_refuse(d, REASON_AlreadyExists, "%s is registered",
		    key);
	return r;
}

static int
on_add(struct admin *a, const struct request *q, struct answer *ret,
    struct diag *d)
{
	auto_buf struct buf record = BUF_INIT(STORE_VALUE_MAX);
	auto_change struct change c;
	char key[STORE_KEY_MAX + 1], detail[96], undo[128], hex[65];
	struct bytes name;
	size_t n = 0;
	int r;

	change_init(&c, a, q);
	if ((r = request_name(q, "NAME", &name, d)) < 0 ||
	    (r = store_key_name(key, "tpmca", name, d)) < 0 ||
	    (r = take_file(buf_bytes(&q->file), &record, ret, &n, d)) < 0)
		return r;
	if (n == 0)
		return diag_refuse(d, REASON_FileInvalid,
		    "the file has no certificate that can be read");
	if ((r = check_absent(a, key, d)) < 0 || (r = check_room(a, n, d)) < 0)
		return r;
	fingerprint(buf_bytes(&record), hex);
	(void)snprintf(detail, sizeof(detail), "n=%zu digest=%s", n, hex);
	if ((r = change_put_raw(&c, key, 0, buf_bytes(&record), d)) < 0 ||
	    (r = change_commit(&c, EPOCH_STAYS, name, detail, ret, d)) < 0)
		return r;
	(void)snprintf(undo, sizeof(undo), "hgsctl tpmca remove %.*s",
	    (int)name.len, (const char *)name.p);
	answer_changed(ret, undo, "TPM authority %.*s is registered",
	    (int)name.len, (const char *)name.p);
	return ERR_OK;
}

static int
list_record(void *user, struct bytes name, const struct store_row *row,
    struct diag *d)
{
	struct answer *ret = user;
	struct json_out *o = answer_data(ret);
	struct bytes rest = row->value, der;
	struct ek_authority authority;
	char hex[65], ends[24];
	int r;

	while (ek_authority_next(&rest, &der)) {
		if ((r = ek_authority_read(der, &authority, d)) < 0)
			return r;
		fingerprint(der, hex);
		answer_line(ret, "%-24.*s %s ends %s  %s", (int)name.len,
		    (const char *)name.p, hex,
		    time_text(authority.not_after, ends), authority.subject);
		json_out_begin_object(o);
		json_out_put_text(o, "name", name);
		json_out_put_string(o, "fingerprint", hex);
		json_out_put_number(o, "not_after", authority.not_after);
		json_out_put_string(o, "subject", authority.subject);
		json_out_end_object(o);
	}
	return ERR_OK;
}

static int
on_list(struct admin *a, const struct request *q, struct answer *ret,
    struct diag *d)
{
	int r;

	(void)q;
	json_out_key(answer_data(ret), "authorities");
	json_out_begin_array(answer_data(ret));
	r = each_row(a, "tpmca/", list_record, ret, d);
	json_out_end_array(answer_data(ret));
	return r;
}

/* --- removal, and the hosts that rested on it (T29) --- */

struct orphans {
	struct admin *a;
	const struct request *q;
	struct answer *ret;
	struct authorities left; /* without those to be removed */
	bool remove;
	size_t n;
};

/*
 * Whether the others vouch for a host: as when it was registered, since
 * vendors' certificates end and TPMs do not.
 */
static bool
vouched_for(const struct orphans *o, const struct host_record *host)
{
	auto_ek_cert struct ek_cert *cert = NULL;
	bool any;

	return ek_cert_read(host->ek_certificate, &cert, NULL) == ERR_OK &&
	    authorities_verify(&o->left, cert, host->added, &any, NULL) ==
	    ERR_OK &&
	    any;
}

/* With a commit and an audit record of its own; hosts first, see on_remove. */
static int
forget(struct orphans *o, const struct host_record *host, uint64_t version,
    struct diag *d)
{
	auto_answer struct answer own;
	auto_change struct change c;
	int r;

	answer_init(&own);
	change_init(&c, o->a, o->q);
	if ((r = host_forget(&c, host, version, d)) == ERR_OK)
		r = change_commit(&c, EPOCH_FLOOR, host->name,
		    "no authority vouches for it", &own, d);
	return r;
}

static int
look_at_host(void *user, struct bytes name, const struct store_row *row,
    struct diag *d)
{
	struct orphans *o = user;
	struct host_record host;
	int r = fields_decode(&host_record_fields, row->value, &host, d);

	if (r < 0)
		return r;
	if (host.ek_pinned || vouched_for(o, &host))
		return ERR_OK;
	if (o->remove && (r = forget(o, &host, row->version, d)) < 0)
		return r;
	answer_line(o->ret, "host %.*s: nobody vouches for it%s", (int)name.len,
	    (const char *)name.p, o->remove ? "; it is removed" : "");
	json_out_text(answer_data(o->ret), name);
	o->n++;
	return ERR_OK;
}

static int
find_orphans(struct orphans *o, struct bytes without, struct diag *d)
{
	int r = authorities_load(o->a, without, &o->left, d);

	if (r < 0)
		return r;
	json_out_key(answer_data(o->ret), "hosts");
	json_out_begin_array(answer_data(o->ret));
	r = each_row(o->a, "host/", look_at_host, o, d);
	json_out_end_array(answer_data(o->ret));
	return r;
}

/*
 * The hosts go first and the authority last: what is cut short can be asked
 * for again, and nobody stays who should have gone.
 */
static int
remove_authority(struct orphans *o, struct bytes name, const char *key,
    uint64_t version, struct diag *d)
{
	auto_change struct change c;
	char detail[64];
	int r;

	change_init(&c, o->a, o->q);
	if ((r = find_orphans(o, name, d)) < 0)
		return r;
	(void)snprintf(detail, sizeof(detail), "hosts=%zu removed=%s", o->n,
	    o->remove ? "yes" : "no");
	if ((r = change_remove(&c, key, version, d)) < 0 ||
	    (r = change_commit(&c, EPOCH_STAYS, name, detail, o->ret, d)) < 0)
		return r;
	if (o->n != 0 && !o->remove)
		answer_line(o->ret,
		    "they stay registered; with --hosts they are removed too");
	answer_changed(o->ret, "hgsctl tpmca add NAME FILE",
	    "TPM authority %.*s is removed", (int)name.len,
	    (const char *)name.p);
	return ERR_OK;
}

static int
on_remove(struct admin *a, const struct request *q, struct answer *ret,
    struct diag *d)
{
	auto_buf struct buf old = BUF_INIT(STORE_VALUE_MAX);
	struct orphans o = { .a = a,
		.q = q,
		.ret = ret,
		.remove = request_flag(q, "hosts") };
	char key[STORE_KEY_MAX + 1];
	struct bytes name;
	uint64_t version;
	int r;

	if ((r = request_name(q, "NAME", &name, d)) < 0 ||
	    (r = store_key_name(key, "tpmca", name, d)) < 0 ||
	    (r = store_read_raw(a->store_fd, key, &old, &version, d)) < 0)
		return r;
	if (version == 0)
		return diag_fail(d, ERR_NOT_FOUND, "%s: no such authority",
		    key);
	r = remove_authority(&o, name, key, version, d);
	authorities_free(&o.left);
	return r;
}

const struct admin_command tpmca_commands[] = {
	{ "tpmca add", { "NAME", "FILE" }, true, on_add },
	{ "tpmca list", { NULL }, false, on_list },
	{ "tpmca remove", { "NAME", "hosts" }, true, on_remove },
	{ NULL },
};
