/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/hgsctl/state.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "conf/paths.h"
#include "crypto/pbe.h"
#include "crypto/random.h"
#include "proto/records.h"
#include "store/db.h"

static int
new_path(const char *dir, const char *name, char *ret, size_t size,
    struct diag *d)
{
	int n =
	    snprintf(ret, size, "%s.new%s%s", dir, name[0] ? "/" : "", name);

	if (n < 0 || (size_t)n >= size)
		return diag_fail(d, ERR_LIMIT, "%s: path too long", dir);
	return ERR_OK;
}

int
state_check_absent(const char *dir, struct diag *d)
{
	struct stat st;

	if (lstat(dir, &st) == 0)
		return diag_refuse(d, REASON_AlreadyExists,
		    "%s: an HGS is initialised here; 'hgsctl clear' removes it",
		    dir);
	if (errno != ENOENT)
		return diag_errno(d, "%s", dir);
	return ERR_OK;
}

int
state_remove(const char *dir, struct diag *d)
{
	static const char *const names[] = { "store.db", "store.db-wal",
		"store.db-shm", "store.db-journal" };
	char path[PATH_TEXT_MAX + 32];

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		if (unlink(path) != 0 && errno != ENOENT && errno != ENOTDIR)
			return diag_errno(d, "%s: cannot remove", path);
	}
	if (rmdir(dir) != 0 && errno != ENOENT)
		return diag_errno(d, "%s: cannot remove", dir);
	return ERR_OK;
}

static int
put(struct db *db, const char *key, const struct fields *f, const void *record,
    struct diag *d)
{
	auto_buf struct buf value = BUF_INIT(DB_VALUE_MAX);
	struct db_change c = { .key = bytes_of_text(key),
		.condition = DB_VERSION };
	struct db_result done;
	int r;

	if ((r = fields_encode(f, record, &value, d)) < 0)
		return r;
	c.value = buf_bytes(&value);
	return db_commit(db, 0, &c, 1, NULL, 0, &done, d);
}

static int
put_key(struct db *db, const struct state_new *in, const struct service_key *k,
    struct diag *d)
{
	auto_buf struct buf box = BUF_INIT(16384);
	uint8_t salt[PBE_SALT_SIZE], nonce[PBE_NONCE_SIZE];
	struct key_record rec = { .version = RECORD_VERSION,
		.use = k->use,
		.primary = k->primary,
		.enabled = true,
		.certificate = buf_bytes(&k->certificate),
		.added = in->now };
	char key[80];
	int r;

	random_bytes(salt, sizeof(salt));
	random_bytes(nonce, sizeof(nonce));
	r = pbe_seal(in->passphrase, secret_bytes(&k->plain),
	    bytes_of_text(k->id), salt, nonce, &box, d);
	if (r < 0)
		return r;
	rec.container = buf_bytes(&box);
	(void)snprintf(key, sizeof(key), "key/%s", k->id);
	return put(db, key, &key_record_fields, &rec, d);
}

static int
fill(struct db *db, const struct state_new *in, const uint8_t *log,
    struct diag *d)
{
	struct service_record service = { .version = RECORD_VERSION,
		.name = in->name,
		.mode = in->mode,
		.created = in->now };
	/*
	 * The epoch begins at the clock, and goes on by one per change: so that
	 * of a restored service is above all that was issued before.
	 */
	struct epoch_record epoch = { RECORD_VERSION, in->now, in->now,
		in->deny_before };
	struct audit_event e = { bytes_of_text("uid 0"), bytes_of_text("init"),
		in->name, bytes_of_text("ok"), bytes_of_text(in->how) };
	struct db_result done;
	int r;

	memcpy(service.audit_log, log, sizeof(service.audit_log));
	if ((r = put(db, "config/service", &service_record_fields, &service,
		 d)) < 0 ||
	    (r = put(db, "epoch/floor", &epoch_record_fields, &epoch, d)) < 0)
		return r;
	for (size_t i = 0; i < in->keys->n; i++)
		if ((r = put_key(db, in, &in->keys->list[i], d)) < 0)
			return r;
	return db_commit(db, in->now, NULL, 0, &e, 1, &done, d);
}

static int
fill_database(const char *path, const struct state_new *in, struct diag *d)
{
	const struct service_key *audit =
	    service_keys_primary(in->keys, KEY_USE_AUDIT);
	uint8_t log[AUDIT_LOG_SIZE];
	auto_key struct key *key = NULL;
	auto_db struct db *db = NULL;
	int r;

	BUG_ON(audit == NULL);
	random_bytes(log, sizeof(log));
	if ((r = key_from_pkcs8(secret_bytes(&audit->plain), &key, d)) < 0 ||
	    (r = db_create(path, d)) < 0 || (r = db_open(path, 0, &db, d)) < 0)
		return r;
	r = db_unlock(db, key, log, d);
	if (r == ERR_OK && (r = db_group_begin(db, d)) == ERR_OK) {
		if ((r = fill(db, in, log, d)) == ERR_OK)
			r = db_group_end(db, d);
	}
	/* The database goes before the key that it signs with. */
	db_close(TAKE_PTR(&db));
	return r;
}

static int
give_to_store(const char *dir, const char *file, struct diag *d)
{
	const struct passwd *p = getpwnam(STATE_USER);

	if (p == NULL)
		return diag_fail(d, ERR_USAGE,
		    "%s: no such user; see units/sysusers.conf", STATE_USER);
	if (chown(file, p->pw_uid, p->pw_gid) != 0 ||
	    chown(dir, p->pw_uid, p->pw_gid) != 0)
		return diag_errno(d, "%s: cannot give to %s", dir, STATE_USER);
	return ERR_OK;
}

int
state_build(const struct state_new *in, struct diag *d)
{
	char dir[PATH_TEXT_MAX], file[PATH_TEXT_MAX], parent[PATH_TEXT_MAX];
	int r;

	if ((r = new_path(in->dir, "", dir, sizeof(dir), d)) < 0 ||
	    (r = new_path(in->dir, "store.db", file, sizeof(file), d)) < 0 ||
	    (r = state_remove(dir, d)) < 0)
		return r;
	(void)snprintf(parent, sizeof(parent), "%.*s",
	    (int)(strrchr(in->dir, '/') - in->dir), in->dir);
	if ((r = dir_make_all(parent, 0755, d)) < 0)
		return r;
	if (mkdir(dir, 0700) != 0)
		return diag_errno(d, "%s: cannot make", dir);
	if ((r = fill_database(file, in, d)) < 0 ||
	    (r = give_to_store(dir, file, d)) < 0) {
		struct diag ignored;

		if (state_remove(dir, &ignored) < 0)
			diag_prefix(d, "%s is left", dir);
		return r;
	}
	return ERR_OK;
}

int
state_publish(const char *dir, struct diag *d)
{
	char from[PATH_TEXT_MAX], parent[PATH_TEXT_MAX];
	auto_close int fd = -1;
	int r;

	if ((r = new_path(dir, "", from, sizeof(from), d)) < 0)
		return r;
	if (renameat2(AT_FDCWD, from, AT_FDCWD, dir, RENAME_NOREPLACE) != 0)
		return diag_errno(d, "%s: cannot move into place", dir);
	(void)snprintf(parent, sizeof(parent), "%.*s",
	    (int)(strrchr(dir, '/') - dir), dir);
	fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) != 0)
		return diag_errno(d, "%s: cannot sync", parent);
	return ERR_OK;
}
