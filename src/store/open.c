/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making, opening and closing of the database: schema, pragmas, and what is
 * checked before the first answer is given from it.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/file.h"
#include "store/sql.h"

#define SCHEMA_VERSION 1
#define PAGE_SIZE      4096

/* application_id: "SWst". */
static const char schema[] =
    "PRAGMA application_id = 0x53577374;"
    "PRAGMA user_version = 1;"
    "BEGIN IMMEDIATE;"
    "CREATE TABLE kv(key TEXT PRIMARY KEY NOT NULL, value BLOB NOT NULL,"
    " version INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE meta(name TEXT PRIMARY KEY NOT NULL,"
    " value INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE audit(seq INTEGER PRIMARY KEY NOT NULL,"
    " record BLOB NOT NULL, signature BLOB NOT NULL) STRICT;"
    "INSERT INTO meta(name, value) VALUES('revision', 0);"
    "COMMIT;";

/*
 * WAL with synchronous=FULL: what was committed survives a power cut.
 * Exclusive: a second process that opened the same file is refused.
 */
static const char pragmas[] = "PRAGMA trusted_schema = OFF;"
			      "PRAGMA cell_size_check = ON;"
			      "PRAGMA locking_mode = EXCLUSIVE;"
			      "PRAGMA journal_mode = WAL;"
			      "PRAGMA synchronous = FULL;"
			      "PRAGMA wal_autocheckpoint = 1000;";

static int
run_text(struct db *s, const char *sql, const char *what, struct diag *d)
{
	if (sqlite3_exec(s->db, sql, NULL, NULL, NULL) != SQLITE_OK)
		return sql_fail(s, what, d);
	return ERR_OK;
}

static int
open_db(struct db *s, const char *path, struct diag *d)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
	    SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOFOLLOW;

	if (sqlite3_open_v2(path, &s->db, flags, NULL) != SQLITE_OK)
		return diag_fail(d, ERR_IO, "store: %s: %s", path,
		    s->db == NULL ? "out of memory" : sqlite3_errmsg(s->db));
	(void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	(void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0,
	    NULL);
	(void)sqlite3_busy_timeout(s->db, 2000);
	return run_text(s, pragmas, "cannot set up", d);
}

int
db_create(const char *path, struct diag *d)
{
	auto_db struct db *s = calloc(1, sizeof(*s));
	int r;

	if (s == NULL)
		return diag_nomem(d);
	r = file_create(AT_FDCWD, path, 0600, BYTES_NONE, d);
	if (r < 0 || (r = open_db(s, path, d)) < 0)
		return r;
	return run_text(s, schema, "cannot make the tables", d);
}

/* One value of a query that is constant text. */
static int
ask(struct db *s, const char *sql, char *ret, size_t size, struct diag *d)
{
	sqlite3_stmt *q = NULL;
	struct bytes v;
	int r = ERR_OK;

	if (sqlite3_prepare_v2(s->db, sql, -1, &q, NULL) != SQLITE_OK)
		return sql_fail(s, "cannot ask", d);
	if (sqlite3_step(q) != SQLITE_ROW) {
		r = sql_fail(s, "cannot ask", d);
	} else {
		v = sql_column(q, 0);
		if (v.len >= size)
			v.len = size - 1;
		if (v.len > 0)
			memcpy(ret, v.p, v.len);
		ret[v.len] = '\0';
	}
	(void)sqlite3_finalize(q);
	return r;
}

