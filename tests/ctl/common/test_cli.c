/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/common/cli.h"

#include "ctl/common/help.h"
#include "t.h"

static int
nothing(struct cli *cli, struct diag *d)
{
	(void)cli;
	(void)d;
	return ERR_OK;
}

static const struct option_spec add_options[] = {
	{ "pin-ek", NULL, "accept the EK", false },
	{ "level", "L", "which", false },
	{ "guardian", "G", "one of several", true },
	{ "o", "FILE", "output", false },
	{ NULL },
};
static const struct option_spec show_options[] = {
	{ "level", NULL, "a flag here, a value there", false },
	{ NULL },
};
static const struct command commands[] = {
	{ "host", "add", "NAME FILE", add_options, "register a host", nothing },
	{ "host", "show", "[NAME]", show_options, "show a host", nothing },
	{ "merge", NULL, "FILE...", NULL, "merge files", nothing },
	{ "status", NULL, "", NULL, "say how it is", nothing },
};
static const struct program program = { "prog", "a program", commands,
	ARRAY_LEN(commands) };

struct line {
	const char *words[8];
	const char *says; /* NULL: accepted */
};

static const struct line lines[] = {
	{ { "host", "add", "kvm1", "f" }, NULL },
	{ { "host", "add", "kvm1", "-" }, NULL },
	{ { "--pin-ek", "host", "add", "kvm1", "f", "--level", "3" }, NULL },
	{ { "host", "add", "--level=3", "kvm1", "f", "-o", "x" }, NULL },
	{ { "host", "add", "--guardian", "a", "--guardian", "b", "k", "f" },
	    NULL },
	{ { "host", "show" }, NULL },
	{ { "host", "show", "--level", "kvm1" }, NULL },
	{ { "host", "show", "--level=1" }, "--level: takes no value" },
	{ { "merge", "a", "b", "c" }, NULL },
	{ { "merge", "--", "--a" }, NULL },
	{ { "status", "--json", "-q", "-v", "--root", "/x" }, NULL },
	{ { NULL }, "no command given" },
	{ { "host" }, "host: which?" },
	{ { "host", "eat" }, "host eat: no such command" },
	{ { "hots", "add" }, "hots: no such command" },
	{ { "host", "add", "kvm1" }, "FILE is missing" },
	{ { "host", "add", "kvm1", "f", "g" }, "g: one argument too many" },
	{ { "host", "add", "../x", "f" }, "NAME" },
	{ { "host", "add", "a b", "f" }, "NAME" },
	{ { "host", "add", ".a", "f" }, "NAME" },
	{ { "host", "add", "", "f" }, "NAME" },
	{ { "merge" }, "FILE is missing" },
	{ { "status", "--pin-ek" }, "--pin-ek: no such option here" },
	{ { "status", "-pin-ek" }, "-pin-ek: no such option" },
	{ { "status", "--o", "x" }, "--o: no such option" },
	{ { "status", "--json=1" }, "--json: takes no value" },
	{ { "host", "add", "k", "f", "--level" }, "--level: needs a value" },
	{ { "host", "add", "k", "f", "--pin-ek", "--pin-ek" },
	    "--pin-ek: given twice" },
	{ { "status", "--passphrase-fd", "x" }, "--passphrase-fd: " },
	{ { "status", "--\x1b[2J" }, "--\\x1b[2J: no such option" },
};

static void
check_lines(void)
{
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		char *argv[9], name[] = "prog", text[8][32], all[256] = "";
		struct diag d = { 0 };
		struct cli cli;
		int argc = 1, r;

		argv[0] = name;
		for (size_t k = 0; k < 8 && lines[i].words[k] != NULL; k++) {
			size_t at = strlen(all);

			(void)snprintf(text[k], sizeof(text[k]), "%s",
			    lines[i].words[k]);
			argv[argc++] = text[k];
			(void)snprintf(all + at, sizeof(all) - at, " %s",
			    strchr(text[k], 27) != NULL ? "(escape)" : text[k]);
		}
		r = cli_parse(&program, argc, argv, &cli, &d);
		if (lines[i].says == NULL)
			CHECK(r == ERR_OK, "prog%s: accepted %s", all, d.text);
		else
			CHECK(r == ERR_USAGE &&
				strncmp(d.text, lines[i].says,
				    strlen(lines[i].says)) == 0,
			    "prog%s: refused: %s", all, d.text);
		cli_clear(&cli);
	}
}

static void
check_values(void)
{
	char w[12][16] = { "prog", "host", "add", "k", "f", "--guardian", "a",
		"--guardian=b", "--passphrase-fd", "7", "--root=/r", "--yes" };
	char *argv[12], path[32];
	struct cli cli;
	struct diag d;

	for (size_t i = 0; i < 12; i++)
		argv[i] = w[i];
	CHECK(cli_parse(&program, 12, argv, &cli, &d) == ERR_OK &&
		strcmp(cli_arg(&cli, 0), "k") == 0 &&
		strcmp(cli_arg(&cli, 1), "f") == 0 && cli_arg(&cli, 2) == NULL,
	    "arguments come in order");
	CHECK(strcmp(cli_option_at(&cli, "guardian", 0), "a") == 0 &&
		strcmp(cli_option_at(&cli, "guardian", 1), "b") == 0 &&
		cli_option_at(&cli, "guardian", 2) == NULL &&
		!cli_flag(&cli, "pin-ek"),
	    "an option that repeats keeps all its values");
	CHECK(cli.passphrase_fd == 7 && cli.yes && !cli.json &&
		cli_path(&cli, "/etc", path, sizeof(path), &d) == ERR_OK &&
		strcmp(path, "/r/etc") == 0,
	    "common options are set");
}

static void
check_help(void)
{
	char w[2][8] = { "prog", "help" }, *argv[] = { w[0], w[1] }, *text;
	struct cli cli;
	struct diag d = { 0 };
	size_t n;
	FILE *f = open_memstream(&text, &n);

	CHECK(cli_parse(&program, 2, argv, &cli, &d) == ERR_OK &&
		cli.command == NULL && help_print(&cli, f, &d) == ERR_OK,
	    "help needs no command");
	(void)fclose(f);
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		CHECK(strstr(text, commands[i].help) != NULL, "help names: %s",
		    commands[i].help);
	free(text);
	cli.args[1] = "nonsense";
	cli.n_args = 2;
	f = open_memstream(&text, &n);
	CHECK(help_print(&cli, f, &d) == ERR_USAGE,
	    "help for what there is not: %s", d.text);
	(void)fclose(f);
	free(text);
}

int
main(void)
{
	check_lines();
	check_values();
	check_help();
	CHECK(cli_exit_code(ERR_OK) == 0 && cli_exit_code(ERR_REFUSED) == 1 &&
		cli_exit_code(ERR_NOT_FOUND) == 1 &&
		cli_exit_code(ERR_USAGE) == 2 && cli_exit_code(ERR_IO) == 3,
	    "exit codes are 0 done, 1 refused, 2 usage, 3 system");
	return t_done();
}
