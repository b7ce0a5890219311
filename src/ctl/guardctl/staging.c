/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/guardctl/staging.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#define FOLDER_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
#define DEPTH_MAX    4

/* By descriptor at every step: a link put in the way leads nowhere. */
static int
remove_tree(int parent_fd, const char *name, unsigned depth, struct diag *d)
{
	int fd = openat(parent_fd, name, FOLDER_FLAGS);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;
	int r = ERR_OK;

	if (dir == NULL) {
		close_p(&fd);
		return diag_errno(d, "%s: cannot clear away", name);
	}
	while (r == ERR_OK && (e = readdir(dir)) != NULL) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if (unlinkat(dirfd(dir), e->d_name, 0) == 0)
			continue;
		if (errno != EISDIR || depth == 0)
			r = diag_errno(d, "%s: cannot clear away", name);
		else
			r = remove_tree(dirfd(dir), e->d_name, depth - 1, d);
	}
	(void)closedir(dir);
	if (r == ERR_OK && unlinkat(parent_fd, name, AT_REMOVEDIR) != 0)
		r = diag_errno(d, "%s: cannot clear away", name);
	return r;
}

static int
clear_abandoned(const struct staging *s, struct diag *d)
{
	auto_close int fd = openat(s->parent_fd, s->hidden, FOLDER_FLAGS);

	if (fd < 0 && errno == ENOENT)
		return ERR_OK;
	if (fd < 0)
		return diag_errno(d, "%s: in the way", s->hidden);
	if (flock(fd, LOCK_EX | LOCK_NB) != 0)
		return diag_refuse(d, REASON_InUse,
		    "another run is building %s", s->name);
	return remove_tree(s->parent_fd, s->hidden, DEPTH_MAX, d);
}

static int
make_hidden(struct staging *s, struct diag *d)
{
	if (mkdirat(s->parent_fd, s->hidden, 0700) != 0)
		return diag_errno(d, "%s: cannot make", s->hidden);
	s->made = true;
	s->fd = openat(s->parent_fd, s->hidden, FOLDER_FLAGS);
	if (s->fd < 0 || flock(s->fd, LOCK_EX | LOCK_NB) != 0)
		return diag_errno(d, "%s: cannot make", s->hidden);
	return ERR_OK;
}

static int
make(struct staging *s, struct diag *d)
{
	struct stat st;
	int r;

	if (fstatat(s->parent_fd, s->name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return diag_refuse(d, REASON_VmExists, "%s: is there already",
		    s->name);
	if ((r = clear_abandoned(s, d)) < 0)
		return r;
	return make_hidden(s, d);
}

int
staging_begin(const char *parent, const char *name, struct staging *ret,
    struct diag *d)
{
	auto_staging struct staging s = STAGING_NONE;
	int r;

	if (!name_valid(bytes_of_text(name)))
		return name_check("folder", bytes_of_text(name), d);
	(void)snprintf(s.name, sizeof(s.name), "%s", name);
	(void)snprintf(s.hidden, sizeof(s.hidden), ".%s.new", name);
	s.parent_fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s.parent_fd < 0)
		return diag_errno(d, "%s", parent);
	if ((r = make(&s, d)) < 0)
		return r;
	*ret = s;
	s = (struct staging)STAGING_NONE;
	return ERR_OK;
}

int
staging_work(const char *parent, const char *name, struct staging *ret,
    struct diag *d)
{
	auto_staging struct staging s = STAGING_NONE;
	int r;

	BUG_ON(!name_valid(bytes_of_text(name)));
	(void)snprintf(s.name, sizeof(s.name), "%s", name);
	(void)snprintf(s.hidden, sizeof(s.hidden), ".%s.work", name);
	s.parent_fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s.parent_fd < 0)
		return diag_errno(d, "%s", parent);
	if ((r = clear_abandoned(&s, d)) < 0 || (r = make_hidden(&s, d)) < 0)
		return r;
	*ret = s;
	s = (struct staging)STAGING_NONE;
	return ERR_OK;
}

int
staging_commit(struct staging *s, struct diag *d)
{
	if (fsync(s->fd) != 0)
		return diag_errno(d, "%s: cannot sync", s->hidden);
	if (renameat2(s->parent_fd, s->hidden, s->parent_fd, s->name,
		RENAME_NOREPLACE) != 0) {
		if (errno == EEXIST)
			return diag_refuse(d, REASON_VmExists,
			    "%s: is there already", s->name);
		return diag_errno(d, "%s: cannot put in its place", s->name);
	}
	s->made = false;
	if (fsync(s->parent_fd) != 0)
		return diag_errno(d, "%s: cannot sync its folder", s->name);
	return ERR_OK;
}

void
staging_free(struct staging *s)
{
	struct diag ignored;

	if (s->made &&
	    remove_tree(s->parent_fd, s->hidden, DEPTH_MAX, &ignored) == ERR_OK)
		s->made = false;
	close_p(&s->fd);
	close_p(&s->parent_fd);
}

int
folder_remove(int parent_fd, const char *name, struct diag *d)
{
	char hidden[NAME_MAX_LEN + 16];
	int r;

	(void)snprintf(hidden, sizeof(hidden), ".%s.removed", name);
	/* One that was interrupted is finished first. */
	if (faccessat(parent_fd, hidden, F_OK, AT_SYMLINK_NOFOLLOW) == 0 &&
	    (r = remove_tree(parent_fd, hidden, DEPTH_MAX, d)) < 0)
		return r;
	if (renameat2(parent_fd, name, parent_fd, hidden, RENAME_NOREPLACE) !=
	    0)
		return diag_errno(d, "%s: cannot remove", name);
	if (fsync(parent_fd) != 0)
		return diag_errno(d, "%s: cannot sync its folder", name);
	return remove_tree(parent_fd, hidden, DEPTH_MAX, d);
}
