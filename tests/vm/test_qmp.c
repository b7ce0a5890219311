/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The QMP client against what a QEMU that its guest took over could say.
 */
#include "vm/qmp.h"

#include "vm/peer.h"
#include "json/json.h"

#define GREETING "{\"QMP\": {\"version\": {}, \"capabilities\": []}}\r\n"
#define DONE(id) "{\"return\": {}, \"id\": " #id "}\r\n"

static unsigned n_events;
static char last_event[64];

static void
on_event(struct bytes name, const struct json *data, void *arg)
{
	(void)data;
	(void)arg;
	n_events++;
	(void)snprintf(last_event, sizeof(last_event), "%.*s", (int)name.len,
	    (const char *)name.p);
}

/* qmp_open() on this text. */
static int
open_on(const char *text, struct diag *d)
{
	struct peer_end p = peer_open();
	struct qmp q;
	int r;

	peer_text(&p, text);
	peer_leaves(&p);
	qmp_init(&q, p.ours, on_event, NULL);
	r = qmp_open(&q, d);
	qmp_free(&q);
	peer_close(&p);
	return r;
}

static void
test_open(void)
{
	struct diag d = { 0 };

	CHECK(open_on(GREETING DONE(1), &d) == ERR_OK,
	    "greeting and capabilities");
	CHECK(open_on("", &d) == ERR_NOT_FOUND, "it has ended: said so");
	CHECK(open_on(DONE(1), &d) == ERR_PROTOCOL, "no greeting: refused");
	CHECK(open_on(GREETING DONE(2), &d) == ERR_PROTOCOL,
	    "an answer to another command: refused");
	CHECK(open_on(GREETING "{\"return\": {}}\r\n", &d) == ERR_PROTOCOL,
	    "an answer without a number: refused");
	CHECK(open_on(GREETING "[1]\r\n", &d) == ERR_PROTOCOL,
	    "not an object: refused");
	CHECK(open_on(GREETING "{\"return\": {}, \"id\": 1, \"id\": 1}\r\n",
		  &d) == ERR_FORMAT,
	    "T59 a key twice: refused");
	CHECK(open_on(GREETING "no JSON\r\n", &d) == ERR_FORMAT,
	    "not JSON: refused");
	n_events = 0;
	CHECK(open_on(GREETING "{\"event\": \"STOP\"}\r\n"
			       "{\"event\": \"RTC_CHANGE\", \"data\": "
			       "{\"offset\": -3}}\r\n" DONE(1),
		  &d) == ERR_OK &&
		n_events == 2 && strcmp(last_event, "RTC_CHANGE") == 0,
	    "events in between are told");
	CHECK(open_on(GREETING "{\"error\": {\"class\": \"x\", \"desc\": "
			       "\"\\u001b[2J gone\"}, \"id\": 1}\r\n",
		  &d) == ERR_REFUSED &&
		strchr(d.text, 0x1b) == NULL && strstr(d.text, "gone") != NULL,
	    "T98 an error's text comes without its escape sequences");
}

static void
test_long_line(void)
{
	struct peer_end p = peer_open();
	size_t n = (size_t)300 << 10;
	char *text = malloc(n);
	struct diag d = { 0 };
	struct qmp q;

	if (text == NULL)
		t_bail("out of memory");
	memset(text, 'x', n);
	peer_says(&p, text, n);
	qmp_init(&q, p.ours, on_event, NULL);
	CHECK(qmp_open(&q, &d) == ERR_LIMIT, "a line without end: refused");
	qmp_free(&q);
	peer_close(&p);
	free(text);
}

static void
test_disk(void)
{
	struct peer_end p = peer_open();
	uint8_t key[32] = { 0xde, 0xad };
	struct qmp_disk disk = { .set = 10,
		.port = "port0",
		.key = BYTES_OF_ARRAY(key) };
	struct diag d = { 0 };
	char heard[4096];
	struct qmp q;
	int r;

	peer_text(&p,
	    DONE(1) "{\"error\": {\"class\": \"x\", \"desc\": \"no\"}, "
		    "\"id\": 2}\r\n" DONE(3));
	qmp_init(&q, p.ours, on_event, NULL);
	r = qmp_disk_add(&q, &disk, &d);
	(void)peer_heard(&p, heard, sizeof(heard));
	CHECK(r == ERR_REFUSED && strstr(heard, "object-del") != NULL &&
		strstr(heard, "device_add") == NULL,
	    "a disk that does not open: its key is taken back all the same");
	CHECK(strstr(heard, "\"driver\":\"luks\"") != NULL &&
		strstr(heard, "dead0000") != NULL,
	    "the format is named, the key is hex");
	qmp_free(&q);
	peer_close(&p);
}

static void
test_events(void)
{
	struct peer_end p = peer_open();
	struct diag d = { 0 };
	struct qmp q;

	qmp_init(&q, p.ours, on_event, NULL);
	CHECK(qmp_read(&q, &d) == ERR_OK, "nothing there: nothing happens");
	n_events = 0;
	peer_text(&p, "{\"event\": \"SHUTDOWN\", \"data\": {}}\r\n{\"event\"");
	CHECK(qmp_read(&q, &d) == ERR_OK && n_events == 1,
	    "one event, and half of another");
	peer_text(&p, ": \"STOP\"}\r\n");
	CHECK(qmp_read(&q, &d) == ERR_OK && n_events == 2,
	    "the other half comes later");
	peer_text(&p, DONE(9));
	CHECK(qmp_read(&q, &d) == ERR_PROTOCOL,
	    "an answer that nobody asked for: refused");
	peer_leaves(&p);
	CHECK(qmp_read(&q, &d) == ERR_NOT_FOUND, "its end is seen");
	qmp_free(&q);
	peer_close(&p);
}

static void
test_stop(void)
{
	struct peer_end p = peer_open();
	struct diag d = { 0 };
	bool running = true;
	char heard[4096];
	struct qmp q;

	peer_text(&p,
	    "{\"event\": \"STOP\"}\r\n" DONE(1) "{\"return\": {\"status\": "
						"\"paused\", \"running\": "
						"false}, \"id\": 2}\r\n");
	qmp_init(&q, p.ours, on_event, NULL);
	CHECK(qmp_stop(&q, &d) == ERR_OK &&
		qmp_running(&q, &running, &d) == ERR_OK && !running,
	    "T79 the guest's processors are stopped");
	(void)peer_heard(&p, heard, sizeof(heard));
	CHECK(strstr(heard, "\"execute\":\"stop\"") != NULL,
	    "by the one word for it");
	qmp_free(&q);
	peer_close(&p);
}

int
main(void)
{
	test_open();
	test_long_line();
	test_disk();
	test_events();
	test_stop();
	return t_done();
}
