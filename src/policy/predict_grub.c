/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/predict_grub.h"

#include <string.h>

#include "base/text.h"
#include "policy/grub_line.h"

#define BOOT_IMAGE "BOOT_IMAGE="

/* What GRUB puts before the text in the log, and does not hash. */
static struct bytes
without_prefix(struct bytes data)
{
	static const char *const prefixes[] = { "grub_cmd: ",
		"kernel_cmdline: " };

	while (data.len > 0 && data.p[data.len - 1] == '\0')
		data.len--;
	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
		size_t len = strlen(prefixes[i]);

		if (data.len >= len &&
		    bytes_equal_text(bytes_of(data.p, len), prefixes[i]))
			return bytes_of(data.p + len, data.len - len);
	}
	return data;
}

static bool
hashes_to(struct bytes text, const struct finding_event *e)
{
	uint8_t digest[SHA256_SIZE];

	sha256(text, digest);
	return bytes_equal(BYTES_OF_ARRAY(digest), BYTES_OF_ARRAY(e->digest));
}

static int
find_in_log(const struct predict *p, struct bytes log,
    struct grub_commands *ret, struct diag *d)
{
	struct tcglog_iter it;
	struct tcg_event e;
	struct tcglog l;
	size_t i = 0, n = 0;
	int err;

	if ((err = tcglog_open(log, &l, d)) < 0)
		return err;
	it = tcglog_iter(&l);
	while ((err = tcglog_next(&it, &e, d)) == ERR_OK) {
		if (e.pcr != 8 || e.type == EV_NO_ACTION)
			continue;
		while (i < p->n && p->events[i].e.pcr != 8)
			i++;
		if (i == p->n || n == ret->n)
			return diag_fail(d, ERR_CONFLICT,
			    "the boot log is not the baseline's");
		if (hashes_to(without_prefix(e.data), &p->events[i].e))
			ret->text[n] = without_prefix(e.data);
		i++;
		n++;
	}
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

/* A label is cut at its maximum; a hash tells whether this one was. */
static void
find_in_labels(const struct predict *p, struct grub_commands *ret)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++) {
		const struct finding_event *e = &p->events[i].e;

		if (e->pcr != 8)
			continue;
		if (hashes_to(without_prefix(e->label), e))
			ret->text[n] = without_prefix(e->label);
		n++;
	}
}

/* "BOOT_IMAGE=X" was "linux X", and X alone. */
static int
find_linux(const struct predict *p, struct buf *store,
    struct grub_commands *ret, struct diag *d)
{
	size_t len = strlen(BOOT_IMAGE), n = 0;
	struct bytes both, bare;

	if (p->b.cmdline.len <= len ||
	    !bytes_equal_text(bytes_of(p->b.cmdline.p, len), BOOT_IMAGE))
		return ERR_OK;
	(void)buf_put_text(store, "linux ");
	(void)buf_put(store,
	    bytes_of(p->b.cmdline.p + len, p->b.cmdline.len - len));
	if (buf_check(store, "grub.cfg", d) < 0)
		return ERR_NOMEM;
	both = buf_bytes(store);
	bare = bytes_of(both.p + strlen("linux "), both.len - strlen("linux "));
	for (size_t i = 0; i < p->n; i++) {
		const struct finding_event *e = &p->events[i].e;

		if (e->pcr != 8)
			continue;
		if (hashes_to(both, e))
			ret->text[n] = both;
		else if (hashes_to(bare, e))
			ret->text[n] = bare;
		n++;
	}
	return ERR_OK;
}

int
grub_commands_find(const struct predict *p, struct bytes log, struct buf *store,
    struct grub_commands *ret, struct diag *d)
{
	ret->n = 0;
	for (size_t i = 0; i < p->n; i++) {
		if (p->events[i].e.pcr != 8)
			continue;
		if (ret->n == GRUB_COMMANDS_MAX)
			return diag_fail(d, ERR_LIMIT, "PCR 8: over %d events",
			    GRUB_COMMANDS_MAX);
		ret->text[ret->n++] = BYTES_NONE;
	}
	if (log.p != NULL)
		return find_in_log(p, log, ret, d);
	find_in_labels(p, ret);
	return find_linux(p, store, ret, d);
}

/* By digest, so that it does not matter which texts are known. */
static unsigned
replace_text(struct predict *p, struct bytes old, struct bytes new)
{
	uint8_t a[SHA256_SIZE], b[SHA256_SIZE];

	sha256(old, a);
	sha256(new, b);
	return predict_replace(p, 8, a, b);
}

/* The command line is measured once more without the command's name. */
static int
replace_linux(struct predict *p, struct bytes old, struct bytes new,
    struct buf *store, struct diag *d)
{
	size_t name = 0, mark = store->len;
	struct bytes text;

