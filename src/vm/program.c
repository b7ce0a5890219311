/* SPDX-License-Identifier: Apache-2.0 */
#include "vm/program.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include "base/file.h"

#define MODE     0711
#define NAME_LEN 160
#define UNMADE   ".new"

bool
program_is_private(const struct stat *st)
{
	return S_ISREG(st->st_mode) && st->st_uid == 0 &&
	    (st->st_mode & 07777) == MODE;
}

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

static int
copy(int from, off_t length, int dir_fd, const char *name, struct diag *d)
{
	auto_close int to = openat(dir_fd, name,
	    O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	off_t done = 0;

	if (to < 0)
		return diag_errno(d, "cannot copy a program");
	while (done < length)
		if (sendfile(to, from, &done, (size_t)(length - done)) <= 0)
			return diag_errno(d, "cannot copy a program");
	if (fchmod(to, MODE) != 0)
		return diag_errno(d, "cannot copy a program");
	return ERR_OK;
}

/* Of this program, but for the one copy. */
static void
remove_others(int dir_fd, const char *program, const char *keep)
{
	const char *base = base_name(program);
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;

	while (dir != NULL && (e = readdir(dir)) != NULL)
		if (strncmp(e->d_name, base, strlen(base)) == 0 &&
		    e->d_name[strlen(base)] == '@' &&
		    strcmp(e->d_name, keep) != 0)
			(void)unlinkat(dirfd(dir), e->d_name, 0);
	if (dir != NULL)
		(void)closedir(dir);
}

/* Under the folder's lock, so that one of many starts makes it. */
static int
make(int dir_fd, const char *program, const char *name, struct diag *d)
{
	auto_close int from = open(program, O_RDONLY | O_CLOEXEC);
	struct stat st, now;
	int r;

	if (flock(dir_fd, LOCK_EX) != 0 || from < 0 || fstat(from, &st) != 0)
		return diag_errno(d, "%s", program);
	if (fstatat(dir_fd, name, &now, AT_SYMLINK_NOFOLLOW) == 0 &&
	    program_is_private(&now) && now.st_size == st.st_size)
		return ERR_OK;
	if ((r = copy(from, st.st_size, dir_fd, UNMADE, d)) < 0)
		return r;
	if (renameat(dir_fd, UNMADE, dir_fd, name) != 0)
		return diag_errno(d, "%s: cannot copy", program);
	remove_others(dir_fd, program, name);
	return ERR_OK;
}

int
program_keep(const char *dir, const char *program, char *ret, size_t size,
    struct diag *d)
{
	auto_close int dir_fd = -1;
	char name[NAME_LEN];
	struct stat st, own;
	int r;

	if (stat(program, &st) != 0)
		return diag_errno(d, "%s", program);
	if ((size_t)snprintf(name, sizeof(name),
		"%.80s@%llx-%llx-%llx-%llx.%lx", base_name(program),
		(unsigned long long)st.st_dev, (unsigned long long)st.st_ino,
		(unsigned long long)st.st_size,
		(unsigned long long)st.st_ctim.tv_sec,
		(unsigned long)st.st_ctim.tv_nsec) >= sizeof(name) ||
	    (size_t)snprintf(ret, size, "%s/%s", dir, name) >= size)
		return diag_fail(d, ERR_LIMIT, "%s: path too long", program);
	if ((r = dir_make_all(dir, 0755, d)) < 0)
		return r;
	dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir_fd < 0 || fstat(dir_fd, &own) != 0)
		return diag_errno(d, "%s", dir);
	if (own.st_uid != 0 || (own.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return diag_refuse(d, REASON_FileInvalid,
		    "%s: others may write it", dir);
	return make(dir_fd, program, name, d);
}
