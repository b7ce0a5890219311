/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hgs-store's answers on a real database: who may do what, what the store
 * itself upholds, and that a batch is all or nothing.
 */
#include "hgs/store/keeper.h"

#include <unistd.h>

#include "crypto/pbe.h"
#include "hgs/store/permit.h"
#include "proto/records.h"
#include "t.h"

static struct keeper k;
static char path[64];

static void
call_free(struct keeper_call *c)
{
	buf_free(&c->storage);
	buf_free(&c->reply);
}

/* One request as a peer would send it. */
static void
prepare(struct keeper_call *c, enum hgs_peer peer, uint16_t op,
    const struct fields *f, const void *body)
{
	struct diag d = { 0 };

	*c = (struct keeper_call){ .fd = -1,
		.peer = peer,
		.storage = BUF_INIT(CHANNEL_BODY_MAX),
		.in = FRAME_INIT,
		.reply = BUF_INIT(CHANNEL_BODY_MAX) };
	if (f != NULL && fields_encode(f, body, &c->storage, &d) < 0)
		t_bail("%s", d.text);
	c->in.op = op;
	c->in.body = buf_bytes(&c->storage);
}

static struct store_commit
put(const char *key, uint64_t expected, struct bytes value)
{
	struct store_commit c = { .n_changes = 1, .n_audits = 1 };

	c.changes[0] =
	    (struct store_change){ bytes_of_text(key), expected, false, value };
	c.audits[0] =
	    (struct audit_entry){ bytes_of_text("t"), bytes_of_text("put"),
		    bytes_of_text(key), bytes_of_text("ok"), BYTES_NONE };
	return c;
}

static enum reason
commit_as(enum hgs_peer peer, const struct store_commit *c, int *ret)
{
	struct keeper_call call;
	enum reason reason;

	prepare(&call, peer, HGS_OP_COMMIT, &store_commit_fields, c);
	keeper_answer(&k, &call, 1);
	*ret = call.result;
	reason = call.why.reason;
	call_free(&call);
	return reason;
}

static void
make_database(void)
{
	static const uint8_t salt[PBE_SALT_SIZE] = { 1 },
			     nonce[PBE_NONCE_SIZE] = { 2 };
	auto_buf struct buf box = BUF_INIT(8192), value = BUF_INIT(16384);
	auto_buf struct buf service = BUF_INIT(1024), sign = BUF_INIT(16384);
	struct service_record s = { .version = 1,
		.name = bytes_of_text("hgs"),
		.mode = bytes_of_text("tpm"),
		.audit_log = { 5 } };
	struct key_record rec = { .version = 1,
		.use = KEY_USE_AUDIT,
		.primary = true,
		.enabled = true };
	auto_secret struct secret plain = SECRET_NONE;
	struct db_change c[3] = { 0 };
	struct db_result res;
	struct key *key = NULL;
	struct db *db = NULL;
	struct diag d = { 0 };

	if (key_generate(KEY_P256, 0, &key, &d) < 0 ||
	    key_to_pkcs8(key, &plain, &d) < 0 ||
	    pbe_seal(bytes_of_text("pass"), secret_bytes(&plain),
		bytes_of_text("audit-1"), salt, nonce, &box, &d) < 0)
		t_bail("%s", d.text);
	rec.container = buf_bytes(&box);
	if (fields_encode(&key_record_fields, &rec, &value, &d) < 0)
		t_bail("%s", d.text);
	rec.use = KEY_USE_SIGN;
	if (fields_encode(&key_record_fields, &rec, &sign, &d) < 0 ||
	    fields_encode(&service_record_fields, &s, &service, &d) < 0 ||
	    db_create(path, &d) < 0 || db_open(path, 0, &db, &d) < 0 ||
	    db_unlock(db, key, s.audit_log, &d) < 0 ||
	    db_group_begin(db, &d) < 0)
		t_bail("%s", d.text);
	c[0].key = bytes_of_text("key/audit-1");
	c[0].value = buf_bytes(&value);
	c[1].key = bytes_of_text("config/service");
	c[1].value = buf_bytes(&service);
	c[2].key = bytes_of_text("key/sign-1");
	c[2].value = buf_bytes(&sign);
	if (db_commit(db, 1, c, 3, NULL, 0, &res, &d) < 0 ||
	    db_group_end(db, &d) < 0)
		t_bail("%s", d.text);
	db_close(db);
	key_free(key);
	if (db_open(path, 0, &k.db, &d) < 0)
		t_bail("%s", d.text);
}

