/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/common/remote.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "ctl/common/parse.h"
#include "ctl/common/reply.h"
#include "ipc/ctl.h"

#define ANSWER_FILE_MAX ((size_t)1 << 30)
#define ANSWER_JSON_MAX ((size_t)16 << 20)
#define COMMAND_MAX     64

/* Exit codes follow these: what the daemon calls its errors. */
static int
err_of_name(const char *name)
{
	for (int e = ERR_SHORT; e >= ERR_PROTOCOL; e--)
		if (strcmp(err_name(e), name) == 0)
			return e;
	return ERR_REFUSED;
}

static void
copy_text(const json_t *from, const char *key, char *ret, size_t size)
{
	const char *v = json_string_value(json_object_get(from, key));

	(void)snprintf(ret, size, "%s", v != NULL ? v : "");
}

static int
take_refusal(struct cli *cli, const json_t *o, struct diag *d)
{
	const char *code = json_string_value(json_object_get(o, "code"));
	char message[DIAG_TEXT_MAX];
	int err;

	copy_text(o, "message", message, sizeof(message));
	(void)cli;
	err = err_of_name(code != NULL ? code : "");
	(void)diag_fail(d, (enum err)err, "%s", message);
	if (code != NULL)
		d->reason = reason_find(bytes_of_text(code));
	return err;
}

int
remote_answer(struct cli *cli, struct bytes text, struct diag *d)
{
	json_t *o = json_loadb((const char *)text.p, text.len,
	    JSON_REJECT_DUPLICATES, NULL);
	json_t *lines, *reasons, *v;
	size_t i;
	int r = ERR_OK;

	if (!json_is_object(o) || !json_is_boolean(json_object_get(o, "ok"))) {
		json_decref(o);
		return diag_fail(d, ERR_PROTOCOL,
		    "the service's answer is not understood");
	}
	copy_text(o, "message", cli->message, sizeof(cli->message));
	copy_text(o, "undo", cli->undo, sizeof(cli->undo));
	lines = json_object_get(o, "lines");
	for (i = 0; (v = json_array_get(lines, i)) != NULL; i++)
		if (json_is_string(v))
			reply_line(cli, "%s", json_string_value(v));
	reasons = json_object_get(o, "reasons");
	for (i = 0; (v = json_array_get(reasons, i)) != NULL; i++)
		if (json_is_object(v))
			reply_reason(cli, json_incref(v));
	if (json_is_object(json_object_get(o, "data"))) {
		json_decref(cli->data);
		cli->data = json_incref(json_object_get(o, "data"));
	}
	if (!json_is_true(json_object_get(o, "ok")))
		r = take_refusal(cli, o, d);
	json_decref(o);
	return r;
}

static int
send_file(const struct cli *cli, const char *file, int *ret_fd, struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(REMOTE_FILE_MAX);
	int r = cli_read_input(cli, file, REMOTE_FILE_MAX, &b, d);

	return r < 0 ? r : memfd_sealed("command", buf_bytes(&b), ret_fd, d);
}

static int
encode_request(const struct remote_request *q, struct buf *ret, struct diag *d)
{
	json_t *o = json_object();
	json_t *files = json_array();
	char *text;
	int r = ERR_OK;

	if (q->file != NULL)
		(void)json_array_append_new(files, json_string("FILE"));
	else if (q->fd != NULL)
		(void)json_array_append_new(files, json_string("OUTPUT"));
	(void)json_object_set_new(o, "command", json_string(q->command));
	(void)json_object_set_new(o, "args",
	    q->args != NULL ? q->args : json_object());
	(void)json_object_set_new(o, "files", files);
	text = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	if (text == NULL || !buf_put_text(ret, text))
		r = diag_fail(d, ERR_USAGE,
		    "the command line is not UTF-8, or too long");
	free(text);
	return r;
}

