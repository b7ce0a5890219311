/* SPDX-License-Identifier: Apache-2.0 */
#include "hgs/store/keeper.h"

#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/text.h"
#include "hgs/store/permit.h"
#include "hgs/store/rules.h"

void
keeper_free(struct keeper *k)
{
	db_close(k->db);
	key_free(k->audit_key);
	buf_free(&k->audit_spki);
	*k = (struct keeper){ 0 };
}

static int
on_get(struct keeper *k, struct keeper_call *c, struct diag *d)
{
	auto_buf struct buf value = BUF_INIT(DB_VALUE_MAX);
	struct store_value v = { 0 };
	struct store_get get;
	int r;

	if ((r = fields_decode(&store_get_fields, c->in.body, &get, d)) < 0 ||
	    (r = permit_check(c->peer, get.key, PERMIT_GET, d)) < 0)
		return r;
	r = db_get(k->db, get.key, &value, &v.version, d);
	if (r < 0 && r != ERR_NOT_FOUND)
		return r;
	if (r == ERR_OK && (r = rules_shown(c->peer, get.key, &value, d)) < 0)
		return r;
	v.value = buf_bytes(&value);
	return fields_encode(&store_value_fields, &v, &c->reply, d);
}

/* A page being filled: rows are kept as copies until it is encoded. */
struct page_fill {
	enum hgs_peer peer;
	struct store_page *page;
	struct buf *copies;
	size_t size;
	int result;
	struct diag *d;
};

/* Room in a frame for a page's rows, their framing apart. */
#define PAGE_BYTES_MAX ((size_t)160 << 10)

static bool
add_row(void *user, struct bytes key, struct bytes value, uint64_t version)
{
	auto_buf struct buf shown = BUF_INIT(DB_VALUE_MAX);
	struct page_fill *f = user;
	struct store_row *row = &f->page->rows[f->page->n_rows];
	size_t at;

	if (!buf_put(&shown, value))
		f->result = diag_nomem(f->d);
	else
		f->result = rules_shown(f->peer, key, &shown, f->d);
	if (f->result < 0)
		return false;
	if (f->page->n_rows == STORE_PAGE_MAX ||
	    (f->page->n_rows > 0 &&
		f->copies->len + key.len + shown.len > PAGE_BYTES_MAX)) {
		f->page->more = true;
		return false;
	}
	at = f->copies->len;
	if (!buf_put(f->copies, key) ||
	    !buf_put(f->copies, buf_bytes(&shown))) {
		f->result = diag_nomem(f->d);
		return false;
	}
	/* Offsets until all are copied: the copies may move while they grow. */
	row->key = bytes_of(NULL, key.len);
	row->value = bytes_of(NULL, shown.len);
	row->version = version;
	f->size = at;
	f->page->n_rows++;
	return true;
}

static int
on_range(struct keeper *k, struct keeper_call *c, struct diag *d)
{
	auto_buf struct buf copies = BUF_INIT(2 * PAGE_BYTES_MAX);
	static struct store_page page;
	struct page_fill f = { c->peer, &page, &copies, 0, ERR_OK, d };
	struct store_range q;
	size_t at = 0;
	int r;

	page = (struct store_page){ 0 };
	if ((r = fields_decode(&store_range_fields, c->in.body, &q, d)) < 0 ||
	    (r = permit_check(c->peer, q.prefix, PERMIT_LIST, d)) < 0)
		return r;
	if (q.limit == 0 || q.limit > STORE_PAGE_MAX)
		return diag_fail(d, ERR_LIMIT, "store: a page of %u rows",
		    q.limit);
	/* One row more than asked for says whether there are more. */
	r = db_range(k->db, q.prefix, q.after, (size_t)q.limit + 1, add_row, &f,
	    d);
	if (r == ERR_OK)
		r = f.result;
	if (r < 0)
		return r;
	if (page.n_rows > q.limit) {
		page.n_rows = q.limit;
		page.more = true;
	}
	for (size_t i = 0; i < page.n_rows; i++) {
		struct store_row *row = &page.rows[i];

		row->key = bytes_of(copies.p + at, row->key.len);
		at += row->key.len;
		row->value = bytes_of(copies.p + at, row->value.len);
		at += row->value.len;
	}
	return fields_encode(&store_page_fields, &page, &c->reply, d);
}

