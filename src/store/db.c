/* SPDX-License-Identifier: Apache-2.0 */
#include "store/db.h"

#include <string.h>

#include "base/text.h"
#include "store/sql.h"

bool
db_key_valid(struct bytes key)
{
	size_t n = 0;

	while (n < key.len && key.p[n] >= 'a' && key.p[n] <= 'z')
		n++;
	if (n == 0 || n > DB_BUCKET_MAX || n == key.len || key.p[n] != '/')
		return false;
	n++;
	if (n == key.len || key.len - n > 128 || key.p[n] == '.')
		return false;
	for (; n < key.len; n++) {
		uint8_t c = key.p[n];
		bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';

		if (!good)
			return false;
	}
	return true;
}

int
db_get(struct db *s, struct bytes key, struct buf *ret, uint64_t *ret_version,
    struct diag *d)
{
	sqlite3_stmt *q;
	int rc, r = ERR_OK;

	if (!db_key_valid(key))
		return diag_fail(d, ERR_FORMAT, "store: not a key");
	q = sql_use(s, SQL_GET);
	sql_bind_text(q, 1, key);
	rc = sqlite3_step(q);
	if (rc == SQLITE_DONE)
		r = diag_fail(d, ERR_NOT_FOUND, "%.*s: no such object",
		    (int)key.len, (const char *)key.p);
	else if (rc != SQLITE_ROW)
		r = sql_fail(s, "cannot read", d);
	else if (!buf_put(ret, sql_column(q, 0)))
		r = buf_check(ret, "store", d);
	else
		*ret_version = sql_column_u64(q, 1);
	sql_done(q);
	return r;
}

int
db_range(struct db *s, struct bytes prefix, struct bytes after, size_t limit,
    db_visit_fn visit, void *user, struct diag *d)
{
	uint8_t end[DB_KEY_MAX + 1];
	sqlite3_stmt *q;
	int rc, r = ERR_OK;

	if (prefix.len == 0 || prefix.len > DB_KEY_MAX ||
	    !text_printable(prefix) || after.len > DB_KEY_MAX)
		return diag_fail(d, ERR_FORMAT, "store: not a prefix");
	/* Keys are ASCII, so 0x7f comes after every key with the prefix. */
	memcpy(end, prefix.p, prefix.len);
	end[prefix.len] = 0x7f;
	q = sql_use(s, SQL_RANGE);
	sql_bind_text(q, 1, prefix);
	sql_bind_text(q, 2, bytes_of(end, prefix.len + 1));
	sql_bind_text(q, 3, after);
	sql_bind_u64(q, 4, limit);
	while ((rc = sqlite3_step(q)) == SQLITE_ROW)
		if (!visit(user, sql_column(q, 0), sql_column(q, 1),
			sql_column_u64(q, 2)))
			break;
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		r = sql_fail(s, "cannot list", d);
	sql_done(q);
	return r;
}

int
db_audit_range(struct db *s, uint64_t after, size_t limit, db_audit_fn visit,
    void *user, struct diag *d)
{
	sqlite3_stmt *q;
	int rc, r = ERR_OK;

	if (after > INT64_MAX)
		return diag_fail(d, ERR_LIMIT, "audit: no such record");
	q = sql_use(s, SQL_AUDIT_RANGE);
	sql_bind_u64(q, 1, after);
	sql_bind_u64(q, 2, limit);
	while ((rc = sqlite3_step(q)) == SQLITE_ROW)
		if (!visit(user, sql_column_u64(q, 0), sql_column(q, 1),
			sql_column(q, 2)))
			break;
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		r = sql_fail(s, "cannot read the audit log", d);
	sql_done(q);
	return r;
}

struct chain_head
db_audit_head(const struct db *s)
{
	return s->now.audit;
}
