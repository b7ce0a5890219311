/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The embedded store: keys "bucket/name" with byte values and versions, and
 * the audit log, in one SQLite database (WAL, synchronous=FULL). One process
 * has it open. A commit is atomic with its audit records; a group of commits
 * shares one transaction and is durable when db_group_end() has returned.
 *
 * Versions come from one counter that never goes back, so a key that was
 * removed and made again never has a version that it had before.
 */
#ifndef STORE_DB_H
#define STORE_DB_H

#include "audit/audit.h"
#include "base/buf.h"

#define DB_BUCKET_MAX  32
#define DB_KEY_MAX     200
#define DB_VALUE_MAX   ((size_t)128 << 10)
#define DB_CHANGES_MAX 8
#define DB_EVENTS_MAX  4

struct db;

enum db_condition {
	DB_ANY,    /* whatever is there */
	DB_VERSION /* `version` is there now; 0: nothing is there */
};

struct db_change {
	struct bytes key;
	enum db_condition condition;
	uint64_t version;
	bool remove; /* value is not used */
	struct bytes value;
};

struct db_result {
	uint64_t version;        /* of all keys that were put */
	struct chain_head audit; /* after this commit's events: its receipt */
};

/* Makes an empty database; ERR_EXISTS when the file is there. */
MUST_CHECK int db_create(const char *path, struct diag *d);
/*
 * max_bytes: the size the database may grow to, or 0. Refuses another schema
 * version and a damaged file.
 */
MUST_CHECK int db_open(const char *path, uint64_t max_bytes, struct db **ret,
    struct diag *d);
/*
 * The key that signs heads, which must outlive the database, and the log's
 * id. Refuses a log whose last record is not this key's. Until then there
 * are no commits: Locked.
 */
MUST_CHECK int db_unlock(struct db *s, const struct key *audit_key,
    const uint8_t log[static AUDIT_LOG_SIZE], struct diag *d);
void db_close(struct db *s);
DEFINE_FREE_P(struct db, db_close);
#define auto_db CLEANUP(db_close_p)

/* "bucket/name": [a-z]{1,32} "/" [A-Za-z0-9._-]{1,128}, no leading dot. */
bool db_key_valid(struct bytes key);

/* ERR_NOT_FOUND when there is none. */
MUST_CHECK int db_get(struct db *s, struct bytes key, struct buf *ret,
    uint64_t *ret_version, struct diag *d);
/* Return false to end the walk before its end. */
typedef bool (*db_visit_fn)(void *user, struct bytes key, struct bytes value,
    uint64_t version);
/* Keys that begin with prefix and come after `after`, in order. */
MUST_CHECK int db_range(struct db *s, struct bytes prefix, struct bytes after,
    size_t limit, db_visit_fn visit, void *user, struct diag *d);

/* Between begin and end every commit waits for the one sync at the end. */
MUST_CHECK int db_group_begin(struct db *s, struct diag *d);
/*
 * All or nothing: on an error every commit since begin is undone, also those
 * that had returned 0.
 */
MUST_CHECK int db_group_end(struct db *s, struct diag *d);
void db_group_cancel(struct db *s);

/*
 * Inside a group. ERR_CONFLICT when a condition does not hold: then nothing
 * of it is done and the group goes on. Any other error ends the group.
 */
MUST_CHECK int db_commit(struct db *s, uint64_t now,
    const struct db_change *changes, size_t n_changes,
    const struct audit_event *events, size_t n_events, struct db_result *ret,
    struct diag *d);

struct chain_head db_audit_head(const struct db *s);
/* Records after seq, in order; signature may be empty. */
typedef bool (*db_audit_fn)(void *user, uint64_t seq, struct bytes record,
    struct bytes signature);
MUST_CHECK int db_audit_range(struct db *s, uint64_t after, size_t limit,
    db_audit_fn visit, void *user, struct diag *d);

#endif
