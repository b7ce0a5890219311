/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/common/parse.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define SHOWN_MAX 64

const struct option_spec common_options[] = {
	{ "root", "DIR", "take every path below DIR", false },
	{ "json", NULL, "print one JSON object", false },
	{ "passphrase-fd", "N", "read the passphrase from descriptor N",
	    false },
	{ "yes", NULL, "answer every question with yes", false },
	{ "q", NULL, "print only errors and asked-for output", false },
	{ "v", NULL, "say more", false },
	{ "h", NULL, "show help", false },
	{ NULL },
};

/* The words of one command line, as they are taken apart. */
struct words {
	struct cli *cli;
	int argc;
	char **argv;
	int next;
	bool only_arguments; /* after "--" */
	bool help;
	const char *word[CLI_ARGS_MAX + 2]; /* noun, verb, arguments */
	size_t n_words;
	struct {
		const char *name;
		size_t name_len;
		const char *value; /* after "="; NULL: none */
		int at;
	} option[CLI_OPTIONS_MAX];
	size_t n_options;
};

static void
show(const char *text, size_t len, char ret[static SHOWN_MAX])
{
	text_escape(bytes_of(text, len), ret, SHOWN_MAX);
}

bool
arg_spec_next(const char **p, struct arg_spec *ret)
{
	const char *w = *p + strspn(*p, " ");
	size_t n = strcspn(w, " ");

	if (n == 0)
		return false;
	*p = w + n;
	*ret = (struct arg_spec){ .optional = w[0] == '[' };
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(ret->name);

		if (w[i] == '.')
			ret->repeats = true;
		else if (w[i] != '[' && w[i] != ']' &&
		    len + 1 < sizeof(ret->name))
			ret->name[len] = w[i];
	}
	return true;
}

bool
arg_spec_is_name(const struct arg_spec *a)
{
	static const char *const names[] = { "NAME", "HOST", "VM", "OWNER",
		"GUARDIAN", "POLICY" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(a->name, names[i]) == 0)
			return true;
	return false;
}

static const struct option_spec *
find_in(const struct option_spec *list, const char *name, size_t len)
{
	for (; list != NULL && list->name != NULL; list++)
		if (strlen(list->name) == len &&
		    strncmp(list->name, name, len) == 0)
			return list;
	return NULL;
}

/* The command that the words so far name; NULL: not yet one. */
static const struct command *
command_so_far(const struct words *w)
{
	const struct program *p = w->cli->program;

	for (size_t i = 0; w->n_words > 0 && i < p->n_commands; i++) {
		const struct command *c = &p->commands[i];

		if (strcmp(c->noun, w->word[0]) == 0 &&
		    (c->verb == NULL ||
			(w->n_words > 1 && strcmp(c->verb, w->word[1]) == 0)))
			return c;
	}
	return NULL;
}

/* The command's own word on it; before there is one, any command's. */
static bool
takes_value(const struct words *w, const char *name, size_t len)
{
	const struct program *p = w->cli->program;
	const struct command *c = command_so_far(w);
	const struct option_spec *o = find_in(common_options, name, len);

	if (o == NULL && c != NULL)
		o = find_in(c->options, name, len);
	if (o != NULL)
		return o->value != NULL;
	for (size_t i = 0; i < p->n_commands; i++) {
		o = find_in(p->commands[i].options, name, len);
		if (o != NULL)
			return o->value != NULL;
	}
	return false;
}

static int
take_option(struct words *w, const char *word, struct diag *d)
{
	bool is_long = word[1] == '-';
	const char *name = word + (is_long ? 2 : 1);
	size_t len = is_long ? strcspn(name, "=") : strlen(name);
	const char *value = name[len] == '=' ? name + len + 1 : NULL;
	char shown[SHOWN_MAX];

	show(word, strlen(word), shown);
	/* One letter is written with one dash, and only so. */
	if (len == 0 || (len == 1) == is_long)
		return diag_fail(d, ERR_USAGE, "%s: no such option", shown);
	if (w->n_options == CLI_OPTIONS_MAX)
		return diag_fail(d, ERR_USAGE, "more than %d options",
		    CLI_OPTIONS_MAX);
	if (value == NULL && takes_value(w, name, len)) {
		if (w->next == w->argc)
			return diag_fail(d, ERR_USAGE, "%s: needs a value",
			    shown);
		value = w->argv[w->next++];
	}
	w->option[w->n_options].name = name;
	w->option[w->n_options].name_len = len;
	w->option[w->n_options].value = value;
	w->n_options++;
	return ERR_OK;
}

static int
split(struct words *w, struct diag *d)
{
	int r;

	while (w->next < w->argc) {
		const char *word = w->argv[w->next++];

		if (!w->only_arguments && strcmp(word, "--") == 0) {
			w->only_arguments = true;
			continue;
		}
		if (!w->only_arguments && strcmp(word, "--help") == 0) {
			w->help = true;
			continue;
		}
		if (!w->only_arguments && word[0] == '-' && word[1] != '\0') {
			if ((r = take_option(w, word, d)) < 0)
				return r;
			continue;
		}
		if (w->n_words == ARRAY_LEN(w->word))
			return diag_fail(d, ERR_USAGE, "too many arguments");
		w->word[w->n_words++] = word;
	}
	return ERR_OK;
}

