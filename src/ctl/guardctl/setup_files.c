/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/guardctl/setup_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"

static int
read_link(const char *full, struct buf *ret, struct diag *d)
{
	char target[PATH_TEXT_MAX];
	ssize_t n = readlink(full, target, sizeof(target));

	if (n < 0)
		return errno == EINVAL
		    ? diag_fail(d, ERR_EXISTS,
			  "%s: is no link; move it away if it is not wanted",
			  full)
		    : diag_errno(d, "%s", full);
	if ((size_t)n == sizeof(target))
		return diag_fail(d, ERR_LIMIT, "%s: a link that is too long",
		    full);
	(void)buf_put(ret, bytes_of(target, (size_t)n));
	return buf_check(ret, full, d);
}

int
entry_read(const char *root, const char *path, enum record_kind kind,
    struct buf *ret, mode_t *ret_mode, bool *ret_had, struct diag *d)
{
	char full[PATH_TEXT_MAX];
	struct stat st;
	int r;

	*ret_had = false;
	if ((r = path_under(root, path, full, sizeof(full), d)) < 0)
		return r;
	if (lstat(full, &st) != 0)
		return errno == ENOENT || errno == ENOTDIR
		    ? ERR_OK
		    : diag_errno(d, "%s", full);
	r = kind == RECORD_LINK ? read_link(full, ret, d)
				: file_read(AT_FDCWD, full, ret->max, ret, d);
	if (r < 0)
		return r;
	*ret_had = true;
	*ret_mode = st.st_mode & 07777;
	return ERR_OK;
}

int
link_write(const char *full, struct bytes target, struct diag *d)
{
	char text[PATH_TEXT_MAX], temp[PATH_TEXT_MAX + 8];

	(void)snprintf(text, sizeof(text), "%.*s", (int)target.len,
	    (const char *)target.p);
	(void)snprintf(temp, sizeof(temp), "%s.new", full);
	if (unlink(temp) != 0 && errno != ENOENT)
		return diag_errno(d, "%s: cannot remove", temp);
	if (symlink(text, temp) != 0)
		return diag_errno(d, "%s: cannot make the link", full);
	if (rename(temp, full) != 0) {
		int r = diag_errno(d, "%s: cannot rename", temp);

		(void)unlink(temp);
		return r;
	}
	return ERR_OK;
}

/* What a crash left of file_write_atomic() or link_write(). */
static int
clear_temp(const char *full, struct diag *d)
{
	char temp[PATH_TEXT_MAX + 8];

	(void)snprintf(temp, sizeof(temp), "%s.new", full);
	if (unlink(temp) != 0 && errno != ENOENT && errno != ENOTDIR)
		return diag_errno(d, "%s: cannot remove", temp);
	return ERR_OK;
}

static int
bring_back(const char *full, enum record_kind kind, bool had_old,
    struct bytes old, mode_t mode, struct diag *d)
{
	if (had_old)
		return kind == RECORD_LINK
		    ? link_write(full, old, d)
		    : file_write_atomic(AT_FDCWD, full, mode, old, d);
	if (unlink(full) != 0 && errno != ENOENT && errno != ENOTDIR)
		return diag_errno(d, "%s: cannot remove", full);
	return ERR_OK;
}

int
change_undo(const char *root, const struct change *c, struct diag *d)
{
	char full[PATH_TEXT_MAX];
	int r = path_under(root, c->path, full, sizeof(full), d);

	return r < 0 ? r
		     : bring_back(full, c->kind, c->had_old, buf_bytes(&c->old),
			   c->mode, d);
}

/* A folder with something in it stays: that is somebody's. */
static int
undo_folder(const char *full, bool only_say, enum undone *ret, struct diag *d)
{
	*ret = UNDONE_REMOVED;
	if (only_say || rmdir(full) == 0)
		return ERR_OK;
	if (errno == ENOENT) {
		*ret = UNDONE_NOTHING;
		return ERR_OK;
	}
	if (errno != ENOTEMPTY && errno != EEXIST && errno != EBUSY)
		return diag_errno(d, "%s: cannot remove", full);
	*ret = UNDONE_LEFT;
	return ERR_OK;
}

int
entry_undo(const char *root, const struct record_entry *e, bool only_say,
    enum undone *ret, struct diag *d)
{
	auto_buf struct buf text = BUF_INIT(RECORD_FILE_MAX);
	uint8_t now[SHA256_SIZE];
	char full[PATH_TEXT_MAX];
	struct bytes is;
	mode_t mode;
	bool had;
	int r;

	if ((r = path_under(root, e->path, full, sizeof(full), d)) < 0)
		return r;
	if (e->kind == RECORD_FOLDER)
		return undo_folder(full, only_say, ret, d);
	if (!only_say && (r = clear_temp(full, d)) < 0)
		return r;
	if ((r = entry_read(root, e->path, e->kind, &text, &mode, &had, d)) < 0)
		return r;
	sha256(buf_bytes(&text), now);
	is = BYTES_OF_ARRAY(now);
	if (had == e->had_old &&
	    bytes_equal(buf_bytes(&text), buf_bytes(&e->old))) {
		*ret = UNDONE_NOTHING;
		return ERR_OK;
	}
	if (!had ||
	    (!bytes_equal(is, BYTES_OF_ARRAY(e->now)) &&
		!bytes_equal(is, BYTES_OF_ARRAY(e->last)))) {
		*ret = UNDONE_LEFT;
		return ERR_OK;
	}
	*ret = e->had_old ? UNDONE_RESTORED : UNDONE_REMOVED;
	return only_say ? ERR_OK
			: bring_back(full, e->kind, e->had_old,
			      buf_bytes(&e->old), e->old_mode, d);
}
