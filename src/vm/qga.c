/* SPDX-License-Identifier: Apache-2.0 */
#include "vm/qga.h"

#include "base/text.h"
#include "json/json.h"

#define SENTINEL  0xff /* never in JSON: what is before it is old */
#define LINES_MAX 256  /* old answers to skip in one call */

static const struct {
	const char *word;
	const char *command;
} words[] = {
	[QGA_PING] = { "ping", "guest-ping" },
	[QGA_INFO] = { "info", "guest-info" },
	[QGA_SHUTDOWN] = { "shutdown", "guest-shutdown" },
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

static int
call(struct qga *g, enum qga_verb verb, uint64_t deadline, struct buf *ret,
    struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(256);
	int r;

	if ((r = synchronise(g, deadline, d)) < 0)
		return r;
	(void)buf_printf(&b, "{\"execute\":\"%s\"}\n", words[verb].command);
	if ((r = send_text(g, &b, deadline, d)) < 0)
		return r;
	if (verb != QGA_SHUTDOWN)
		return receive(g, deadline, ret, d);
	(void)buf_put_text(ret, "{}");
	return buf_check(ret, "answer", d);
}

int
qga_call(struct qga *g, enum qga_verb verb, unsigned timeout_ms,
    struct buf *ret, struct diag *d)
{
	int r = call(g, verb, lines_now() + timeout_ms, ret, d);

	if (r < 0)
		diag_prefix(d, "guest agent");
	return r;
}