static void
check_locked(void)
{
	struct store_commit c = put("host/a", STORE_ANY, bytes_of_text("x"));
	struct diag d = { 0 };
	int r;

	CHECK(commit_as(HGS_PEER_ADMIN, &c, &r) == REASON_Locked && r < 0,
	    "a commit before unlock: Locked");
	CHECK(keeper_unlock(&k, bytes_of_text("pas"), &d) < 0 &&
		d.reason == REASON_PassphraseWrong,
	    "a wrong passphrase: PassphraseWrong");
	CHECK(keeper_unlock(&k, bytes_of_text("pass"), &d) == ERR_OK,
	    "the right one: %s", d.text);
	CHECK(commit_as(HGS_PEER_ADMIN, &c, &r) == REASON_NONE && r == ERR_OK,
	    "then a commit is done");
}

static void
check_permits(void)
{
	static const struct {
		enum hgs_peer peer;
		const char *key;
		enum permit_verb verb;
		bool may;
	} cases[] = {
		{ HGS_PEER_ATTEST, "host/a", PERMIT_GET, true },
		{ HGS_PEER_ATTEST, "host/a", PERMIT_PUT, false },
		{ HGS_PEER_ATTEST, "ci/a", PERMIT_LIST, true },
		{ HGS_PEER_ATTEST, "ci/a", PERMIT_PUT, false },
		{ HGS_PEER_ATTEST, "cidata/a", PERMIT_GET, true },
		{ HGS_PEER_ATTEST, "cidata/a", PERMIT_PUT, false },
		{ HGS_PEER_KEY, "ci/a", PERMIT_GET, false },
		{ HGS_PEER_KEY, "cidata/a", PERMIT_GET, false },
		{ HGS_PEER_ADMIN, "ci/a", PERMIT_PUT, true },
		{ HGS_PEER_ADMIN, "cidata/a", PERMIT_REMOVE, true },
		{ HGS_PEER_ATTEST, "baseline/a", PERMIT_PUT, false },
		{ HGS_PEER_ATTEST, "policy/FullBoot", PERMIT_PUT, false },
		{ HGS_PEER_ATTEST, "epoch/floor", PERMIT_PUT, false },
		{ HGS_PEER_ATTEST, "vm/00", PERMIT_GET, false },
		{ HGS_PEER_ATTEST, "status/a", PERMIT_PUT, true },
		{ HGS_PEER_KEY, "host/a", PERMIT_PUT, false },
		{ HGS_PEER_KEY, "vm/00", PERMIT_PUT, true },
		{ HGS_PEER_KEY, "vm/00", PERMIT_REMOVE, false },
		{ HGS_PEER_KEY, "baseline/a", PERMIT_GET, false },
		{ HGS_PEER_KEY, "status/a", PERMIT_PUT, false },
		{ HGS_PEER_ADMIN, "key/sign-1", PERMIT_PUT, false },
		{ HGS_PEER_ADMIN, "request/00", PERMIT_REMOVE, false },
		{ HGS_PEER_ADMIN, "config/service", PERMIT_PUT, false },
		{ HGS_PEER_FRONT, "host/a", PERMIT_GET, false },
		{ HGS_PEER_MEASURE, "host/a", PERMIT_GET, false },
		{ HGS_PEER_ADMIN, "hosts/a", PERMIT_GET, false },
		{ HGS_PEER_ADMIN, "host", PERMIT_LIST, false },
		{ HGS_PEER_ADMIN, "", PERMIT_LIST, false },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct diag d = { 0 };
		int r = permit_check(cases[i].peer, bytes_of_text(cases[i].key),
		    cases[i].verb, &d);

		CHECK((r == ERR_OK) == cases[i].may &&
			(cases[i].may || d.reason == REASON_PermissionDenied),
		    "peer %d, verb %d, %s: %s", (int)cases[i].peer,
		    (int)cases[i].verb, cases[i].key,
		    cases[i].may ? "permitted" : "refused");
	}
}