static int
take_changes(struct keeper *k, const struct keeper_call *c,
    const struct store_commit *in, struct db_change *out, struct diag *d)
{
	int r;

	for (size_t i = 0; i < in->n_changes; i++) {
		const struct store_change *ch = &in->changes[i];

		r = permit_check(c->peer, ch->key,
		    ch->remove ? PERMIT_REMOVE : PERMIT_PUT, d);
		if (r < 0 || (r = rules_change(k->db, ch, d)) < 0)
			return r;
		out[i] = (struct db_change){ ch->key,
			ch->expected == STORE_ANY ? DB_ANY : DB_VERSION,
			ch->expected, ch->remove, ch->value };
	}
	return ERR_OK;
}

static int
on_commit(struct keeper *k, struct keeper_call *c, struct diag *d)
{
	static struct store_commit in;
	struct db_change changes[STORE_CHANGES_MAX];
	struct audit_event events[STORE_AUDITS_MAX];
	struct store_committed done = { 0 };
	struct db_result res;
	int r;

	if ((r = fields_decode(&store_commit_fields, c->in.body, &in, d)) < 0)
		return r;
	if ((r = take_changes(k, c, &in, changes, d)) < 0)
		return r;
	for (size_t i = 0; i < in.n_audits; i++)
		events[i] = (struct audit_event){ in.audits[i].actor,
			in.audits[i].action, in.audits[i].subject,
			in.audits[i].outcome, in.audits[i].detail };
	r = db_commit(k->db, (uint64_t)time(NULL), changes, in.n_changes,
	    events, in.n_audits, &res, d);
	if (r < 0)
		return r;
	if (in.n_audits > 0) {
		memcpy(done.receipt.log, k->audit_log, AUDIT_LOG_SIZE);
		done.receipt.sequence = res.audit.seq;
		memcpy(done.receipt.record, res.audit.hash, SHA256_SIZE);
	}
	return fields_encode(&store_committed_fields, &done, &c->reply, d);
}

struct audit_fill {
	struct buf *out;
	uint64_t last;
	bool full;
};

static bool
add_record(void *user, uint64_t seq, struct bytes record,
    struct bytes signature)
{
	struct audit_fill *f = user;

	if (f->out->len + record.len + signature.len + 8 > PAGE_BYTES_MAX) {
		f->full = true;
		return false;
	}
	f->last = seq;
	return audit_export_record(f->out, record, signature);
}

static int
on_audit(struct keeper *k, struct keeper_call *c, struct diag *d)
{
	auto_buf struct buf out = BUF_INIT(PAGE_BYTES_MAX);
	struct audit_fill f = { &out, 0, false };
	struct audit_page page = { 0 };
	struct audit_range q;
	int r;

	if ((r = fields_decode(&audit_range_fields, c->in.body, &q, d)) < 0)
		return r;
	if (q.from == 0 || q.limit == 0)
		return diag_fail(d, ERR_LIMIT, "audit: records count from 1");
	f.last = q.from - 1;
	r = db_audit_range(k->db, q.from - 1, q.limit, add_record, &f, d);
	if (r < 0)
		return r;
	page.records = buf_bytes(&out);
	if (f.last < db_audit_head(k->db).seq)
		page.next = f.last + 1;
	return fields_encode(&audit_page_fields, &page, &c->reply, d);
}

static int
on_audit_head(struct keeper *k, struct keeper_call *c, struct diag *d)
{
	struct audit_head h = { .public_key = buf_bytes(&k->audit_spki) };
	struct chain_head head;

	if (k->audit_key == NULL)
		return diag_refuse(d, REASON_Locked,
		    "store: the audit key is locked");
	head = db_audit_head(k->db);
	memcpy(h.receipt.log, k->audit_log, AUDIT_LOG_SIZE);
	h.receipt.sequence = head.seq;
	memcpy(h.receipt.record, head.hash, SHA256_SIZE);
	return fields_encode(&audit_head_fields, &h, &c->reply, d);
}

static int
on_unlock(struct keeper *k, struct keeper_call *c, struct diag *d)
{
	struct unlock u;
	int r;

	if ((r = fields_decode(&unlock_fields, c->in.body, &u, d)) < 0)
		return r;
	return keeper_unlock(k, u.passphrase, d);
}

