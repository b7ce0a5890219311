/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changes: savepoint per commit, one transaction and one sync per group.
 */
#include "store/sql.h"

static int
check_condition(struct db *s, const struct db_change *c, struct diag *d)
{
	sqlite3_stmt *q;
	uint64_t version = 0;
	int rc;

	if (c->condition == DB_ANY)
		return ERR_OK;
	q = sql_use(s, SQL_GET);
	sql_bind_text(q, 1, c->key);
	rc = sqlite3_step(q);
	if (rc == SQLITE_ROW)
		version = sql_column_u64(q, 1);
	sql_done(q);
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		return sql_fail(s, "cannot read", d);
	if (version != c->version)
		return diag_fail(d, ERR_CONFLICT,
		    "%.*s: version %llu, expected %llu", (int)c->key.len,
		    (const char *)c->key.p, (unsigned long long)version,
		    (unsigned long long)c->version);
	return ERR_OK;
}

static int
apply_change(struct db *s, const struct db_change *c, struct diag *d)
{
	sqlite3_stmt *q;

	if (c->remove) {
		q = sql_use(s, SQL_DELETE);
		sql_bind_text(q, 1, c->key);
		return sql_run(s, q, "cannot remove", d);
	}
	q = sql_use(s, SQL_PUT);
	sql_bind_text(q, 1, c->key);
	sql_bind_bytes(q, 2, c->value);
	sql_bind_u64(q, 3, s->now.revision);
	return sql_run(s, q, "cannot write", d);
}

static int
add_event(struct db *s, uint64_t now, const struct audit_event *e,
    struct diag *d)
{
	auto_buf struct buf record = BUF_INIT(AUDIT_RECORD_MAX);
	sqlite3_stmt *q;
	int r;

	if ((r = audit_append(&s->now.audit, now, e, &record, d)) < 0)
		return r;
	q = sql_use(s, SQL_AUDIT_ADD);
	sql_bind_u64(q, 1, s->now.audit.seq);
	sql_bind_bytes(q, 2, buf_bytes(&record));
	return sql_run(s, q, "cannot write the audit log", d);
}

static int
check_input(const struct db_change *changes, size_t n_changes, size_t n_events,
    struct diag *d)
{
	if (n_changes > DB_CHANGES_MAX || n_events > DB_EVENTS_MAX)
		return diag_fail(d, ERR_LIMIT,
		    "store: %zu changes and %zu events, at most %d and %d",
		    n_changes, n_events, DB_CHANGES_MAX, DB_EVENTS_MAX);
	for (size_t i = 0; i < n_changes; i++) {
		if (!db_key_valid(changes[i].key))
			return diag_fail(d, ERR_FORMAT, "store: not a key");
		if (!changes[i].remove && changes[i].value.len > DB_VALUE_MAX)
			return diag_fail(d, ERR_LIMIT,
			    "store: a value of %zu bytes, at most %zu",
			    changes[i].value.len, DB_VALUE_MAX);
		/* Twice the same key would make its condition ambiguous. */
		for (size_t j = 0; j < i; j++)
			if (bytes_equal(changes[i].key, changes[j].key))
				return diag_fail(d, ERR_FORMAT,
				    "store: one key changed twice");
	}
	return ERR_OK;
}

static int
commit_inside(struct db *s, uint64_t now, const struct db_change *changes,
    size_t n_changes, const struct audit_event *events, size_t n_events,
    struct diag *d)
{
	sqlite3_stmt *q;
	int r = ERR_OK;

	for (size_t i = 0; i < n_changes; i++)
		if ((r = check_condition(s, &changes[i], d)) < 0)
			return r;
	if (n_changes > 0) {
		s->now.revision++;
		q = sql_use(s, SQL_META_PUT);
		sql_bind_text(q, 1, bytes_of_text("revision"));
		sql_bind_u64(q, 2, s->now.revision);
		if ((r = sql_run(s, q, "cannot count", d)) < 0)
			return r;
	}
	for (size_t i = 0; i < n_changes; i++)
		if ((r = apply_change(s, &changes[i], d)) < 0)
			return r;
	for (size_t i = 0; i < n_events; i++)
		if ((r = add_event(s, now, &events[i], d)) < 0)
			return r;
	return ERR_OK;
}

