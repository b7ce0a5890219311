/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/common/reply.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define LINE_MAX_SHOWN 4000

static void
add(json_t **list, json_t *item)
{
	if (*list == NULL)
		*list = json_array();
	/* Out of memory: the answer is shorter, the result is not lost. */
	(void)json_array_append_new(*list, item);
}

void
reply_line(struct cli *cli, const char *fmt, ...)
{
	auto_free char *text = NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0) {
		text = NULL;
		return;
	}
	add(&cli->lines, json_stringn_nocheck(text, (size_t)n));
}

void
reply_data(struct cli *cli, const char *key, json_t *v)
{
	if (cli->data == NULL)
		cli->data = json_object();
	(void)json_object_set_new(cli->data, key, v != NULL ? v : json_null());
}

int
reply_data_json(struct cli *cli, const char *key, struct bytes text,
    struct diag *d)
{
	json_t *v = json_loadb((const char *)text.p, text.len,
	    JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);

	if (v == NULL)
		return diag_fail(d, ERR_FORMAT, "%s: not JSON", key);
	reply_data(cli, key, v);
	return ERR_OK;
}

void
reply_data_text(struct cli *cli, const char *key, const char *v)
{
	reply_data(cli, key, json_string(v));
}

void
reply_data_number(struct cli *cli, const char *key, uint64_t v)
{
	reply_data(cli, key,
	    v <= INT64_MAX ? json_integer((json_int_t)v) : NULL);
}

void
reply_changed(struct cli *cli, const char *undo, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(cli->message, sizeof(cli->message), fmt, ap);
	va_end(ap);
	(void)snprintf(cli->undo, sizeof(cli->undo), "%s",
	    undo != NULL ? undo : "");
}

void
reply_reason(struct cli *cli, json_t *reason)
{
	add(&cli->reasons, reason);
}

/* The only way that text reaches the terminal: escaped, line by line. */
static void
put_line(FILE *out, const char *before, const char *text)
{
	auto_buf struct buf b = BUF_INIT(5 * LINE_MAX_SHOWN);

	(void)text_put_escaped(&b, bytes_of_text(text), LINE_MAX_SHOWN);
	(void)fprintf(out, "%s%.*s\n", before, (int)b.len,
	    b.len == 0 ? "" : (const char *)b.p);
}

void
reply_progress(const struct cli *cli, const char *fmt, ...)
{
	auto_free char *text = NULL;
	va_list ap;
	int n;

	if (cli->json || cli->quiet)
		return;
	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0) {
		text = NULL;
		return;
	}
	put_line(stdout, "", text);
	(void)fflush(stdout);
}

void
reply_flush(struct cli *cli)
{
	const json_t *v;

	/* JSON has data in their place. */
	for (size_t i = 0;
	     !cli->json && (v = json_array_get(cli->lines, i)) != NULL; i++)
		put_line(stdout, "", json_string_value(v));
	json_decref(cli->lines);
	cli->lines = NULL;
}

void
reply_item(struct cli *cli, struct bytes json)
{
	if (!cli->json)
		return;
	(void)fputs(cli->n_items++ == 0 ? "{\"data\":{\"events\":[" : ",",
	    stdout);
	(void)fwrite(json.p, 1, json.len, stdout);
}

static void
put_text_reason(const json_t *reason)
{
	static const struct {
		const char *key;
		const char *before;
	} parts[] = {
		{ "code", "  reason: " },
		{ "text", "    " },
		{ "expected", "    expected: " },
		{ "got", "    got: " },
		{ "remedy", "    remedy: " },
	};

	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		const char *v =
		    json_string_value(json_object_get(reason, parts[i].key));

		if (v != NULL && v[0] != '\0')
			put_line(stderr, parts[i].before, v);
	}
}

static void
print_text(struct cli *cli, int r, const struct diag *d)
{
	const char *name = cli->program->name;
	char before[64];
	json_t *v;
	size_t i;

	if (!cli->raw_output)
		reply_flush(cli);
	if (r == ERR_OK) {
		FILE *out = cli->raw_output ? stderr : stdout;

		if (cli->message[0] != '\0' && !cli->quiet)
			put_line(out, "", cli->message);
		if (cli->undo[0] != '\0' && !cli->quiet)
			put_line(out, "undo: ", cli->undo);
		return;
	}
	(void)fflush(stdout);
	(void)snprintf(before, sizeof(before), "%s: ", name);
	put_line(stderr, before, d->text[0] != '\0' ? d->text : err_name(r));
	if (d->reason != REASON_NONE && json_array_size(cli->reasons) == 0) {
		put_line(stderr, "  reason: ", reason_name(d->reason));
		put_line(stderr, "    remedy: ", reason_remedy(d->reason));
	}
	for (i = 0; (v = json_array_get(cli->reasons, i)) != NULL; i++)
		put_text_reason(v);
}

/* Outside bytes that are not UTF-8 are shown as in text. */
static json_t *
text_value(const char *text)
{
	json_t *v = json_string(text);
	char shown[1024];

	if (v != NULL)
		return v;
	text_escape(bytes_of_text(text), shown, sizeof(shown));
	return json_string(shown);
}

/* The rest of data, and the comma before what print_json() has to say. */
static void
end_items(const struct cli *cli)
{
	(void)fputs("]", stdout);
	if (json_object_size(cli->data) > 0) {
		(void)fputs(",", stdout);
		(void)json_dumpf(cli->data, stdout,
		    JSON_ENSURE_ASCII | JSON_COMPACT | JSON_EMBED);
	}
	(void)fputs("},", stdout);
}

static void
print_json(struct cli *cli, int r, const struct diag *d)
{
	json_t *o = json_object();
	const char *code = r == ERR_OK ? "ok"
	    : d->reason != REASON_NONE ? reason_name(d->reason)
				       : err_name(r);
	const char *message = r == ERR_OK ? cli->message : d->text;

	if (cli->reasons == NULL)
		cli->reasons = json_array();
	if (d->reason != REASON_NONE && r != ERR_OK &&
	    json_array_size(cli->reasons) == 0)
		add(&cli->reasons,
		    json_pack("{s:s, s:o, s:s}", "code", reason_name(d->reason),
			"text", text_value(d->text), "remedy",
			reason_remedy(d->reason)));
	(void)json_object_set_new(o, "ok", json_boolean(r == ERR_OK));
	(void)json_object_set_new(o, "code", json_string(code));
	(void)json_object_set_new(o, "message", text_value(message));
	(void)json_object_set(o, "reasons", cli->reasons);
	if (cli->undo[0] != '\0')
		(void)json_object_set_new(o, "undo", text_value(cli->undo));
	if (cli->n_items > 0)
		end_items(cli);
	else if (cli->data != NULL)
		(void)json_object_set(o, "data", cli->data);
	/* To a terminal no byte beyond ASCII, whatever the strings hold. */
	(void)json_dumpf(o, cli->raw_output ? stderr : stdout,
	    JSON_ENSURE_ASCII | JSON_COMPACT |
		(cli->n_items > 0 ? JSON_EMBED : 0));
	(void)fputs(cli->n_items > 0 ? "}\n" : "\n",
	    cli->raw_output ? stderr : stdout);
	json_decref(o);
}

void
reply_print(struct cli *cli, int r, const struct diag *d)
{
	if (cli->json)
		print_json(cli, r, d);
	else
		print_text(cli, r, d);
	if (fflush(stdout) != 0)
		(void)fprintf(stderr, "%s: cannot write the answer\n",
		    cli->program->name);
}
