/* SPDX-License-Identifier: Apache-2.0 */
#include "store/db.h"

#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include "t.h"

static const uint8_t log_id[AUDIT_LOG_SIZE] = { 7 };
static char dir[] = "/tmp/db.XXXXXX";
static char path[64];
static struct key *key;

static struct db *
open_it(void)
{
	struct db *s = NULL;
	struct diag d = { 0 };

	if (db_open(path, 0, &s, &d) < 0 || db_unlock(s, key, log_id, &d) < 0)
		t_bail("open: %s", d.text);
	return s;
}

static void
begin(struct db *s)
{
	struct diag d = { 0 };

	if (db_group_begin(s, &d) < 0)
		t_bail("begin: %s", d.text);
}

static struct db_change
put(const char *k, enum db_condition c, uint64_t version, const char *v)
{
	return (struct db_change){ bytes_of_text(k), c, version, false,
		bytes_of_text(v) };
}

static int
commit1(struct db *s, struct db_change c, struct db_result *ret, struct diag *d)
{
	struct audit_event e = { bytes_of_text("t"), bytes_of_text("put"),
		c.key, bytes_of_text("ok"), BYTES_NONE };

	return db_commit(s, 100, &c, 1, &e, 1, ret, d);
}

static int
alone(struct db *s, struct db_change c, struct db_result *ret, struct diag *d)
{
	int r, e;

	if (db_group_begin(s, d) < 0)
		t_bail("begin: %s", d->text);
	r = commit1(s, c, ret, d);
	e = db_group_end(s, d);
	return r < 0 ? r : e;
}

static const char *
value(struct db *s, const char *k, uint64_t *ret_version)
{
	static char text[256];
	auto_buf struct buf b = BUF_INIT(65536);
	struct diag d;

	*ret_version = 0;
	if (db_get(s, bytes_of_text(k), &b, ret_version, &d) < 0)
		return "-";
	(void)snprintf(text, sizeof(text), "%.*s", (int)b.len,
	    b.len ? (const char *)b.p : "");
	return text;
}

static void
check_keys(void)
{
	static const struct {
		const char *key;
		bool good;
	} keys[] = { { "host/a", true }, { "host/a.b-c_D9", true },
		{ "host/", false }, { "/a", false }, { "host", false },
		{ "host/a/b", false }, { "host/.a", false },
		{ "Host/a", false }, { "host/a b", false },
		{ "host/../x", false }, { "host/a\n", false }, { "", false } };

	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		CHECK(db_key_valid(bytes_of_text(keys[i].key)) == keys[i].good,
		    "T60 key \"%s\" is %s", i == 10 ? "host/a\\n" : keys[i].key,
		    keys[i].good ? "accepted" : "refused");
}

static void
check_versions(void)
{
	struct db *s = open_it();
	struct db_result r1, r2;
	struct diag d = { 0 };
	uint64_t v;
	struct db_change gone = put("host/a", DB_ANY, 0, "");

	CHECK(alone(s, put("host/a", DB_VERSION, 0, "one"), &r1, &d) ==
		    ERR_OK &&
		strcmp(value(s, "host/a", &v), "one") == 0 && v == r1.version,
	    "what is not there is made");
	CHECK(alone(s, put("host/a", DB_VERSION, 0, "two"), &r2, &d) ==
		    ERR_CONFLICT &&
		strcmp(value(s, "host/a", &v), "one") == 0,
	    "T24 what is there is not made again: %s", d.text);
	CHECK(alone(s, put("host/a", DB_VERSION, r1.version, "two"), &r2, &d) ==
		    ERR_OK &&
		r2.version > r1.version,
	    "the expected version is replaced");
	CHECK(alone(s, put("host/a", DB_VERSION, r1.version, "x"), &r2, &d) ==
		ERR_CONFLICT,
	    "an old version is not");
	gone.remove = true;
	CHECK(alone(s, gone, &r2, &d) == ERR_OK &&
		strcmp(value(s, "host/a", &v), "-") == 0,
	    "what is removed is gone");
	CHECK(alone(s, put("host/a", DB_VERSION, 0, "z"), &r2, &d) == ERR_OK &&
		r2.version > r1.version + 1,
	    "made again it never has an old version");
	CHECK(alone(s, put("ho st/a", DB_ANY, 0, "z"), &r2, &d) == ERR_FORMAT,
	    "a bad key is refused");
	db_close(s);
	s = open_it();
	CHECK(strcmp(value(s, "host/a", &v), "z") == 0,
	    "it is there after closing and opening");
	db_close(s);
}