static int
check_file(struct db *s, struct diag *d)
{
	char v[128];
	int r;

	if ((r = ask(s, "PRAGMA application_id", v, sizeof(v), d)) < 0)
		return r;
	if (strcmp(v, "1398240116") != 0)
		return diag_fail(d, ERR_FORMAT,
		    "store: not a store's database");
	if ((r = ask(s, "PRAGMA user_version", v, sizeof(v), d)) < 0)
		return r;
	if (strcmp(v, "1") != 0)
		return diag_fail(d, ERR_UNSUPPORTED,
		    "store: schema version %s, this release knows %d", v,
		    SCHEMA_VERSION);
	if ((r = ask(s, "PRAGMA journal_mode", v, sizeof(v), d)) < 0)
		return r;
	if (strcmp(v, "wal") != 0)
		return diag_fail(d, ERR_IO,
		    "store: no write-ahead log on this file system");
	if ((r = ask(s, "PRAGMA quick_check(1)", v, sizeof(v), d)) < 0)
		return r;
	if (strcmp(v, "ok") != 0)
		return diag_fail(d, ERR_FORMAT, "store: damaged: %s", v);
	return ERR_OK;
}

static int
set_limit(struct db *s, uint64_t max_bytes, struct diag *d)
{
	char sql[64], v[32];

	if (max_bytes == 0)
		return ERR_OK;
	/* PRAGMA takes no parameter; this is a number of ours. */
	(void)sqlite3_snprintf(sizeof(sql), sql, "PRAGMA max_page_count = %llu",
	    (unsigned long long)(max_bytes / PAGE_SIZE + 1));
	return ask(s, sql, v, sizeof(v), d);
}

/* The chain goes on from its last record, which must be ours. */
static int
load_audit(struct db *s, struct diag *d)
{
	sqlite3_stmt *q = sql_use(s, SQL_AUDIT_LAST);
	struct audit_record rec;
	int rc = sqlite3_step(q), r = ERR_OK;

	if (rc == SQLITE_ROW) {
		struct bytes record = sql_column(q, 1);

		s->now.audit.seq = sql_column_u64(q, 0);
		sha256(record, s->now.audit.hash);
		r = audit_record_parse(record, &rec, d);
		if (r == ERR_OK && rec.seq != s->now.audit.seq)
			r = diag_fail(d, ERR_FORMAT,
			    "audit: the last record's number is wrong");
		if (r == ERR_OK)
			r = chain_verify(&s->now.audit, s->audit_key,
			    sql_column(q, 2), d);
	} else if (rc != SQLITE_DONE) {
		r = sql_fail(s, "cannot read the audit log", d);
	}
	sql_done(q);
	return r;
}

static int
load_revision(struct db *s, struct diag *d)
{
	sqlite3_stmt *q = sql_use(s, SQL_META_GET);
	int r = ERR_OK;

	sql_bind_text(q, 1, bytes_of_text("revision"));
	if (sqlite3_step(q) != SQLITE_ROW)
		r = sql_fail(s, "no revision", d);
	else
		s->now.revision = sql_column_u64(q, 0);
	sql_done(q);
	return r;
}

int
db_open(const char *path, uint64_t max_bytes, struct db **ret, struct diag *d)
{
	auto_db struct db *s = calloc(1, sizeof(*s));
	int r;

	if (s == NULL)
		return diag_nomem(d);
	if ((r = open_db(s, path, d)) < 0 || (r = check_file(s, d)) < 0 ||
	    (r = set_limit(s, max_bytes, d)) < 0 ||
	    (r = sql_prepare_all(s, d)) < 0 || (r = load_revision(s, d)) < 0)
		return r;
	*ret = TAKE_PTR(&s);
	return ERR_OK;
}

int
db_unlock(struct db *s, const struct key *audit_key,
    const uint8_t log[static AUDIT_LOG_SIZE], struct diag *d)
{
	int r;

	BUG_ON(s->in_group);
	chain_start(log, &s->now.audit);
	s->audit_key = audit_key;
	if ((r = load_audit(s, d)) < 0)
		s->audit_key = NULL;
	return r;
}

void
db_close(struct db *s)
{
	if (s == NULL)
		return;
	db_group_cancel(s);
	for (size_t i = 0; i < SQL_COUNT; i++)
		(void)sqlite3_finalize(s->stmt[i]);
	(void)sqlite3_close(s->db);
	free(s);
}
