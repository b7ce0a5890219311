/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/common/cli.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "conf/paths.h"
#include "ctl/common/help.h"
#include "ctl/common/parse.h"
#include "ctl/common/reply.h"

int
cli_exit_code(int err)
{
	switch ((enum err)err) {
	case ERR_OK:
		return 0;
	case ERR_USAGE:
		return 2;
	case ERR_IO:
	case ERR_NOMEM:
	case ERR_TIMEOUT:
	case ERR_TPM:
	case ERR_PROTOCOL:
		return 3;
	case ERR_SHORT:
	case ERR_FORMAT:
	case ERR_LIMIT:
	case ERR_UNSUPPORTED:
	case ERR_REFUSED:
	case ERR_NOT_FOUND:
	case ERR_EXISTS:
	case ERR_CONFLICT:
	case ERR_CRYPTO:
		return 1;
	}
	return 3;
}

const char *
cli_arg(const struct cli *cli, size_t i)
{
	return i < cli->n_args ? cli->args[i] : NULL;
}

const char *
cli_option_at(const struct cli *cli, const char *name, size_t i)
{
	for (size_t k = 0; k < cli->n_given; k++)
		if (strcmp(cli->given[k].option->name, name) == 0 && i-- == 0)
			return cli->given[k].value;
	return NULL;
}

const char *
cli_option(const struct cli *cli, const char *name)
{
	return cli_option_at(cli, name, 0);
}

bool
cli_flag(const struct cli *cli, const char *name)
{
	return cli_option(cli, name) != NULL;
}

int
cli_path(const struct cli *cli, const char *path, char *ret, size_t size,
    struct diag *d)
{
	return path_under(cli->root, path, ret, size, d);
}

int
cli_read_input(const struct cli *cli, const char *file, size_t max,
    struct buf *ret, struct diag *d)
{
	(void)cli;
	if (strcmp(file, "-") == 0)
		return file_read_fd(STDIN_FILENO, "standard input", max, ret,
		    d);
	return file_read(AT_FDCWD, file, max, ret, d);
}

int
cli_write_output(struct cli *cli, const char *file, mode_t mode,
    struct bytes contents, struct diag *d)
{
	if (file != NULL && strcmp(file, "-") != 0)
		return file_create(AT_FDCWD, file, mode, contents, d);
	cli->raw_output = true;
	return file_write_all(STDOUT_FILENO, contents, d);
}

void
cli_clear(struct cli *cli)
{
	json_decref(cli->lines);
	json_decref(cli->data);
	json_decref(cli->reasons);
	cli->lines = cli->data = cli->reasons = NULL;
}

void
cli_forget_answer(struct cli *cli)
{
	cli_clear(cli);
	cli->message[0] = '\0';
	cli->undo[0] = '\0';
}

int
cli_main(const struct program *p, int argc, char **argv)
{
	struct cli cli = { 0 };
	struct diag d = { 0 };
	int r = cli_parse(p, argc, argv, &cli, &d);

	if (r == ERR_OK && cli.command == NULL) {
		/* help, completion and -h: no handler of the program's. */
		r = help_print(&cli, stdout, &d);
		if (r == ERR_OK)
			return 0;
	} else if (r == ERR_OK) {
		r = cli.command->run(&cli, &d);
	}
	reply_print(&cli, r, &d);
	if (r == ERR_USAGE && !cli.json)
		(void)fprintf(stderr, "try: %s help%s%s\n", p->name,
		    cli.command != NULL ? " " : "",
		    cli.command != NULL ? cli.command->noun : "");
	cli_clear(&cli);
	return cli_exit_code(r);
}
