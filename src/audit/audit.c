/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/audit.h"

#include <string.h>

#include "base/field.h"
#include "base/text.h"

#define EXPORT_MAGIC   "SWAU"
#define EXPORT_VERSION 1
#define HEAD_LABEL     "shieldwall audit head 1"
#define LOG_LABEL      "shieldwall audit log 1"

static const struct field record_list[] = {
	FIELD_U64(struct audit_record, seq),
	FIELD_U64(struct audit_record, time),
	FIELD_FIXED(struct audit_record, prev),
	FIELD_TEXT(struct audit_record, actor, AUDIT_ACTOR_MAX),
	FIELD_TEXT(struct audit_record, action, AUDIT_ACTION_MAX),
	FIELD_TEXT(struct audit_record, subject, AUDIT_SUBJECT_MAX),
	FIELD_TEXT(struct audit_record, outcome, AUDIT_OUTCOME_MAX),
	FIELD_TEXT(struct audit_record, detail, AUDIT_DETAIL_MAX),
};
static const struct fields record_fields =
    FIELDS(struct audit_record, "audit record", record_list);

/* Text as the record may hold it, in storage when it had to be changed. */
static struct bytes
tame(struct bytes in, size_t max, struct buf *storage)
{
	if (in.len <= max && text_printable(in))
		return in;
	/* Each byte may become four, and a cut adds three. */
	(void)text_put_escaped(storage, in, max - 3);
	if (storage->len > max)
		storage->len = max;
	return buf_bytes(storage);
}

void
chain_start(const uint8_t log[static AUDIT_LOG_SIZE], struct chain_head *ret)
{
	const struct bytes parts[] = { bytes_of_text(LOG_LABEL),
		bytes_of(log, AUDIT_LOG_SIZE) };

	ret->seq = 0;
	hash_parts(HASH_SHA256, parts, ARRAY_LEN(parts), ret->hash);
}

int
audit_append(struct chain_head *head, uint64_t time,
    const struct audit_event *e, struct buf *ret, struct diag *d)
{
	auto_buf struct buf t1 = BUF_INIT(65536), t2 = BUF_INIT(65536);
	auto_buf struct buf t3 = BUF_INIT(65536), t4 = BUF_INIT(65536);
	auto_buf struct buf t5 = BUF_INIT(65536);
	auto_buf struct buf out = BUF_INIT(AUDIT_RECORD_MAX);
	struct audit_record r = { .seq = head->seq + 1, .time = time };
	int err;

	memcpy(r.prev, head->hash, sizeof(r.prev));
	r.actor = tame(e->actor, AUDIT_ACTOR_MAX, &t1);
	r.action = tame(e->action, AUDIT_ACTION_MAX, &t2);
	r.subject = tame(e->subject, AUDIT_SUBJECT_MAX, &t3);
	r.outcome = tame(e->outcome, AUDIT_OUTCOME_MAX, &t4);
	r.detail = tame(e->detail, AUDIT_DETAIL_MAX, &t5);
	if ((err = fields_encode(&record_fields, &r, &out, d)) < 0)
		return err;
	if (!buf_put(ret, buf_bytes(&out)))
		return buf_check(ret, "audit record", d);
	head->seq = r.seq;
	sha256(buf_bytes(&out), head->hash);
	return ERR_OK;
}

int
audit_record_parse(struct bytes in, struct audit_record *ret, struct diag *d)
{
	return fields_decode(&record_fields, in, ret, d);
}

static void
head_message(const struct chain_head *head, struct buf *b)
{
	(void)buf_put_text(b, HEAD_LABEL);
	(void)buf_put_be64(b, head->seq);
	(void)buf_put(b, BYTES_OF_ARRAY(head->hash));
	BUG_ON(!buf_ok(b));
}

int
chain_sign(const struct chain_head *head, const struct key *key,
    struct buf *ret, struct diag *d)
{
	auto_buf struct buf m = BUF_INIT(128);

	head_message(head, &m);
	return key_sign(key, buf_bytes(&m), ret, d);
}

int
chain_verify(const struct chain_head *head, const struct key *key,
    struct bytes signature, struct diag *d)
{
	auto_buf struct buf m = BUF_INIT(128);
	int r;

	head_message(head, &m);
	r = key_verify(key, buf_bytes(&m), signature, d);
	if (r < 0)
		diag_prefix(d, "audit record %llu",
		    (unsigned long long)head->seq);
	return r;
}

int
audit_check_next(struct audit_check *c, struct bytes record,
    struct bytes signature, struct audit_record *ret, struct diag *d)
{
	struct chain_head head = { 0 };
	struct audit_record r;
	int err;

