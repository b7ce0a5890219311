/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/guardctl/grub_conf.h"

#include <ctype.h>
#include <string.h>

#include "ctl/guardctl/boot_words.h"

static const char *const names[GRUB_VARIABLES] = { "GRUB_CMDLINE_LINUX",
	"GRUB_CMDLINE_LINUX_DEFAULT" };

struct scan {
	const char *file;
	struct bytes in;
	size_t at;
	unsigned line;
	struct grub_conf *g;
};

void
grub_conf_free(struct grub_conf *g)
{
	for (size_t i = 0; i < GRUB_VARIABLES; i++)
		buf_free(&g->value[i]);
}

static bool
at_end(const struct scan *s)
{
	return s->at >= s->in.len;
}

static char
here(const struct scan *s)
{
	return at_end(s) ? '\0' : (char)s->in.p[s->at];
}

static void
step(struct scan *s)
{
	if (here(s) == '\n')
		s->line++;
	s->at++;
}

static int
fail(const struct scan *s, const char *why, struct diag *d)
{
	return diag_fail(d, ERR_UNSUPPORTED, "%s:%u: %s", s->file, s->line,
	    why);
}

static bool
is_name_char(char c)
{
	return isalnum((unsigned char)c) != 0 || c == '_';
}

/* The word of name characters from here on; moves behind it. */
static struct bytes
take_name(struct scan *s)
{
	size_t from = s->at;

	while (is_name_char(here(s)))
		s->at++;
	return bytes_of(s->in.p + from, s->at - from);
}

static bool
find_variable(struct bytes name, enum grub_variable *ret)
{
	for (unsigned i = 0; i < GRUB_VARIABLES; i++)
		if (bytes_equal_text(name, names[i])) {
			*ret = (enum grub_variable)i;
			return true;
		}
	return false;
}

/* "$NAME" or "${NAME}" of one of the two variables. */
static int
put_reference(struct scan *s, struct buf *out, struct diag *d)
{
	enum grub_variable v;
	bool braces;

	step(s);
	braces = here(s) == '{';
	if (braces)
		step(s);
	if (!find_variable(take_name(s), &v) || (braces && here(s) != '}'))
		return fail(s,
		    "the command line is made by a program or from another "
		    "variable: write its words out",
		    d);
	if (braces)
		step(s);
	(void)buf_put(out, buf_bytes(&s->g->value[v]));
	return ERR_OK;
}

/* A backslash keeps the next character; a continued line is no character. */
static void
put_escaped(struct scan *s, bool quoted, struct buf *out)
{
	step(s);
	if (at_end(s))
		return;
	if (quoted && strchr("$`\"\\\n", here(s)) == NULL)
		(void)buf_put_u8(out, '\\');
	if (here(s) != '\n')
		(void)buf_put_u8(out, (uint8_t)here(s));
	step(s);
}

static int
put_quoted(struct scan *s, char quote, struct buf *out, struct diag *d)
{
	int r;

	step(s);
	while (!at_end(s) && here(s) != quote) {
		if (quote == '"' && here(s) == '`')
			return fail(s,
			    "the command line is made by a program: write its "
			    "words out",
			    d);
		if (quote == '"' && here(s) == '$') {
			if ((r = put_reference(s, out, d)) < 0)
				return r;
		} else if (quote == '"' && here(s) == '\\') {
			put_escaped(s, true, out);
		} else {
			(void)buf_put_u8(out, (uint8_t)here(s));
			step(s);
		}
	}
	if (at_end(s))
		return fail(s, "a quote is not closed", d);
	step(s);
	return ERR_OK;
}

/* The right side of an assignment, to the first unquoted blank. */
static int
put_value(struct scan *s, struct buf *out, struct diag *d)
{
	int r = ERR_OK;

	while (!at_end(s) && strchr(" \t\n;&|", here(s)) == NULL) {
		char c = here(s);

		if (c == '"' || c == '\'') {
			r = put_quoted(s, c, out, d);
		} else if (c == '$') {
			r = put_reference(s, out, d);
		} else if (c == '`' || c == '(') {
			r = fail(s,
			    "the command line is made by a program: write its "
			    "words out",
			    d);
		} else if (c == '\\') {
			put_escaped(s, false, out);
		} else {
			(void)buf_put_u8(out, (uint8_t)c);
			step(s);
		}
		if (r < 0)
			return r;
	}
	return ERR_OK;
}

