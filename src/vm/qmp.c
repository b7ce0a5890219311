/* SPDX-License-Identifier: Apache-2.0 */
#include "vm/qmp.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "json/json.h"

#define LINE_MAX_BYTES ((size_t)256 << 10)
#define COMMAND_MAX    2048
#define TIMEOUT_MS     20000
#define EVENTS_MAX     1000 /* at a time: QEMU must not hold us */

/* Everything that is ever said to QEMU. */
static const char *const verbs[] = { "qmp_capabilities", "query-status",
	"object-add", "object-del", "blockdev-add", "device_add",
	"system_reset", "cont", "stop", "system_powerdown", "quit" };

static bool
verb_allowed(const char *verb)
{
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
		if (strcmp(verb, verbs[i]) == 0)
			return true;
	return false;
}

void
qmp_init(struct qmp *q, int fd, qmp_event_fn on_event, void *arg)
{
	*q = (struct qmp){ .lines = lines_of(fd, LINE_MAX_BYTES),
		.on_event = on_event,
		.arg = arg };
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

/* arguments: a JSON object, or empty. */
static int
command(struct qmp *q, const char *verb, struct bytes arguments,
    struct json_doc **ret, struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(COMMAND_MAX);
	uint64_t id = ++q->last_id;
	int r;

	BUG_ON(!verb_allowed(verb));
	(void)buf_printf(&b, "{\"execute\":\"%s\",\"id\":%llu", verb,
	    (unsigned long long)id);
	if (arguments.len != 0) {
		(void)buf_put_text(&b, ",\"arguments\":");
		(void)buf_put(&b, arguments);
	}
	(void)buf_put_text(&b, "}\n");
	if ((r = buf_check(&b, "qemu: command", d)) < 0)
		return r;
	r = lines_send(&q->lines, buf_bytes(&b), lines_now() + TIMEOUT_MS, d);
	if (r < 0) {
		diag_prefix(d, "qemu: %s", verb);
		return r;
	}
	return await(q, verb, id, ret, d);
}

int
qmp_open(struct qmp *q, struct diag *d)
{
	auto_json_doc struct json_doc *doc = NULL;
	int r = receive(q, lines_now() + TIMEOUT_MS, &doc, d);

	if (r < 0)
		return r;
	if (doc == NULL || !json_has(json_root(doc), "QMP"))
		return diag_fail(d, ERR_PROTOCOL, "qemu: no greeting");
	return command(q, "qmp_capabilities", BYTES_NONE, NULL, d);
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

static void
put_object(struct json_out *o, const char *key)
{
	json_out_key(o, key);
	json_out_begin_object(o);
}

static int
secret_add(struct qmp *q, const char *id, struct bytes key, struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(COMMAND_MAX);
	struct json_out o = json_out_of(&b);

	json_out_begin_object(&o);
	json_out_put_string(&o, "qom-type", "secret");
	json_out_put_string(&o, "id", id);
	json_out_put_string(&o, "format", "raw");
	json_out_put_hex(&o, "data", key);
	json_out_end_object(&o);
	return command(q, "object-add", buf_bytes(&b), NULL, d);
}

/* As long as it is there, QMP would tell it: qom-get. */
static int
secret_remove(struct qmp *q, const char *id, struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(COMMAND_MAX);
	struct json_out o = json_out_of(&b);

	json_out_begin_object(&o);
	json_out_put_string(&o, "id", id);
	json_out_end_object(&o);
	return command(q, "object-del", buf_bytes(&b), NULL, d);
}

static int
node_add(struct qmp *q, const char *node, const char *secret, unsigned set,
    struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(COMMAND_MAX);
	struct json_out o = json_out_of(&b);
	char file[32];

	(void)snprintf(file, sizeof(file), "/dev/fdset/%u", set);
	json_out_begin_object(&o);
	/* Always a named format: a guest writes what would be guessed from. */
	json_out_put_string(&o, "driver", "luks");
	json_out_put_string(&o, "node-name", node);
	json_out_put_string(&o, "key-secret", secret);
	json_out_put_string(&o, "discard", "unmap");
	put_object(&o, "file");
	json_out_put_string(&o, "driver", "file");
	json_out_put_string(&o, "filename", file);
	json_out_put_string(&o, "locking", "off");
	json_out_end_object(&o);
	json_out_end_object(&o);
	return command(q, "blockdev-add", buf_bytes(&b), NULL, d);
}

static int
device_add(struct qmp *q, const struct qmp_disk *disk, const char *node,
    struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(COMMAND_MAX);
	struct json_out o = json_out_of(&b);
	char id[32];

	(void)snprintf(id, sizeof(id), "disk%zu", disk->index);
	json_out_begin_object(&o);
	json_out_put_string(&o, "driver", "virtio-blk-pci");
	json_out_put_string(&o, "id", id);
	json_out_put_string(&o, "bus", disk->port);
	json_out_put_string(&o, "drive", node);
	json_out_put_number(&o, "bootindex", disk->index);
	json_out_end_object(&o);
	return command(q, "device_add", buf_bytes(&b), NULL, d);
}

int
qmp_disk_add(struct qmp *q, const struct qmp_disk *disk, struct diag *d)
{
	char secret[32], node[32];
	int r, removed;

	(void)snprintf(secret, sizeof(secret), "key%zu", disk->index);
	(void)snprintf(node, sizeof(node), "node%zu", disk->index);
	if ((r = secret_add(q, secret, disk->key, d)) < 0)
		return r;
	r = node_add(q, node, secret, disk->set, d);
	removed = secret_remove(q, secret, r < 0 ? NULL : d);
	if (r < 0 || removed < 0)
		return r < 0 ? r : removed;
	return device_add(q, disk, node, d);
}

int
qmp_reset(struct qmp *q, struct diag *d)
{
	return command(q, "system_reset", BYTES_NONE, NULL, d);
}

int
qmp_continue(struct qmp *q, struct diag *d)
{
	return command(q, "cont", BYTES_NONE, NULL, d);
}

int
qmp_stop(struct qmp *q, struct diag *d)
{
	return command(q, "stop", BYTES_NONE, NULL, d);
}

int
qmp_powerdown(struct qmp *q, struct diag *d)
{
	return command(q, "system_powerdown", BYTES_NONE, NULL, d);
}

int
qmp_quit(struct qmp *q, struct diag *d)
{
	return command(q, "quit", BYTES_NONE, NULL, d);
}

int
qmp_running(struct qmp *q, bool *ret, struct diag *d)
{
	auto_json_doc struct json_doc *doc = NULL;
	const struct json *status;
	int r;

	if ((r = command(q, "query-status", BYTES_NONE, &doc, d)) < 0 ||
	    (r = json_get_object(json_root(doc), "return", &status, d)) < 0)
		return r;
	return json_get_bool(status, "running", ret, d);
}
