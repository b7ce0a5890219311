/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list of checks, as JSON: states, reasons, and outside text in it (T98).
 */
#include "ctl/guardctl/report.h"

#include <jansson.h>

#include "ctl/common/reply.h"
#include "t.h"

static const struct program program = { "prog", "a program", NULL, 0 };

/* What reply_print() writes to standard output, parsed. */
static json_t *
printed(struct cli *cli, int r, const struct diag *d)
{
	char path[] = "/tmp/shieldwall.report.XXXXXX";
	int fd = mkstemp(path), out = dup(STDOUT_FILENO);
	json_t *o;

	if (fd < 0 || out < 0)
		t_bail("%s", strerror(errno));
	(void)fflush(stdout);
	(void)dup2(fd, STDOUT_FILENO);
	reply_print(cli, r, d);
	(void)dup2(out, STDOUT_FILENO);
	(void)close(out);
	(void)close(fd);
	o = json_load_file(path, 0, NULL);
	(void)unlink(path);
	if (o == NULL)
		t_bail("the answer is no JSON");
	return o;
}

static const char *
text(const json_t *list, size_t i, const char *key)
{
	const char *v =
	    json_string_value(json_object_get(json_array_get(list, i), key));

	return v != NULL ? v : "";
}

static void
test_good(void)
{
	struct cli cli = { .program = &program, .root = "", .json = true };
	struct report r = { .cli = &cli };
	struct diag d = { 0 };
	json_t *o;

	report_ok(&r, "one", "is %d", 1);
	report_note(&r, "two", "is only said");
	CHECK(report_end(&r, &d) == ERR_OK, "notes fail nothing");
	o = printed(&cli, ERR_OK, &d);
	CHECK(json_array_size(
		  json_object_get(json_object_get(o, "data"), "checks")) == 2 &&
		json_array_size(json_object_get(o, "reasons")) == 0,
	    "both are in the data, none is a reason");
	json_decref(o);
	cli_clear(&cli);
}

static void
test_bad(void)
{
	struct cli cli = { .program = &program, .root = "", .json = true };
	struct report r = { .cli = &cli };
	const json_t *reasons, *checks;
	struct diag d = { 0 };
	json_t *o;
	int rc;

	report_ok(&r, "one", "good");
	report_failed(&r, "two", REASON_SecureBoot, NULL, "is off");
	report_failed(&r, "three", REASON_NONE, "mend it", "\x1b[2J\xff\nx");
	rc = report_end(&r, &d);
	CHECK(rc == ERR_REFUSED && d.reason == REASON_SecureBoot &&
		strstr(d.text, "2 of 3") != NULL,
	    "the first that failed is the code (%s)", d.text);
	o = printed(&cli, rc, &d);
	reasons = json_object_get(o, "reasons");
	checks = json_object_get(json_object_get(o, "data"), "checks");
	CHECK(json_array_size(reasons) == 2 &&
		strcmp(text(reasons, 0, "code"), "SecureBoot") == 0 &&
		strcmp(text(reasons, 0, "remedy"),
		    reason_remedy(REASON_SecureBoot)) == 0 &&
		strcmp(text(reasons, 1, "remedy"), "mend it") == 0,
	    "each that failed is a reason with a remedy");
	CHECK(strcmp(text(checks, 2, "text"), "\\x1b[2J\\xff\\x0ax") == 0,
	    "T98 escapes in outside text are shown, not sent");
	CHECK(strcmp(text(checks, 2, "state"), "failed") == 0 &&
		strcmp(text(checks, 0, "state"), "ok") == 0,
	    "each has its state");
	json_decref(o);
	cli_clear(&cli);
}

int
main(void)
{
	test_good();
	test_bad();
	return t_done();
}
