/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/grub_script.h"

#include "policy/grub_menu.h"

#define KEYWORD_MAX 8

enum stop { STOP_END, STOP_THEN, STOP_ELIF, STOP_ELSE, STOP_FI };

static int run_list(struct grub_script *s, struct reader *r, bool active,
    enum stop *ret, struct diag *d);

static int
refuse(const struct grub_script *s, const struct reader *r, struct diag *d,
    const char *why)
{
	unsigned line = 1;

	for (const uint8_t *p = s->cfg.p; p < r->in.p + r->off; p++)
		line += *p == '\n';
	return diag_fail(d, ERR_REFUSED, "grub.cfg: line %u: %s", line, why);
}

/* Blanks, empty lines, comments between two statements. */
static void
skip_to_statement(struct reader *r)
{
	struct reader t = *r;
	bool comment = false;
	uint8_t c;

	while (reader_u8(&t, &c)) {
		if (c == '#')
			comment = true;
		if (c == '\n')
			comment = false;
		else if (!comment && c != ' ' && c != '\t' && c != ';')
			return;
		*r = t;
	}
}

static struct bytes
word_ahead(const struct reader *r)
{
	struct reader t = *r;
	size_t n = 0;
	uint8_t c;

	while (n < KEYWORD_MAX && reader_u8(&t, &c) && c >= 'a' && c <= 'z')
		n++;
	t = *r;
	if (reader_left(r) > n) {
		c = r->in.p[r->off + n];
		if (c != ' ' && c != '\t' && c != '\n' && c != ';')
			return BYTES_NONE;
	}
	return bytes_of(r->in.p + r->off, n);
}

/* Takes this word if it is the next one. */
static bool
take_keyword(struct reader *r, const char *keyword)
{
	struct bytes word = word_ahead(r);

	return word.len > 0 && bytes_equal_text(word, keyword) &&
	    reader_skip(r, word.len);
}

static int
define(struct grub_script *s, struct reader *r, struct diag *d)
{
	struct reader at = *r;
	struct grub_command c;

	if (grub_command_read(r, &c, NULL) < 0 || c.block.p == NULL ||
	    c.n != 2 || c.parts[0].variable)
		return refuse(s, &at, d, "no function that is understood");
	for (size_t i = 0; i < s->n_functions; i++)
		if (bytes_equal(s->functions[i].name, c.parts[0].text)) {
			s->functions[i].body = c.block;
			return ERR_OK;
		}
	if (s->n_functions == GRUB_FUNCTIONS_MAX)
		return refuse(s, &at, d, "too many functions");
	s->functions[s->n_functions].name = c.parts[0].text;
	s->functions[s->n_functions++].body = c.block;
	return ERR_OK;
}

static int
run_body(struct grub_script *s, struct bytes body, bool menu, struct diag *d)
{
	struct reader r = reader_of(body);
	enum stop stop;
	int e;

	if (s->depth == GRUB_DEPTH_MAX)
		return refuse(s, &r, d, "functions and menus nested too deep");
	s->depth++;
	s->ops->enter(s->ctx, menu);
	if ((e = run_list(s, &r, true, &stop, d)) == ERR_OK && !s->ended &&
	    stop != STOP_END)
		e = refuse(s, &r, d, "a condition is not whole");
	s->ops->leave(s->ctx);
	s->depth--;
	return e;
}

