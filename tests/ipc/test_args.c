/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a starter tells its child on the command line, and nothing else.
 */
#include "ipc/args.h"

#include <fcntl.h>

#include "../t.h"

static char words[64][32];
static char *argv[64];

/* argv of these words, up to NULL. */
static int
parse(struct args *ret, const char *first, ...)
{
	const char *word = first;
	struct diag d = { 0 };
	int argc = 1;
	va_list ap;

	va_start(ap, first);
	argv[0] = words[0];
	while (word != NULL) {
		(void)snprintf(words[argc], sizeof(words[0]), "%s", word);
		argv[argc] = words[argc];
		argc++;
		word = va_arg(ap, const char *);
	}
	va_end(ap);
	return args_parse(argc, argv, ret, &d);
}

static void
test_good(void)
{
	struct diag d = { 0 };
	struct args a;
	char text[16];
	uint64_t n = 0;
	int fd = dup(0), got = -1;

	(void)snprintf(text, sizeof(text), "store=%d", fd);
	CHECK(parse(&a, NULL) == ERR_OK && a.n_fds == 0 && a.n_settings == 0,
	    "no words at all");
	CHECK(parse(&a, "--fd", text, "--set", "name=hgs.example", "--set",
		  "age=300", "--set", "empty=", "--set", "x=a=b",
		  NULL) == ERR_OK,
	    "descriptors and settings");
	CHECK(args_fd(&a, "store", &got, &d) == ERR_OK && got == fd,
	    "a descriptor by its name");
	CHECK(fcntl(fd, F_GETFD) == FD_CLOEXEC, "which goes no further");
	CHECK(args_fd(&a, "front", &got, &d) == ERR_NOT_FOUND &&
		args_fd(&a, "name", &got, &d) == ERR_NOT_FOUND && got == fd,
	    "one that was not given");
	CHECK(strcmp(args_text(&a, "name"), "hgs.example") == 0 &&
		strcmp(args_text(&a, "empty"), "") == 0 &&
		strcmp(args_text(&a, "x"), "a=b") == 0 &&
		args_text(&a, "stor") == NULL && args_text(&a, "store") == NULL,
	    "settings by their names");
	CHECK(args_number(&a, "age", 1, 300, &n, &d) == ERR_OK && n == 300,
	    "a number in its range");
	CHECK(args_number(&a, "age", 1, 299, &n, &d) == ERR_USAGE &&
		args_number(&a, "age", 301, 400, &n, &d) == ERR_USAGE &&
		args_number(&a, "name", 0, 9, &n, &d) == ERR_USAGE &&
		args_number(&a, "none", 0, 9, &n, &d) == ERR_NOT_FOUND &&
		n == 300,
	    "and what is none");
	(void)close(fd);
}

static void
test_bad(void)
{
	struct diag d = { 0 };
	struct args a;
	char *many[2 * (ARGS_MAX + 1) + 1];
	char set[] = "--set", value[] = "a=b";

	CHECK(parse(&a, "--help", NULL) == ERR_USAGE &&
		parse(&a, "store=3", NULL) == ERR_USAGE &&
		parse(&a, "--set", "a=b", "extra", NULL) == ERR_USAGE,
	    "other words are refused");
	CHECK(parse(&a, "--fd", NULL) == ERR_USAGE &&
		parse(&a, "--set", NULL) == ERR_USAGE,
	    "so is an option without its value");
	CHECK(parse(&a, "--set", "name", NULL) == ERR_USAGE &&
		parse(&a, "--set", "=value", NULL) == ERR_USAGE,
	    "and a value without its name");
	CHECK(parse(&a, "--fd", "a=x", NULL) == ERR_USAGE &&
		parse(&a, "--fd", "a=-1", NULL) == ERR_USAGE &&
		parse(&a, "--fd", "a=65536", NULL) == ERR_USAGE &&
		parse(&a, "--fd", "a=", NULL) == ERR_USAGE,
	    "a descriptor that is no number");
	CHECK(parse(&a, "--fd", "a=65535", NULL) == ERR_IO,
	    "a descriptor that is not open");
	many[0] = value;
	for (size_t i = 0; i <= ARGS_MAX; i++) {
		many[1 + 2 * i] = set;
		many[2 + 2 * i] = value;
	}
	CHECK(args_parse(1 + 2 * ARGS_MAX, many, &a, &d) == ERR_OK,
	    "%d settings", ARGS_MAX);
	CHECK(args_parse(3 + 2 * ARGS_MAX, many, &a, &d) == ERR_LIMIT,
	    "and no more");
}

int
main(void)
{
	test_good();
	test_bad();
	return t_done();
}
