/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/conf.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/text.h"
#include "conf/paths.h"

#define KEYS_MAX 64

/* Longest value that is echoed in an error. */
#define SHOWN_MAX 64

struct reading {
	const struct conf_table *table;
	uint8_t *ret;
	bool seen[KEYS_MAX];
	int result;
	struct diag *d;
};

static int
parse_size(const char *what, struct bytes v, uint64_t *ret, struct diag *d)
{
	static const char units[] = "KMGT";
	uint64_t n, shift = 0;
	int r;

	for (size_t i = 0; v.len > 0 && units[i] != '\0'; i++)
		if (v.p[v.len - 1] == (uint8_t)units[i])
			shift = 10 * (i + 1);
	if (shift != 0)
		v.len--;
	r = number_parse(what, v, 0, UINT64_MAX >> shift, &n, d);
	if (r == ERR_OK)
		*ret = n << shift;
	return r;
}

static int
set_number(const struct conf_key *k, struct bytes v, uint8_t *out,
    struct diag *d)
{
	uint64_t n;
	int r;

	if (k->type == CONF_TYPE_NUMBER)
		r = number_parse(k->key, v, k->min, k->max, &n, d);
	else if (k->type == CONF_TYPE_DURATION)
		r = duration_parse(k->key, v, &n, d);
	else
		r = parse_size(k->key, v, &n, d);
	if (r < 0)
		return r;
	if (n < k->min || n > k->max)
		return diag_fail(d, ERR_USAGE, "%s: %llu is not %llu-%llu%s",
		    k->key, (unsigned long long)n, (unsigned long long)k->min,
		    (unsigned long long)k->max,
		    k->type == CONF_TYPE_DURATION ? " seconds" : "");
	memcpy(out, &n, sizeof(n));
	return ERR_OK;
}

static bool
is_choice(const char *choices, struct bytes v)
{
	const char *p = choices;

	while (*p != '\0') {
		size_t n = strcspn(p, "|");

		if (bytes_equal(bytes_of(p, n), v))
			return true;
		p += n + (p[n] == '|');
	}
	return false;
}

static int
set_text(const struct conf_key *k, struct bytes v, uint8_t *out, struct diag *d)
{
	char shown[SHOWN_MAX];

	text_escape(v, shown, sizeof(shown));
	if (k->type == CONF_TYPE_CHOICE && !is_choice(k->choices, v))
		return diag_fail(d, ERR_USAGE, "%s: %s is not one of %s",
		    k->key, shown, k->choices);
	if (v.len >= k->max)
		return diag_fail(d, ERR_USAGE, "%s: longer than %llu bytes",
		    k->key, (unsigned long long)k->max - 1);
	if (!text_printable(v))
		return diag_fail(d, ERR_USAGE, "%s: not printable text",
		    k->key);
	if (k->type == CONF_TYPE_PATH && v.len > 0) {
		char path[PATH_TEXT_MAX], copy[PATH_TEXT_MAX];
		int r;

		(void)snprintf(copy, sizeof(copy), "%.*s", (int)v.len,
		    (const char *)v.p);
		r = path_under("", copy, path, sizeof(path), d);
		if (r < 0) {
			diag_prefix(d, "%s", k->key);
			return r;
		}
	}
	if (v.len > 0)
		memcpy(out, v.p, v.len);
	out[v.len] = '\0';
	return ERR_OK;
}

static int
set_value(const struct conf_key *k, const char *value, uint8_t *ret,
    struct diag *d)
{
	struct bytes v = bytes_of_text(value);
	bool on;

	switch (k->type) {
	case CONF_TYPE_TEXT:
	case CONF_TYPE_PATH:
	case CONF_TYPE_CHOICE:
		return set_text(k, v, ret + k->offset, d);
	case CONF_TYPE_NUMBER:
	case CONF_TYPE_DURATION:
	case CONF_TYPE_SIZE:
		return set_number(k, v, ret + k->offset, d);
	case CONF_TYPE_BOOL:
		on = bytes_equal_text(v, "yes");
		if (!on && !bytes_equal_text(v, "no"))
			return diag_fail(d, ERR_USAGE, "%s: say yes or no",
			    k->key);
		memcpy(ret + k->offset, &on, sizeof(on));
		return ERR_OK;
	}
	BUG_ON(true);
}

