/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who looked into a VM, and who tried to: one line of JSON each, appended in
 * one write, in a file beside the VMs' folders. Root of the host can take it
 * away; what it cannot do is make guard-vm forget to write it.
 * doc/FORMAT.vm-folder.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "base/file.h"
#include "base/log.h"
#include "guard/vm/vm.h"
#include "json/json.h"

#define RECORD_FILE ".audit"
#define RECORD_OLD  ".audit.1"
#define RECORD_MAX  ((off_t)8 << 20) /* then it becomes the old one */
#define LINE_LIMIT  2048

static int
open_folder(const struct vm *vm, int *ret, struct diag *d)
{
	char path[PATH_TEXT_MAX];
	int r = path_under(vm->root, vm->conf.vm_dir, path, sizeof(path), d);

	if (r < 0)
		return r;
	*ret = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *ret < 0 ? diag_errno(d, "%s", path) : ERR_OK;
}

/* One process at a time; the name is looked up again under the lock. */
static int
open_record(int dir_fd, int *ret, struct diag *d)
{
	auto_close int fd = -1;
	struct stat st;

	if (flock(dir_fd, LOCK_EX) != 0)
		return diag_errno(d, RECORD_FILE);
	if (fstatat(dir_fd, RECORD_FILE, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    st.st_size > RECORD_MAX &&
	    renameat(dir_fd, RECORD_FILE, dir_fd, RECORD_OLD) != 0)
		return diag_errno(d, RECORD_OLD);
	fd = openat(dir_fd, RECORD_FILE,
	    O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return diag_errno(d, RECORD_FILE);
	*ret = TAKE_FD(&fd);
	return ERR_OK;
}

static int
write_line(const struct vm *vm, struct bytes line, struct diag *d)
{
	auto_close int dir_fd = -1, fd = -1;
	int r;

	if ((r = open_folder(vm, &dir_fd, d)) < 0 ||
	    (r = open_record(dir_fd, &fd, d)) < 0 ||
	    (r = file_write_all(fd, line, d)) < 0)
		return r;
	return fdatasync(fd) == 0 ? ERR_OK : diag_errno(d, RECORD_FILE);
}

void
record_request(const struct vm *vm, uint32_t uid, const char *what, int r,
    const struct diag *why)
{
	const char *level = vm_level_name(vm->folder.config.level);
	auto_buf struct buf b = BUF_INIT(LINE_LIMIT);
	struct json_out o = json_out_of(&b);
	char detail[400] = "";
	struct diag d = { 0 };

	if (r < 0)
		text_escape(bytes_of_text(why->text), detail, sizeof(detail));
	json_out_begin_object(&o);
	json_out_put_number(&o, "time", (uint64_t)time(NULL));
	json_out_put_string(&o, "vm", vm->name);
	json_out_put_string(&o, "level", level != NULL ? level : "");
	json_out_put_number(&o, "uid", uid);
	json_out_put_string(&o, "what", what);
	json_out_put_string(&o, "outcome",
	    r == ERR_OK                      ? "ok"
		: why->reason != REASON_NONE ? reason_name(why->reason)
					     : err_name(r));
	json_out_put_string(&o, "detail", detail);
	json_out_end_object(&o);
	(void)buf_put_u8(&b, '\n');
	if (r < 0)
		log_warning("VM %s: uid %u: %s: refused: %s", vm->name, uid,
		    what, detail);
	if (buf_check(&b, RECORD_FILE, &d) < 0 ||
	    write_line(vm, buf_bytes(&b), &d) < 0)
		log_error("VM %s: not recorded: %s: %s", vm->name, what,
		    d.text);
}
