/* SPDX-License-Identifier: Apache-2.0 */
#include "hgs/store/rules.h"

#include <string.h>

#include "proto/records.h"

#define EPOCH_KEY  "epoch/floor"
#define KEY_BUCKET "key/"

static bool
in_bucket(struct bytes key, const char *bucket)
{
	size_t n = strlen(bucket);

	return key.len >= n && bytes_equal_text(bytes_of(key.p, n), bucket);
}

int
rules_change(struct db *db, const struct store_change *c, struct diag *d)
{
	auto_buf struct buf value = BUF_INIT(DB_VALUE_MAX);
	struct epoch_record was = { 0 }, is;
	uint64_t version;
	int r;

	if (!in_bucket(c->key, "epoch/"))
		return ERR_OK;
	if (!bytes_equal_text(c->key, EPOCH_KEY) || c->remove)
		return diag_refuse(d, REASON_PermissionDenied,
		    "store: the epoch is one record and stays");
	r = fields_decode(&epoch_record_fields, c->value, &is, d);
	if (r < 0)
		return r;
	r = db_get(db, c->key, &value, &version, d);
	if (r == ERR_OK)
		r = fields_decode(&epoch_record_fields, buf_bytes(&value), &was,
		    d);
	if (r < 0 && r != ERR_NOT_FOUND)
		return r;
	if (is.epoch < was.epoch || is.floor < was.floor ||
	    is.deny_before < was.deny_before || is.floor > is.epoch)
		return diag_refuse(d, REASON_PermissionDenied,
		    "store: epoch, floor and deny-before never go back");
	return ERR_OK;
}

/*
 * hgs-attest and hgs-key are given the same passphrase: what keeps a guardian's
 * key from hgs-attest is that its container never gets there.
 */
static bool
may_hold(enum hgs_peer peer, uint8_t use)
{
	switch (use) {
	case KEY_USE_SIGN:
	case KEY_USE_ENCRYPT:
		return peer == HGS_PEER_KEY;
	case KEY_USE_ATTEST:
		return peer == HGS_PEER_ATTEST;
	case KEY_USE_SHARED:
		return peer == HGS_PEER_KEY || peer == HGS_PEER_ATTEST;
	default:
		return false;
	}
}

int
rules_shown(enum hgs_peer peer, struct bytes key, struct buf *value,
    struct diag *d)
{
	auto_buf struct buf out = BUF_INIT(DB_VALUE_MAX);
	struct key_record rec;
	int r;

	if (!in_bucket(key, KEY_BUCKET))
		return ERR_OK;
	r = fields_decode(&key_record_fields, buf_bytes(value), &rec, d);
	if (r < 0 || may_hold(peer, rec.use))
		return r;
	rec.container = BYTES_NONE;
	if ((r = fields_encode(&key_record_fields, &rec, &out, d)) < 0)
		return r;
	buf_reset(value);
	if (!buf_put(value, buf_bytes(&out)))
		return diag_nomem(d);
	return ERR_OK;
}
