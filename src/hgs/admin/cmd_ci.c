/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ci add, list, show, remove. A policy is larger than a commit: its pieces come
 * before its record and go after it, so that what is registered is whole
 * whenever this process ends.
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "crypto/x509.h"
#include "hgs/admin/change.h"
#include "hgs/admin/ci_modes.h"
#include "hgs/common/ci_pieces.h"
#include "policy/ci.h"
#include "signed/signed.h"

#define ID_HEX         65
#define SWEEP_AT_ONCE  STORE_CHANGES_MAX
#define SIGNERS_LISTED 16

/* --- what is registered ----------------------------------------------------*/

struct registered {
	size_t n;
	char names[CI_POLICIES_MAX + 1][NAME_MAX_LEN + 1];
	uint8_t ids[CI_POLICIES_MAX + 1][SHA256_SIZE];
};

static int
take_registered(void *user, struct bytes name, const struct store_row *row,
    struct diag *d)
{
	struct registered *x = user;
	struct ci_record rec;
	int r = fields_decode(&ci_record_fields, row->value, &rec, d);

	if (r < 0 || x->n > CI_POLICIES_MAX)
		return r;
	(void)snprintf(x->names[x->n], sizeof(x->names[0]), "%.*s",
	    (int)name.len, (const char *)name.p);
	memcpy(x->ids[x->n], rec.id, SHA256_SIZE);
	x->n++;
	return ERR_OK;
}

static int
check_new(const struct admin *a, struct bytes name, const uint8_t *id,
    struct diag *d)
{
	struct registered all = { 0 };
	int r = each_row(a, "ci/", take_registered, &all, d);

	if (r < 0)
		return r;
	for (size_t i = 0; i < all.n; i++) {
		if (bytes_equal_text(name, all.names[i]))
			return diag_refuse(d, REASON_AlreadyExists,
			    "ci/%s is registered", all.names[i]);
		if (bytes_equal(BYTES_OF_ARRAY(all.ids[i]),
			bytes_of(id, SHA256_SIZE)))
			return diag_refuse(d, REASON_AlreadyExists,
			    "this policy is registered as %s", all.names[i]);
	}
	if (all.n >= CI_POLICIES_MAX)
		return diag_fail(d, ERR_LIMIT,
		    "%zu CI policies are registered, and no more can be; see "
		    "'hgsctl ci remove'",
		    all.n);
	return ERR_OK;
}

/* --- pieces ----------------------------------------------------------------*/

/* Without an audit record: the record's own commit has it. */
static int
put_piece(const struct admin *a, const uint8_t *id, size_t nth,
    struct bytes piece, struct diag *d)
{
	static struct store_commit commit;
	char key[STORE_KEY_MAX + 1];

	ci_piece_key(id, nth, key);
	commit = (struct store_commit){ .n_changes = 1 };
	commit.changes[0] = (struct store_change){ bytes_of_text(key),
		STORE_ANY, false, piece };
	return store_write(a->store_fd, &commit, NULL, d);
}

static int
put_pieces(const struct admin *a, const uint8_t *id, struct bytes content,
    struct diag *d)
{
	size_t n = ci_pieces_count(content.len);
	int r = ERR_OK;

	for (size_t i = 0; r == ERR_OK && i < n; i++) {
		size_t at = i * CI_PIECE_SIZE, len = content.len - at;

		if (len > CI_PIECE_SIZE)
			len = CI_PIECE_SIZE;
		r = put_piece(a, id, i, bytes_of(content.p + at, len), d);
	}
	return r;
}

/* Pieces that no record speaks of: of removed policies, and of crashes. */
struct sweep {
	struct registered all;
	struct store_commit commit;
	char keys[SWEEP_AT_ONCE][STORE_KEY_MAX + 1];
};

static int
take_orphan(void *user, struct bytes name, const struct store_row *row,
    struct diag *d)
{
	struct sweep *s = user;
	size_t n = s->commit.n_changes;
	uint8_t id[SHA256_SIZE];

