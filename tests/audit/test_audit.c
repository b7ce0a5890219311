/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/audit.h"

#include "crypto/random.h"
#include "t.h"

static const uint8_t log_id[AUDIT_LOG_SIZE] = { 1, 2, 3 };
static struct key *key;
static struct buf spki = BUF_INIT(KEY_SPKI_MAX);

static struct audit_event
event(const char *subject, const char *detail)
{
	return (struct audit_event){ bytes_of_text("uid 0"),
		bytes_of_text("host add"), bytes_of_text(subject),
		bytes_of_text("ok"), bytes_of_text(detail) };
}

/* An export of n records, each signed when its number says so. */
static void
make_export(struct buf *b, unsigned n, unsigned sign_every)
{
	struct chain_head head;
	struct diag d;

	chain_start(log_id, &head);
	(void)audit_export_begin(b, log_id, buf_bytes(&spki));
	for (unsigned i = 1; i <= n; i++) {
		auto_buf struct buf rec = BUF_INIT(4096), sig = BUF_INIT(512);
		struct audit_event e = event("kvm1", "a=b");

		if (audit_append(&head, 1000 + i, &e, &rec, &d) < 0)
			t_bail("append: %s", d.text);
		if (i % sign_every == 0 && chain_sign(&head, key, &sig, &d) < 0)
			t_bail("sign: %s", d.text);
		(void)audit_export_record(b, buf_bytes(&rec), buf_bytes(&sig));
	}
}

static bool
accepts(const uint8_t *p, size_t n, void *arg)
{
	uint8_t digest[32];
	struct audit_verified v;
	struct diag d;

	(void)arg;
	sha256(buf_bytes(&spki), digest);
	return audit_export_verify(bytes_of(p, n), digest, NULL, NULL, NULL, &v,
		   &d) == ERR_OK;
}

static void
check_export(void)
{
	auto_buf struct buf b = BUF_INIT(65536), tail = BUF_INIT(65536);
	struct audit_verified v;
	struct chain_head receipt;
	struct diag d = { 0 };
	size_t bad;

	make_export(&b, 6, 2);
	CHECK(audit_export_verify(buf_bytes(&b), NULL, NULL, NULL, NULL, &v,
		  &d) == ERR_OK &&
		v.n_records == 6,
	    "a good export verifies");
	CHECK(accepts(b.p, b.len, NULL), "... also with its key's digest");
	receipt = v.head;
	CHECK(audit_export_verify(buf_bytes(&b), NULL, &receipt, NULL, NULL, &v,
		  &d) == ERR_OK,
	    "a receipt of its last record is in it");
	receipt.hash[0] ^= 1;
	CHECK(audit_export_verify(buf_bytes(&b), NULL, &receipt, NULL, NULL, &v,
		  &d) == ERR_FORMAT,
	    "T81 another chain's receipt is not: %s", d.text);
	receipt.hash[0] ^= 1;
	make_export(&tail, 4, 2);
	CHECK(audit_export_verify(buf_bytes(&tail), NULL, &receipt, NULL, NULL,
		  &v, &d) == ERR_FORMAT,
	    "T81 a log cut after record 4 lacks the receipt: %s", d.text);
	CHECK(t_bitflips(b.p, b.len, accepts, NULL) == 0,
	    "T81 no bit of an export can be changed");
	/* Whole signed records may be the whole file: 0, 2 and 4 of them. */
	bad = t_truncations(b.p, b.len, accepts, NULL);
	CHECK(bad == 3, "cut anywhere but after a signed record: refused");
	CHECK(!t_trailing(b.p, b.len, accepts, NULL), "a trailing byte");
	buf_reset(&tail);
	make_export(&tail, 5, 2);
	CHECK(!accepts(tail.p, tail.len, NULL),
	    "T81 a tail without signature proves nothing: refused");
}

static void
check_order(void)
{
	struct audit_check c = { .key = key };
	struct chain_head head, other;
	auto_buf struct buf one = BUF_INIT(4096), two = BUF_INIT(4096);
	struct audit_event e = event("a", ""), f = event("b", "");
	struct audit_record r;
	struct diag d = { 0 };
	uint8_t log2[AUDIT_LOG_SIZE] = { 9 };

	chain_start(log_id, &head);
	chain_start(log_id, &c.head);
	if (audit_append(&head, 1, &e, &one, &d) < 0 ||
	    audit_append(&head, 2, &f, &two, &d) < 0)
		t_bail("append");
	CHECK(audit_check_next(&c, buf_bytes(&two), BYTES_NONE, &r, &d) ==
		ERR_FORMAT,
	    "T81 a record left out: %s", d.text);
	CHECK(audit_check_next(&c, buf_bytes(&one), BYTES_NONE, &r, &d) ==
		    ERR_OK &&
		audit_check_next(&c, buf_bytes(&two), BYTES_NONE, &r, &d) ==
		    ERR_OK &&
		bytes_equal_text(r.subject, "b"),
	    "records in order are accepted");
	CHECK(audit_check_next(&c, buf_bytes(&two), BYTES_NONE, &r, &d) ==
		ERR_FORMAT,
	    "a record twice: %s", d.text);
	chain_start(log2, &other);
	buf_reset(&two);
	if (audit_append(&other, 1, &e, &two, &d) < 0)
		t_bail("append");
	chain_start(log_id, &c.head);
	CHECK(audit_check_next(&c, buf_bytes(&two), BYTES_NONE, &r, &d) ==
		ERR_FORMAT,
	    "a record of another log: %s", d.text);
}

static void
check_texts(void)
{
	static char long_text[AUDIT_DETAIL_MAX + 1];
	auto_buf struct buf b = BUF_INIT(4096);
	struct audit_event e;
	struct chain_head head;
	struct audit_record r;
	struct diag d = { 0 };

	memset(long_text, 'x', AUDIT_DETAIL_MAX);
	e = event("a\x1b[2J\n", long_text);
	chain_start(log_id, &head);
	CHECK(audit_append(&head, 1, &e, &b, &d) == ERR_OK &&
		audit_record_parse(buf_bytes(&b), &r, &d) == ERR_OK &&
		bytes_equal_text(r.subject, "a\\x1b[2J\\x0a") &&
		r.detail.len == AUDIT_DETAIL_MAX,
	    "T98 control characters are escaped, the longest detail is kept");
	e.detail = bytes_of(long_text, sizeof(long_text));
	buf_reset(&b);
	CHECK(audit_append(&head, 1, &e, &b, &d) == ERR_OK &&
		audit_record_parse(buf_bytes(&b), &r, &d) == ERR_OK &&
		r.detail.len <= AUDIT_DETAIL_MAX,
	    "one byte more is cut, the event is not lost");
}

int
main(void)
{
	struct diag d;

	if (key_generate(KEY_P256, 0, &key, &d) < 0 ||
	    key_to_spki(key, &spki, &d) < 0)
		t_bail("key: %s", d.text);
	check_export();
	check_order();
	check_texts();
	key_free(key);
	buf_free(&spki);
	return t_done();
}
