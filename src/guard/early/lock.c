/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel lock, and what there is instead: a record that says "no lock", so
 * that the HGS's MemoryAccessBlocked fails, and one line that says why.
 */
#include "guard/lock/lock.h"
#include "base/file.h"
#include "base/log.h"
#include "guard/early/early.h"
#include "measure/cmdline.h"

#include <fcntl.h>

#define CODE_ROOT "shieldwall.code=root"

void
lock_renounce(const char *why)
{
	log_notice("no kernel lock: %s; MemoryAccessBlocked will not hold",
	    why);
}

/* The command line is measured: who changes it is another host. */
static int
read_options(struct lock_options *ret, struct diag *d)
{
	auto_buf struct buf text = BUF_INIT(8192);
	auto_close int fd = open("/proc/cmdline", O_RDONLY | O_CLOEXEC);
	struct bytes rest, arg;
	bool bad;
	int r;

	if (fd < 0)
		return diag_errno(d, "/proc/cmdline");
	if ((r = file_read_fd(fd, "/proc/cmdline", 8191, &text, d)) < 0)
		return r;
	rest = buf_bytes(&text);
	if (rest.len != 0 && rest.p[rest.len - 1] == '\n')
		rest.len--;
	while (cmdline_next(&rest, &arg, &bad))
		if (bytes_equal_text(arg, CODE_ROOT))
			ret->code_root = true;
	return ERR_OK;
}

int
lock_take(struct held_lock *ret, struct diag *d)
{
	auto_lock struct lock *lock = NULL;
	struct lock_options options = { 0 };
	struct diag why = { 0 };
	int r;

	*ret = HELD_LOCK_NONE;
	if ((r = read_options(&options, d)) < 0)
		return r;
	if (lock_supported(&why) < 0 || lock_load(&options, &lock, &why) < 0) {
		lock_renounce(why.text);
		return ERR_OK;
	}
	if ((r = lock_arm(lock, d)) < 0)
		return r;
	lock_digest(ret->digest);
	ret->holder_fd = lock_holder_fd(lock);
	ret->counters_fd = lock_counters_fd(lock);
	ret->modules_fd = lock_modules_fd(lock);
	/* Its descriptors are guard-tpm's from here on. */
	lock = NULL;
	log_notice("the kernel lock holds%s",
	    options.code_root ? ", and code comes from the root alone" : "");
	return ERR_OK;
}
