/* SPDX-License-Identifier: Apache-2.0 */
#include "hgs/admin/change.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "hgs/common/store_client.h"

#define EPOCH_KEY "epoch/floor"

void
change_init(struct change *c, struct admin *a, const struct request *q)
{
	*c = (struct change){ .admin = a, .request = q };
	for (size_t i = 0; i < STORE_CHANGES_MAX; i++)
		c->values[i] = (struct buf)BUF_INIT(STORE_VALUE_MAX);
}

void
change_free(struct change *c)
{
	for (size_t i = 0; i < STORE_CHANGES_MAX; i++)
		buf_free(&c->values[i]);
}

static struct store_change *
next(struct change *c, const char *key, uint64_t expected)
{
	size_t i = c->commit.n_changes++;

	BUG_ON(i >= STORE_CHANGES_MAX);
	(void)snprintf(c->keys[i], sizeof(c->keys[i]), "%s", key);
	c->commit.changes[i] = (struct store_change){ bytes_of_text(c->keys[i]),
		expected, false, BYTES_NONE };
	return &c->commit.changes[i];
}

int
change_put_raw(struct change *c, const char *key, uint64_t expected,
    struct bytes value, struct diag *d)
{
	struct buf *b = &c->values[c->commit.n_changes];

	if (!buf_put(b, value))
		return buf_check(b, key, d);
	next(c, key, expected)->value = buf_bytes(b);
	return ERR_OK;
}

int
change_put(struct change *c, const char *key, uint64_t expected,
    const struct fields *f, const void *record, struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(STORE_VALUE_MAX);
	int r = fields_encode(f, record, &b, d);

	if (r < 0)
		return r;
	return change_put_raw(c, key, expected, buf_bytes(&b), d);
}

int
change_remove(struct change *c, const char *key, uint64_t expected,
    struct diag *d)
{
	(void)d;
	next(c, key, expected)->remove = true;
	return ERR_OK;
}

static int
move_epoch(struct change *c, enum epoch_move move, uint64_t deny_before,
    struct diag *d)
{
	auto_buf struct buf storage = BUF_INIT(CHANNEL_BODY_MAX);
	struct epoch_record e;
	uint64_t version;
	int r;

	if (move == EPOCH_STAYS)
		return ERR_OK;
	r = store_read(c->admin->store_fd, EPOCH_KEY, &epoch_record_fields,
	    &storage, &e, &version, d);
	if (r < 0)
		return r;
	e.version = RECORD_VERSION;
	e.epoch++;
	if (move == EPOCH_FLOOR)
		e.floor = e.epoch;
	if (deny_before > e.deny_before)
		e.deny_before = deny_before;
	return change_put(c, EPOCH_KEY, version, &epoch_record_fields, &e, d);
}

/*
 * They read the store again at the next request anyway; this makes it now,
 * and shows whether they live.
 */
static void
tell_others(const struct admin *a, struct answer *ret)
{
	const struct {
		int fd;
		const char *name;
	} others[] = { { a->attest_fd, "hgs-attest" },
		{ a->key_fd, "hgs-key" } };
	auto_buf struct buf reply = BUF_INIT(4096);
	struct diag d = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		buf_reset(&reply);
		if (channel_call(others[i].fd, HGS_OP_RELOAD, BYTES_NONE, NULL,
			0, RELOAD_CALL_MS, &reply, NULL, &d) < 0)
			answer_line(ret,
			    "warning: %s has not read the change yet: %s",
			    others[i].name, d.text);
	}
}

static int
commit(struct change *c, enum epoch_move move, struct answer *ret,
    struct diag *d)
{
	const struct request *q = c->request;
	struct audit_receipt receipt;
	int r;

	c->commit.n_audits = 1;
	c->commit.audits[0] = (struct audit_entry){ bytes_of_text(q->actor),
		bytes_of_text(q->command), bytes_of_text(c->subject),
		bytes_of_text("ok"), bytes_of_text(c->detail) };
	r = store_write(c->admin->store_fd, &c->commit, &receipt, d);
	if (r == ERR_CONFLICT)
		return diag_refuse(d, REASON_TransientError,
		    "%s: somebody else changed it at the same time; look again",
		    q->command);
	if (r < 0)
		return r;
	if (c->more)
		return ERR_OK;
	json_out_put_number(answer_data(ret), "audit", receipt.sequence);
	if (move != EPOCH_STAYS)
		tell_others(c->admin, ret);
	return ERR_OK;
}

int
change_commit(struct change *c, enum epoch_move move, struct bytes subject,
    const char *detail, struct answer *ret, struct diag *d)
{
	int r;

	text_escape(subject, c->subject, sizeof(c->subject));
	text_escape(bytes_of_text(detail), c->detail, sizeof(c->detail));
	if ((r = move_epoch(c, move, 0, d)) < 0)
		return r;
	return commit(c, move, ret, d);
}

int
change_commit_deny(struct change *c, uint64_t deny_before, const char *detail,
    struct answer *ret, struct diag *d)
{
	int r;

	text_escape(bytes_of_text(detail), c->detail, sizeof(c->detail));
	if ((r = move_epoch(c, EPOCH_FLOOR, deny_before, d)) < 0)
		return r;
	return commit(c, EPOCH_FLOOR, ret, d);
}

int
audit_refusal(const struct admin *a, const char *actor, const char *command,
    const struct diag *why, int err, struct diag *d)
{
	static struct store_commit c;
	char action[64], detail[512];
	const char *outcome = why->reason != REASON_NONE
	    ? reason_name(why->reason)
	    : err_name(err);

	text_escape(bytes_of_text(command), action, sizeof(action));
	text_escape(bytes_of_text(why->text), detail, sizeof(detail));
	c = (struct store_commit){ .n_audits = 1 };
	c.audits[0] =
	    (struct audit_entry){ bytes_of_text(actor), bytes_of_text(action),
		    BYTES_NONE, bytes_of_text(outcome), bytes_of_text(detail) };
	return store_write(a->store_fd, &c, NULL, d);
}