/* These execute what is elsewhere, or not what comes next. */
static bool
is_flow(struct bytes name)
{
	static const char *const names[] = { "source", ".", "configfile",
		"eval", "normal", "normal_exit", "exit", "return", "break",
		"continue", "shift", "setparams", "halt", "reboot",
		"extract_entries_source", "extract_entries_configfile",
		"extract_legacy_entries_source", "legacy_source",
		"legacy_configfile", "syslinux_source", "syslinux_configfile",
		"chainloader", "authenticate", "!" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (bytes_equal_text(name, names[i]))
			return true;
	return false;
}

static int
run_command(struct grub_script *s, struct reader *r, bool active,
    struct diag *d)
{
	struct reader at = *r;
	struct grub_command c;
	struct grub_words w;
	int e;

	if (grub_command_read(r, &c, NULL) < 0)
		return refuse(s, &at, d, "a command that is not understood");
	if (!active)
		return ERR_OK;
	if ((e = s->ops->command(s->ctx, &c, BYTES_NONE, &w, &s->ended, d)) < 0)
		return e;
	if (s->ended || w.n == 0)
		return ERR_OK;
	for (size_t i = 0; i < s->n_functions; i++)
		if (bytes_equal(s->functions[i].name, w.list[0]))
			return run_body(s, s->functions[i].body, false, d);
	if (bytes_equal_text(w.list[0], "menuentry") ||
	    bytes_equal_text(w.list[0], "submenu"))
		return grub_menu_add(s, &c, &w) ? ERR_OK
						: refuse(s, &at, d,
						      "a menu entry that is "
						      "not understood");
	if (is_flow(w.list[0]))
		return refuse(s, &at, d,
		    "GRUB goes on with what is not in this file, or not next");
	return ERR_OK;
}

static int
run_if(struct grub_script *s, struct reader *r, bool active, struct diag *d)
{
	struct reader at = *r;
	bool taken = false, holds = false;
	enum stop stop = STOP_ELIF;
	int e;

	while (stop == STOP_ELIF) {
		bool ask = active && !taken;

		if ((e = run_list(s, r, ask, &stop, d)) < 0 || s->ended)
			return e;
		if (stop != STOP_THEN)
			return refuse(s, &at, d, "if without then");
		if (ask && (e = s->ops->condition(s->ctx, &holds, d)) < 0)
			return e;
		if ((e = run_list(s, r, ask && holds, &stop, d)) < 0 ||
		    s->ended)
			return e;
		taken = taken || (ask && holds);
	}
	if (stop == STOP_ELSE &&
	    ((e = run_list(s, r, active && !taken, &stop, d)) < 0 || s->ended))
		return e;
	return stop == STOP_FI ? ERR_OK : refuse(s, &at, d, "if without fi");
}

static bool
take_stop(struct reader *r, enum stop *ret)
{
	static const char *const words[] = { [STOP_THEN] = "then",
		[STOP_ELIF] = "elif",
		[STOP_ELSE] = "else",
		[STOP_FI] = "fi" };

	for (size_t i = STOP_THEN; i < ARRAY_LEN(words); i++)
		if (take_keyword(r, words[i])) {
			*ret = (enum stop)i;
			return true;
		}
	return false;
}

static bool
is_loop(const struct reader *r)
{
	struct reader t = *r;

	return take_keyword(&t, "for") || take_keyword(&t, "while") ||
	    take_keyword(&t, "until") || take_keyword(&t, "do") ||
	    take_keyword(&t, "done") || take_keyword(&t, "select");
}

static int
run_statement(struct grub_script *s, struct reader *r, bool active,
    struct diag *d)
{
	int e;

	if (take_keyword(r, "function"))
		return define(s, r, d);
	if (is_loop(r))
		return refuse(s, r, d, "a loop");
	if (!take_keyword(r, "if"))
		return run_command(s, r, active, d);
	if (s->depth == GRUB_DEPTH_MAX)
		return refuse(s, r, d, "conditions nested too deep");
	s->depth++;
	e = run_if(s, r, active, d);
	s->depth--;
	return e;
}

static int
run_list(struct grub_script *s, struct reader *r, bool active, enum stop *ret,
    struct diag *d)
{
	int e;

	for (;;) {
		skip_to_statement(r);
		if (reader_left(r) == 0) {
			*ret = STOP_END;
			return ERR_OK;
		}
		if (take_stop(r, ret))
			return ERR_OK;
		if ((e = run_statement(s, r, active, d)) < 0 || s->ended)
			return e;
	}
}

/* The entry that the menu starts by itself, and of a submenu the one in it. */
static int
run_menu(struct grub_script *s, struct diag *d)
{
	struct bytes name, rest = BYTES_NONE;
	struct grub_entry entry;
	struct grub_words w;
	int e;

	if (s->n_entries == 0)
		return ERR_OK;
	if ((e = s->ops->default_entry(s->ctx, &name, d)) < 0)
		return e;
	while (!s->ended) {
		if ((e = grub_menu_find(s, name, &entry, &rest, d)) < 0)
			return e;
		s->n_entries = 0;
		if ((e = s->ops->command(s->ctx, NULL, entry.arguments, &w,
			 &s->ended, d)) < 0 ||
		    (e = run_body(s, entry.body, entry.submenu, d)) < 0)
			return e;
		if (!entry.submenu)
			return ERR_OK;
		name = rest;
	}
	return ERR_OK;
}

int
grub_script_run(struct grub_script *s, struct diag *d)
{
	struct reader r = reader_of(s->cfg);
	enum stop stop;
	int e;

	s->ended = false;
	s->depth = 0;
	s->n_functions = 0;
	s->n_entries = 0;
	if ((e = run_list(s, &r, true, &stop, d)) < 0 || s->ended)
		return e;
	if (stop != STOP_END || reader_left(&r) != 0)
		return refuse(s, &r, d, "a condition is not whole");
	return run_menu(s, d);
}

bool
grub_script_has_function(const struct grub_script *s, struct bytes name)
{
	for (size_t i = 0; i < s->n_functions; i++)
		if (bytes_equal(s->functions[i].name, name))
			return true;
	return false;
}