	if (n == SWEEP_AT_ONCE || name.len < 2 * SHA256_SIZE ||
	    hex_decode_fixed(bytes_of(name.p, 2 * SHA256_SIZE), id, sizeof(id),
		d) < 0)
		return ERR_OK;
	for (size_t i = 0; i < s->all.n; i++)
		if (bytes_equal(BYTES_OF_ARRAY(s->all.ids[i]),
			BYTES_OF_ARRAY(id)))
			return ERR_OK;
	(void)snprintf(s->keys[n], sizeof(s->keys[n]), "%.*s",
	    (int)row->key.len, (const char *)row->key.p);
	s->commit.changes[n] = (struct store_change){ bytes_of_text(s->keys[n]),
		row->version, true, BYTES_NONE };
	s->commit.n_changes++;
	return ERR_OK;
}

static int
sweep(const struct admin *a, struct diag *d)
{
	auto_free struct sweep *s = calloc(1, sizeof(*s));
	int r;

	if (s == NULL)
		return diag_nomem(d);
	if ((r = each_row(a, "ci/", take_registered, &s->all, d)) < 0)
		return r;
	do {
		s->commit.n_changes = 0;
		r = each_row(a, CI_PIECES_PREFIX, take_orphan, s, d);
		if (r == ERR_OK && s->commit.n_changes != 0)
			r = store_write(a->store_fd, &s->commit, NULL, d);
	} while (r == ERR_OK && s->commit.n_changes == SWEEP_AT_ONCE);
	return r;
}

/* --- add -------------------------------------------------------------------*/

/* The signature, then all that hgs-attest will ask of it. */
static int
open_file(const struct request *q, struct ci_policy *ret_policy,
    struct bytes *ret_content, uint8_t ret_signer[static SHA256_SIZE],
    struct diag *d)
{
	auto_buf struct buf der = BUF_INIT(CERT_MAX);
	struct cert cert;
	int r;

	if (json_get_base64(q->args, "signer", CERT_MAX, &der, d) < 0)
		return diag_fail(d, ERR_USAGE,
		    "--signer: the certificate that signed the policy");
	if ((r = cert_parse(buf_bytes(&der), &cert, d)) < 0) {
		diag_prefix(d, "--signer");
		return r;
	}
	cert_fingerprint(&cert, ret_signer);
	r = signed_open(SIGNED_CI_POLICY, buf_bytes(&q->file), buf_bytes(&der),
	    ret_content, d);
	return r < 0 ? r : ci_open(*ret_content, ret_policy, d);
}

static int
finish_add(struct change *c, const struct ci_record *rec, struct answer *ret,
    struct diag *d)
{
	enum epoch_move move;
	char id[ID_HEX], signer[ID_HEX], key[STORE_KEY_MAX + 1], text[200];
	int r;

	hex_format(BYTES_OF_ARRAY(rec->id), id);
	hex_format(BYTES_OF_ARRAY(rec->signer), signer);
	(void)snprintf(text, sizeof(text), "id=%s signer=%s mode=%s", id,
	    signer, rec->mode == CI_ENFORCED ? "enforced" : "audit");
	if ((r = store_key_name(key, "ci", rec->name, d)) < 0 ||
	    (r = change_put(c, key, 0, &ci_record_fields, rec, d)) < 0 ||
	    (r = ci_modes_move(c->admin, rec, &move, d)) < 0 ||
	    (r = change_commit(c, move, rec->name, text, ret, d)) < 0)
		return r;
	json_out_put_string(answer_data(ret), "id", id);
	json_out_put_string(answer_data(ret), "signer", signer);
	answer_line(ret, "id: %s", id);
	answer_line(ret, "signer: %s", signer);
	if (move == EPOCH_FLOOR)
		answer_line(ret,
		    "all hosts' certificates issued before are refused; "
		    "healthy hosts attest again by themselves");
	ci_modes_say_after(c->admin, ret);
	(void)snprintf(text, sizeof(text), "hgsctl ci remove %.*s",
	    (int)rec->name.len, (const char *)rec->name.p);
	answer_changed(ret, text, "CI policy %.*s is registered%s",
	    (int)rec->name.len, (const char *)rec->name.p,
	    rec->mode == CI_ENFORCED ? "" : ", in audit mode");
	return ERR_OK;
}

