/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/text.h"

#define PATH_LIMIT 4096
#define READ_STEP  65536

/* Read at once what has a size: a buffer that grows is copied and wiped. */
static size_t
first_step(int fd, size_t max)
{
	struct stat st;

	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 &&
	    (uint64_t)st.st_size < max)
		return (size_t)st.st_size + 1;
	return READ_STEP;
}

int
file_read_fd(int fd, const char *what, size_t max, struct buf *ret,
    struct diag *d)
{
	auto_buf struct buf all = BUF_INIT(max + 1);
	size_t step = first_step(fd, max);
	uint8_t *p;
	ssize_t n;

	for (;;) {
		size_t want = max + 1 - all.len;

		/* Whether it ends there is asked within the room there is. */
		if (all.p != NULL)
			step =
			    all.size > all.len ? all.size - all.len : READ_STEP;
		if (want > step)
			want = step;
		p = buf_extend(&all, want);
		if (p == NULL)
			return diag_nomem(d);
		do
			n = read(fd, p, want);
		while (n < 0 && errno == EINTR);
		if (n < 0)
			return diag_errno(d, "%s: cannot read", what);
		all.len -= want - (size_t)n;
		if (n == 0)
			break;
		if (all.len > max)
			return diag_fail(d, ERR_LIMIT,
			    "%s: larger than %zu bytes", what, max);
	}
	if (ret->p == NULL && !ret->failed && all.len <= ret->max) {
		size_t limit = ret->max;

		buf_move(&all, ret);
		ret->max = limit;
		return ERR_OK;
	}
	if (!buf_put(ret, buf_bytes(&all)))
		return buf_check(ret, what, d);
	return ERR_OK;
}

int
file_read(int dir_fd, const char *path, size_t max, struct buf *ret,
    struct diag *d)
{
	auto_close int fd = openat(dir_fd, path,
	    O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0) {
		if (errno == ENOENT)
			return diag_fail(d, ERR_NOT_FOUND, "%s: no such file",
			    path);
		return diag_errno(d, "%s: cannot open", path);
	}
	if (fstat(fd, &st) != 0)
		return diag_errno(d, "%s: cannot stat", path);
	/* A device or FIFO could block for ever or never end. */
	if (!S_ISREG(st.st_mode))
		return diag_fail(d, ERR_FORMAT, "%s: not a regular file", path);
	return file_read_fd(fd, path, max, ret, d);
}

int
file_read_passphrase(int fd, const char *what, struct secret *ret,
    struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(2048);
	size_t n = 0;
	int r;

	if ((r = file_read_fd(fd, what, 1026, &b, d)) < 0)
		return r;
	while (n < b.len && b.p[n] != '\n')
		n++;
	if (n > 0 && b.p[n - 1] == '\r')
		n--;
	if (n < 1 || n > 1024)
		return diag_fail(d, ERR_FORMAT,
		    "%s: a passphrase has 1-1024 bytes", what);
	return secret_copy(ret, bytes_of(b.p, n), d);
}

int
file_write_all(int fd, struct bytes contents, struct diag *d)
{
	size_t done = 0;
	ssize_t n;

	while (done < contents.len) {
		n = write(fd, contents.p + done, contents.len - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return diag_errno(d, "cannot write");
		done += (size_t)n;
	}
	return ERR_OK;
}

int
file_read_at(int fd, const char *what, uint64_t at, uint8_t *p, size_t n,
    struct diag *d)
{
	ssize_t got;

	while (n > 0) {
		got = pread(fd, p, n, (off_t)at);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return diag_errno(d, "%s: cannot read", what);
		if (got == 0)
			return diag_refuse(d, REASON_FileInvalid,
			    "%s: ends at byte %llu, too early", what,
			    (unsigned long long)at);
		p += got;
		n -= (size_t)got;
		at += (uint64_t)got;
	}
	return ERR_OK;
}

int
file_write_at(int fd, const char *what, uint64_t at, struct bytes contents,
    struct diag *d)
{
	size_t done = 0;
	ssize_t put;

	while (done < contents.len) {
		put = pwrite(fd, contents.p + done, contents.len - done,
		    (off_t)(at + done));
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return diag_errno(d, "%s: cannot write", what);
		done += (size_t)put;
	}
	return ERR_OK;
}

/* Makes a rename or a new name survive a power cut. */
static int
sync_parent(int dir_fd, const char *path, struct diag *d)
{
	const char *slash = strrchr(path, '/');
	char parent[PATH_LIMIT] = ".";
	auto_close int fd = -1;

	if (slash != NULL) {
		size_t n = slash == path ? 1 : (size_t)(slash - path);

		if (n >= sizeof(parent))
			return diag_fail(d, ERR_LIMIT, "%s: path too long",
			    path);
		memcpy(parent, path, n);
		parent[n] = '\0';
	}
	fd = openat(dir_fd, parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) != 0)
		return diag_errno(d, "%s: cannot sync its folder", path);
	return ERR_OK;
}

