/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "SWCJ", u8 1, 32 bytes of options; then records, each u32 length and
 *
 *	u64 inode, size, mtime, ctime; u8 state, algorithm, signer;
 *	digest of the algorithm's size; the rest: path
 *
 * Big-endian. It is read by the program that wrote it.
 */
#include "ctl/guardctl/ci_journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/reader.h"

#define MAGIC        "SWCJ"
#define JOURNAL_MAX  ((size_t)512 << 20)
#define RECORD_LIMIT (8192)
#define FLUSH_AT     ((size_t)16 << 10)

void
ci_journal_put_head(struct buf *b, const uint8_t options[static SHA256_SIZE])
{
	(void)buf_put_text(b, MAGIC);
	(void)buf_put_u8(b, 1);
	(void)buf_put(b, bytes_of(options, SHA256_SIZE));
}

void
ci_journal_put(struct buf *b, const struct ci_found *f)
{
	size_t size = hash_size(ci_hash(f->alg)), len = strlen(f->path);

	(void)buf_put_be32(b, (uint32_t)(4 * 8 + 3 + size + len));
	(void)buf_put_be64(b, f->stat.inode);
	(void)buf_put_be64(b, f->stat.size);
	(void)buf_put_be64(b, f->stat.mtime);
	(void)buf_put_be64(b, f->stat.ctime);
	(void)buf_put_u8(b, (uint8_t)f->state);
	(void)buf_put_u8(b, (uint8_t)f->alg);
	(void)buf_put_u8(b, f->signer);
	(void)buf_put(b, bytes_of(f->digest, size));
	(void)buf_put(b, bytes_of(f->path, len));
}

static struct ci_found *
find(struct ci_files *f, struct bytes path)
{
	size_t low = 0, high = f->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int c = bytes_compare(bytes_of_text(f->list[mid].path), path);

		if (c == 0)
			return &f->list[mid];
		if (c < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

static bool
take_record(struct bytes record, struct ci_files *f, size_t *n)
{
	struct reader r = reader_of(record);
	struct ci_found got = { 0 }, *known;
	uint8_t state, alg;
	struct bytes path;

	if (!reader_be64(&r, &got.stat.inode) ||
	    !reader_be64(&r, &got.stat.size) ||
	    !reader_be64(&r, &got.stat.mtime) ||
	    !reader_be64(&r, &got.stat.ctime) || !reader_u8(&r, &state) ||
	    !reader_u8(&r, &alg) || !reader_u8(&r, &got.signer) ||
	    state >= CI_FILE_STATES || alg >= CI_ALGS ||
	    !reader_copy(&r, got.digest, hash_size(ci_hash(alg))) ||
	    !reader_take(&r, reader_left(&r), &path))
		return false;
	known = find(f, path);
	/* A file that could not be read is tried again. */
	if (known == NULL || state == CI_FILE_NEW || state == CI_FILE_FAILED ||
	    !ci_stat_equal(&known->stat, &got.stat))
		return true;
	if (known->state == CI_FILE_NEW)
		(*n)++;
	known->state = (enum ci_file_state)state;
	known->alg = (enum ci_alg)alg;
	known->signer = got.signer;
	memcpy(known->digest, got.digest, sizeof(known->digest));
	return true;
}

int
ci_journal_read(struct bytes journal, const uint8_t options[static SHA256_SIZE],
    struct ci_files *f, size_t *ret_n, struct diag *d)
{
	struct reader r = reader_of(journal);
	struct bytes magic, of, record;
	uint8_t version;
	size_t n = 0;

	if (!reader_take(&r, 4, &magic) || !reader_u8(&r, &version) ||
	    !reader_take(&r, SHA256_SIZE, &of) ||
	    !bytes_equal_text(magic, MAGIC) || version != 1)
		return diag_refuse(d, REASON_FileInvalid,
		    "not the journal of a scan");
	if (!bytes_equal(of, bytes_of(options, SHA256_SIZE)))
		return diag_refuse(d, REASON_FileInvalid,
		    "the journal of a scan with other options");
	while (reader_be32_blob(&r, RECORD_LIMIT, &record))
		if (!take_record(record, f, &n))
			return diag_refuse(d, REASON_FileInvalid,
			    "a damaged journal");
	*ret_n = n;
	return ERR_OK;
}

/* What is known already is written again: the end may be cut. */
static int
start(struct ci_journal *j, const uint8_t *options, const struct ci_files *f,
    struct diag *d)
{
	int r;

	ci_journal_put_head(&j->pending, options);
	for (size_t i = 0; i < f->n; i++)
		if (f->list[i].state != CI_FILE_NEW &&
		    (r = ci_journal_add(j, &f->list[i], d)) < 0)
			return r;
	return ci_journal_flush(j, d);
}

int
ci_journal_open(const char *path, bool resume,
    const uint8_t options[static SHA256_SIZE], struct ci_files *f,
    size_t *ret_n, struct ci_journal *ret, struct diag *d)
{
	auto_buf struct buf old = BUF_INIT(JOURNAL_MAX);
	auto_ci_journal struct ci_journal j = CI_JOURNAL_NONE;
	char temp[4200];
	size_t n = 0;
	int r;

	if (resume) {
		r = file_read(AT_FDCWD, path, JOURNAL_MAX, &old, d);
		if (r == ERR_OK)
			r = ci_journal_read(buf_bytes(&old), options, f, &n, d);
		if (r < 0 && r != ERR_NOT_FOUND) {
			diag_prefix(d, "%s", path);
			return r;
		}
	}
	if ((size_t)snprintf(temp, sizeof(temp), "%s.new", path) >=
	    sizeof(temp))
		return diag_fail(d, ERR_LIMIT, "%s: path too long", path);
	j.fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
	    0600);
	if (j.fd < 0)
		return diag_errno(d, "%s: cannot make", temp);
	if ((r = start(&j, options, f, d)) < 0)
		return r;
	if (rename(temp, path) != 0)
		return diag_errno(d, "%s: cannot rename", temp);
	*ret_n = n;
	*ret = j;
	j = CI_JOURNAL_NONE;
	return ERR_OK;
}

int
ci_journal_flush(struct ci_journal *j, struct diag *d)
{
	int r = file_write_all(j->fd, buf_bytes(&j->pending), d);

	buf_reset(&j->pending);
	return r;
}

int
ci_journal_add(struct ci_journal *j, const struct ci_found *f, struct diag *d)
{
	ci_journal_put(&j->pending, f);
	if (!buf_ok(&j->pending))
		return diag_nomem(d);
	return j->pending.len < FLUSH_AT ? ERR_OK : ci_journal_flush(j, d);
}

void
ci_journal_close(struct ci_journal *j)
{
	close_p(&j->fd);
	buf_free(&j->pending);
}
