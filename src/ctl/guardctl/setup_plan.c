/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/guardctl/setup_plan.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "ctl/guardctl/places.h"
#include "ctl/guardctl/setup_files.h"

void
plan_free(struct plan *p)
{
	for (size_t i = 0; i < p->n; i++) {
		buf_free(&p->list[i].contents);
		buf_free(&p->list[i].old);
	}
}

static int
plan_add(struct plan *p, enum record_kind kind, const char *path,
    const char *what, struct bytes contents, struct diag *d)
{
	struct change *c = &p->list[p->n];
	int r;

	BUG_ON(p->n == PLAN_MAX);
	*c = (struct change){ .kind = kind,
		.path = path,
		.what = what,
		.contents = BUF_INIT(RECORD_FILE_MAX),
		.old = BUF_INIT(RECORD_FILE_MAX),
		.mode = 0644 };
	p->n++;
	(void)buf_put(&c->contents, contents);
	if ((r = buf_check(&c->contents, path, d)) < 0 ||
	    (r = entry_read(p->root, path, kind, &c->old, &c->mode, &c->had_old,
		 d)) < 0)
		return r;
	/* As it is: nothing to do. */
	if (c->had_old &&
	    bytes_equal(buf_bytes(&c->old), buf_bytes(&c->contents))) {
		buf_free(&c->contents);
		buf_free(&c->old);
		p->n--;
	}
	return ERR_OK;
}

int
plan_file(struct plan *p, const char *path, const char *what,
    struct bytes contents, struct diag *d)
{
	return plan_add(p, RECORD_FILE, path, what, contents, d);
}

int
plan_link(struct plan *p, const char *path, const char *what,
    const char *target, struct diag *d)
{
	return plan_add(p, RECORD_LINK, path, what, bytes_of_text(target), d);
}

bool
plan_changes(const struct plan *p, const char *path)
{
	for (size_t i = 0; i < p->n; i++)
		if (strcmp(p->list[i].path, path) == 0)
			return true;
	return false;
}

/*
 * What is there now becomes what undo brings back, unless setup wrote it
 * itself: then that is what stood there before its first run.
 */
static int
intend(struct record *record, const struct change *c, struct diag *d)
{
	struct record_entry *e = record_find(record, c->path);
	uint8_t now[SHA256_SIZE];
	bool ours;
	int r;

	sha256(buf_bytes(&c->old), now);
	if (e == NULL && (r = record_add(record, c->kind, c->path, &e, d)) < 0)
		return r;
	ours = c->had_old &&
	    (bytes_equal(BYTES_OF_ARRAY(now), BYTES_OF_ARRAY(e->now)) ||
		bytes_equal(BYTES_OF_ARRAY(now), BYTES_OF_ARRAY(e->last)));
	if (!ours) {
		buf_reset(&e->old);
		e->had_old = c->had_old;
		e->old_mode = c->mode;
		(void)buf_put(&e->old, buf_bytes(&c->old));
		if ((r = buf_check(&e->old, c->path, d)) < 0)
			return r;
	}
	sha256(buf_bytes(&c->contents), e->now);
	memcpy(e->last, ours ? now : e->now, sizeof(e->last));
	return ERR_OK;
}

/* Every folder above path that is not there yet, from the top. */
static int
intend_folders(const char *root, const char *path, struct record *record,
    struct diag *d)
{
	char part[RECORD_PATH_MAX], full[PATH_TEXT_MAX];
	struct record_entry *e;
	int r;

	for (size_t i = 1; path[i] != '\0'; i++) {
		if (path[i] != '/' || i >= sizeof(part))
			continue;
		(void)snprintf(part, sizeof(part), "%.*s", (int)i, path);
		if ((r = path_under(root, part, full, sizeof(full), d)) < 0)
			return r;
		if (access(full, F_OK) == 0 ||
		    record_find(record, part) != NULL)
			continue;
		if ((r = record_add(record, RECORD_FOLDER, part, &e, d)) < 0)
			return r;
	}
	return ERR_OK;
}

static int
intend_all(const struct plan *p, const struct host *h, struct record *record,
    struct diag *d)
{
	const char *places[PLACES_MAX];
	char place[RECORD_PATH_MAX];
	int r;

	/* The folders come first, so that undo comes to them last. */
	places_list(h, places);
	for (size_t i = 0; i < PLACES_MAX; i++) {
		(void)snprintf(place, sizeof(place), "%s/", places[i]);
		if ((r = intend_folders(p->root, place, record, d)) < 0)
			return r;
	}
	for (size_t i = 0; i < p->n; i++)
		if ((r = intend_folders(p->root, p->list[i].path, record, d)) <
		    0)
			return r;
	for (size_t i = 0; i < p->n; i++)
		if ((r = intend(record, &p->list[i], d)) < 0)
			return r;
	return ERR_OK;
}

static int
write_change(const char *root, const struct change *c, struct diag *d)
{
	char full[PATH_TEXT_MAX], folder[PATH_TEXT_MAX];
	int r;

	if ((r = path_under(root, c->path, full, sizeof(full), d)) < 0)
		return r;
	(void)snprintf(folder, sizeof(folder), "%s", full);
	*strrchr(folder, '/') = '\0';
	if ((r = dir_make_all(folder, 0755, d)) < 0)
		return r;
	if (c->kind == RECORD_LINK)
		return link_write(full, buf_bytes(&c->contents), d);
	return file_write_atomic(AT_FDCWD, full, c->mode,
	    buf_bytes(&c->contents), d);
}

/* Takes back the first n changes, then the record, then the new folders. */
static int
take_back(const struct plan *p, size_t n, const struct record *record,
    const struct record *before, struct diag *d)
{
	enum undone what;
	int r = ERR_OK, rc;

	while (n-- > 0)
		if ((rc = change_undo(p->root, &p->list[n], d)) < 0)
			r = rc;
	if (r < 0 || (r = record_save(p->root, before, d)) < 0)
		return r;
	for (size_t i = record->n; i-- > before->n;)
		if (record->list[i].kind == RECORD_FOLDER &&
		    (rc = entry_undo(p->root, &record->list[i], false, &what,
			 d)) < 0)
			r = rc;
	return r;
}

static int
write_all(const struct plan *p, const struct host *h, struct record *record,
    size_t *ret_n, struct diag *d)
{
	int r;

	*ret_n = 0;
	if ((r = record_save(p->root, record, d)) < 0 ||
	    (r = places_make(h, d)) < 0)
		return r;
	for (size_t i = 0; i < p->n; i++) {
		/* Counted first: a failure may come after the rename. */
		*ret_n = i + 1;
		if ((r = write_change(p->root, &p->list[i], d)) < 0)
			return r;
	}
	return ERR_OK;
}

int
plan_apply(const struct plan *p, const struct host *h, struct record *record,
    struct diag *d)
{
	auto_record struct record *before = NULL;
	char home[PATH_TEXT_MAX];
	struct diag other = { 0 };
	size_t n;
	int r;

	if ((r = record_load(p->root, &before, d)) < 0 ||
	    (r = path_under(p->root, PATH_STATE, home, sizeof(home), d)) < 0 ||
	    (r = intend_all(p, h, record, d)) < 0 ||
	    (r = dir_make_all(home, 0755, d)) < 0)
		return r;
	if ((r = write_all(p, h, record, &n, d)) == ERR_OK)
		return ERR_OK;
	if (take_back(p, n, record, before, &other) == ERR_OK)
		diag_prefix(d, "nothing was changed");
	else
		diag_prefix(d,
		    "mend this, then 'guardctl setup --undo' takes back what "
		    "was written (%s)",
		    other.text);
	return r;
}
