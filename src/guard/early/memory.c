/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What happens to this host's memory: to that of guard-tpm and of all below
 * it, and, after a reset, to all of it.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "guard/early/early.h"

/* TCG Platform Reset Attack Mitigation 1.10, clause 4. */
#define EFIVARS "/private/efivars"
#define REQUEST \
	EFIVARS \
	"/MemoryOverwriteRequestControl-e20939be-32d4-41be-a150-897f85d49829"
#define CLEAR_MEMORY 1
/* The same, revision 1 of its lock: until a reset nobody takes it back. */
#define REQUEST_LOCK \
	EFIVARS      \
	"/MemoryOverwriteRequestControlLock-bb983ccf-151d-40e1-a07b-4a17be168292"
#define LOCKED 1

/*
 * guard-tpm inherits these: it may lock what it needs, writes no core, and is
 * the last that the kernel ends when memory runs out.
 */
void
memory_limits(void)
{
	const struct rlimit none = { 0, 0 },
			    all = { RLIM_INFINITY, RLIM_INFINITY };
	int fd;

	if (setrlimit(RLIMIT_CORE, &none) != 0 ||
	    setrlimit(RLIMIT_MEMLOCK, &all) != 0)
		log_warning("cannot set memory limits");
	fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "-1000", 5) != 5)
		log_warning("cannot set oom_score_adj");
	close_p(&fd);
}

/* The kernel keeps such files from being changed by accident. */
static void
let_change(int fd)
{
	int flags = 0;

	if (ioctl(fd, FS_IOC_GETFLAGS, &flags) != 0)
		return;
	flags &= ~FS_IMMUTABLE_FL;
	(void)ioctl(fd, FS_IOC_SETFLAGS, &flags);
}

/* Attributes (non-volatile, boot and run time), then one byte. */
static int
set_variable(const char *path, uint8_t value, struct diag *d)
{
	const uint8_t set[] = { 7, 0, 0, 0, value };
	auto_close int in = open(path, O_RDONLY | O_CLOEXEC);
	auto_close int out = -1;
	uint8_t now[sizeof(set)] = { 0 };

	if (in < 0)
		return diag_errno(d, "the firmware has no %s",
		    path + sizeof(EFIVARS));
	if (read(in, now, sizeof(now)) == sizeof(now) && now[4] == value)
		return ERR_OK;
	let_change(in);
	out = open(path, O_WRONLY | O_CLOEXEC);
	if (out < 0 || write(out, set, sizeof(set)) != sizeof(set))
		return diag_errno(d, "the firmware does not take %s",
		    path + sizeof(EFIVARS));
	return ERR_OK;
}

void
memory_overwrite_request(void)
{
	struct diag d = { 0 };

	if ((mkdir(EFIVARS, 0700) != 0 && errno != EEXIST) ||
	    mount("efivarfs", EFIVARS, "efivarfs",
		MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) != 0) {
		log_warning("no efivarfs: nobody asks the firmware to "
			    "overwrite memory at a reset");
		return;
	}
	if (set_variable(REQUEST, CLEAR_MEMORY, &d) < 0)
		log_warning("memory is not overwritten at a reset: %s", d.text);
	else if (set_variable(REQUEST_LOCK, LOCKED, &d) < 0)
		log_warning(
		    "memory is overwritten at a reset unless root takes "
		    "that back: %s",
		    d.text);
	else
		log_info("memory is overwritten at a reset");
	(void)umount2(EFIVARS, MNT_DETACH);
}
