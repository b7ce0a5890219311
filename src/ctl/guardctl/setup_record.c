/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/guardctl/setup_record.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "conf/paths.h"
#include "ctl/guardctl/tree.h"

#define VERSION 1

static const char *const kinds[] = { "file", "link", "folder" };
static const char *const steps[RECORD_STEPS] = { "initramfs", "kernel" };

static void
json_free(json_t **v)
{
	json_decref(*v);
}
#define auto_json CLEANUP(json_free)

int
record_new(struct record **ret, struct diag *d)
{
	*ret = calloc(1, sizeof(**ret));
	return *ret != NULL ? ERR_OK : diag_nomem(d);
}

void
record_free(struct record *r)
{
	if (r == NULL)
		return;
	for (size_t i = 0; i < r->n; i++)
		buf_free(&r->list[i].old);
	free(r);
}

struct record_entry *
record_find(struct record *r, const char *path)
{
	for (size_t i = 0; i < r->n; i++)
		if (strcmp(r->list[i].path, path) == 0)
			return &r->list[i];
	return NULL;
}

int
record_add(struct record *r, enum record_kind kind, const char *path,
    struct record_entry **ret, struct diag *d)
{
	struct record_entry *e = &r->list[r->n];
	int n;

	if (r->n == RECORD_ENTRIES_MAX)
		return diag_fail(d, ERR_LIMIT,
		    "setup's record: more than %d "
		    "entries",
		    RECORD_ENTRIES_MAX);
	*e = (struct record_entry){ .kind = kind,
		.old = BUF_INIT(RECORD_FILE_MAX) };
	n = snprintf(e->path, sizeof(e->path), "%s", path);
	if (n < 0 || (size_t)n >= sizeof(e->path))
		return diag_fail(d, ERR_LIMIT, "%s: path too long", path);
	r->n++;
	*ret = e;
	return ERR_OK;
}

void
record_drop(struct record *r, size_t i)
{
	buf_free(&r->list[i].old);
	memmove(&r->list[i], &r->list[i + 1],
	    (r->n - i - 1) * sizeof(r->list[0]));
	r->n--;
}

/* --- out --- */

static void
set_hex(json_t *o, const char *key, struct bytes v)
{
	char hex[2 * SHA256_SIZE + 1];

	hex_format(v, hex);
	(void)json_object_set_new(o, key, json_string(hex));
}

static int
encode_entry(const struct record_entry *e, json_t *list, struct diag *d)
{
	auto_buf struct buf text = BUF_INIT(2 * RECORD_FILE_MAX);
	json_t *o = json_object();

	if (json_array_append_new(list, o) != 0)
		return diag_nomem(d);
	(void)json_object_set_new(o, "kind", json_string(kinds[e->kind]));
	(void)json_object_set_new(o, "path", json_string(e->path));
	if (e->kind == RECORD_FOLDER)
		return ERR_OK;
	set_hex(o, "now", BYTES_OF_ARRAY(e->now));
	set_hex(o, "last", BYTES_OF_ARRAY(e->last));
	if (!e->had_old)
		return ERR_OK;
	(void)base64_put(&text, buf_bytes(&e->old));
	(void)json_object_set_new(o, "old_mode",
	    json_integer((json_int_t)e->old_mode));
	(void)json_object_set_new(o, "old",
	    json_stringn(text.len > 0 ? (const char *)text.p : "", text.len));
	return buf_check(&text, e->path, d);
}

int
record_encode(const struct record *r, struct buf *ret, struct diag *d)
{
	auto_json json_t *o = json_object();
	json_t *list = json_array(), *done = json_object();
	auto_free char *text = NULL;
	int rc;

	(void)json_object_set_new(o, "version", json_integer(VERSION));
	(void)json_object_set_new(o, "steps", done);
	if (json_object_set_new(o, "entries", list) != 0)
		return diag_nomem(d);
	for (size_t i = 0; i < RECORD_STEPS; i++)
		if (!bytes_all_zero(BYTES_OF_ARRAY(r->steps[i])))
			set_hex(done, steps[i], BYTES_OF_ARRAY(r->steps[i]));
	for (size_t i = 0; i < r->n; i++)
		if ((rc = encode_entry(&r->list[i], list, d)) < 0)
			return rc;
	if ((text = json_dumps(o, JSON_INDENT(1))) == NULL)
		return diag_nomem(d);
	(void)buf_put_text(ret, text);
	(void)buf_put_u8(ret, '\n');
	return buf_check(ret, "setup's record", d);
}

/* --- in --- */

static struct bytes
get_text(const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);

	return v == NULL || !json_is_string(v)
	    ? BYTES_NONE
	    : bytes_of(json_string_value(v), json_string_length(v));
}

static int
get_hex(const json_t *o, const char *key, uint8_t ret[static SHA256_SIZE],
    struct diag *d)
{
	return hex_decode_fixed(get_text(o, key), ret, SHA256_SIZE, d);
}

