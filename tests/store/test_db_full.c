/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A database that may not grow any more: refused, nothing half-written, and
 * alive again when there is room.
 */
#include "store/db.h"

#include <unistd.h>

#include "t.h"

static const uint8_t log_id[AUDIT_LOG_SIZE] = { 7 };

static int
put(struct db *s, unsigned i, struct bytes v, struct diag *d)
{
	char name[32];
	struct db_change c = { .condition = DB_ANY, .value = v };
	struct audit_event e = { bytes_of_text("t"), bytes_of_text("put"),
		BYTES_NONE, bytes_of_text("ok"), BYTES_NONE };
	struct db_result r;

	(void)snprintf(name, sizeof(name), "big/%u", i);
	c.key = bytes_of_text(name);
	e.subject = c.key;
	return db_commit(s, 1, &c, 1, &e, 1, &r, d);
}

int
main(void)
{
	char dir[] = "/tmp/full.XXXXXX", path[64], name[32];
	static uint8_t big[100000];
	struct key *key = NULL;
	struct db *s = NULL;
	struct diag d = { 0 };
	struct chain_head before;
	auto_buf struct buf b = BUF_INIT(200000);
	uint64_t v;
	unsigned i = 0;
	int r = ERR_OK;

	if (mkdtemp(dir) == NULL || key_generate(KEY_P256, 0, &key, &d) < 0)
		t_bail("%s", d.text);
	(void)snprintf(path, sizeof(path), "%s/s.db", dir);
	if (db_create(path, &d) < 0 || db_open(path, 1 << 20, &s, &d) < 0 ||
	    db_unlock(s, key, log_id, &d) < 0)
		t_bail("%s", d.text);
	do {
		before = db_audit_head(s);
		if (db_group_begin(s, &d) < 0)
			t_bail("%s", d.text);
		if (put(s, 1000 + i, bytes_of_text("small"), &d) < 0)
			t_bail("%s", d.text);
		r = put(s, i, BYTES_OF_ARRAY(big), &d);
		if (r == ERR_OK)
			r = db_group_end(s, &d);
		else
			CHECK(put(s, 9999, bytes_of_text("x"), &d) < 0 &&
				db_group_end(s, &d) < 0,
			    "after it the whole group is refused");
		i++;
	} while (r == ERR_OK && i < 100);
	CHECK(r == ERR_IO, "a full database refuses after %u: %s", i, d.text);
	CHECK(db_audit_head(s).seq == before.seq,
	    "the audit log stands where it stood");
	(void)snprintf(name, sizeof(name), "big/%u", 1000 + i - 1);
	CHECK(db_get(s, bytes_of_text(name), &b, &v, &d) == ERR_NOT_FOUND,
	    "the small commit of the same group is not half-written");
	db_close(s);
	s = NULL;
	if (db_open(path, 0, &s, &d) < 0)
		t_bail("%s", d.text);
	CHECK(db_unlock(s, key, log_id, &d) == ERR_OK &&
		db_audit_head(s).seq == before.seq,
	    "with room again it opens");
	CHECK(db_group_begin(s, &d) == ERR_OK &&
		put(s, i, BYTES_OF_ARRAY(big), &d) == ERR_OK &&
		db_group_end(s, &d) == ERR_OK,
	    "... and writes: %s", d.text);
	db_close(s);
	(void)unlink(path);
	(void)rmdir(dir);
	key_free(key);
	return t_done();
}