static int
write_new(int dir_fd, const char *path, mode_t mode, struct bytes contents,
    struct diag *d)
{
	auto_close int fd = openat(dir_fd, path,
	    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
	int r;

	if (fd < 0) {
		if (errno == EEXIST)
			return diag_fail(d, ERR_EXISTS, "%s: exists already",
			    path);
		return diag_errno(d, "%s: cannot make", path);
	}
	r = file_write_all(fd, contents, d);
	if (r == ERR_OK && (fchmod(fd, mode) != 0 || fsync(fd) != 0))
		r = diag_errno(d, "cannot sync");
	if (r < 0) {
		diag_prefix(d, "%s", path);
		(void)unlinkat(dir_fd, path, 0);
	}
	return r;
}

int
file_write_atomic(int dir_fd, const char *path, mode_t mode,
    struct bytes contents, struct diag *d)
{
	char temp[PATH_LIMIT];
	int n, r;

	/* One writer per file by contract, so a leftover is from a crash. */
	n = snprintf(temp, sizeof(temp), "%s.new", path);
	if (n < 0 || (size_t)n >= sizeof(temp))
		return diag_fail(d, ERR_LIMIT, "%s: path too long", path);
	if (unlinkat(dir_fd, temp, 0) != 0 && errno != ENOENT)
		return diag_errno(d, "%s: cannot remove", temp);
	if ((r = write_new(dir_fd, temp, mode, contents, d)) < 0)
		return r;
	if (renameat(dir_fd, temp, dir_fd, path) != 0) {
		r = diag_errno(d, "%s: cannot rename", temp);
		(void)unlinkat(dir_fd, temp, 0);
		return r;
	}
	return sync_parent(dir_fd, path, d);
}

int
file_create(int dir_fd, const char *path, mode_t mode, struct bytes contents,
    struct diag *d)
{
	int r = write_new(dir_fd, path, mode, contents, d);

	return r < 0 ? r : sync_parent(dir_fd, path, d);
}

int
dir_make_all(const char *path, mode_t mode, struct diag *d)
{
	char part[PATH_LIMIT];
	size_t n = strlen(path);

	if (n == 0 || n >= sizeof(part))
		return diag_fail(d, ERR_LIMIT, "path: empty or too long");
	memcpy(part, path, n + 1);
	for (size_t i = 1; i <= n; i++) {
		char c = part[i];

		if (c != '/' && c != '\0')
			continue;
		part[i] = '\0';
		if (mkdir(part, mode) != 0 && errno != EEXIST)
			return diag_errno(d, "%s: cannot make folder", part);
		part[i] = c;
	}
	return ERR_OK;
}

int
memfd_new(const char *name, int *ret_fd, struct diag *d)
{
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return diag_errno(d, "cannot make a memory file");
	*ret_fd = fd;
	return ERR_OK;
}

int
memfd_seal(int fd, struct diag *d)
{
	if (fcntl(fd, F_ADD_SEALS,
		F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) != 0)
		return diag_errno(d, "cannot seal a memory file");
	/* Whoever is handed it reads from its beginning. */
	if (lseek(fd, 0, SEEK_SET) != 0)
		return diag_errno(d, "cannot rewind a memory file");
	return ERR_OK;
}

int
memfd_sealed(const char *name, struct bytes contents, int *ret_fd,
    struct diag *d)
{
	auto_close int fd = -1;
	int r;

	if ((r = memfd_new(name, &fd, d)) < 0 ||
	    (r = file_write_all(fd, contents, d)) < 0 ||
	    (r = memfd_seal(fd, d)) < 0)
		return r;
	*ret_fd = TAKE_FD(&fd);
	return ERR_OK;
}
