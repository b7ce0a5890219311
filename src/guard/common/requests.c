/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/common/requests.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "json/json.h"

#define TIME_MAX ((uint64_t)253402300799) /* the end of year 9999 */

/* Words that a later release adds are not this one's to refuse. */
static int
take(const struct json *o, struct request_record *ret, struct diag *d)
{
	int r;

	if (!json_value_is_object(o))
		return diag_fail(d, ERR_FORMAT, "not an object");
	if ((r = json_get_number(o, "time", 0, TIME_MAX, &ret->time, d)) < 0 ||
	    (r = json_get_text(o, "vm", &ret->vm, d)) < 0 ||
	    (r = json_get_text(o, "level", &ret->level, d)) < 0 ||
	    (r = json_get_number(o, "uid", 0, UINT32_MAX, &ret->uid, d)) < 0 ||
	    (r = json_get_text(o, "what", &ret->what, d)) < 0 ||
	    (r = json_get_text(o, "outcome", &ret->outcome, d)) < 0)
		return r;
	return json_get_text(o, "detail", &ret->detail, d);
}

static int
read_line(struct bytes line, size_t n, bool is_cut,
    const struct requests_reader *to, struct diag *d)
{
	auto_json_doc struct json_doc *doc = NULL;
	struct request_record record = { 0 };
	struct diag why = { 0 };
	int r;

	if (line.len > REQUESTS_LINE_MAX)
		return to->unreadable(n, is_cut, line, "too long", to->arg);
	if ((r = json_parse(line, &doc, &why)) == ERR_OK)
		r = take(json_root(doc), &record, &why);
	if (r == ERR_NOMEM)
		return diag_nomem(d);
	if (r < 0)
		return to->unreadable(n, is_cut, line, why.text, to->arg);
	return to->record(&record, to->arg);
}

int
requests_read(struct bytes file, const struct requests_reader *to,
    struct diag *d)
{
	size_t at = 0, n = 1;
	int r;

	for (; at < file.len; n++) {
		const uint8_t *end = memchr(file.p + at, '\n', file.len - at);
		size_t len =
		    end == NULL ? file.len - at : (size_t)(end - (file.p + at));

		r = read_line(bytes_of(file.p + at, len), n, end == NULL, to,
		    d);
		if (r < 0)
			return r;
		at += len + 1;
	}
	return ERR_OK;
}

static bool
ends_whole(int fd)
{
	off_t end = lseek(fd, 0, SEEK_END);
	char last = '\n';

	return end <= 0 || pread(fd, &last, 1, end - 1) != 1 || last == '\n';
}

int
requests_append(int dir_fd, const struct request_record *r, struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(REQUESTS_LINE_MAX);
	struct json_out o = json_out_of(&b);
	auto_close int lock = openat(dir_fd, ".", O_RDONLY | O_CLOEXEC);
	auto_close int fd = -1;
	struct stat st;
	int e;

	/* guard-vm takes it, too: none writes to the file that goes. */
	if (lock < 0 || flock(lock, LOCK_EX) != 0)
		return diag_errno(d, REQUESTS_FILE);
	if (fstatat(dir_fd, REQUESTS_FILE, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    st.st_size > REQUESTS_TURN &&
	    renameat(dir_fd, REQUESTS_FILE, dir_fd, REQUESTS_FILE_OLD) != 0)
		return diag_errno(d, REQUESTS_FILE_OLD);
	fd = openat(dir_fd, REQUESTS_FILE,
	    O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return diag_errno(d, REQUESTS_FILE);
	if (!ends_whole(fd))
		(void)buf_put_u8(&b, '\n');
	json_out_begin_object(&o);
	json_out_put_number(&o, "time", r->time);
	json_out_put_text(&o, "vm", r->vm);
	json_out_put_text(&o, "level", r->level);
	json_out_put_number(&o, "uid", r->uid);
	json_out_put_text(&o, "what", r->what);
	json_out_put_text(&o, "outcome", r->outcome);
	json_out_put_text(&o, "detail", r->detail);
	json_out_end_object(&o);
	(void)buf_put_u8(&b, '\n');
	/* One write: lines of others do not come in between. */
	if ((e = buf_check(&b, REQUESTS_FILE, d)) < 0 ||
	    (e = file_write_all(fd, buf_bytes(&b), d)) < 0)
		return e;
	return fsync(fd) != 0 ? diag_errno(d, REQUESTS_FILE) : ERR_OK;
}
