/* SPDX-License-Identifier: Apache-2.0 */
/*
 * System calls that take another process's id or descriptor.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <linux/userfaultfd.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "attack.h"
#include "uring.h"

#define FDS 512

static int
pidfd(const struct attack *a, int target)
{
	return (int)syscall(SYS_pidfd_open, a->pid[target], 0);
}

static void
trace(const struct attack *a, int target, bool seize, struct result *r)
{
	long rc = seize ? ptrace(PTRACE_SEIZE, a->pid[target], NULL, NULL)
			: ptrace(PTRACE_ATTACH, a->pid[target], NULL, NULL);

	if (rc < 0) {
		result_errno(r, "ptrace");
		return;
	}
	result_set(r, VERDICT_READ, "attached");
	if (!seize)
		(void)waitpid(a->pid[target], NULL, __WALL);
	(void)ptrace(PTRACE_DETACH, a->pid[target], NULL, NULL);
}

static void
try_attach(const struct attack *a, int target, struct result *r)
{
	trace(a, target, false, r);
}

static void
try_seize(const struct attack *a, int target, struct result *r)
{
	trace(a, target, true, r);
}

static ssize_t
vm_read(void *arg, uint64_t at, void *p, size_t n)
{
	struct iovec mine = { p, n };
	struct iovec theirs = { (void *)(uintptr_t)at, n };

	return process_vm_readv(*(pid_t *)arg, &mine, 1, &theirs, 1, 0);
}

/* Where maps is closed, an address that every process has shows the check. */
static void
try_vm_readv(const struct attack *a, int target, struct result *r)
{
	pid_t pid = a->pid[target];
	char c = 0;

	if (vm_read(&pid, 0x400000, &c, 1) < 0 && errno == EPERM)
		result_errno(r, "process_vm_readv");
	else
		search_memory(a, target, vm_read, &pid, 60, r);
}

static void
try_vm_writev(const struct attack *a, int target, struct result *r)
{
	char c = 0;
	struct iovec mine = { &c, 1 };
	struct iovec theirs = { (void *)(uintptr_t)0x10, 1 };

	if (process_vm_writev(a->pid[target], &mine, 1, &theirs, 1, 0) < 0 &&
	    errno == EFAULT)
		result_set(r, VERDICT_ALLOWED, "let through to an address");
	else
		result_errno(r, "process_vm_writev");
}

static void
try_getfd(const struct attack *a, int target, struct result *r)
{
	auto_close int pf = pidfd(a, target);
	unsigned got = 0;
	int errnum = 0;

	for (int i = 0; pf >= 0 && i < FDS; i++) {
		int fd = (int)syscall(SYS_pidfd_getfd, pf, i, 0);

		if (fd >= 0) {
			got++;
			(void)close(fd);
		} else if (errno != EBADF) {
			errnum = errno;
		}
	}
	errno = errnum;
	if (got > 0)
		result_set(r, VERDICT_READ, "%u descriptors copied", got);
	else
		result_errno(r, "pidfd_getfd");
}

static void
try_kcmp(const struct attack *a, int target, struct result *r)
{
	result_call(r,
	    syscall(SYS_kcmp, getpid(), a->pid[target], KCMP_VM, 0, 0), "kcmp");
}

static void
try_madvise(const struct attack *a, int target, struct result *r)
{
	auto_close int pf = pidfd(a, target);
	uint64_t at = a->learned->marker_at[target];
	struct iovec range;

	if (at == 0)
		at = 0x400000;
	range.iov_base = (void *)(uintptr_t)(at & ~(uint64_t)4095);
	range.iov_len = 4096;
	if (syscall(SYS_process_madvise, pf, &range, 1, MADV_PAGEOUT, 0) < 0 &&
	    errno != ENOMEM)
		result_errno(r, "process_madvise");
	else
		result_set(r, VERDICT_ALLOWED, "let through to an address");
}