	if ((err = audit_record_parse(record, &r, d)) < 0) {
		diag_prefix(d, "audit record %llu",
		    (unsigned long long)c->head.seq + 1);
		return err;
	}
	if (r.seq != c->head.seq + 1)
		return diag_fail(d, ERR_FORMAT,
		    "audit: record %llu where %llu is due",
		    (unsigned long long)r.seq,
		    (unsigned long long)c->head.seq + 1);
	if (!bytes_equal(BYTES_OF_ARRAY(r.prev), BYTES_OF_ARRAY(c->head.hash)))
		return diag_fail(d, ERR_FORMAT,
		    "audit record %llu: does not follow the one before",
		    (unsigned long long)r.seq);
	head.seq = r.seq;
	sha256(record, head.hash);
	if (signature.len != 0) {
		err = chain_verify(&head, c->key, signature, d);
		if (err < 0)
			return err;
		c->signed_seq = r.seq;
	}
	c->head = head;
	*ret = r;
	return ERR_OK;
}

bool
audit_export_begin(struct buf *b, const uint8_t log[static AUDIT_LOG_SIZE],
    struct bytes key_spki)
{
	return buf_put_text(b, EXPORT_MAGIC) && buf_put_u8(b, EXPORT_VERSION) &&
	    buf_put(b, bytes_of(log, AUDIT_LOG_SIZE)) &&
	    buf_put_be32_blob(b, key_spki);
}

bool
audit_export_record(struct buf *b, struct bytes record, struct bytes signature)
{
	return buf_put_be32_blob(b, record) && buf_put_be32_blob(b, signature);
}

static int
read_header(struct reader *r, uint8_t *ret_log, struct bytes *ret_spki,
    struct diag *d)
{
	struct bytes magic;
	uint8_t version;

	if (!reader_take(r, 4, &magic) || !reader_u8(r, &version))
		return diag_fail(d, ERR_SHORT, "audit export: no header");
	if (!bytes_equal_text(magic, EXPORT_MAGIC))
		return diag_fail(d, ERR_FORMAT, "audit export: wrong magic");
	if (version != EXPORT_VERSION)
		return diag_fail(d, ERR_UNSUPPORTED, "audit export: version %u",
		    version);
	if (!reader_copy(r, ret_log, AUDIT_LOG_SIZE) ||
	    !reader_be32_blob(r, KEY_SPKI_MAX, ret_spki))
		return diag_fail(d, ERR_FORMAT, "audit export: bad key field");
	return ERR_OK;
}

static int
check_end(const struct audit_check *c, const struct chain_head *receipt,
    bool receipt_seen, struct diag *d)
{
	/* An unsigned tail could be anybody's: it proves nothing. */
	if (c->signed_seq != c->head.seq)
		return diag_fail(d, ERR_FORMAT,
		    "audit export: records after %llu are not signed",
		    (unsigned long long)c->signed_seq);
	if (receipt != NULL && !receipt_seen)
		return diag_fail(d, ERR_FORMAT,
		    "audit export: record %llu of the receipt is not in it",
		    (unsigned long long)receipt->seq);
	return ERR_OK;
}

static int
walk(struct reader *r, struct audit_check *c, const struct chain_head *receipt,
    audit_visit_fn visit, void *user, struct diag *d)
{
	bool seen = false;
	struct audit_record rec;
	struct bytes record, sig;
	int err;

	while (reader_left(r) != 0) {
		if (!reader_be32_blob(r, AUDIT_RECORD_MAX, &record) ||
		    !reader_be32_blob(r, KEY_SIGNATURE_MAX, &sig))
			return diag_fail(d, ERR_FORMAT,
			    "audit export: bad or short record at byte %zu",
			    r->off);
		if ((err = audit_check_next(c, record, sig, &rec, d)) < 0)
			return err;
		if (receipt != NULL && receipt->seq == c->head.seq &&
		    bytes_equal(BYTES_OF_ARRAY(receipt->hash),
			BYTES_OF_ARRAY(c->head.hash)))
			seen = true;
		if (visit == NULL)
			continue;
		if ((err = visit(user, &rec, &c->head, sig.len != 0, d)) < 0)
			return err;
	}
	return check_end(c, receipt, seen, d);
}

int
audit_export_verify(struct bytes in, const uint8_t *key_digest,
    const struct chain_head *receipt, audit_visit_fn visit, void *user,
    struct audit_verified *ret, struct diag *d)
{
	auto_key struct key *key = NULL;
	struct reader r = reader_of(in);
	struct audit_verified v = { 0 };
	struct audit_check c = { 0 };
	struct bytes spki;
	int err;

	if ((err = read_header(&r, v.log, &spki, d)) < 0)
		return err;
	sha256(spki, v.key_digest);
	if (key_digest != NULL &&
	    !bytes_equal(bytes_of(key_digest, SHA256_SIZE),
		BYTES_OF_ARRAY(v.key_digest)))
		return diag_refuse(d, REASON_FingerprintMismatch,
		    "audit export: signed by another key");
	if ((err = key_from_spki(spki, &key, d)) < 0) {
		diag_prefix(d, "audit export");
		return err;
	}
	c.key = key;
	chain_start(v.log, &c.head);
	if ((err = walk(&r, &c, receipt, visit, user, d)) < 0)
		return err;
	v.n_records = c.head.seq;
	v.head = c.head;
	*ret = v;
	return ERR_OK;
}