/* libinih's callback: 0 marks the line that the error is about. */
static int
on_key(void *user, const char *section, const char *key, const char *value)
{
	struct reading *rd = user;
	char shown[SHOWN_MAX], of[SHOWN_MAX];

	if (rd->result < 0)
		return 1;
	for (size_t i = 0; i < rd->table->n; i++) {
		const struct conf_key *k = &rd->table->list[i];

		if (strcmp(k->section, section) != 0 ||
		    strcmp(k->key, key) != 0)
			continue;
		if (rd->seen[i])
			rd->result = diag_fail(rd->d, ERR_USAGE,
			    "[%s] %s: given twice", section, key);
		else
			rd->result = set_value(k, value, rd->ret, rd->d);
		rd->seen[i] = true;
		return rd->result == ERR_OK;
	}
	text_escape(bytes_of_text(section), of, sizeof(of));
	text_escape(bytes_of_text(key), shown, sizeof(shown));
	rd->result =
	    diag_fail(rd->d, ERR_USAGE, "[%s] %s: no such key", of, shown);
	return 0;
}

/* libinih would cut a long line and read its rest as another. */
static int
check_lines(const char *file, struct bytes text, struct diag *d)
{
	size_t line = 1, start = 0;

	for (size_t i = 0; i <= text.len; i++) {
		if (i < text.len && text.p[i] == '\0')
			return diag_fail(d, ERR_USAGE, "%s:%zu: a NUL byte",
			    file, line);
		if (i < text.len && text.p[i] != '\n')
			continue;
		if (i - start > CONF_LINE_MAX)
			return diag_fail(d, ERR_USAGE,
			    "%s:%zu: longer than %d bytes", file, line,
			    CONF_LINE_MAX);
		start = i + 1;
		line++;
	}
	return ERR_OK;
}

int
conf_parse(const struct conf_table *t, const char *file, struct bytes text,
    void *ret, struct diag *d)
{
	auto_free char *copy = NULL;
	auto_free uint8_t *work = NULL;
	struct reading rd = { .table = t, .d = d };
	int line, r;

	BUG_ON(t->n > KEYS_MAX);
	if (text.len > CONF_FILE_MAX)
		return diag_fail(d, ERR_LIMIT, "%s: larger than %zu bytes",
		    file, CONF_FILE_MAX);
	if ((r = check_lines(file, text, d)) < 0)
		return r;
	copy = text_dup(text);
	work = malloc(t->size);
	if (copy == NULL || work == NULL)
		return diag_nomem(d);
	memcpy(work, ret, t->size);
	rd.ret = work;
	line = ini_parse_string(copy, on_key, &rd);
	if (rd.result < 0) {
		diag_prefix(d, "%s:%d", file, line);
		return ERR_USAGE;
	}
	if (line != 0)
		return diag_fail(d, ERR_USAGE,
		    "%s:%d: neither [section] nor key = value", file, line);
	memcpy(ret, work, t->size);
	return ERR_OK;
}

int
conf_defaults(const struct conf_table *t, void *ret, struct diag *d)
{
	int r;

	for (size_t i = 0; i < t->n; i++) {
		const struct conf_key *k = &t->list[i];

		if (k->fallback == NULL)
			continue;
		if ((r = set_value(k, k->fallback, ret, d)) < 0)
			return r;
	}
	return ERR_OK;
}

static int
load_file(const struct conf_table *t, const char *file, void *ret,
    struct diag *d)
{
	auto_buf struct buf text = BUF_INIT(CONF_FILE_MAX);
	int r = file_read(AT_FDCWD, file, CONF_FILE_MAX, &text, d);

	return r < 0 ? r : conf_parse(t, file, buf_bytes(&text), ret, d);
}

static int
is_drop_in(const struct dirent *e)
{
	struct bytes name = bytes_of_text(e->d_name);

	return name_valid(name) && name.len > 5 &&
	    bytes_equal_text(bytes_of(name.p + name.len - 5, 5), ".conf");
}

static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int
load_drop_ins(const struct conf_table *t, const char *main_file, void *ret,
    struct diag *d)
{
	char dir[PATH_TEXT_MAX], file[2 * PATH_TEXT_MAX];
	struct dirent **list = NULL;
	int n, r = ERR_OK;

	(void)snprintf(dir, sizeof(dir), "%s.d", main_file);
	n = scandir(dir, &list, is_drop_in, by_name);
	if (n < 0)
		return errno == ENOENT ? ERR_OK
				       : diag_errno(d, "%s: cannot list", dir);
	for (int i = 0; i < n; i++) {
		(void)snprintf(file, sizeof(file), "%s/%s", dir,
		    list[i]->d_name);
		if (r == ERR_OK)
			r = load_file(t, file, ret, d);
		free(list[i]);
	}
	free(list);
	return r;
}

int
conf_load(const struct conf_table *t, const char *root, const char *path,
    void *ret, struct diag *d)
{
	char file[PATH_TEXT_MAX - 3];
	int r;

	if ((r = path_under(root, path, file, sizeof(file), d)) < 0 ||
	    (r = conf_defaults(t, ret, d)) < 0 ||
	    (r = load_file(t, file, ret, d)) < 0)
		return r;
	return load_drop_ins(t, file, ret, d);
}
