/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Copying a VM's files: holes stay holes, and where the file system can share
 * blocks it does.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/base.h"
#include "ctl/guardctl/vm_folder.h"

#define PIECE ((size_t)1 << 20)

struct copying {
	int from, to;
	bool by_hand; /* copy_file_range() cannot */
	uint8_t *piece;
	struct diag *d;
};

static int
copy_piece(struct copying *c, off_t at, size_t n)
{
	size_t done = 0;
	ssize_t got = pread(c->from, c->piece, n, at);

	if (got < 0)
		return diag_errno(c->d, "cannot read");
	if (got == 0)
		return diag_refuse(c->d, REASON_InUse,
		    "became shorter while it was copied");
	while (done < (size_t)got) {
		ssize_t put = pwrite(c->to, c->piece + done, (size_t)got - done,
		    at + (off_t)done);

		if (put < 0 && errno != EINTR)
			return diag_errno(c->d, "cannot write");
		if (put > 0)
			done += (size_t)put;
	}
	return (int)got;
}

static bool
cannot_share(int err)
{
	return err == EXDEV || err == EINVAL || err == ENOSYS ||
	    err == EOPNOTSUPP || err == EPERM || err == ETXTBSY;
}

/* The bytes from at to end, which are no hole. */
static int
copy_range(struct copying *c, off_t at, off_t end)
{
	while (at < end) {
		size_t n =
		    (size_t)(end - at) < PIECE ? (size_t)(end - at) : PIECE;
		off_t in = at, out = at;
		ssize_t done;

		if (c->by_hand) {
			done = copy_piece(c, at, n);
			if (done < 0)
				return (int)done;
			at += done;
			continue;
		}
		done = copy_file_range(c->from, &in, c->to, &out,
		    (size_t)(end - at), 0);
		if (done > 0)
			at += done;
		else if (done == 0 || cannot_share(errno))
			c->by_hand = true;
		else if (errno != EINTR)
			return diag_errno(c->d, "cannot copy");
	}
	return ERR_OK;
}

static int
copy_data(struct copying *c, uint64_t size)
{
	off_t end = (off_t)size, at = 0, hole;
	int r;

	if (ftruncate(c->to, end) != 0)
		return diag_errno(c->d, "cannot set its length");
	while (at < end) {
		off_t data = lseek(c->from, at, SEEK_DATA);

		if (data < 0 && errno == ENXIO)
			break; /* the rest is a hole */
		if (data < 0)
			data = at;
		hole = lseek(c->from, data, SEEK_HOLE);
		if (hole < 0 || hole > end)
			hole = end;
		if ((r = copy_range(c, data, hole)) < 0)
			return r;
		at = hole;
	}
	return fsync(c->to) != 0 ? diag_errno(c->d, "cannot sync") : ERR_OK;
}

int
vm_copy_image(int from_fd, int to_fd, uint64_t size, struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(PIECE);
	struct copying c = { .from = from_fd, .to = to_fd, .d = d };

	c.piece = buf_extend(&b, PIECE);
	return c.piece == NULL ? diag_nomem(d) : copy_data(&c, size);
}

static int
copy_file(const struct vm_file *file, int from_fd, int to_fd, uint8_t *piece,
    struct diag *d)
{
	auto_close int from = openat(from_fd, file->path,
	    O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	auto_close int to = -1;
	struct copying c = { .from = from, .piece = piece, .d = d };
	struct stat st;

	if (from < 0 || fstat(from, &st) != 0)
		return diag_errno(d, "cannot open");
	if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size != file->size)
		return diag_refuse(d, REASON_InUse,
		    "was changed while it was copied");
	to = openat(to_fd, file->path,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (to < 0)
		return diag_errno(d, "cannot make");
	c.to = to;
	return copy_data(&c, file->size);
}

int
vm_folder_copy(const struct vm_folder *f, int from_fd, int to_fd,
    struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(PIECE);
	uint8_t *piece = buf_extend(&b, PIECE);
	auto_close int vtpm = -1;
	int r;

	if (piece == NULL)
		return diag_nomem(d);
	if (f->has_vtpm && mkdirat(to_fd, VM_DIR_VTPM, 0700) != 0)
		return diag_errno(d, VM_DIR_VTPM ": cannot make");
	for (size_t i = 0; i < f->n_files; i++)
		if ((r = copy_file(&f->files[i], from_fd, to_fd, piece, d)) <
		    0) {
			diag_prefix(d, "%s", f->files[i].path);
			return r;
		}
	if (f->has_vtpm) {
		vtpm = openat(to_fd, VM_DIR_VTPM,
		    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (vtpm < 0 || fsync(vtpm) != 0)
			return diag_errno(d, VM_DIR_VTPM ": cannot sync");
	}
	if (fsync(to_fd) != 0)
		return diag_errno(d, "cannot sync the folder");
	return ERR_OK;
}
