/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Walking a machine's files. Folders are opened from the root each time, with
 * no link on the way: who can write one of them cannot lead the walk elsewhere.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#include "ctl/guardctl/ci_scan.h"

#define FOLDERS_MAX 4000000

/* Not in every linux/magic.h. */
#define MQUEUE_MAGIC  0x19800202
#define FUSECTL_MAGIC 0x65735543

/* What a kernel makes up, and what it keeps in memory alone. */
static const unsigned long made_up[] = { PROC_SUPER_MAGIC, SYSFS_MAGIC,
	TMPFS_MAGIC, RAMFS_MAGIC, DEVPTS_SUPER_MAGIC, DEBUGFS_MAGIC,
	TRACEFS_MAGIC, SECURITYFS_MAGIC, SELINUX_MAGIC, SMACK_MAGIC,
	CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC, BPF_FS_MAGIC, PSTOREFS_MAGIC,
	EFIVARFS_MAGIC, HUGETLBFS_MAGIC, AUTOFS_SUPER_MAGIC, BINFMTFS_MAGIC,
	NSFS_MAGIC, MQUEUE_MAGIC, FUSECTL_MAGIC };

struct folder {
	char *path;
	dev_t dev;
};

struct walk {
	int root_fd;
	struct folder *pending;
	size_t n, room;
	struct ci_files *files;
};

void
ci_files_free(struct ci_files *f)
{
	for (size_t i = 0; i < f->n; i++)
		free(f->list[i].path);
	free(f->list);
	*f = (struct ci_files){ 0 };
}

static uint64_t
nanoseconds(struct timespec t)
{
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

struct ci_stat
ci_stat_of(const struct stat *st)
{
	return (struct ci_stat){ st->st_ino, (uint64_t)st->st_size,
		nanoseconds(st->st_mtim), nanoseconds(st->st_ctim) };
}

bool
ci_stat_equal(const struct ci_stat *a, const struct ci_stat *b)
{
	return a->inode == b->inode && a->size == b->size &&
	    a->mtime == b->mtime && a->ctime == b->ctime;
}

int
ci_open_below(int root_fd, const char *path, int flags)
{
	const unsigned all = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
	struct open_how how = {
		.flags = (unsigned)flags | all,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS |
		    RESOLVE_NO_MAGICLINKS,
	};

	path += strspn(path, "/");
	return (int)syscall(SYS_openat2, root_fd, *path == '\0' ? "." : path,
	    &how, sizeof(how));
}

static int
grow(void **list, size_t n, size_t *room, size_t size, struct diag *d)
{
	size_t more = *room == 0 ? 1024 : *room * 2;
	void *p;

	if (n < *room)
		return ERR_OK;
	p = reallocarray(*list, more, size);
	if (p == NULL)
		return diag_nomem(d);
	*list = p;
	*room = more;
	return ERR_OK;
}

static int
add_folder(struct walk *w, char *path, dev_t dev, struct diag *d)
{
	void *list = w->pending;
	int r = grow(&list, w->n, &w->room, sizeof(w->pending[0]), d);

	w->pending = list;
	if (r == ERR_OK && w->n == FOLDERS_MAX)
		r = diag_fail(d, ERR_LIMIT, "more than %d folders",
		    FOLDERS_MAX);
	if (r < 0) {
		free(path);
		return r;
	}
	w->pending[w->n++] = (struct folder){ path, dev };
	return ERR_OK;
}

static int
add_file(struct walk *w, char *path, const struct stat *st, struct diag *d)
{
	struct ci_files *f = w->files;
	void *list = f->list;
	int r = grow(&list, f->n, &f->room, sizeof(f->list[0]), d);

	f->list = list;
	if (r < 0) {
		free(path);
		return r;
	}
	f->list[f->n++] = (struct ci_found){ .path = path,
		.stat = ci_stat_of(st),
		.mode = st->st_mode,
		.signer = CI_NO_SIGNER };
	return ERR_OK;
}

static bool
is_made_up(int fd)
{
	struct statfs fs;

	if (fstatfs(fd, &fs) != 0)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(made_up); i++)
		if ((unsigned long)fs.f_type == made_up[i])
			return true;
	return false;
}

static int
take_entry(struct walk *w, const struct folder *in, int fd, const char *name,
    struct diag *d)
{
	struct stat st;
	char *path;

	/* Gone in the meantime. */
	if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return ERR_OK;
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return ERR_OK;
	if (asprintf(&path, "%s/%s", in->path, name) < 0)
		return diag_nomem(d);
	if (S_ISREG(st.st_mode))
		return add_file(w, path, &st, d);
	return add_folder(w, path, in->dev, d);
}

/* in->dev: of the folder above. */
static int
read_folder(struct walk *w, struct folder *in, struct diag *d)
{
	auto_close int fd = ci_open_below(w->root_fd, in->path, O_DIRECTORY);
	struct dirent *e;
	struct stat st;
	int r = ERR_OK;
	DIR *dir;

	if (fd < 0 || fstat(fd, &st) != 0)
		return errno == ENOENT || errno == ENOTDIR || errno == ELOOP
		    ? ERR_OK
		    : diag_errno(d, "%s/", in->path);
	if (st.st_dev != in->dev && is_made_up(fd)) {
		w->files->n_skipped++;
		return ERR_OK;
	}
	in->dev = st.st_dev;
	dir = fdopendir(fd);
	if (dir == NULL)
		return diag_errno(d, "%s/", in->path);
	(void)TAKE_FD(&fd);
	while (r == ERR_OK && (e = readdir(dir)) != NULL)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			r = take_entry(w, in, dirfd(dir), e->d_name, d);
	(void)closedir(dir);
	return r;
}

static int
by_path(const void *a, const void *b)
{
	const struct ci_found *x = a, *y = b;

	return strcmp(x->path, y->path);
}

int
ci_walk(int root_fd, struct ci_files *ret, struct diag *d)
{
	struct walk w = { .root_fd = root_fd, .files = ret };
	struct stat st;
	char *top = strdup("");
	int r;

	if (top == NULL)
		return diag_nomem(d);
	if (fstat(root_fd, &st) != 0) {
		free(top);
		return diag_errno(d, "the root folder");
	}
	r = add_folder(&w, top, st.st_dev, d);
	while (r == ERR_OK && w.n > 0) {
		struct folder next = w.pending[--w.n];

		r = read_folder(&w, &next, d);
		free(next.path);
	}
	while (w.n > 0)
		free(w.pending[--w.n].path);
	free(w.pending);
	if (r == ERR_OK && ret->n > 0)
		qsort(ret->list, ret->n, sizeof(ret->list[0]), by_path);
	return r;
}
