/* SPDX-License-Identifier: Apache-2.0 */
#include "store/sql.h"

static const char *const texts[SQL_COUNT] = {
	[SQL_GET] = "SELECT value, version FROM kv WHERE key = ?1",
	[SQL_PUT] = "INSERT INTO kv(key, value, version) VALUES(?1, ?2, ?3) "
		    "ON CONFLICT(key) DO UPDATE SET value = ?2, version = ?3",
	[SQL_DELETE] = "DELETE FROM kv WHERE key = ?1",
	[SQL_RANGE] = "SELECT key, value, version FROM kv "
		      "WHERE key >= ?1 AND key < ?2 AND key > ?3 "
		      "ORDER BY key LIMIT ?4",
	[SQL_META_GET] = "SELECT value FROM meta WHERE name = ?1",
	[SQL_META_PUT] = "INSERT INTO meta(name, value) VALUES(?1, ?2) "
			 "ON CONFLICT(name) DO UPDATE SET value = ?2",
	[SQL_AUDIT_ADD] = "INSERT INTO audit(seq, record, signature) "
			  "VALUES(?1, ?2, x'')",
	[SQL_AUDIT_SIGN] = "UPDATE audit SET signature = ?2 WHERE seq = ?1",
	[SQL_AUDIT_RANGE] = "SELECT seq, record, signature FROM audit "
			    "WHERE seq > ?1 ORDER BY seq LIMIT ?2",
	[SQL_AUDIT_LAST] = "SELECT seq, record, signature FROM audit "
			   "ORDER BY seq DESC LIMIT 1",
	[SQL_BEGIN] = "BEGIN IMMEDIATE",
	[SQL_COMMIT] = "COMMIT",
	[SQL_ROLLBACK] = "ROLLBACK",
	[SQL_SAVE] = "SAVEPOINT one",
	[SQL_RELEASE] = "RELEASE one",
	[SQL_UNDO] = "ROLLBACK TO one",
};

int
sql_fail(struct db *s, const char *what, struct diag *d)
{
	int code = sqlite3_extended_errcode(s->db);

	return diag_fail(d, ERR_IO, "store: %s: %s (SQLite %d)%s", what,
	    sqlite3_errmsg(s->db), code,
	    (code & 0xff) == SQLITE_FULL ? ": no room is left" : "");
}

sqlite3_stmt *
sql_use(struct db *s, enum sql which)
{
	sqlite3_stmt *q = s->stmt[which];

	(void)sqlite3_reset(q);
	(void)sqlite3_clear_bindings(q);
	return q;
}

/* Binding fails on a wrong index or without memory only. */
static void
must_bind(int rc)
{
	BUG_ON(rc != SQLITE_OK);
}

void
sql_bind_bytes(sqlite3_stmt *q, int i, struct bytes v)
{
	if (v.len == 0)
		must_bind(sqlite3_bind_zeroblob(q, i, 0));
	else
		must_bind(sqlite3_bind_blob64(q, i, v.p, v.len, SQLITE_STATIC));
}

void
sql_bind_text(sqlite3_stmt *q, int i, struct bytes v)
{
	const char *p = v.len == 0 ? "" : (const char *)v.p;

	must_bind(
	    sqlite3_bind_text64(q, i, p, v.len, SQLITE_STATIC, SQLITE_UTF8));
}

void
sql_bind_u64(sqlite3_stmt *q, int i, uint64_t v)
{
	BUG_ON(v > INT64_MAX);
	must_bind(sqlite3_bind_int64(q, i, (sqlite3_int64)v));
}

struct bytes
sql_column(sqlite3_stmt *q, int i)
{
	const void *p = sqlite3_column_blob(q, i);

	return bytes_of(p, (size_t)sqlite3_column_bytes(q, i));
}

uint64_t
sql_column_u64(sqlite3_stmt *q, int i)
{
	sqlite3_int64 v = sqlite3_column_int64(q, i);

	return v < 0 ? 0 : (uint64_t)v;
}

void
sql_done(sqlite3_stmt *q)
{
	(void)sqlite3_reset(q);
	(void)sqlite3_clear_bindings(q);
}

int
sql_run(struct db *s, sqlite3_stmt *q, const char *what, struct diag *d)
{
	int r = ERR_OK;

	if (sqlite3_step(q) != SQLITE_DONE)
		r = sql_fail(s, what, d);
	sql_done(q);
	return r;
}

int
sql_prepare_all(struct db *s, struct diag *d)
{
	for (size_t i = 0; i < SQL_COUNT; i++)
		if (sqlite3_prepare_v3(s->db, texts[i], -1,
			SQLITE_PREPARE_PERSISTENT, &s->stmt[i],
			NULL) != SQLITE_OK)
			return sql_fail(s, "cannot prepare", d);
	return ERR_OK;
}
