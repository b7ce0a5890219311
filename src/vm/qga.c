/* SPDX-License-Identifier: Apache-2.0 */
#include "vm/qga.h"

#include <stdio.h>
#include <unistd.h>

#include "base/text.h"
#include "json/json.h"

#define SENTINEL    0xff /* never in JSON: what is before it is old */
#define LINES_MAX   256  /* old answers to skip in one call */
#define COMMAND_MAX ((size_t)32 << 10) /* escaped, it is longer */

#define EXEC_STEP 100000 /* microseconds between looks at a command */

static const struct {
	const char *word;
	const char *command;
	bool basic;
} words[] = {
	[QGA_PING] = { "ping", "guest-ping", true },
	[QGA_INFO] = { "info", "guest-info", true },
	[QGA_SHUTDOWN] = { "shutdown", "guest-shutdown", true },
	[QGA_FREEZE] = { "freeze", "guest-fsfreeze-freeze", true },
	[QGA_THAW] = { "thaw", "guest-fsfreeze-thaw", true },
	[QGA_TIME] = { "time", "guest-set-time", true },
	[QGA_OSINFO] = { "osinfo", "guest-get-osinfo", false },
	[QGA_NETWORK] = { "network", "guest-network-get-interfaces", false },
	[QGA_EXEC] = { "exec", "guest-exec", false },
};

void
qga_init(struct qga *g, int fd)
{
	*g = (struct qga){ .lines = lines_of(fd, QGA_REPLY_MAX) };
}

void
qga_free(struct qga *g)
{
	lines_free(&g->lines);
}

bool
qga_verb_find(struct bytes word, enum qga_verb *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (!bytes_equal_text(word, words[i].word))
			continue;
		*ret = (enum qga_verb)i;
		return true;
	}
	return false;
}

bool
qga_verb_is_basic(enum qga_verb verb)
{
	return words[verb].basic;
}

/* The line behind the last sentinel in it. */
static struct bytes
after_sentinel(struct bytes line)
{
	for (size_t i = line.len; i > 0; i--)
		if (line.p[i - 1] == SENTINEL)
			return bytes_of(line.p + i, line.len - i);
	return line;
}

static int
send_text(struct qga *g, const struct buf *b, uint64_t deadline, struct diag *d)
{
	int r = buf_check(b, "guest agent", d);

	return r < 0 ? r : lines_send(&g->lines, buf_bytes(b), deadline, d);
}

/*
 * guest-sync-delimited: the answer with this number says that all older
 * answers have been read. The guest may have been down when those were asked.
 */
static int
synchronise(struct qga *g, uint64_t deadline, struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(256);
	auto_buf struct buf line = BUF_INIT(QGA_REPLY_MAX + 4096);
	uint64_t id = ++g->last_id, got;
	int r;

	(void)buf_put_u8(&b, SENTINEL);
	(void)buf_printf(&b,
	    "{\"execute\":\"guest-sync-delimited\",\"arguments\":"
	    "{\"id\":%llu}}\n",
	    (unsigned long long)id);
	if ((r = send_text(g, &b, deadline, d)) < 0)
		return r;
	for (int i = 0; i < LINES_MAX; i++) {
		auto_json_doc struct json_doc *doc = NULL;

		r = lines_receive(&g->lines, deadline, &line, d);
		if (r < 0)
			return r;
		if (json_parse(after_sentinel(buf_bytes(&line)), &doc, NULL) ==
			ERR_OK &&
		    json_value_is_object(json_root(doc)) &&
		    json_get_number(json_root(doc), "return", 0, INT64_MAX,
			&got, NULL) == ERR_OK &&
		    got == id)
			return ERR_OK;
	}
	return diag_fail(d, ERR_PROTOCOL, "answers that were not asked for");
}

/* One answer: an object with "return" or "error" in it. */
static int
receive(struct qga *g, uint64_t deadline, struct buf *ret, struct diag *d)
{
	auto_buf struct buf line = BUF_INIT(QGA_REPLY_MAX + 4096);
	auto_json_doc struct json_doc *doc = NULL;
	int r;

	if ((r = lines_receive(&g->lines, deadline, &line, d)) < 0 ||
	    (r = json_parse(buf_bytes(&line), &doc, d)) < 0)
		return r;
	if (!json_value_is_object(json_root(doc)) ||
	    (!json_has(json_root(doc), "return") &&
		!json_has(json_root(doc), "error")))
		return diag_fail(d, ERR_PROTOCOL, "not an answer");
	if (line.len > QGA_REPLY_MAX)
		return diag_fail(d, ERR_LIMIT, "an answer of %zu bytes",
		    line.len);
	(void)buf_put(ret, buf_bytes(&line));
	return buf_check(ret, "answer", d);
}

