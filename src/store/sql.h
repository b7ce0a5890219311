/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SQLite for src/store alone: prepared statements with bound parameters; no
 * statement is ever put together from values.
 */
#ifndef STORE_SQL_H
#define STORE_SQL_H

#include <sqlite3.h>

#include "store/db.h"

enum sql {
	SQL_GET,
	SQL_PUT,
	SQL_DELETE,
	SQL_RANGE,
	SQL_META_GET,
	SQL_META_PUT,
	SQL_AUDIT_ADD,
	SQL_AUDIT_SIGN,
	SQL_AUDIT_RANGE,
	SQL_AUDIT_LAST,
	SQL_BEGIN,
	SQL_COMMIT,
	SQL_ROLLBACK,
	SQL_SAVE,
	SQL_RELEASE,
	SQL_UNDO,
	SQL_COUNT
};

struct db_point {
	uint64_t revision;
	struct chain_head audit;
};

struct db {
	sqlite3 *db;
	sqlite3_stmt *stmt[SQL_COUNT];
	const struct key *audit_key;
	struct db_point now;
	struct db_point group; /* where a failed group goes back to */
	bool in_group;
	bool group_failed;
};

/* ERR_IO "what: <SQLite's reason>"; `full` disks are named as such. */
int sql_fail(struct db *s, const char *what, struct diag *d);
/* The statement, ready to be bound. */
sqlite3_stmt *sql_use(struct db *s, enum sql which);
void sql_bind_bytes(sqlite3_stmt *q, int i, struct bytes v);
void sql_bind_text(sqlite3_stmt *q, int i, struct bytes v);
void sql_bind_u64(sqlite3_stmt *q, int i, uint64_t v);
struct bytes sql_column(sqlite3_stmt *q, int i);
uint64_t sql_column_u64(sqlite3_stmt *q, int i);
/* Runs a statement that gives no row. */
MUST_CHECK int sql_run(struct db *s, sqlite3_stmt *q, const char *what,
    struct diag *d);
/* Resets it, so that views into its row end. */
void sql_done(sqlite3_stmt *q);
MUST_CHECK int sql_prepare_all(struct db *s, struct diag *d);

#endif
