/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/shield/staging.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "vm/config.h"

#define SUFFIX   ".new"
#define OPEN_FDS 16

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static int
remove_tree(const char *path, struct diag *d)
{
	if (nftw(path, remove_one, OPEN_FDS,
		FTW_DEPTH | FTW_PHYS | FTW_MOUNT) != 0 &&
	    errno != ENOENT)
		return diag_errno(d, "%s: cannot clear it away", path);
	return ERR_OK;
}

static bool
is_ours(const char *name)
{
	static const char *const ours[] = { ".", "..", STAGING_SCRATCH,
		STAGING_DISK, VM_FILE_CONFIG, VM_FILE_PROTECTOR, VM_FILE_NVRAM,
		VM_DIR_VTPM };

	for (size_t i = 0; i < ARRAY_LEN(ours); i++)
		if (strcmp(name, ours[i]) == 0)
			return true;
	return false;
}

static int
check_abandoned(int fd, const char *path, struct diag *d)
{
	int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = copy < 0 ? NULL : fdopendir(copy);
	const struct dirent *e;
	int r = ERR_OK;

	if (dir == NULL) {
		close_p(&copy);
		return diag_errno(d, "%s", path);
	}
	while (r == ERR_OK && (e = readdir(dir)) != NULL)
		if (!is_ours(e->d_name))
			r = diag_refuse(d, REASON_AlreadyExists,
			    "%s: in the way, and not left by this command",
			    path);
	(void)closedir(dir);
	return r;
}

static int
clear_abandoned(const char *path, struct diag *d)
{
	auto_close int fd =
	    open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int r;

	if (fd < 0 && errno == ENOENT)
		return ERR_OK;
	if (fd < 0)
		return diag_errno(d, "%s: in the way", path);
	if (flock(fd, LOCK_EX | LOCK_NB) != 0)
		return diag_refuse(d, REASON_InUse,
		    "%s: another run is building it", path);
	if ((r = check_abandoned(fd, path, d)) < 0)
		return r;
	return remove_tree(path, d);
}

/* The absolute path of a name in a folder that exists. */
static int
resolve(const char *dir, char ret[static STAGING_PATH_MAX], struct diag *d)
{
	char parent[STAGING_PATH_MAX], real[PATH_MAX];
	size_t n = strlen(dir);
	const char *name;
	char *slash;

	while (n > 1 && dir[n - 1] == '/')
		n--;
	if (n == 0 || n >= sizeof(parent) - 8)
		return diag_fail(d, ERR_USAGE, "-o: a folder's path is needed");
	memcpy(parent, dir, n);
	parent[n] = '\0';
	slash = strrchr(parent, '/');
	name = slash == NULL ? dir : dir + (slash - parent) + 1;
	n -= (size_t)(name - dir);
	if (slash == NULL)
		(void)snprintf(parent, sizeof(parent), ".");
	else
		slash[slash == parent ? 1 : 0] = '\0';
	if (n == 0 ||
	    (name[0] == '.' && (n == 1 || (n == 2 && name[1] == '.'))))
		return diag_fail(d, ERR_USAGE, "-o: a new folder is needed");
	if (realpath(parent, real) == NULL)
		return diag_errno(d, "%s", parent);
	if ((size_t)snprintf(ret, STAGING_PATH_MAX, "%s/%.*s",
		strcmp(real, "/") == 0 ? "" : real, (int)n,
		name) >= STAGING_PATH_MAX - 8)
		return diag_fail(d, ERR_LIMIT, "%s: path too long", dir);
	return ERR_OK;
}

int
staging_begin(const char *dir, struct staging *ret, struct diag *d)
{
	struct staging s = STAGING_NONE;
	struct stat st;
	int r;

	if ((r = resolve(dir, s.target, d)) < 0)
		return r;
	(void)snprintf(s.path, sizeof(s.path), "%.*s" SUFFIX,
	    (int)(sizeof(s.path) - sizeof(SUFFIX)), s.target);
	if (lstat(s.target, &st) == 0)
		return diag_refuse(d, REASON_AlreadyExists,
		    "%s: is there already", dir);
	if ((r = clear_abandoned(s.path, d)) < 0)
		return r;
	if (mkdir(s.path, 0700) != 0)
		return diag_errno(d, "%s", s.path);
	s.made = true;
	s.fd = open(s.path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (s.fd < 0 || flock(s.fd, LOCK_EX | LOCK_NB) != 0) {
		r = diag_errno(d, "%s", s.path);
		staging_free(&s);
		return r;
	}
	*ret = s;
	return ERR_OK;
}

int
staging_folder(const struct staging *s, const char *name,
    char ret[static STAGING_PATH_MAX], struct diag *d)
{
	if ((size_t)snprintf(ret, STAGING_PATH_MAX, "%s/%s", s->path, name) >=
	    STAGING_PATH_MAX)
		return diag_fail(d, ERR_LIMIT, "%s: path too long", s->path);
	if (mkdir(ret, 0700) != 0)
		return diag_errno(d, "%s", ret);
	return ERR_OK;
}

static int
sync_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	int flags = O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;
	auto_close int fd = open(path, flags);

	(void)st;
	(void)type;
	(void)at;
	return fd < 0 ? -1 : fsync(fd);
}

static int
sync_parent(const char *path, struct diag *d)
{
	auto_close int fd = -1;
	char parent[STAGING_PATH_MAX];
	char *slash;

	(void)snprintf(parent, sizeof(parent), "%s", path);
	slash = strrchr(parent, '/');
	BUG_ON(slash == NULL);
	slash[slash == parent ? 1 : 0] = '\0';
	fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) != 0)
		return diag_errno(d, "%s: cannot write it out", parent);
	return ERR_OK;
}

int
staging_commit(struct staging *s, struct diag *d)
{
	char scratch[STAGING_PATH_MAX + sizeof(STAGING_SCRATCH) + 1];
	int r;

	(void)snprintf(scratch, sizeof(scratch), "%s/" STAGING_SCRATCH,
	    s->path);
	if ((r = remove_tree(scratch, d)) < 0)
		return r;
	if (nftw(s->path, sync_one, OPEN_FDS, FTW_DEPTH | FTW_PHYS) != 0)
		return diag_errno(d, "%s: cannot write it out", s->path);
	if (renameat2(AT_FDCWD, s->path, AT_FDCWD, s->target,
		RENAME_NOREPLACE) != 0) {
		if (errno == EEXIST)
			return diag_refuse(d, REASON_AlreadyExists,
			    "%s: is there already", s->target);
		return diag_errno(d, "%s", s->target);
	}
	s->made = false;
	return sync_parent(s->target, d);
}

void
staging_free(struct staging *s)
{
	struct diag ignored;

	if (s->made)
		(void)!remove_tree(s->path, &ignored);
	s->made = false;
	close_p(&s->fd);
}