/* A command with its arguments (none: NULL), and the answer to it. */
static int
say(struct qga *g, const char *command, struct bytes arguments,
    uint64_t deadline, struct buf *ret, struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(COMMAND_MAX);
	int r;

	(void)buf_printf(&b, "{\"execute\":\"%s\"", command);
	if (arguments.len != 0) {
		(void)buf_put_text(&b, ",\"arguments\":");
		(void)buf_put(&b, arguments);
	}
	(void)buf_put_text(&b, "}\n");
	if ((r = send_text(g, &b, deadline, d)) < 0 || ret == NULL)
		return r;
	return receive(g, deadline, ret, d);
}

static int
begin_exec(struct qga *g, struct bytes command, uint64_t deadline,
    struct buf *ret, struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(COMMAND_MAX);
	struct json_out o = json_out_of(&b);
	int r;

	json_out_begin_object(&o);
	json_out_put_string(&o, "path", "/bin/sh");
	json_out_key(&o, "arg");
	json_out_begin_array(&o);
	json_out_string(&o, "-c");
	json_out_text(&o, command);
	json_out_end_array(&o);
	json_out_put_bool(&o, "capture-output", true);
	json_out_end_object(&o);
	if ((r = buf_check(&b, "command", d)) < 0)
		return r;
	return say(g, words[QGA_EXEC].command, buf_bytes(&b), deadline, ret, d);
}

/* The number of the command that runs; false for a refusal of the guest's. */
static bool
read_pid(struct bytes reply, uint64_t *ret)
{
	auto_json_doc struct json_doc *doc = NULL;
	const struct json *o;

	return json_parse(reply, &doc, NULL) == ERR_OK &&
	    json_get_object(json_root(doc), "return", &o, NULL) == ERR_OK &&
	    json_get_number(o, "pid", 0, INT64_MAX, ret, NULL) == ERR_OK;
}

/* A guest that refuses has answered. */
static bool
has_exited(struct bytes reply)
{
	auto_json_doc struct json_doc *doc = NULL;
	const struct json *o;
	bool exited;

	return json_parse(reply, &doc, NULL) < 0 ||
	    json_get_object(json_root(doc), "return", &o, NULL) < 0 ||
	    json_get_bool(o, "exited", &exited, NULL) < 0 || exited;
}

static int
exec(struct qga *g, struct bytes command, uint64_t deadline, struct buf *ret,
    struct diag *d)
{
	char arguments[48];
	uint64_t pid;
	int r;

	if ((r = begin_exec(g, command, deadline, ret, d)) < 0 ||
	    !read_pid(buf_bytes(ret), &pid))
		return r;
	(void)snprintf(arguments, sizeof(arguments), "{\"pid\":%llu}",
	    (unsigned long long)pid);
	for (;;) {
		buf_reset(ret);
		r = say(g, "guest-exec-status", bytes_of_text(arguments),
		    deadline, ret, d);
		if (r < 0 || has_exited(buf_bytes(ret)))
			return r;
		if (lines_now() >= deadline)
			return diag_fail(d, ERR_TIMEOUT,
			    "the command goes on in the guest");
		(void)usleep(EXEC_STEP);
	}
}

static int
ask(struct qga *g, const struct qga_request *q, uint64_t deadline,
    struct buf *ret, struct diag *d)
{
	char time[48] = "";
	int r;

	if ((r = synchronise(g, deadline, d)) < 0)
		return r;
	if (q->verb == QGA_EXEC)
		return exec(g, q->command, deadline, ret, d);
	if (q->verb == QGA_TIME)
		(void)snprintf(time, sizeof(time), "{\"time\":%llu}",
		    (unsigned long long)q->now);
	if (q->verb != QGA_SHUTDOWN)
		return say(g, words[q->verb].command, bytes_of_text(time),
		    deadline, ret, d);
	r = say(g, words[q->verb].command, BYTES_NONE, deadline, NULL, d);
	(void)buf_put_text(ret, "{}");
	return r < 0 ? r : buf_check(ret, "answer", d);
}

int
qga_ask(struct qga *g, const struct qga_request *q, unsigned timeout_ms,
    struct buf *ret, struct diag *d)
{
	int r = ask(g, q, lines_now() + timeout_ms, ret, d);

	if (r < 0)
		diag_prefix(d, "guest agent");
	return r;
}

int
qga_call(struct qga *g, enum qga_verb verb, unsigned timeout_ms,
    struct buf *ret, struct diag *d)
{
	const struct qga_request q = { .verb = verb };

	return qga_ask(g, &q, timeout_ms, ret, d);
}
