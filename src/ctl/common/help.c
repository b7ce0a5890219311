/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/common/help.h"

#include <string.h>

#include "base/text.h"
#include "ctl/common/parse.h"

#define COLUMN 40

static void
put_command(const struct program *p, const struct command *c, FILE *out)
{
	int n;

	n = fprintf(out, "  %s%s%s%s%s", c->noun, c->verb != NULL ? " " : "",
	    c->verb != NULL ? c->verb : "", c->args[0] != '\0' ? " " : "",
	    c->args);
	(void)p;
	if (n < COLUMN)
		(void)fprintf(out, "%*s%s\n", COLUMN - n, "", c->help);
	else
		(void)fprintf(out, "\n%*s%s\n", COLUMN, "", c->help);
}

static void
put_option(const struct option_spec *o, const char *indent, FILE *out)
{
	bool is_long = strlen(o->name) > 1;
	int n =
	    fprintf(out, "%s%s%s%s%s", indent, is_long ? "--" : "-", o->name,
		o->value == NULL ? ""
		    : is_long    ? "="
				 : " ",
		o->value == NULL ? "" : o->value);

	(void)fprintf(out, "%*s%s\n", n < COLUMN ? COLUMN - n : 1, "", o->help);
}

static void
put_all(const struct program *p, FILE *out)
{
	(void)fprintf(out,
	    "%s: %s\n\nusage: %s NOUN VERB [NAME] [FILE] "
	    "[--option[=VALUE]]\n\n",
	    p->name, p->title, p->name);
	for (size_t i = 0; i < p->n_commands; i++)
		put_command(p, &p->commands[i], out);
	(void)fprintf(out, "  help [NOUN]%*sthis text, or a noun's\n",
	    COLUMN - 13, "");
	(void)fprintf(out, "  completion%*sa completion script for bash\n",
	    COLUMN - 12, "");
	(void)fprintf(out, "\ncommon options:\n");
	for (const struct option_spec *o = common_options; o->name != NULL; o++)
		put_option(o, "  ", out);
	(void)fprintf(out,
	    "\nexit status: 0 done, 1 refused, 2 usage, "
	    "3 system\n");
}

static bool
put_noun(const struct program *p, const char *noun, FILE *out)
{
	bool found = false;

	for (size_t i = 0; i < p->n_commands; i++) {
		const struct command *c = &p->commands[i];

		if (strcmp(c->noun, noun) != 0)
			continue;
		found = true;
		put_command(p, c, out);
		for (const struct option_spec *o = c->options;
		     o != NULL && o->name != NULL; o++)
			put_option(o, "      ", out);
	}
	return found;
}

static void
put_verbs(const struct program *p, const char *noun, FILE *out)
{
	(void)fprintf(out, "\t%s) words=\"", noun);
	for (size_t i = 0; i < p->n_commands; i++) {
		const struct command *c = &p->commands[i];

		if (strcmp(c->noun, noun) != 0)
			continue;
		if (c->verb != NULL)
			(void)fprintf(out, "%s ", c->verb);
		for (const struct option_spec *o = c->options;
		     o != NULL && o->name != NULL; o++)
			if (strlen(o->name) > 1)
				(void)fprintf(out, "--%s ", o->name);
	}
	(void)fprintf(out, "\" ;;\n");
}

static bool
first_of_noun(const struct program *p, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (strcmp(p->commands[i].noun, p->commands[j].noun) == 0)
			return false;
	return true;
}

static void
put_completion(const struct program *p, FILE *out)
{
	(void)fprintf(out,
	    "_%s() {\n\tlocal words cur=${COMP_WORDS[COMP_CWORD]}\n"
	    "\tCOMPREPLY=()\n\tcase ${COMP_WORDS[1]} in\n",
	    p->name);
	for (size_t i = 0; i < p->n_commands; i++)
		if (first_of_noun(p, i))
			put_verbs(p, p->commands[i].noun, out);
	(void)fprintf(out,
	    "\t*) words= ;;\n\tesac\n"
	    "\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n"
	    "\t\twords=\"help completion ");
	for (size_t i = 0; i < p->n_commands; i++)
		if (first_of_noun(p, i))
			(void)fprintf(out, "%s ", p->commands[i].noun);
	(void)fprintf(out,
	    "\"\n\tfi\n\tmapfile -t COMPREPLY < "
	    "<(compgen -W \"$words\" -- \"$cur\")\n}\n"
	    "complete -o default -F _%s %s\n",
	    p->name, p->name);
}

static void
put_commands(const struct program *p, FILE *out)
{
	for (size_t i = 0; i < p->n_commands; i++) {
		const struct command *c = &p->commands[i];

		(void)fprintf(out, "%s%s%s", c->noun,
		    c->verb != NULL ? " " : "", c->verb != NULL ? c->verb : "");
		for (const struct option_spec *o = c->options;
		     o != NULL && o->name != NULL; o++)
			(void)fprintf(out, " %s%s",
			    strlen(o->name) > 1 ? "--" : "-", o->name);
		(void)fprintf(out, "\n");
	}
}

int
help_print(const struct cli *cli, FILE *out, struct diag *d)
{
	const struct program *p = cli->program;
	const char *what = cli_arg(cli, 0);
	char shown[64];

	if (what != NULL && strcmp(what, "help") == 0)
		what = cli_arg(cli, 1);
	else if (what != NULL && strcmp(what, "completion") == 0) {
		put_completion(p, out);
		return ERR_OK;
	} else if (what != NULL && strcmp(what, "commands") == 0) {
		put_commands(p, out);
		return ERR_OK;
	}
	if (what == NULL) {
		put_all(p, out);
		return ERR_OK;
	}
	if (put_noun(p, what, out))
		return ERR_OK;
	text_escape(bytes_of_text(what), shown, sizeof(shown));
	return diag_fail(d, ERR_USAGE, "%s: no such command", shown);
}
