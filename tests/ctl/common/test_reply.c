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

/* What reply_print() writes to standard output. */
static char *
printed(struct cli *cli, int r, const struct diag *d, size_t *ret_len)
{
	char path[] = "/tmp/reply.XXXXXX", *text;
	int fd = mkstemp(path), old;
	uint8_t *p;

	(void)fflush(stdout);
	old = dup(1);
	if (fd < 0 || old < 0 || dup2(fd, 1) < 0)
		t_bail("dup");
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

int
main(void)
{
	struct cli cli = { .program = &program };
	struct diag d = { 0 };

	check_text(false);
	check_text(true);
	check_refusal();
	CHECK(remote_answer(&cli, bytes_of_text("[1]"), &d) == ERR_PROTOCOL &&
		remote_answer(&cli, bytes_of_text("{}"), &d) == ERR_PROTOCOL &&
		remote_answer(&cli, bytes_of_text("{\"ok\":true,\"ok\":false}"),
		    &d) == ERR_PROTOCOL,
	    "an answer of another form is refused");
	return t_done();
}