static void
check_epoch(void)
{
	static const struct {
		struct epoch_record e;
		bool good;
		const char *what;
	} steps[] = {
		{ { 1, 10, 10, 0 }, true, "the first epoch" },
		{ { 1, 11, 10, 0 }, true, "the next epoch" },
		{ { 1, 10, 10, 0 }, false, "T101 an epoch that goes back" },
		{ { 1, 12, 12, 50 }, true, "a higher floor" },
		{ { 1, 13, 11, 50 }, false, "T101 a lower floor" },
		{ { 1, 13, 12, 49 }, false, "T101 an earlier deny-before" },
		{ { 1, 13, 14, 50 }, false, "a floor above the epoch" },
	};

	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		auto_buf struct buf b = BUF_INIT(256);
		struct store_commit c;
		struct diag d;
		int r;

		if (fields_encode(&epoch_record_fields, &steps[i].e, &b, &d) <
		    0)
			t_bail("%s", d.text);
		c = put("epoch/floor", STORE_ANY, buf_bytes(&b));
		(void)commit_as(HGS_PEER_ADMIN, &c, &r);
		CHECK((r == ERR_OK) == steps[i].good, "%s: %s", steps[i].what,
		    steps[i].good ? "done" : "refused");
	}
	{
		struct store_commit c =
		    put("epoch/floor", STORE_ANY, BYTES_NONE);
		int r;

		c.changes[0].remove = true;
		CHECK(commit_as(HGS_PEER_ADMIN, &c, &r) ==
			REASON_PermissionDenied,
		    "T101 the epoch is not removed");
	}
}

static void
check_batch(void)
{
	struct store_commit c1 = put("vm/01", 0, bytes_of_text("a"));
	struct store_commit c2 = put("vm/01", 0, bytes_of_text("b"));
	struct store_commit c3 = put("host/zz", STORE_ANY, bytes_of_text("c"));
	struct store_get get = { bytes_of_text("vm/01") };
	struct keeper_call calls[4];
	struct store_value v = { 0 };
	struct diag d;

	prepare(&calls[0], HGS_PEER_KEY, HGS_OP_COMMIT, &store_commit_fields,
	    &c1);
	prepare(&calls[1], HGS_PEER_KEY, HGS_OP_COMMIT, &store_commit_fields,
	    &c2);
	prepare(&calls[2], HGS_PEER_KEY, HGS_OP_COMMIT, &store_commit_fields,
	    &c3);
	prepare(&calls[3], HGS_PEER_KEY, HGS_OP_GET, &store_get_fields, &get);
	keeper_answer(&k, calls, 4);
	CHECK(calls[0].result == ERR_OK, "T24 the first of a race is done");
	CHECK(calls[1].result == ERR_CONFLICT, "T24 the second is told so: %s",
	    calls[1].why.text);
	CHECK(calls[2].why.reason == REASON_PermissionDenied,
	    "one that is not permitted leaves the batch alone");
	CHECK(calls[3].result == ERR_OK &&
		fields_decode(&store_value_fields, buf_bytes(&calls[3].reply),
		    &v, &d) == ERR_OK &&
		bytes_equal_text(v.value, "a"),
	    "a read behind them sees the first");
	for (size_t i = 0; i < 4; i++)
		call_free(&calls[i]);
}

/* Whether the peer is shown the private part of a key. */
static bool
sees(enum hgs_peer peer, const char *key)
{
	struct store_get get = { bytes_of_text(key) };
	struct store_value v = { 0 };
	struct key_record rec = { 0 };
	struct keeper_call c;
	struct diag d = { 0 };
	bool seen;

	prepare(&c, peer, HGS_OP_GET, &store_get_fields, &get);
	keeper_answer(&k, &c, 1);
	if (c.result < 0 ||
	    fields_decode(&store_value_fields, buf_bytes(&c.reply), &v, &d) <
		0 ||
	    fields_decode(&key_record_fields, v.value, &rec, &d) < 0)
		t_bail("%s: %s%s", key, c.why.text, d.text);
	seen = rec.container.len != 0;
	call_free(&c);
	return seen;
}

