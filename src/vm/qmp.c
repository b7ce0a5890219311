/* SPDX-License-Identifier: Apache-2.0 */
#include "vm/qmp.h"

#include <string.h>

#include "base/text.h"
#include "vm/qmp_impl.h"
#include "json/json.h"

#define LINE_MAX_BYTES ((size_t)256 << 10)
#define TIMEOUT_MS     20000
#define GREETING_MS    120000 /* its first start, from a cold and busy disk */
#define EVENTS_MAX     1000   /* at a time: QEMU must not hold us */

#define EVERY VM_FEATURES

/*
 * Everything that is ever said to QEMU, and what the VM must have for it: a
 * verb that is not here does not exist for any VM.
 */
static const struct {
	const char *verb;
	enum vm_feature need;
} verbs[] = {
	{ "qmp_capabilities", EVERY },
	{ "query-status", EVERY },
	{ "object-add", EVERY },
	{ "object-del", EVERY },
	{ "getfd", EVERY },
	{ "add-fd", EVERY },
	{ "remove-fd", EVERY },
	{ "blockdev-add", EVERY },
	{ "blockdev-del", EVERY },
	{ "block_resize", EVERY },
	{ "device_add", EVERY },
	{ "device_del", EVERY },
	{ "system_reset", EVERY },
	{ "cont", EVERY },
	{ "stop", EVERY },
	{ "system_powerdown", EVERY },
	{ "quit", EVERY },
	{ "add_client", VM_FEATURE_CONSOLE },
	{ "dump-guest-memory", VM_FEATURE_DEBUG },
};

int
qmp_may(const struct qmp *q, const char *verb, struct diag *d)
{
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
		if (strcmp(verb, verbs[i].verb) != 0)
			continue;
		return verbs[i].need == EVERY
		    ? ERR_OK
		    : vm_feature_need(q->level, q->features, verbs[i].need, d);
	}
	BUG_ON(true);
}

void
qmp_init(struct qmp *q, int fd, qmp_event_fn on_event, void *arg)
{
	*q = (struct qmp){ .lines = lines_of(fd, LINE_MAX_BYTES),
		.on_event = on_event,
		.arg = arg };
}

void
qmp_allow(struct qmp *q, uint8_t level, uint32_t features)
{
	q->level = level;
	q->features = features;
}

void
qmp_free(struct qmp *q)
{
	lines_free(&q->lines);
}

/* An error's text, which may repeat what a guest wrote. */
static int
refused(const char *verb, const struct json *root, struct diag *d)
{
	const struct json *error;
	struct bytes text;
	char shown[200];

	if (json_get_object(root, "error", &error, NULL) < 0 ||
	    json_get_text(error, "desc", &text, NULL) < 0)
		text = bytes_of_text("no reason given");
	text_escape(text, shown, sizeof(shown));
	return diag_fail(d, ERR_REFUSED, "qemu: %s: %s", verb, shown);
}

static void
report_event(struct qmp *q, const struct json *root)
{
	const struct json *data = NULL;
	struct bytes name;

	if (json_get_text(root, "event", &name, NULL) < 0)
		return;
	if (json_has(root, "data") &&
	    json_get_object(root, "data", &data, NULL) < 0)
		data = NULL;
	if (q->on_event != NULL)
		q->on_event(name, data, q->arg);
}

/* One line: *ret_doc is the document unless it was an event. */
static int
receive(struct qmp *q, uint64_t deadline, struct json_doc **ret_doc,
    struct diag *d)
{
	auto_buf struct buf line = BUF_INIT(LINE_MAX_BYTES);
	auto_json_doc struct json_doc *doc = NULL;
	int r;

	r = lines_receive(&q->lines, deadline, &line, d);
	if (r == ERR_OK)
		r = json_parse(buf_bytes(&line), &doc, d);
	if (r == ERR_OK && !json_value_is_object(json_root(doc)))
		r = diag_fail(d, ERR_PROTOCOL, "not an object");
	if (r < 0) {
		diag_prefix(d, "qemu");
		return r;
	}
	if (json_has(json_root(doc), "event"))
		report_event(q, json_root(doc));
	else
		*ret_doc = TAKE_PTR(&doc);
	return ERR_OK;
}