static int
get_kind(const json_t *o, enum record_kind *ret, struct diag *d)
{
	for (unsigned i = 0; i < ARRAY_LEN(kinds); i++)
		if (bytes_equal_text(get_text(o, "kind"), kinds[i])) {
			*ret = (enum record_kind)i;
			return ERR_OK;
		}
	return diag_fail(d, ERR_FORMAT, "an entry of no known kind");
}

static int
decode_entry(const json_t *o, struct record *r, struct diag *d)
{
	const json_t *old = json_object_get(o, "old"),
		     *mode = json_object_get(o, "old_mode");
	struct bytes path = get_text(o, "path");
	struct record_entry *e;
	enum record_kind kind;
	char given[RECORD_PATH_MAX], full[RECORD_PATH_MAX];
	int rc;

	if (path.len == 0 || path.len >= RECORD_PATH_MAX || path.p[0] != '/')
		return diag_fail(d, ERR_FORMAT, "an entry without a path");
	/* Only to refuse a path with ".." in it. */
	(void)snprintf(given, sizeof(given), "%.*s", (int)path.len,
	    (const char *)path.p);
	if ((rc = get_kind(o, &kind, d)) < 0 ||
	    (rc = path_under("", given, full, sizeof(full), d)) < 0 ||
	    (rc = record_add(r, kind, full, &e, d)) < 0)
		return rc;
	if (kind == RECORD_FOLDER)
		return ERR_OK;
	if ((rc = get_hex(o, "now", e->now, d)) < 0 ||
	    (rc = get_hex(o, "last", e->last, d)) < 0)
		return rc;
	if (old == NULL)
		return ERR_OK;
	if (mode == NULL || !json_is_integer(mode) ||
	    (json_integer_value(mode) & ~(json_int_t)07777) != 0)
		return diag_fail(d, ERR_FORMAT, "%s: no mode", e->path);
	e->had_old = true;
	e->old_mode = (mode_t)json_integer_value(mode);
	return base64_decode(get_text(o, "old"), &e->old, d);
}

int
record_decode(struct bytes text, struct record *ret, struct diag *d)
{
	auto_json json_t *o = json_loadb((const char *)text.p, text.len,
	    JSON_REJECT_DUPLICATES, NULL);
	const json_t *list = json_object_get(o, "entries"),
		     *done = json_object_get(o, "steps");
	int r;

	if (o == NULL ||
	    json_integer_value(json_object_get(o, "version")) != VERSION ||
	    !json_is_array(list))
		return diag_fail(d, ERR_FORMAT,
		    "not a record of 'guardctl setup' that this release reads");
	for (size_t i = 0; i < RECORD_STEPS; i++)
		if (json_object_get(done, steps[i]) != NULL &&
		    (r = get_hex(done, steps[i], ret->steps[i], d)) < 0)
			return r;
	for (size_t i = 0; i < json_array_size(list); i++)
		if ((r = decode_entry(json_array_get(list, i), ret, d)) < 0)
			return r;
	return ERR_OK;
}

int
record_load(const char *root, struct record **ret, struct diag *d)
{
	auto_buf struct buf text = BUF_INIT(RECORD_MAX);
	auto_record struct record *r = NULL;
	int rc;

	if ((rc = record_new(&r, d)) < 0)
		return rc;
	rc = tree_read(root, PATH_SETUP_RECORD, &text, d);
	if (rc == ERR_OK)
		rc = record_decode(buf_bytes(&text), r, d);
	if (rc < 0 && rc != ERR_NOT_FOUND) {
		diag_prefix(d, "%s%s", root, PATH_SETUP_RECORD);
		return rc;
	}
	*ret = TAKE_PTR(&r);
	return ERR_OK;
}

/* With what a crash left of writing it. */
static int
remove_record(const char *path, struct diag *d)
{
	char temp[PATH_TEXT_MAX + 8];

	(void)snprintf(temp, sizeof(temp), "%s.new", path);
	if ((unlink(temp) != 0 && errno != ENOENT) ||
	    (unlink(path) != 0 && errno != ENOENT))
		return diag_errno(d, "%s: cannot remove", path);
	return ERR_OK;
}

int
record_save(const char *root, const struct record *r, struct diag *d)
{
	auto_buf struct buf text = BUF_INIT(RECORD_MAX);
	char path[PATH_TEXT_MAX];
	int rc;

	if ((rc = path_under(root, PATH_SETUP_RECORD, path, sizeof(path), d)) <
	    0)
		return rc;
	if (r->n == 0 && bytes_all_zero(BYTES_OF_ARRAY(r->steps)))
		return remove_record(path, d);
	if ((rc = record_encode(r, &text, d)) < 0)
		return rc;
	return file_write_atomic(AT_FDCWD, path, 0600, buf_bytes(&text), d);
}