static int
assign(struct scan *s, enum grub_variable v, bool more, struct diag *d)
{
	auto_buf struct buf value = BUF_INIT(GRUB_VALUE_MAX);
	struct buf *to = &s->g->value[v];
	int r;

	if (more)
		(void)buf_put(&value, buf_bytes(to));
	if ((r = put_value(s, &value, d)) < 0)
		return r;
	if ((r = buf_check(&value, names[v], d)) < 0) {
		diag_prefix(d, "%s:%u", s->file, s->line);
		return r;
	}
	buf_free(to);
	*to = (struct buf)BUF_INIT(GRUB_VALUE_MAX);
	(void)buf_put(to, buf_bytes(&value));
	return buf_check(to, names[v], d);
}

/* Behind a quote that another variable's value may have. */
static void
skip_line(struct scan *s)
{
	char quote = '\0';

	while (!at_end(s) && (quote != '\0' || here(s) != '\n')) {
		char c = here(s);

		if (c == '\\' && quote != '\'') {
			step(s);
			if (at_end(s))
				return;
		} else if (quote == '\0' && c == '#') {
			while (!at_end(s) && here(s) != '\n')
				step(s);
			return;
		} else if (quote == '\0' && (c == '"' || c == '\'')) {
			quote = c;
		} else if (c == quote) {
			quote = '\0';
		}
		step(s);
	}
}

/* One command; what is no assignment to the two is passed over. */
static int
read_command(struct scan *s, struct diag *d)
{
	enum grub_variable v;
	struct bytes name;
	bool more;
	int r;

	while (here(s) == ' ' || here(s) == '\t' || here(s) == ';')
		step(s);
	name = take_name(s);
	if (bytes_equal_text(name, "export")) {
		while (here(s) == ' ' || here(s) == '\t')
			step(s);
		name = take_name(s);
	}
	more = here(s) == '+';
	if (find_variable(name, &v) &&
	    (here(s) == '=' ||
		(more && s->at + 1 < s->in.len && s->in.p[s->at + 1] == '='))) {
		s->at += more ? 2 : 1;
		if ((r = assign(s, v, more, d)) < 0)
			return r;
		/* Another may stand behind it, on the same line. */
		if (here(s) == ' ' || here(s) == '\t' || here(s) == ';')
			return ERR_OK;
	}
	skip_line(s);
	if (!at_end(s))
		step(s);
	return ERR_OK;
}

int
grub_conf_read(struct grub_conf *g, const char *file, struct bytes text,
    struct diag *d)
{
	struct scan s = { .file = file, .in = text, .line = 1, .g = g };
	int r;

	if (text.len > 0 && memchr(text.p, '\0', text.len) != NULL)
		return fail(&s, "holds a NUL byte", d);
	while (!at_end(&s))
		if ((r = read_command(&s, d)) < 0)
			return r;
	return ERR_OK;
}

int
grub_conf_words(const struct grub_conf *g, struct buf *ret, struct diag *d)
{
	(void)buf_put(ret, buf_bytes(&g->value[GRUB_LINUX]));
	(void)buf_put_u8(ret, ' ');
	(void)buf_put(ret, buf_bytes(&g->value[GRUB_LINUX_DEFAULT]));
	return buf_check(ret, "command line", d);
}

/* "linux FILE WORDS", "linuxefi ..." or "linux16 ...". */
static bool
is_entry(struct bytes *line)
{
	static const char *const commands[] = { "linux", "linuxefi",
		"linux16" };

	while (line->len > 0 && isspace(line->p[0]) != 0)
		*line = bytes_of(line->p + 1, line->len - 1);
	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		size_t n = strlen(commands[i]);

		if (line->len > n &&
		    bytes_equal_text(bytes_of(line->p, n), commands[i]) &&
		    (line->p[n] == ' ' || line->p[n] == '\t')) {
			*line = bytes_of(line->p + n, line->len - n);
			return true;
		}
	}
	return false;
}

/* Memory testers have no root=; an entry for repairs is not the first. */
static bool
starts_system(struct bytes line)
{
	static const char root[] = " root=";

	return memmem(line.p, line.len, root, strlen(root)) != NULL;
}

bool
grub_cfg_has(struct bytes grub_cfg, const char *const *words, size_t n)
{
	size_t from = 0;

	for (size_t i = 0; i <= grub_cfg.len; i++) {
		struct bytes line;

		if (i < grub_cfg.len && grub_cfg.p[i] != '\n')
			continue;
		line = bytes_of(grub_cfg.p + from, i - from);
		from = i + 1;
		if (!is_entry(&line) || !starts_system(line))
			continue;
		for (size_t k = 0; k < n; k++)
			if (boot_words_count(line, words[k]) == 0)
				return false;
		return true;
	}
	return false;
}