static const struct {
	uint16_t op;
	uint32_t peers;
	int (*answer)(struct keeper *k, struct keeper_call *c, struct diag *d);
} ops[] = {
	{ HGS_OP_GET,
	    PEER_BIT(HGS_PEER_ATTEST) | PEER_BIT(HGS_PEER_KEY) |
		PEER_BIT(HGS_PEER_ADMIN),
	    on_get },
	{ HGS_OP_RANGE,
	    PEER_BIT(HGS_PEER_ATTEST) | PEER_BIT(HGS_PEER_KEY) |
		PEER_BIT(HGS_PEER_ADMIN),
	    on_range },
	{ HGS_OP_COMMIT,
	    PEER_BIT(HGS_PEER_ATTEST) | PEER_BIT(HGS_PEER_KEY) |
		PEER_BIT(HGS_PEER_ADMIN),
	    on_commit },
	{ HGS_OP_AUDIT, PEER_BIT(HGS_PEER_ADMIN), on_audit },
	{ HGS_OP_AUDIT_HEAD,
	    PEER_BIT(HGS_PEER_ATTEST) | PEER_BIT(HGS_PEER_KEY) |
		PEER_BIT(HGS_PEER_ADMIN),
	    on_audit_head },
	{ HGS_OP_UNLOCK, PEER_BIT(HGS_PEER_MONITOR), on_unlock },
};

static void
answer_one(struct keeper *k, struct keeper_call *c)
{
	for (size_t i = 0; i < ARRAY_LEN(ops); i++) {
		if (ops[i].op != c->in.op ||
		    (ops[i].peers & PEER_BIT(c->peer)) == 0)
			continue;
		c->result = ops[i].answer(k, c, &c->why);
		return;
	}
	c->result = diag_refuse(&c->why, REASON_PermissionDenied,
	    "store: peer %u may not ask for operation %u", c->peer, c->in.op);
}

static bool
is_commit(const struct keeper_call *c)
{
	return c->in.op == HGS_OP_COMMIT;
}

/*
 * Reads of the audit log wait for the group's end: its records have no
 * signature before, and an export that ended with them would prove nothing.
 */
static bool
waits_for_signature(const struct keeper_call *c)
{
	return c->in.op == HGS_OP_AUDIT || c->in.op == HGS_OP_AUDIT_HEAD;
}

/* What was seen in a group that is undone must not leave the process. */
static void
refuse_all(struct keeper_call *calls, size_t n, const struct diag *why)
{
	log_error("%s", why->text);
	for (size_t i = 0; i < n; i++) {
		buf_reset(&calls[i].reply);
		calls[i].result = diag_refuse(&calls[i].why,
		    REASON_TransientError, "the store cannot write");
	}
}

/* Commits and what reads beside them, in their order; false: all is undone. */
static bool
answer_group(struct keeper *k, struct keeper_call *calls, size_t n,
    struct diag *d)
{
	bool group = false, lost = false;

	for (size_t i = 0; i < n; i++)
		group = group || (is_commit(&calls[i]) && k->audit_key != NULL);
	if (group && db_group_begin(k->db, d) < 0)
		return false;
	for (size_t i = 0; i < n && !lost; i++) {
		if (waits_for_signature(&calls[i]))
			continue;
		if (is_commit(&calls[i]) && !group) {
			calls[i].result = diag_refuse(&calls[i].why,
			    REASON_Locked, "store: the audit key is locked");
			continue;
		}
		answer_one(k, &calls[i]);
		lost = group && is_commit(&calls[i]) &&
		    (calls[i].result == ERR_IO || calls[i].result == ERR_NOMEM);
		if (lost)
			*d = calls[i].why;
	}
	if (lost)
		db_group_cancel(k->db);
	return !lost && (!group || db_group_end(k->db, d) == ERR_OK);
}

void
keeper_answer(struct keeper *k, struct keeper_call *calls, size_t n)
{
	struct diag d = { 0 };

	if (!answer_group(k, calls, n, &d)) {
		refuse_all(calls, n, &d);
		return;
	}
	for (size_t i = 0; i < n; i++)
		if (waits_for_signature(&calls[i]))
			answer_one(k, &calls[i]);
}