/* Noun and verb, or a noun alone; sets how many words they took. */
static int
find_command(const struct words *w, const struct command **ret,
    size_t *ret_used, struct diag *d)
{
	const struct program *p = w->cli->program;
	char noun[SHOWN_MAX], verb[SHOWN_MAX] = "";
	bool noun_known = false;

	if (w->n_words == 0)
		return diag_fail(d, ERR_USAGE, "no command given");
	for (size_t i = 0; i < p->n_commands; i++) {
		const struct command *c = &p->commands[i];

		if (strcmp(c->noun, w->word[0]) != 0)
			continue;
		noun_known = true;
		if (c->verb != NULL &&
		    (w->n_words < 2 || strcmp(c->verb, w->word[1]) != 0))
			continue;
		*ret = c;
		*ret_used = c->verb == NULL ? 1 : 2;
		return ERR_OK;
	}
	show(w->word[0], strlen(w->word[0]), noun);
	if (noun_known && w->n_words < 2)
		return diag_fail(d, ERR_USAGE, "%s: which? see '%s help %s'",
		    noun, p->name, noun);
	if (w->n_words > 1)
		show(w->word[1], strlen(w->word[1]), verb);
	return diag_fail(d, ERR_USAGE, "%s%s%s: no such command", noun,
	    noun_known ? " " : "", noun_known ? verb : "");
}

static int
set_common(struct cli *cli, const char *name, const char *value, struct diag *d)
{
	uint64_t fd;
	int r;

	if (strcmp(name, "root") == 0)
		cli->root = value;
	else if (strcmp(name, "json") == 0)
		cli->json = true;
	else if (strcmp(name, "yes") == 0)
		cli->yes = true;
	else if (strcmp(name, "q") == 0)
		cli->quiet = true;
	else if (strcmp(name, "v") == 0)
		cli->verbose = true;
	else if (strcmp(name, "passphrase-fd") == 0) {
		r = number_parse("--passphrase-fd", bytes_of_text(value), 0,
		    1023, &fd, d);
		if (r < 0)
			return ERR_USAGE;
		cli->passphrase_fd = (int)fd;
	}
	return ERR_OK;
}

static int
set_option(struct words *w, size_t i, struct diag *d)
{
	const char *name = w->option[i].name, *value = w->option[i].value;
	size_t len = w->option[i].name_len;
	struct cli *cli = w->cli;
	const struct option_spec *list =
	    cli->command != NULL ? cli->command->options : NULL;
	const struct option_spec *o = find_in(list, name, len);
	bool common = o == NULL;
	char shown[SHOWN_MAX];

	if (common)
		o = find_in(common_options, name, len);
	show(name, len, shown);
	if (o == NULL)
		return diag_fail(d, ERR_USAGE, "%s%s: no such option here",
		    len == 1 ? "-" : "--", shown);
	if ((o->value != NULL) != (value != NULL))
		return diag_fail(d, ERR_USAGE, "%s%s: %s",
		    len == 1 ? "-" : "--", shown,
		    o->value != NULL ? "needs a value" : "takes no value");
	if (!o->repeats && cli_option(cli, o->name) != NULL)
		return diag_fail(d, ERR_USAGE, "%s%s: given twice",
		    len == 1 ? "-" : "--", shown);
	cli->given[cli->n_given].option = o;
	cli->given[cli->n_given].value = value != NULL ? value : "";
	cli->n_given++;
	return common ? set_common(cli, o->name, value, d) : ERR_OK;
}

static int
set_arguments(struct words *w, size_t used, struct diag *d)
{
	struct cli *cli = w->cli;
	const char *p = cli->command->args;
	size_t i = used;
	struct arg_spec a;
	int r;

	while (arg_spec_next(&p, &a)) {
		bool first = true;

		for (; i < w->n_words && (first || a.repeats); i++) {
			if (arg_spec_is_name(&a) &&
			    (r = name_check(a.name, bytes_of_text(w->word[i]),
				 d)) < 0)
				return ERR_USAGE;
			if (cli->n_args == CLI_ARGS_MAX)
				return diag_fail(d, ERR_USAGE,
				    "too many arguments");
			cli->args[cli->n_args++] = w->word[i];
			first = false;
		}
		if (first && !a.optional)
			return diag_fail(d, ERR_USAGE, "%s is missing", a.name);
	}
	if (i < w->n_words) {
		char shown[SHOWN_MAX];

		show(w->word[i], strlen(w->word[i]), shown);
		return diag_fail(d, ERR_USAGE, "%s: one argument too many",
		    shown);
	}
	return ERR_OK;
}

/* Words after "help" stay arguments; help_print() knows them. */
static bool
is_help(struct words *w)
{
	static const char *const own[] = { "help", "completion", "commands" };

	for (size_t i = 0; i < ARRAY_LEN(own); i++)
		if (w->n_words > 0 && strcmp(w->word[0], own[i]) == 0)
			return true;
	return w->help;
}

int
cli_parse(const struct program *p, int argc, char **argv, struct cli *ret,
    struct diag *d)
{
	struct words w = { .cli = ret, .argc = argc, .argv = argv, .next = 1 };
	size_t used = 0;
	int r;

	*ret = (struct cli){ .program = p, .root = "", .passphrase_fd = -1 };
	if ((r = split(&w, d)) < 0)
		return r;
	/* So that even a usage error is JSON when JSON was asked for. */
	for (size_t i = 0; i < w.n_options; i++) {
		if (w.option[i].name_len == 4 &&
		    strncmp(w.option[i].name, "json", 4) == 0)
			ret->json = true;
		if (w.option[i].name_len == 1 && w.option[i].name[0] == 'h')
			w.help = true;
	}
	if (is_help(&w)) {
		for (size_t i = 0; i < w.n_words && i < CLI_ARGS_MAX; i++)
			ret->args[ret->n_args++] = w.word[i];
		return ERR_OK;
	}
	if ((r = find_command(&w, &ret->command, &used, d)) < 0)
		return r;
	for (size_t i = 0; i < w.n_options; i++)
		if ((r = set_option(&w, i, d)) < 0)
			return r;
	return set_arguments(&w, used, d);
}