int
remote_call(struct cli *cli, const struct remote_request *q, int *ret_fd,
    struct diag *d)
{
	auto_buf struct buf body = BUF_INIT(CHANNEL_BODY_MAX);
	auto_buf struct buf answer = BUF_INIT(ANSWER_JSON_MAX);
	auto_close int fd = -1, file = -1, got = -1;
	int sent = q->fd != NULL ? *q->fd : -1;
	char path[512];
	int r;

	BUG_ON(q->file != NULL && q->fd != NULL);
	if ((r = encode_request(q, &body, d)) < 0 ||
	    (r = cli_path(cli, q->socket, path, sizeof(path), d)) < 0)
		return r;
	if (q->file != NULL && (r = send_file(cli, q->file, &file, d)) < 0)
		return r;
	if (q->file != NULL)
		sent = file;
	if ((r = ctl_connect(path, &fd, d)) < 0) {
		diag_prefix(d, "is the service running?");
		return r;
	}
	r = channel_call(fd, CTL_OP_COMMAND, buf_bytes(&body), &sent,
	    sent >= 0 ? 1 : 0, q->timeout_ms, &answer, &got, d);
	if (r < 0)
		return r;
	/* An answer too long for a frame is the file. */
	if (answer.len == 0 && got >= 0) {
		r = file_read_fd(got, "answer", ANSWER_JSON_MAX, &answer, d);
		if (r < 0)
			return r;
		close_p(&got);
	}
	r = remote_answer(cli, buf_bytes(&answer), d);
	if (r == ERR_OK && ret_fd != NULL)
		*ret_fd = TAKE_FD(&got);
	return r;
}

/* Arguments under their names in the table; FILE goes apart. */
static json_t *
collect(const struct cli *cli, const char **ret_file)
{
	const char *p = cli->command->args;
	json_t *o = json_object();
	struct arg_spec a;
	size_t i = 0;

	while (i < cli->n_args && arg_spec_next(&p, &a)) {
		json_t *list;

		if (strcmp(a.name, "FILE") == 0 && !a.repeats) {
			*ret_file = cli->args[i++];
			continue;
		}
		if (!a.repeats) {
			(void)json_object_set_new(o, a.name,
			    json_string(cli->args[i++]));
			continue;
		}
		list = json_array();
		while (i < cli->n_args)
			(void)json_array_append_new(list,
			    json_string(cli->args[i++]));
		(void)json_object_set_new(o, a.name, list);
	}
	for (i = 0; i < cli->n_given; i++) {
		const struct option_spec *s = cli->given[i].option;
		bool common = false;

		for (const struct option_spec *c = common_options;
		     c->name != NULL; c++)
			if (c == s)
				common = true;
		if (common || strcmp(s->name, "o") == 0)
			continue;
		(void)json_object_set_new(o, s->name,
		    s->value == NULL ? json_true()
				     : json_string(cli->given[i].value));
	}
	if (cli->yes)
		(void)json_object_set_new(o, "yes", json_true());
	return o;
}

int
remote_command(struct cli *cli, const char *socket, struct diag *d)
{
	const struct command *c = cli->command;
	auto_buf struct buf b = BUF_INIT(ANSWER_FILE_MAX);
	auto_close int got = -1;
	char name[COMMAND_MAX];
	struct remote_request q = { .socket = socket,
		.command = name,
		.timeout_ms = 120000 };
	int r;

	(void)snprintf(name, sizeof(name), "%s%s%s", c->noun,
	    c->verb != NULL ? " " : "", c->verb != NULL ? c->verb : "");
	q.args = collect(cli, &q.file);
	if ((r = remote_call(cli, &q, &got, d)) < 0 || got < 0)
		return r;
	if ((r = file_read_fd(got, "answer", ANSWER_FILE_MAX, &b, d)) < 0)
		return r;
	return cli_write_output(cli, cli_option(cli, "o"), 0644, buf_bytes(&b),
	    d);
}
