/* SPDX-License-Identifier: Apache-2.0 */
/*
 * audit list, export.
 */
#include <stdio.h>
#include <string.h>

#include "audit/audit.h"
#include "base/file.h"
#include "base/text.h"
#include "hgs/admin/admin.h"
#include "ipc/channel.h"

#define EXPORT_MAX   ((size_t)512 << 20)
#define PAGE_RECORDS 512
#define LAST_DEFAULT 50
#define LAST_MAX     1000

static int
read_head(const struct admin *a, struct buf *storage, struct audit_head *ret,
    struct diag *d)
{
	int r = channel_call(a->store_fd, HGS_OP_AUDIT_HEAD, BYTES_NONE, NULL,
	    0, ADMIN_CALL_MS, storage, NULL, d);

	if (r < 0)
		return r;
	return fields_decode(&audit_head_fields, buf_bytes(storage), ret, d);
}

static int
read_page(const struct admin *a, uint64_t from, struct buf *storage,
    struct audit_page *ret, struct diag *d)
{
	auto_buf struct buf body = BUF_INIT(64);
	struct audit_range q = { from, PAGE_RECORDS };
	int r;

	buf_reset(storage);
	if ((r = fields_encode(&audit_range_fields, &q, &body, d)) < 0 ||
	    (r = channel_call(a->store_fd, HGS_OP_AUDIT, buf_bytes(&body), NULL,
		 0, ADMIN_CALL_MS, storage, NULL, d)) < 0)
		return r;
	return fields_decode(&audit_page_fields, buf_bytes(storage), ret, d);
}

static void
show_record(const struct audit_record *r, struct answer *ret)
{
	struct json_out *o = answer_data(ret);
	char when[24];

	answer_line(ret, "%llu %s %.*s: %.*s %.*s: %.*s %.*s",
	    (unsigned long long)r->seq, time_text(r->time, when),
	    (int)r->actor.len, (const char *)r->actor.p, (int)r->action.len,
	    (const char *)r->action.p, (int)r->subject.len,
	    (const char *)r->subject.p, (int)r->outcome.len,
	    (const char *)r->outcome.p, (int)r->detail.len,
	    (const char *)r->detail.p);
	json_out_begin_object(o);
	json_out_put_number(o, "seq", r->seq);
	json_out_put_number(o, "time", r->time);
	json_out_put_text(o, "actor", r->actor);
	json_out_put_text(o, "action", r->action);
	json_out_put_text(o, "subject", r->subject);
	json_out_put_text(o, "outcome", r->outcome);
	json_out_put_text(o, "detail", r->detail);
	json_out_end_object(o);
}

static int
show_page(struct bytes records, struct bytes subject, struct answer *ret,
    struct diag *d)
{
	struct reader r = reader_of(records);
	struct audit_record rec;
	struct bytes record, sig;
	int e;

	while (reader_left(&r) != 0) {
		if (!reader_be32_blob(&r, AUDIT_RECORD_MAX, &record) ||
		    !reader_be32_blob(&r, KEY_SIGNATURE_MAX, &sig))
			return diag_fail(d, ERR_FORMAT, "audit: bad page");
		if ((e = audit_record_parse(record, &rec, d)) < 0)
			return e;
		if (subject.len == 0 || bytes_equal(subject, rec.subject))
			show_record(&rec, ret);
	}
	return ERR_OK;
}

static int
on_list(struct admin *a, const struct request *q, struct answer *ret,
    struct diag *d)
{
	auto_buf struct buf storage = BUF_INIT(CHANNEL_BODY_MAX);
	struct bytes text, subject = BYTES_NONE;
	uint64_t last = LAST_DEFAULT, from;
	struct audit_head head;
	struct audit_page page;
	int r;

	if (json_has(q->args, "last") &&
	    ((r = request_text(q, "last", &text, d)) < 0 ||
		number_parse("last", text, 1, LAST_MAX, &last, d) < 0))
		return ERR_USAGE;
	if (json_has(q->args, "subject") &&
	    (r = request_text(q, "subject", &subject, d)) < 0)
		return r;
	if ((r = read_head(a, &storage, &head, d)) < 0)
		return r;
	from = head.receipt.sequence >= last ? head.receipt.sequence - last + 1
					     : 1;
	json_out_key(answer_data(ret), "records");
	json_out_begin_array(answer_data(ret));
	do {
		r = read_page(a, from, &storage, &page, d);
		if (r == ERR_OK)
			r = show_page(page.records, subject, ret, d);
		from = page.next;
	} while (r == ERR_OK && from != 0);
	json_out_end_array(answer_data(ret));
	return r;
}

static int
on_export(struct admin *a, const struct request *q, struct answer *ret,
    struct diag *d)
{
	auto_buf struct buf storage = BUF_INIT(CHANNEL_BODY_MAX);
	auto_buf struct buf out = BUF_INIT(EXPORT_MAX);
	struct audit_head head;
	struct audit_page page;
	uint64_t from = 1;
	int r;

	(void)q;
	if ((r = read_head(a, &storage, &head, d)) < 0)
		return r;
	(void)audit_export_begin(&out, head.receipt.log, head.public_key);
	do {
		if ((r = read_page(a, from, &storage, &page, d)) < 0)
			return r;
		if (!buf_put(&out, page.records))
			return buf_check(&out, "audit export", d);
		from = page.next;
	} while (from != 0);
	return memfd_sealed("audit", buf_bytes(&out), &ret->file_fd, d);
}

const struct admin_command audit_commands[] = {
	{ "audit list", { "last", "subject" }, false, on_list },
	{ "audit export", { NULL }, false, on_export },
	{ NULL },
};