static int
await(struct qmp *q, const char *verb, uint64_t id, struct json_doc **ret,
    struct diag *d)
{
	uint64_t deadline = lines_now() + TIMEOUT_MS, got;
	int r;

	for (;;) {
		auto_json_doc struct json_doc *doc = NULL;

		if ((r = receive(q, deadline, &doc, d)) < 0)
			return r;
		if (doc == NULL)
			continue;
		if (json_get_number(json_root(doc), "id", 0, UINT32_MAX, &got,
			NULL) < 0 ||
		    got != id)
			return diag_fail(d, ERR_PROTOCOL,
			    "qemu: %s: an answer to something else", verb);
		if (!json_has(json_root(doc), "return"))
			return refused(verb, json_root(doc), d);
		if (ret != NULL)
			*ret = TAKE_PTR(&doc);
		return ERR_OK;
	}
}

static int
send_command(struct qmp *q, const char *verb, struct bytes arguments, int fd,
    struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(QMP_COMMAND_MAX);
	uint64_t deadline = lines_now() + TIMEOUT_MS;
	int r;

	(void)buf_printf(&b, "{\"execute\":\"%s\",\"id\":%llu", verb,
	    (unsigned long long)q->last_id);
	if (arguments.len != 0) {
		(void)buf_put_text(&b, ",\"arguments\":");
		(void)buf_put(&b, arguments);
	}
	(void)buf_put_text(&b, "}\n");
	if ((r = buf_check(&b, "qemu: command", d)) < 0)
		return r;
	return fd >= 0
	    ? lines_send_fd(&q->lines, buf_bytes(&b), fd, deadline, d)
	    : lines_send(&q->lines, buf_bytes(&b), deadline, d);
}

int
qmp_command(struct qmp *q, const char *verb, struct bytes arguments, int fd,
    struct json_doc **ret, struct diag *d)
{
	uint64_t id;
	int r;

	if ((r = qmp_may(q, verb, d)) < 0)
		return r;
	id = ++q->last_id;
	if ((r = send_command(q, verb, arguments, fd, d)) < 0) {
		diag_prefix(d, "qemu: %s", verb);
		return r;
	}
	return await(q, verb, id, ret, d);
}

static int
command(struct qmp *q, const char *verb, struct json_doc **ret, struct diag *d)
{
	return qmp_command(q, verb, BYTES_NONE, -1, ret, d);
}

int
qmp_open(struct qmp *q, struct diag *d)
{
	auto_json_doc struct json_doc *doc = NULL;
	int r = receive(q, lines_now() + GREETING_MS, &doc, d);

	if (r < 0)
		return r;
	if (doc == NULL || !json_has(json_root(doc), "QMP"))
		return diag_fail(d, ERR_PROTOCOL, "qemu: no greeting");
	return command(q, "qmp_capabilities", NULL, d);
}

int
qmp_read(struct qmp *q, struct diag *d)
{
	int r = ERR_OK;

	for (int i = 0; i < EVENTS_MAX && r == ERR_OK; i++) {
		auto_json_doc struct json_doc *doc = NULL;

		r = receive(q, 0, &doc, d);
		if (r == ERR_OK && doc != NULL)
			return diag_fail(d, ERR_PROTOCOL,
			    "qemu: an answer to nothing");
	}
	return r == ERR_TIMEOUT ? ERR_OK : r;
}

int
qmp_reset(struct qmp *q, struct diag *d)
{
	return command(q, "system_reset", NULL, d);
}

int
qmp_continue(struct qmp *q, struct diag *d)
{
	return command(q, "cont", NULL, d);
}

int
qmp_stop(struct qmp *q, struct diag *d)
{
	return command(q, "stop", NULL, d);
}

int
qmp_powerdown(struct qmp *q, struct diag *d)
{
	return command(q, "system_powerdown", NULL, d);
}

int
qmp_quit(struct qmp *q, struct diag *d)
{
	return command(q, "quit", NULL, d);
}

int
qmp_running(struct qmp *q, bool *ret, struct diag *d)
{
	auto_json_doc struct json_doc *doc = NULL;
	const struct json *status;
	int r;

	if ((r = command(q, "query-status", &doc, d)) < 0 ||
	    (r = json_get_object(json_root(doc), "return", &status, d)) < 0)
		return r;
	return json_get_bool(status, "running", ret, d);
}