static void
check_group(void)
{
	struct db *s = open_it();
	struct db_result r;
	struct diag d = { 0 };
	struct chain_head before = db_audit_head(s);
	struct db_change twice[2];
	uint64_t v;

	if (db_group_begin(s, &d) < 0)
		t_bail("begin");
	CHECK(commit1(s, put("vm/1", DB_ANY, 0, "a"), &r, &d) == ERR_OK &&
		commit1(s, put("vm/2", DB_VERSION, 99, "b"), &r, &d) ==
		    ERR_CONFLICT &&
		commit1(s, put("vm/3", DB_ANY, 0, "c"), &r, &d) == ERR_OK,
	    "a conflict in a group leaves its neighbours alone");
	CHECK(db_group_end(s, &d) == ERR_OK &&
		strcmp(value(s, "vm/1", &v), "a") == 0 &&
		strcmp(value(s, "vm/2", &v), "-") == 0 &&
		strcmp(value(s, "vm/3", &v), "c") == 0 &&
		db_audit_head(s).seq == before.seq + 2,
	    "... and its audit record is undone with it");
	twice[0] = put("vm/4", DB_ANY, 0, "d");
	twice[1] = put("vm/1", DB_VERSION, 0, "e");
	begin(s);
	CHECK(db_commit(s, 1, twice, 2, NULL, 0, &r, &d) == ERR_CONFLICT &&
		db_group_end(s, &d) == ERR_OK &&
		strcmp(value(s, "vm/4", &v), "-") == 0,
	    "two changes are done both or not at all");
	twice[1] = twice[0];
	begin(s);
	CHECK(db_commit(s, 1, twice, 2, NULL, 0, &r, &d) == ERR_FORMAT,
	    "one key twice is refused");
	db_group_cancel(s);
	before = db_audit_head(s);
	begin(s);
	(void)commit1(s, put("vm/5", DB_ANY, 0, "f"), &r, &d);
	db_group_cancel(s);
	CHECK(strcmp(value(s, "vm/5", &v), "-") == 0 &&
		db_audit_head(s).seq == before.seq,
	    "a cancelled group leaves nothing");
	db_close(s);
}

struct seen {
	char text[256];
	size_t n;
	size_t stop;
};

static bool
visit(void *user, struct bytes k, struct bytes v, uint64_t version)
{
	struct seen *s = user;
	size_t at = strlen(s->text);

	(void)v;
	(void)version;
	(void)snprintf(s->text + at, sizeof(s->text) - at, "%.*s ", (int)k.len,
	    (const char *)k.p);
	return ++s->n != s->stop;
}

static void
check_range(void)
{
	struct db *s = open_it();
	struct db_result r;
	struct diag d = { 0 };
	struct seen a = { 0 }, b = { 0 }, c = { .stop = 1 };

	(void)alone(s, put("zz/b", DB_ANY, 0, "1"), &r, &d);
	(void)alone(s, put("zz/a", DB_ANY, 0, "2"), &r, &d);
	(void)alone(s, put("zz/z9", DB_ANY, 0, "3"), &r, &d);
	(void)alone(s, put("zzz/a", DB_ANY, 0, "4"), &r, &d);
	CHECK(db_range(s, bytes_of_text("zz/"), BYTES_NONE, 64, visit, &a,
		  &d) == ERR_OK &&
		strcmp(a.text, "zz/a zz/b zz/z9 ") == 0,
	    "a bucket's keys come in order, and no other's: %s", a.text);
	CHECK(db_range(s, bytes_of_text("zz/"), bytes_of_text("zz/a"), 1, visit,
		  &b, &d) == ERR_OK &&
		strcmp(b.text, "zz/b ") == 0,
	    "one page after a key: %s", b.text);
	CHECK(db_range(s, bytes_of_text("zz/"), BYTES_NONE, 64, visit, &c,
		  &d) == ERR_OK &&
		c.n == 1,
	    "the visitor ends the walk");
	CHECK(db_range(s, BYTES_NONE, BYTES_NONE, 64, visit, &c, &d) ==
		ERR_FORMAT,
	    "no prefix: refused");
	db_close(s);
}

