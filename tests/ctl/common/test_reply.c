/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/common/reply.h"

#include "ctl/common/remote.h"
#include <jansson.h>

#include "t.h"

static int
nothing(struct cli *cli, struct diag *d)
{
	(void)cli;
	(void)d;
	return ERR_OK;
}

static const struct command commands[] = {
	{ "status", NULL, "", NULL, "say how it is", nothing },
};
static const struct program program = { "prog", "a program", commands,
	ARRAY_LEN(commands) };

static void
put_items(struct cli *cli)
{
	reply_line(cli, "first");
	reply_item(cli, bytes_of_text("{\"n\":1}"));
	reply_flush(cli);
	reply_line(cli, "second");
	reply_item(cli, bytes_of_text("{\"n\":2}"));
}

/* What reply_print() writes to standard output, and `before` before it. */
static char *
printed_after(struct cli *cli, void (*before)(struct cli *), int r,
    const struct diag *d, size_t *ret_len)
{
	char path[] = "/tmp/reply.XXXXXX", *text;
	int fd = mkstemp(path), old;
	uint8_t *p;

	(void)fflush(stdout);
	old = dup(1);
	if (fd < 0 || old < 0 || dup2(fd, 1) < 0)
		t_bail("dup");
	if (before != NULL)
		before(cli);
	reply_print(cli, r, d);
	(void)fflush(stdout);
	if (dup2(old, 1) < 0)
		t_bail("dup");
	close(old);
	close(fd);
	p = t_read_file(path, ret_len);
	(void)unlink(path);
	text = calloc(1, *ret_len + 1);
	if (text == NULL)
		t_bail("out of memory");
	memcpy(text, p, *ret_len);
	free(p);
	return text;
}

static char *
printed(struct cli *cli, int r, const struct diag *d, size_t *ret_len)
{
	return printed_after(cli, NULL, r, d, ret_len);
}

static bool
is_tame(const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (text[i] != '\n' && (text[i] < 0x20 || text[i] > 0x7e))
			return false;
	return true;
}

static const char hostile[] = "{\"ok\": true, \"code\": \"ok\", "
			      "\"message\": \"\\u001b[2J\", \"undo\": "
			      "\"\\u009b1m\", \"lines\": [\"a\\nb\", "
			      "\"\\u001b]0;x\\u0007\"], \"reasons\": [], "
			      "\"data\": {\"x\": \"\\u009b\\u00e9\"}}";

static void
check_text(bool json)
{
	struct cli cli = { .program = &program, .json = json };
	struct diag d = { 0 };
	size_t n;
	char *text;

	CHECK(remote_answer(&cli, bytes_of_text(hostile), &d) == ERR_OK,
	    "an answer is read");
	text = printed(&cli, ERR_OK, &d, &n);
	CHECK(n > 10 && is_tame(text, n),
	    "T98 no control character reaches the %s output",
	    json ? "JSON" : "text");
	CHECK(json || strstr(text, "a\\x0ab\n") != NULL,
	    "T98 a line of another's stays one line");
	free(text);
	cli_clear(&cli);
}

static void
check_refusal(void)
{
	static const char no[] =
	    "{\"ok\": false, \"code\": \"AlreadyExists\", "
	    "\"message\": \"host kvm1: is there\", "
	    "\"reasons\": [{\"code\": \"AlreadyExists\"}]}";
	struct cli cli = { .program = &program, .json = true };
	struct diag d = { 0 };
	json_t *o;
	char *text;
	size_t n;
	int r = remote_answer(&cli, bytes_of_text(no), &d);

	CHECK(r == ERR_REFUSED && d.reason == REASON_AlreadyExists &&
		strcmp(d.text, "host kvm1: is there") == 0,
	    "a refusal keeps its reason and words");
	text = printed(&cli, r, &d, &n);
	o = json_loads(text, 0, NULL);
	CHECK(json_is_false(json_object_get(o, "ok")) &&
		strcmp(json_string_value(json_object_get(o, "code")),
		    "AlreadyExists") == 0 &&
		json_array_size(json_object_get(o, "reasons")) == 1,
	    "JSON has ok, code and reasons");
	json_decref(o);
	free(text);
	cli_clear(&cli);
}

/* Elements that were written while the command ran. */
static void
check_items(bool with_data)
{
	struct cli cli = { .program = &program, .json = true };
	struct cli text_cli = { .program = &program };
	struct diag d = { 0 };
	const json_t *data, *events;
	json_t *o;
	char *text;
	size_t n;

	if (with_data)
		reply_data_number(&cli, "more", 7);
	text = printed_after(&cli, put_items, ERR_OK, &d, &n);
	o = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	data = json_object_get(o, "data");
	events = json_object_get(data, "events");
	CHECK(json_is_true(json_object_get(o, "ok")) &&
		json_array_size(events) == 2 &&
		json_object_size(data) == (with_data ? 2 : 1),
	    "what is written element by element is one object%s",
	    with_data ? ", and so with more data" : "");
	json_decref(o);
	free(text);
	cli_clear(&cli);
	text = printed_after(&text_cli, put_items, ERR_OK, &d, &n);
	CHECK(strcmp(text, "first\nsecond\n") == 0,
	    "in text it is lines, in their order");
	free(text);
	cli_clear(&text_cli);
}

int
main(void)
{
	struct cli cli = { .program = &program };
	struct diag d = { 0 };

	check_text(false);
	check_text(true);
	check_refusal();
	check_items(false);
	check_items(true);
	CHECK(remote_answer(&cli, bytes_of_text("[1]"), &d) == ERR_PROTOCOL &&
		remote_answer(&cli, bytes_of_text("{}"), &d) == ERR_PROTOCOL &&
		remote_answer(&cli, bytes_of_text("{\"ok\":true,\"ok\":false}"),
		    &d) == ERR_PROTOCOL,
	    "an answer of another form is refused");
	return t_done();
}
