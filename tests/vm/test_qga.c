/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guest agent's answers are the guest's: any bytes, at any time.
 */
#include "vm/qga.h"

#include "vm/peer.h"

#define SYNC(id) "\xff{\"return\": " #id "}\n"

static int
call_on(const void *text, size_t n, enum qga_verb verb, struct buf *ret,
    struct diag *d)
{
	struct peer_end p = peer_open();
	struct qga g;
	int r;

	peer_says(&p, text, n);
	qga_init(&g, p.ours);
	buf_reset(ret);
	r = qga_call(&g, verb, 200, ret, d);
	qga_free(&g);
	peer_close(&p);
	return r;
}

#define CALL(text, verb) call_on(text, sizeof(text) - 1, verb, &ret, &d)

static void
test_answers(void)
{
	auto_buf struct buf ret = BUF_INIT(QGA_REPLY_MAX);
	struct diag d = { 0 };

	CHECK(CALL(SYNC(1) "{\"return\": {}}\n", QGA_PING) == ERR_OK &&
		bytes_equal_text(buf_bytes(&ret), "{\"return\": {}}"),
	    "an answer is handed on");
	CHECK(CALL("{\"return\": 7}\n{\"return\": {\"a\": 1}}\ngarbage\n" SYNC(
		       1) "{\"return\": 2}\n",
		  QGA_INFO) == ERR_OK &&
		bytes_equal_text(buf_bytes(&ret), "{\"return\": 2}"),
	    "what was said before the mark is old");
	CHECK(CALL("half of an old \x80 answer\n" SYNC(1) "{\"error\": {}}\n",
		  QGA_INFO) == ERR_OK &&
		bytes_equal_text(buf_bytes(&ret), "{\"error\": {}}"),
	    "the guest's own error is an answer");
	CHECK(CALL(SYNC(1), QGA_SHUTDOWN) == ERR_OK,
	    "a shutdown has no answer");
	CHECK(CALL(SYNC(2) "{\"return\": {}}\n", QGA_PING) == ERR_TIMEOUT,
	    "another mark than ours: no answer");
	CHECK(CALL("", QGA_PING) == ERR_TIMEOUT, "silence: no answer");
	CHECK(CALL(SYNC(1) "{\"event\": {}}\n", QGA_PING) == ERR_PROTOCOL,
	    "neither an answer nor an error: refused");
	CHECK(CALL(SYNC(1) "[]\n", QGA_PING) == ERR_PROTOCOL,
	    "not an object: refused");
	CHECK(CALL(SYNC(1) "\xff\xfe\n", QGA_PING) == ERR_FORMAT,
	    "not JSON: refused");
}

static void
test_floods(void)
{
	auto_buf struct buf ret = BUF_INIT(QGA_REPLY_MAX);
	auto_buf struct buf text = BUF_INIT(1 << 20);
	struct diag d = { 0 };

	for (int i = 0; i < 2000; i++)
		(void)buf_put_text(&text, "{\"return\": 5}\n");
	CHECK(call_on(text.p, text.len, QGA_PING, &ret, &d) == ERR_PROTOCOL,
	    "answers without end: given up");
	buf_reset(&text);
	for (int i = 0; i < 200000; i++)
		(void)buf_put_u8(&text, 'x');
	CHECK(call_on(text.p, text.len, QGA_PING, &ret, &d) == ERR_LIMIT,
	    "a line without end: given up");
}

static void
test_verbs(void)
{
	static const char *const basic[] = { "ping", "info", "shutdown",
		"freeze", "thaw", "time" };
	static const char *const others[] = { "exec", "osinfo", "network" };
	static const char *const none[] = { "guest-exec", "file-open", "",
		"pin", "pinga" };
	enum qga_verb verb;

	for (size_t i = 0; i < ARRAY_LEN(basic); i++)
		CHECK(qga_verb_find(bytes_of_text(basic[i]), &verb) &&
			qga_verb_is_basic(verb),
		    "E1 \"%s\" is for every VM", basic[i]);
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		CHECK(qga_verb_find(bytes_of_text(others[i]), &verb) &&
			!qga_verb_is_basic(verb),
		    "E1 \"%s\" is not", others[i]);
	for (size_t i = 0; i < ARRAY_LEN(none); i++)
		CHECK(!qga_verb_find(bytes_of_text(none[i]), &verb),
		    "E1 \"%s\" is no word at all", none[i]);
}

static int
exec_on(const char *text, struct buf *ret, struct diag *d)
{
	const struct qga_request q = { .verb = QGA_EXEC,
		.command = bytes_of_text("echo \"a\"") };
	struct peer_end p = peer_open();
	char heard[4096];
	struct qga g;
	int r;

	peer_text(&p, text);
	qga_init(&g, p.ours);
	buf_reset(ret);
	r = qga_ask(&g, &q, 500, ret, d);
	(void)peer_heard(&p, heard, sizeof(heard));
	if (strstr(heard, "\"arg\":[\"-c\",\"echo \\\"a\\\"\"]") == NULL)
		t_bail("heard %s", heard);
	qga_free(&g);
	peer_close(&p);
	return r;
}

static void
test_exec(void)
{
	auto_buf struct buf ret = BUF_INIT(QGA_REPLY_MAX);
	struct diag d = { 0 };

	CHECK(exec_on(SYNC(1) "{\"return\": {\"pid\": 7}}\n"
			      "{\"return\": {\"exited\": false}}\n"
			      "{\"return\": {\"exited\": true, "
			      "\"exitcode\": 3}}\n",
		  &ret, &d) == ERR_OK &&
		memmem(ret.p, ret.len, "\"exitcode\": 3", 13) != NULL,
	    "a command is waited for");
	CHECK(exec_on(SYNC(1) "{\"error\": {\"desc\": \"disabled\"}}\n", &ret,
		  &d) == ERR_OK &&
		memmem(ret.p, ret.len, "disabled", 8) != NULL,
	    "a guest may refuse it");
	CHECK(exec_on(SYNC(1) "{\"return\": {\"pid\": -7}}\n", &ret, &d) ==
		ERR_OK,
	    "a number that is none is handed on, and not asked about");
	CHECK(exec_on(SYNC(1) "{\"return\": {\"pid\": 7}}\n"
			      "{\"return\": {\"exited\": false}}\n",
		  &ret, &d) == ERR_TIMEOUT,
	    "a command without end is not waited for");
}

int
main(void)
{
	test_answers();
	test_floods();
	test_verbs();
	test_exec();
	return t_done();
}
