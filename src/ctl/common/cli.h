/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Command lines of hgsctl, guardctl and shield: one table of commands per
 * program drives dispatch, usage checks, help, completion and the manual's
 * check. A handler leaves lines and data in its `struct cli` and returns 0 or
 * an error; cli_main() prints all of it once, as text or as JSON.
 *
 *	static const struct command commands[] = {
 *		{ "host", "add", "NAME FILE", add_options, "register a host",
 *		    cmd_host_add },
 *		{ "status", NULL, "", NULL, "say how the service is",
 *		    cmd_status },
 *	};
 *	static const struct program program = { "hgsctl", "HGS administration",
 *		commands, ARRAY_LEN(commands) };
 *	int main(int argc, char **argv)
 *	{
 *		return cli_main(&program, argc, argv);
 *	}
 */
#ifndef CTL_COMMON_CLI_H
#define CTL_COMMON_CLI_H

#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/secret.h"

#define CLI_ARGS_MAX    16
#define CLI_OPTIONS_MAX 32
#define CLI_INPUT_MAX   ((size_t)64 << 20)

struct cli;
struct json_t; /* jansson.h; src/json has names of its own */

/* 0 or an enum err with its reason in d; never prints by itself. */
typedef int (*command_fn)(struct cli *cli, struct diag *d);

/*
 * One option of a command; the list ends with a NULL name. "o" is written -o,
 * every other name --name, with its value as --name=V or --name V.
 */
struct option_spec {
	const char *name;
	const char *value; /* what the value is ("FILE"); NULL: a flag */
	const char *help;
	bool repeats;
};

struct command {
	const char *noun;
	const char *verb; /* NULL: the noun alone */
	/*
	 * Positional arguments, in order: "NAME FILE"; "[FILE]" may be left
	 * out; "FILE..." may be repeated. An argument called NAME, HOST, VM,
	 * OWNER or GUARDIAN is checked as a name before the handler runs.
	 */
	const char *args;
	const struct option_spec *options; /* NULL: none but the common ones */
	const char *help;                  /* one line, no full stop */
	command_fn run;
};

struct program {
	const char *name;
	const char *title;
	const struct command *commands;
	size_t n_commands;
};

struct cli_given {
	const struct option_spec *option;
	const char *value;
};

/*
 * What the user said and what the answer is so far. Common to all commands:
 * --root DIR, --json, -q, -v, -h, --passphrase-fd N, --yes.
 */
struct cli {
	const struct program *program;
	const struct command *command;
	const char *args[CLI_ARGS_MAX];
	size_t n_args;
	struct cli_given given[CLI_OPTIONS_MAX];
	size_t n_given;
	const char *root; /* "" or a folder that stands for / */
	bool json;
	bool quiet;
	bool verbose;
	bool yes;
	int passphrase_fd; /* -1: ask at the terminal */

	/* The answer; private to cli.c, reply.c and remote.c. */
	struct json_t *lines;
	struct json_t *data;
	struct json_t *reasons;
	char message[512];
	char undo[256];
	bool raw_output;  /* bytes went to standard output: print no text */
	uint64_t n_items; /* of data.events, written already */
};

/* All of main(): parses, runs, prints; returns the exit code 0, 1, 2 or 3. */
int cli_main(const struct program *p, int argc, char **argv);
/* Parses only: ERR_USAGE with the reason. For tests, and used by cli_main(). */
MUST_CHECK int cli_parse(const struct program *p, int argc, char **argv,
    struct cli *ret, struct diag *d);
void cli_clear(struct cli *cli);
/* Drops lines, data and message, to ask once more. */
void cli_forget_answer(struct cli *cli);
int cli_exit_code(int err);

/* The i-th positional argument, or NULL. */
const char *cli_arg(const struct cli *cli, size_t i);
/* The value of an option ("" for a flag); NULL when it was not given. */
const char *cli_option(const struct cli *cli, const char *name);
/* The i-th value of an option that repeats, or NULL. */
const char *cli_option_at(const struct cli *cli, const char *name, size_t i);
bool cli_flag(const struct cli *cli, const char *name);

/* --root in front of an absolute path, into ret. */
MUST_CHECK int cli_path(const struct cli *cli, const char *path, char *ret,
    size_t size, struct diag *d);
/* A FILE argument: "-" is standard input. At most max bytes. */
MUST_CHECK int cli_read_input(const struct cli *cli, const char *file,
    size_t max, struct buf *ret, struct diag *d);
/*
 * The value of -o: "-" or NULL is standard output. A file is made anew and
 * never replaced.
 */
MUST_CHECK int cli_write_output(struct cli *cli, const char *file, mode_t mode,
    struct bytes contents, struct diag *d);

#endif