static void
run_sql(const char *sql)
{
	sqlite3 *db;
	char *why = NULL;

	if (sqlite3_open(path, &db) != SQLITE_OK ||
	    sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
		t_bail("%s: %s", sql, why);
	sqlite3_close(db);
}

static int
try_open(struct diag *d)
{
	struct db *s = NULL;
	int r = db_open(path, 0, &s, d);

	if (r == ERR_OK)
		r = db_unlock(s, key, log_id, d);
	db_close(s);
	return r;
}

static void
check_refusals(void)
{
	struct db *s = open_it(), *t = NULL;
	struct key *other = NULL;
	struct db_result res;
	struct diag d = { 0 };
	uint8_t log2[AUDIT_LOG_SIZE] = { 8 };
	int r;

	CHECK(db_create(path, &d) == ERR_EXISTS, "an old one is not replaced");
	CHECK(db_open(path, 0, &t, &d) < 0, "a second opener is refused: %s",
	    d.text);
	db_close(s);
	if (key_generate(KEY_P256, 0, &other, &d) < 0 ||
	    db_open(path, 0, &s, &d) < 0)
		t_bail("%s", d.text);
	CHECK(db_unlock(s, other, log_id, &d) < 0,
	    "another audit key does not go on with this log: %s", d.text);
	begin(s);
	d.reason = REASON_NONE;
	r = db_commit(s, 1, NULL, 0, NULL, 0, &res, &d);
	CHECK(r == ERR_REFUSED && d.reason == REASON_Locked,
	    "without its audit key nothing is written: %s", d.text);
	db_group_cancel(s);
	CHECK(db_unlock(s, key, log2, &d) == ERR_OK,
	    "the right key opens the log");
	db_close(s);
	key_free(other);
	run_sql("UPDATE audit SET record = CAST(substr(record, 1, "
		"length(record) - 1) || 'x' AS BLOB) WHERE seq = "
		"(SELECT max(seq) FROM audit)");
	CHECK(try_open(&d) < 0, "T81 an edited last record: %s", d.text);
	run_sql("DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit);"
		"UPDATE audit SET signature = x'' WHERE seq = "
		"(SELECT max(seq) FROM audit)");
	CHECK(try_open(&d) < 0, "T81 an unsigned last record: %s", d.text);
	run_sql("PRAGMA user_version = 2");
	CHECK(try_open(&d) == ERR_UNSUPPORTED, "a newer schema: %s", d.text);
	run_sql("PRAGMA application_id = 1");
	CHECK(try_open(&d) == ERR_FORMAT, "another program's database: %s",
	    d.text);
}

/* kill -9 after the group has ended: it is there; before: it is not. */
static void
check_kill(void)
{
	for (int ended = 0; ended < 2; ended++) {
		pid_t pid;
		int status;
		uint64_t v;
		struct db *s;

		fflush(stdout);
		pid = fork();
		if (pid == 0) {
			struct db_result r;
			struct diag d;

			s = open_it();
			begin(s);
			(void)commit1(s,
			    put(ended ? "kill/after" : "kill/before", DB_ANY, 0,
				"x"),
			    &r, &d);
			if (ended)
				if (db_group_end(s, &d) < 0)
					_exit(1);
			(void)kill(getpid(), SIGKILL);
		}
		(void)waitpid(pid, &status, 0);
		s = open_it();
		if (ended)
			CHECK(strcmp(value(s, "kill/after", &v), "x") == 0,
			    "T86 killed after the end: the commit is there");
		else
			CHECK(strcmp(value(s, "kill/before", &v), "-") == 0,
			    "T86 killed before the end: nothing is there");
		db_close(s);
	}
}

int
main(void)
{
	struct diag d = { 0 };

	if (mkdtemp(dir) == NULL || key_generate(KEY_P256, 0, &key, &d) < 0)
		t_bail("%s", d.text);
	(void)snprintf(path, sizeof(path), "%s/store.db", dir);
	CHECK(db_create(path, &d) == ERR_OK, "a database is made %s", d.text);
	check_keys();
	check_versions();
	check_group();
	check_range();
	check_kill();
	check_refusals();
	(void)unlink(path);
	(void)rmdir(dir);
	key_free(key);
	return t_done();
}