static int
on_add(struct admin *a, const struct request *q, struct answer *ret,
    struct diag *d)
{
	struct ci_record rec = { .version = RECORD_VERSION, .added = q->now };
	auto_change struct change c;
	struct bytes content;
	struct ci_policy p;
	int r;

	change_init(&c, a, q);
	if ((r = request_name(q, "NAME", &rec.name, d)) < 0 ||
	    (r = open_file(q, &p, &content, rec.signer, d)) < 0)
		return r;
	ci_id(content, rec.id);
	rec.mode = (uint8_t)p.mode;
	rec.size = content.len;
	rec.n_pieces = (uint16_t)ci_pieces_count(content.len);
	if ((r = check_new(a, rec.name, rec.id, d)) < 0 ||
	    (r = sweep(a, d)) < 0 ||
	    (r = put_pieces(a, rec.id, content, d)) < 0)
		return r;
	return finish_add(&c, &rec, ret, d);
}

/* --- list, show, remove ----------------------------------------------------*/

struct listing {
	const struct admin *a;
	struct answer *ret;
};

static int
list_one(void *user, struct bytes name, const struct store_row *row,
    struct diag *d)
{
	const struct listing *l = user;
	struct json_out *o = answer_data(l->ret);
	char id[ID_HEX], signer[ID_HEX], when[24];
	struct ci_record rec;
	int r = fields_decode(&ci_record_fields, row->value, &rec, d);
	const char *mode;
	unsigned uses;

	if (r < 0 || (r = hosts_by(l->a, USED_CI, name, &uses, d)) < 0)
		return r;
	mode = rec.mode == CI_ENFORCED ? "enforced" : "AUDIT";
	hex_format(BYTES_OF_ARRAY(rec.id), id);
	hex_format(BYTES_OF_ARRAY(rec.signer), signer);
	answer_line(l->ret,
	    "%-24.*s %s %u hosts  %-8s %.16s  signer %.16s  %llu bytes",
	    (int)name.len, (const char *)name.p, time_text(rec.added, when),
	    uses, mode, id, signer, (unsigned long long)rec.size);
	json_out_begin_object(o);
	json_out_put_text(o, "name", name);
	json_out_put_string(o, "id", id);
	json_out_put_string(o, "signer", signer);
	json_out_put_number(o, "added", rec.added);
	json_out_put_string(o, "mode",
	    rec.mode == CI_ENFORCED ? "enforced" : "audit");
	json_out_put_number(o, "hosts", uses);
	json_out_put_number(o, "size", rec.size);
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
	json_out_key(answer_data(ret), "policies");
	json_out_begin_array(answer_data(ret));
	r = each_row(a, "ci/", list_one, &l, d);
	json_out_end_array(answer_data(ret));
	return r < 0 ? r : ci_modes_say(a, ret, d);
}

static int
find(const struct admin *a, struct bytes name, struct buf *storage,
    struct ci_record *ret, uint64_t *ret_version, struct diag *d)
{
	char key[STORE_KEY_MAX + 1];
	int r;

	if ((r = store_key_name(key, "ci", name, d)) < 0 ||
	    (r = store_read(a->store_fd, key, &ci_record_fields, storage, ret,
		 ret_version, d)) < 0)
		return r;
	if (*ret_version == 0)
		return diag_fail(d, ERR_NOT_FOUND, "%s: no such CI policy",
		    key);
	return ERR_OK;
}

static void
show_signers(const struct ci_policy *p, struct answer *ret)
{
	struct json_out *o = answer_data(ret);
	struct ci_signer s;
	char keyid[2 * CI_KEYID_SIZE + 1];

	json_out_key(o, "signers");
	json_out_begin_array(o);
	for (size_t i = 0; ci_signer_at(p, i, &s); i++) {
		hex_format(BYTES_OF_ARRAY(s.keyid), keyid);
		if (i < SIGNERS_LISTED)
			answer_line(ret, "signer %.*s keyid %s%s",
			    (int)s.name.len, (const char *)s.name.p, keyid,
			    s.allowed ? "" : ", not allowed");
		json_out_begin_object(o);
		json_out_put_text(o, "name", s.name);
		json_out_put_string(o, "keyid", keyid);
		json_out_put_bool(o, "allowed", s.allowed);
		json_out_end_object(o);
	}
	json_out_end_array(o);
}

