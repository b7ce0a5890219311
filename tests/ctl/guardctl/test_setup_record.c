/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The record of setup: what is written is read back; what is not a record, or
 * names what no path of a machine is, is refused.
 */
#include "ctl/guardctl/setup_record.h"

#include "t.h"

static void
fill(struct record *r)
{
	struct record_entry *e;
	struct diag d;

	if (record_add(r, RECORD_FOLDER, "/etc/x.d", &e, &d) < 0 ||
	    record_add(r, RECORD_FILE, "/etc/x.d/new", &e, &d) < 0)
		t_bail("%s", d.text);
	sha256(bytes_of_text("new"), e->now);
	sha256(bytes_of_text("last"), e->last);
	if (record_add(r, RECORD_FILE, "/etc/old", &e, &d) < 0)
		t_bail("%s", d.text);
	e->had_old = true;
	e->old_mode = 0640;
	(void)buf_put(&e->old, bytes_of("a\0\xff\n", 4));
	if (record_add(r, RECORD_LINK, "/etc/link", &e, &d) < 0)
		t_bail("%s", d.text);
	r->steps[RECORD_KERNEL][0] = 7;
}

static void
test_both_ways(void)
{
	auto_buf struct buf out = BUF_INIT(RECORD_MAX);
	auto_buf struct buf again = BUF_INIT(RECORD_MAX);
	auto_record struct record *r = NULL, *back = NULL;
	const struct record_entry *e;
	struct diag d = { 0 };

	if (record_new(&r, &d) < 0 || record_new(&back, &d) < 0)
		t_bail("%s", d.text);
	fill(r);
	CHECK(record_encode(r, &out, &d) == ERR_OK &&
		record_decode(buf_bytes(&out), back, &d) == ERR_OK &&
		record_encode(back, &again, &d) == ERR_OK &&
		bytes_equal(buf_bytes(&out), buf_bytes(&again)),
	    "written and read: the same");
	e = record_find(back, "/etc/old");
	CHECK(e != NULL && e->had_old && e->old_mode == 0640 &&
		bytes_equal(buf_bytes(&e->old), bytes_of("a\0\xff\n", 4)),
	    "the old bytes and mode");
	CHECK(back->steps[RECORD_KERNEL][0] == 7 &&
		bytes_all_zero(BYTES_OF_ARRAY(back->steps[RECORD_INITRAMFS])),
	    "what was run");
	record_drop(back, 1);
	CHECK(back->n == 3 && record_find(back, "/etc/x.d/new") == NULL &&
		record_find(back, "/etc/link") != NULL,
	    "one entry is taken out");
}

static void
test_refused(void)
{
	static const char *const bad[] = { "", "{}", "[]", "{\"version\":1}",
		"{\"version\":2,\"entries\":[]}",
		"{\"version\":1,\"entries\":[{}]}",
		"{\"version\":1,\"entries\":[{\"kind\":\"folder\"}]}",
		"{\"version\":1,\"entries\":[{\"kind\":\"x\",\"path\":\"/"
		"a\"}]}",
		"{\"version\":1,\"entries\":[{\"kind\":\"folder\",\"path\":"
		"\"a\"}]}",
		"{\"version\":1,\"entries\":[{\"kind\":\"folder\",\"path\":"
		"\"/a/../b\"}]}",
		"{\"version\":1,\"entries\":[{\"kind\":\"file\",\"path\":\"/"
		"a\",\"now\":\"00\",\"last\":\"00\"}]}",
		"{\"version\":1,\"steps\":{\"kernel\":\"zz\"},\"entries\":[]"
		"}" };

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		auto_record struct record *r = NULL;
		struct diag d = { 0 };

		if (record_new(&r, &d) < 0)
			t_bail("%s", d.text);
		CHECK(record_decode(bytes_of_text(bad[i]), r, &d) < 0, "%s: %s",
		    bad[i], d.text);
	}
}

static void
test_limit(void)
{
	auto_record struct record *r = NULL;
	struct record_entry *e;
	struct diag d = { 0 };
	int rc = record_new(&r, &d);

	for (size_t i = 0; i <= RECORD_ENTRIES_MAX && rc == ERR_OK; i++)
		rc = record_add(r, RECORD_FOLDER, "/a", &e, &d);
	CHECK(rc == ERR_LIMIT && r->n == RECORD_ENTRIES_MAX, "too many: %s",
	    d.text);
}

int
main(void)
{
	test_both_ways();
	test_refused();
	test_limit();
	return t_done();
}
