/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each start gets a user number of its own, so that no process of one VM may
 * touch another's, nor what an earlier run left behind. The next number is
 * kept where a reboot clears it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>

#include "base/file.h"
#include "guard/vm/vm.h"

#define USERS_FILE "/vm-users"
/* A sealed root's, where root of the host cannot set the number back. */
#define PRIVATE   "/private"
#define USERS_MAX 60000

static int
read_next(int fd, uint64_t *ret, struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(16);
	int r = file_read_fd(fd, USERS_FILE, 16, &b, d);

	*ret = 0;
	if (r < 0 || b.len == 0)
		return r;
	return number_parse("next user", buf_bytes(&b), 0, USERS_MAX, ret, d);
}

static int
write_next(int fd, uint64_t next, struct diag *d)
{
	char text[24];
	int n = snprintf(text, sizeof(text), "%llu", (unsigned long long)next);

	if (lseek(fd, 0, SEEK_SET) != 0 || ftruncate(fd, 0) != 0)
		return diag_errno(d, USERS_FILE);
	return file_write_all(fd, bytes_of(text, (size_t)n), d);
}

static int
users_file(const struct vm *vm, char ret[static PATH_TEXT_MAX], struct diag *d)
{
	const char *dir = vm->root[0] == '\0' && access(PRIVATE, F_OK) == 0
	    ? PRIVATE
	    : PATH_RUN;
	char path[64];
	int r;

	if ((r = path_under(vm->root, dir, ret, PATH_TEXT_MAX, d)) < 0 ||
	    (r = dir_make_all(ret, 0755, d)) < 0)
		return r;
	(void)snprintf(path, sizeof(path), "%s" USERS_FILE, dir);
	return path_under(vm->root, path, ret, PATH_TEXT_MAX, d);
}

int
user_take(const struct vm *vm, uid_t *ret, struct diag *d)
{
	char path[PATH_TEXT_MAX];
	auto_close int fd = -1;
	uint64_t next;
	int r;

	if ((r = users_file(vm, path, d)) < 0)
		return r;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || flock(fd, LOCK_EX) != 0)
		return diag_errno(d, "%s", path);
	if ((r = read_next(fd, &next, d)) < 0) {
		diag_prefix(d, "%s", path);
		return r;
	}
	if (next >= USERS_MAX)
		return diag_refuse(d, REASON_VmFailed,
		    "%d VM starts since the machine's: no user left",
		    USERS_MAX);
	if ((r = write_next(fd, next + 1, d)) < 0)
		return r;
	*ret = (uid_t)(vm->conf.uid_base + next);
	return ERR_OK;
}