static void
try_robust_list(const struct attack *a, int target, struct result *r)
{
	void *head = NULL;
	size_t len = 0;

	if (syscall(SYS_get_robust_list, a->pid[target], &head, &len) < 0)
		result_errno(r, "get_robust_list");
	else
		result_set(r, VERDICT_READ, "an address of its: %p", head);
}

static void
try_move_pages(const struct attack *a, int target, struct result *r)
{
	void *page = (void *)(uintptr_t)0x400000;
	int status = 0;

	if (syscall(SYS_move_pages, a->pid[target], 1, &page, NULL, &status,
		0) < 0)
		result_errno(r, "move_pages");
	else
		result_set(r, VERDICT_ALLOWED, "let through: status %d",
		    status);
}

/* It watches the memory of its own maker only; of another's there is no way. */
static void
try_userfaultfd(const struct attack *a, int target, struct result *r)
{
	auto_close int fd =
	    (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	struct uffdio_api api = { .api = UFFD_API,
		.features = UFFD_FEATURE_EVENT_FORK };
	struct uffdio_register range = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	uint64_t at = a->learned->marker_at[target];

	range.range.start = (at != 0 ? at : 0x7f0000000000) & ~(uint64_t)4095;
	range.range.len = 4096;
	if (fd < 0 || ioctl(fd, UFFDIO_API, &api) != 0) {
		result_errno(r, "userfaultfd");
		return;
	}
	if (ioctl(fd, UFFDIO_REGISTER, &range) != 0)
		result_set(r, VERDICT_NOTHING,
		    "made, but an address of another process: %s",
		    strerror(errno));
	else
		result_set(r, VERDICT_NOTHING,
		    "registers addresses of its own process only");
}

/* The kernel's worker opens the files: is it held to the same rules? */
static void
try_uring(const struct attack *a, int target, struct result *r)
{
	static char text[65536];
	uint64_t at = a->learned->marker_at[target] & ~(uint64_t)4095;
	char path[64];
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)a->pid[target],
	    at != 0 ? "mem" : "environ");
	n = uring_read_file(path, at, text, at != 0 ? 8192 : sizeof(text));
	if (n < 0)
		result_errno(r, at != 0 ? "mem" : "environ");
	else
		result_bytes(r, a, path, text, (size_t)n);
}

static void
try_uring_mem(const struct attack *a, int target, struct result *r)
{
	char path[64], c;

	(void)snprintf(path, sizeof(path), "/proc/%d/mem", (int)a->pid[target]);
	if (uring_read_file(path, 0x1000, &c, 1) < 0 && errno != EIO)
		result_errno(r, "open");
	else
		result_set(r, VERDICT_READ, "opened");
}

static const struct attempt list[] = {
	{ "call-attach", "ptrace attach", try_attach, true, 0 },
	{ "call-seize", "ptrace seize", try_seize, true, 0 },
	{ "call-vm-readv", "process_vm_readv of its memory", try_vm_readv, true,
	    90 },
	{ "call-vm-writev", "process_vm_writev", try_vm_writev, true, 0 },
	{ "call-pidfd-getfd", "pidfd_getfd of each descriptor", try_getfd, true,
	    0 },
	{ "call-kcmp", "kcmp with ourselves", try_kcmp, true, 0 },
	{ "call-madvise", "process_madvise to page it out", try_madvise, true,
	    0 },
	{ "call-robust-list", "get_robust_list", try_robust_list, true, 0 },
	{ "call-move-pages", "move_pages query", try_move_pages, true, 0 },
	{ "call-userfaultfd", "userfaultfd over its addresses", try_userfaultfd,
	    true, 0 },
	{ "call-uring-file", "read its memory or environment by io_uring",
	    try_uring, true, 0 },
	{ "call-uring-mem", "open /proc/PID/mem by io_uring", try_uring_mem,
	    true, 0 },
};

const struct group calls_group = { "calls",
	"ptrace, process_vm, pidfd, userfaultfd, io_uring", list,
	ARRAY_LEN(list) };