static void
show_counts(const struct ci_policy *p, struct answer *ret)
{
	struct json_out *o = answer_data(ret);
	size_t n = 0;

	for (size_t i = 0; i < CI_ALGS; i++)
		n += p->digests[i].n;
	answer_line(ret, "calls itself %.*s", (int)p->name.len,
	    (const char *)p->name.p);
	answer_line(ret,
	    "%zu digests, %zu bound to paths; %zu paths that vary; %zu events",
	    n, p->paths.n, p->rules.n, p->events.n);
	json_out_put_text(o, "own_name", p->name);
	json_out_put_number(o, "digests", n);
	json_out_put_number(o, "paths", p->paths.n);
	json_out_put_number(o, "rules", p->rules.n);
	json_out_put_number(o, "events", p->events.n);
}

static int
on_show(struct admin *a, const struct request *q, struct answer *ret,
    struct diag *d)
{
	auto_buf struct buf storage = BUF_INIT(CHANNEL_BODY_MAX);
	auto_buf struct buf content = BUF_INIT(CI_MAX);
	struct ci_record rec;
	struct ci_policy p;
	struct bytes name;
	char id[ID_HEX], signer[ID_HEX];
	uint64_t version;
	int r;

	if ((r = request_name(q, "NAME", &name, d)) < 0 ||
	    (r = find(a, name, &storage, &rec, &version, d)) < 0 ||
	    (r = ci_pieces_read(a->store_fd, &rec, &content, d)) < 0 ||
	    (r = ci_open(buf_bytes(&content), &p, d)) < 0)
		return r;
	hex_format(BYTES_OF_ARRAY(rec.id), id);
	hex_format(BYTES_OF_ARRAY(rec.signer), signer);
	answer_line(ret, "id: %s", id);
	answer_line(ret, "signed by: %s", signer);
	answer_line(ret, "mode: %s", ci_mode_name(p.mode));
	json_out_put_string(answer_data(ret), "id", id);
	json_out_put_string(answer_data(ret), "signer", signer);
	json_out_put_string(answer_data(ret), "mode", ci_mode_name(p.mode));
	show_counts(&p, ret);
	show_signers(&p, ret);
	return ERR_OK;
}

static int
on_remove(struct admin *a, const struct request *q, struct answer *ret,
    struct diag *d)
{
	auto_buf struct buf storage = BUF_INIT(CHANNEL_BODY_MAX);
	auto_change struct change c;
	char key[STORE_KEY_MAX + 1];
	struct ci_record rec;
	struct diag why = { 0 };
	struct bytes name;
	uint64_t version;
	int r;

	change_init(&c, a, q);
	if ((r = request_name(q, "NAME", &name, d)) < 0 ||
	    (r = find(a, name, &storage, &rec, &version, d)) < 0 ||
	    (r = store_key_name(key, "ci", name, d)) < 0 ||
	    (r = change_remove(&c, key, version, d)) < 0 ||
	    (r = change_commit(&c, EPOCH_FLOOR, name, "", ret, d)) < 0)
		return r;
	/* It is removed; its pieces may also go with the next one. */
	if (sweep(a, &why) < 0)
		answer_line(ret, "its bytes are not gone yet: %s", why.text);
	answer_line(ret,
	    "healthy hosts of other policies attest again by themselves");
	ci_modes_say_after(a, ret);
	answer_changed(ret, "hgsctl ci add NAME FILE --signer CERT",
	    "CI policy %.*s is removed", (int)name.len, (const char *)name.p);
	return ERR_OK;
}

const struct admin_command ci_commands[] = {
	{ "ci add", { "NAME", "FILE", "signer" }, true, on_add, SIGNED_MAX },
	{ "ci list", { NULL }, false, on_list },
	{ "ci show", { "NAME" }, false, on_show },
	{ "ci remove", { "NAME" }, true, on_remove },
	{ NULL },
};
