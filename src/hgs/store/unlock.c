/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening the audit key, without which nothing is written.
 */
#include <string.h>

#include "crypto/pbe.h"
#include "hgs/store/keeper.h"
#include "proto/records.h"

#define KEY_BUCKET "key/"

/* The audit key among the store's own records. */
struct find_audit {
	struct buf record;
	char id[STORE_KEY_MAX + 1];
	int n;
};

static bool
see_key(void *user, struct bytes key, struct bytes value, uint64_t version)
{
	struct find_audit *f = user;
	struct key_record rec;
	size_t skip = strlen(KEY_BUCKET);

	(void)version;
	if (fields_decode(&key_record_fields, value, &rec, NULL) < 0 ||
	    rec.use != KEY_USE_AUDIT || !rec.primary)
		return true;
	f->n++;
	buf_reset(&f->record);
	memcpy(f->id, key.p + skip, key.len - skip);
	f->id[key.len - skip] = '\0';
	return buf_put(&f->record, value);
}

static int
open_audit_key(const struct find_audit *f, struct bytes passphrase,
    struct key **ret, struct diag *d)
{
	auto_secret struct secret plain = SECRET_NONE;
	struct key_record rec;
	int r;

	r = fields_decode(&key_record_fields, buf_bytes(&f->record), &rec, d);
	if (r < 0)
		return r;
	r = pbe_open(passphrase, rec.container, bytes_of_text(f->id), &plain,
	    d);
	if (r < 0)
		return r;
	return key_from_pkcs8(secret_bytes(&plain), ret, d);
}

int
keeper_unlock(struct keeper *k, struct bytes passphrase, struct diag *d)
{
	auto_buf struct buf value = BUF_INIT(DB_VALUE_MAX);
	struct find_audit f = { .record = BUF_INIT(DB_VALUE_MAX) };
	auto_buf struct buf spki = BUF_INIT(KEY_SPKI_MAX);
	auto_key struct key *key = NULL;
	struct service_record service;
	uint64_t version;
	int r;

	if (k->audit_key != NULL)
		return ERR_OK;
	r = db_range(k->db, bytes_of_text(KEY_BUCKET), BYTES_NONE, 64, see_key,
	    &f, d);
	if (r == ERR_OK && f.n != 1)
		r = diag_fail(d, ERR_NOT_FOUND, "store: %d audit keys", f.n);
	if (r == ERR_OK)
		r = open_audit_key(&f, passphrase, &key, d);
	buf_free(&f.record);
	if (r < 0)
		return r;
	r = db_get(k->db, bytes_of_text("config/service"), &value, &version, d);
	if (r < 0 ||
	    (r = fields_decode(&service_record_fields, buf_bytes(&value),
		 &service, d)) < 0 ||
	    (r = key_to_spki(key, &spki, d)) < 0 ||
	    (r = db_unlock(k->db, key, service.audit_log, d)) < 0)
		return r;
	memcpy(k->audit_log, service.audit_log, AUDIT_LOG_SIZE);
	buf_free(&k->audit_spki);
	k->audit_spki = (struct buf)BUF_INIT(KEY_SPKI_MAX);
	buf_move(&spki, &k->audit_spki);
	k->audit_key = TAKE_PTR(&key);
	return ERR_OK;
}