static void
check_container(void)
{
	static const struct {
		enum hgs_peer peer;
		const char *name;
		bool audit, sign;
	} cases[] = {
		{ HGS_PEER_ADMIN, "hgs-admin", false, false },
		{ HGS_PEER_ATTEST, "hgs-attest", false, false },
		{ HGS_PEER_KEY, "hgs-key", false, true },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CHECK(sees(cases[i].peer, "key/audit-1") == cases[i].audit,
		    "%s is not shown the audit key", cases[i].name);
		CHECK(sees(cases[i].peer, "key/sign-1") == cases[i].sign,
		    "%s is %sshown the guardian's key", cases[i].name,
		    cases[i].sign ? "" : "not ");
	}
}

/* As an export that is asked for while hosts attest. */
static void
check_signed_tail(void)
{
	struct store_commit c1 = put("vm/02", 0, bytes_of_text("a"));
	struct audit_range q = { .from = 1, .limit = 1000 };
	struct keeper_call calls[2];
	struct bytes record = BYTES_NONE, signature = BYTES_NONE;
	struct audit_page page;
	struct reader r;
	struct diag d = { 0 };

	prepare(&calls[0], HGS_PEER_KEY, HGS_OP_COMMIT, &store_commit_fields,
	    &c1);
	prepare(&calls[1], HGS_PEER_ADMIN, HGS_OP_AUDIT, &audit_range_fields,
	    &q);
	keeper_answer(&k, calls, 2);
	if (calls[0].result < 0 || calls[1].result < 0 ||
	    fields_decode(&audit_page_fields, buf_bytes(&calls[1].reply), &page,
		&d) < 0)
		t_bail("no page of the audit log");
	r = reader_of(page.records);
	while (reader_left(&r) != 0)
		if (!reader_be32_blob(&r, page.records.len, &record) ||
		    !reader_be32_blob(&r, page.records.len, &signature))
			t_bail("a malformed page");
	CHECK(page.next == 0 && record.len != 0 && signature.len != 0,
	    "T81 the audit log is read to a record that is signed, whatever is "
	    "committed beside");
	call_free(&calls[0]);
	call_free(&calls[1]);
}

static void
check_strangers(void)
{
	struct unlock u = { bytes_of_text("pass") };
	struct keeper_call c;

	prepare(&c, HGS_PEER_ADMIN, HGS_OP_UNLOCK, &unlock_fields, &u);
	keeper_answer(&k, &c, 1);
	CHECK(c.why.reason == REASON_PermissionDenied,
	    "unlock is the monitor's alone");
	call_free(&c);
	prepare(&c, HGS_PEER_KEY, HGS_OP_AUDIT_HEAD, NULL, NULL);
	c.in.op = HGS_OP_AUDIT;
	keeper_answer(&k, &c, 1);
	CHECK(c.why.reason == REASON_PermissionDenied,
	    "the audit log is hgs-admin's to read");
	call_free(&c);
	prepare(&c, HGS_PEER_ADMIN, HGS_OP_COMMIT, NULL, NULL);
	keeper_answer(&k, &c, 1);
	CHECK(c.result < 0, "a body of no commit is refused: %s", c.why.text);
	call_free(&c);
}

int
main(void)
{
	char dir[] = "/tmp/keeper.XXXXXX";

	if (mkdtemp(dir) == NULL)
		t_bail("mkdtemp");
	(void)snprintf(path, sizeof(path), "%s/s.db", dir);
	make_database();
	check_locked();
	check_permits();
	check_epoch();
	check_batch();
	check_signed_tail();
	check_container();
	check_strangers();
	keeper_free(&k);
	(void)unlink(path);
	(void)rmdir(dir);
	return t_done();
}