int
db_commit(struct db *s, uint64_t now, const struct db_change *changes,
    size_t n_changes, const struct audit_event *events, size_t n_events,
    struct db_result *ret, struct diag *d)
{
	struct db_point before = s->now;
	int r;

	BUG_ON(!s->in_group);
	if (s->audit_key == NULL)
		return diag_refuse(d, REASON_Locked,
		    "store: the audit key is locked");
	if (s->group_failed)
		return diag_fail(d, ERR_IO, "store: the group has failed");
	if ((r = check_input(changes, n_changes, n_events, d)) < 0)
		return r;
	if ((r = sql_run(s, sql_use(s, SQL_SAVE), "cannot begin", d)) < 0) {
		s->group_failed = true;
		return r;
	}
	r = commit_inside(s, now, changes, n_changes, events, n_events, d);
	if (r < 0) {
		struct diag ignored;

		s->now = before;
		/*
		 * A full disk may have undone the whole transaction already;
		 * only a condition that did not hold leaves the group good.
		 */
		if (sql_run(s, sql_use(s, SQL_UNDO), "undo", &ignored) < 0 ||
		    (r != ERR_CONFLICT && r != ERR_LIMIT && r != ERR_FORMAT))
			s->group_failed = true;
		else if (sql_run(s, sql_use(s, SQL_RELEASE), "release",
			     &ignored) < 0)
			s->group_failed = true;
		return r;
	}
	if ((r = sql_run(s, sql_use(s, SQL_RELEASE), "cannot keep", d)) < 0) {
		s->group_failed = true;
		return r;
	}
	ret->version = n_changes > 0 ? s->now.revision : 0;
	ret->audit = s->now.audit;
	return ERR_OK;
}

int
db_group_begin(struct db *s, struct diag *d)
{
	int r;

	BUG_ON(s->in_group);
	if ((r = sql_run(s, sql_use(s, SQL_BEGIN), "cannot begin", d)) < 0)
		return r;
	s->group = s->now;
	s->in_group = true;
	s->group_failed = false;
	return ERR_OK;
}

void
db_group_cancel(struct db *s)
{
	struct diag ignored;

	if (!s->in_group)
		return;
	s->in_group = false;
	s->now = s->group;
	/* Nothing to undo where SQLite did it by itself. */
	if (sqlite3_get_autocommit(s->db) == 0 &&
	    sql_run(s, sql_use(s, SQL_ROLLBACK), "rollback", &ignored) < 0)
		BUG_ON(sqlite3_get_autocommit(s->db) == 0);
}

/* One signature for the group: it covers all before it by the chain. */
static int
sign_head(struct db *s, struct diag *d)
{
	auto_buf struct buf sig = BUF_INIT(KEY_SIGNATURE_MAX);
	sqlite3_stmt *q;
	int r;

	if (s->now.audit.seq == s->group.audit.seq)
		return ERR_OK;
	r = chain_sign(&s->now.audit, s->audit_key, &sig, d);
	if (r < 0)
		return r;
	q = sql_use(s, SQL_AUDIT_SIGN);
	sql_bind_u64(q, 1, s->now.audit.seq);
	sql_bind_bytes(q, 2, buf_bytes(&sig));
	return sql_run(s, q, "cannot sign the audit log", d);
}

int
db_group_end(struct db *s, struct diag *d)
{
	int r = ERR_OK;

	BUG_ON(!s->in_group);
	if (s->group_failed)
		r = diag_fail(d, ERR_IO, "store: the group has failed");
	if (r == ERR_OK)
		r = sign_head(s, d);
	if (r == ERR_OK)
		r = sql_run(s, sql_use(s, SQL_COMMIT), "cannot make durable",
		    d);
	if (r < 0)
		db_group_cancel(s);
	s->in_group = false;
	return r;
}