	while (name < old.len && old.p[name] != ' ')
		name++;
	if (!bytes_equal_text(bytes_of(old.p, name), "linux") &&
	    !bytes_equal_text(bytes_of(old.p, name), "linuxefi"))
		return ERR_OK;
	if (name >= new.len ||
	    !bytes_equal(bytes_of(old.p, name), bytes_of(new.p, name)))
		return diag_fail(d, ERR_REFUSED,
		    "grub.cfg: another command than linux");
	name++;
	(void)replace_text(p, bytes_of(old.p + name, old.len - name),
	    bytes_of(new.p + name, new.len - name));
	(void)buf_put_text(store, BOOT_IMAGE);
	(void)buf_put(store, bytes_of(new.p + name, new.len - name));
	if (buf_check(store, "grub.cfg", d) < 0)
		return ERR_NOMEM;
	if (cmdline_text(bytes_of(store->p + mark, store->len - mark), &text,
		d) < 0)
		return ERR_REFUSED;
	p->b.cmdline = text;
	return ERR_OK;
}

/*
 * One line that differs: found among the commands by its words, which give the
 * values of the variables in it.
 */
static int
replace_line(struct predict *p, const struct grub_commands *c, struct bytes old,
    struct bytes new, struct buf *store, struct diag *d)
{
	auto_buf struct buf made = BUF_INIT(GRUB_LINE_MAX);
	struct grub_line a, b;
	struct diag why = { 0 };
	int e;

	if (grub_line_parse(old, &a, &why) < 0 ||
	    grub_line_parse(new, &b, &why) < 0)
		return diag_fail(d, ERR_REFUSED, "grub.cfg: %s", why.text);
	for (size_t i = 0; i < c->n; i++) {
		struct grub_values values = { 0 };

		if (c->text[i].p == NULL ||
		    !grub_line_match(&a, c->text[i], &values))
			continue;
		if ((e = grub_line_expand(&b, &values, &made, d)) < 0)
			return e;
		if (replace_text(p, c->text[i], buf_bytes(&made)) == 0)
			continue;
		return replace_linux(p, c->text[i], buf_bytes(&made), store, d);
	}
	return diag_fail(d, ERR_REFUSED,
	    "grub.cfg: the boot did not execute the old line: %.*s",
	    (int)(old.len < 80 ? old.len : 80), (const char *)old.p);
}

static struct bytes
trim_line(struct bytes line)
{
	while (line.len > 0 && (line.p[0] == ' ' || line.p[0] == '\t')) {
		line.p++;
		line.len--;
	}
	while (line.len > 0 &&
	    (line.p[line.len - 1] == ' ' || line.p[line.len - 1] == '\t'))
		line.len--;
	return line;
}

static bool
is_comment(struct bytes line)
{
	return line.len == 0 || line.p[0] == '#';
}

static int
replace_lines(struct predict *p, const struct grub_commands *c,
    struct bytes old_cfg, struct bytes new_cfg, struct buf *store,
    struct diag *d)
{
	struct bytes old, new;
	bool more_old, more_new;
	int e;

	for (unsigned n = 1;; n++) {
		more_old = text_next_line(&old_cfg, &old);
		more_new = text_next_line(&new_cfg, &new);
		if (!more_old && !more_new)
			return ERR_OK;
		if (!more_old || !more_new)
			return diag_fail(d, ERR_REFUSED,
			    "grub.cfg: has other lines than before from line "
			    "%u on: which commands it makes of them is not "
			    "known",
			    n);
		old = trim_line(old);
		new = trim_line(new);
		if (bytes_equal(old, new) ||
		    (is_comment(old) && is_comment(new)))
			continue;
		if ((e = replace_line(p, c, old, new, store, d)) < 0) {
			diag_prefix(d, "line %u", n);
			return e;
		}
	}
}

/*
 * An entry of a menu is measured with all of its text, as is a function: their
 * lines are not in events of their own alone. A brace of "${name}" is none.
 */
static int
check_simple(struct bytes cfg, struct diag *d)
{
	struct bytes line;

	for (unsigned n = 1; text_next_line(&cfg, &line); n++) {
		line = trim_line(line);
		if (is_comment(line))
			continue;
		for (size_t i = 0; i < line.len; i++)
			if (line.p[i] == '{' &&
			    (i == 0 || line.p[i - 1] != '$'))
				return diag_fail(d, ERR_REFUSED,
				    "grub.cfg: line %u: has a menu or a "
				    "function: what a change of it makes GRUB "
				    "measure is not known",
				    n);
	}
	return ERR_OK;
}

int
predict_grub(struct predict *p, const struct grub_commands *c,
    struct bytes old_cfg, struct bytes new_cfg, struct buf *store,
    struct diag *d)
{
	int e;

	if (!p->b.grub.bound)
		return diag_fail(d, ERR_REFUSED,
		    "this boot was not GRUB's: its command line is not in "
		    "PCR 8");
	if ((e = predict_file(p, old_cfg, new_cfg, d)) < 0 ||
	    bytes_equal(old_cfg, new_cfg))
		return e;
	if ((e = check_simple(old_cfg, d)) < 0 ||
	    (e = check_simple(new_cfg, d)) < 0 ||
	    (e = replace_lines(p, c, old_cfg, new_cfg, store, d)) < 0)
		return e;
	return ERR_OK;
}
