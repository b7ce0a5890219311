/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that goes to a disk: swap under pressure, and hibernation.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "attack.h"

#define SWAP_FILE_SIZE ((off_t)64 << 20)
#define CHUNK          ((size_t)1 << 20)
#define PAGE           4096

static char chunk[CHUNK] __attribute__((aligned(PAGE)));

/* The header that mkswap(8) writes. */
static int
write_header(int fd, off_t size)
{
	const uint32_t version = 1, last = (uint32_t)(size / PAGE - 1);

	memset(chunk, 0, PAGE);
	memcpy(chunk + 1024, &version, 4);
	memcpy(chunk + 1028, &last, 4);
	memcpy(chunk + PAGE - 10, "SWAPSPACE2", 10);
	return pwrite(fd, chunk, PAGE, 0) == PAGE && fsync(fd) == 0 ? 0 : -1;
}

static int
make_swap(const char *path)
{
	auto_close int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	struct stat st;
	off_t size;

	if (fd < 0 || fstat(fd, &st) != 0)
		return -1;
	if (S_ISBLK(st.st_mode))
		return write_header(fd, lseek(fd, 0, SEEK_END));
	memset(chunk, 0, sizeof(chunk));
	for (size = 0; size < SWAP_FILE_SIZE; size += (off_t)sizeof(chunk))
		if (pwrite(fd, chunk, sizeof(chunk), size) < 0)
			return -1;
	return write_header(fd, size);
}

/* Takes what memory there is, for some seconds, in a process of its own. */
static void
press(void)
{
	char text[4096], *at;
	size_t size;
	pid_t pid = fork();

	if (pid == 0) {
		(void)spit("/proc/self/oom_score_adj", "1000");
		(void)slurp("/proc/meminfo", text, sizeof(text));
		at = strstr(text, "MemAvailable:");
		size = at != NULL ? strtoul(at + 13, NULL, 10) * 1024 : 0;
		size += (size_t)24 << 20;
		at = mmap(NULL, size, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		for (size_t i = 0; at != MAP_FAILED && i < size; i += PAGE)
			at[i] = (char)(i / PAGE);
		pause_ms(2000);
		_exit(0);
	}
	for (unsigned ms = 0; pid > 0 && ms < 15000; ms += 100) {
		if (waitpid(pid, NULL, WNOHANG) != 0)
			return;
		pause_ms(100);
	}
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
}

/* Its cgroup's memory is taken back, and the marker's own page. */
static void
reclaim(const struct attack *a, int target)
{
	uint64_t at = a->learned->marker_at[target] & ~(uint64_t)(PAGE - 1);
	struct iovec range = { (void *)(uintptr_t)at, PAGE };
	auto_close int pf = (int)syscall(SYS_pidfd_open, a->pid[target], 0);
	char path[512], group[256];

	(void)syscall(SYS_process_madvise, pf, &range, 1, MADV_PAGEOUT, 0);
	(void)snprintf(path, sizeof(path), "/proc/%d/cgroup",
	    (int)a->pid[target]);
	if (slurp(path, group, sizeof(group)) < 4)
		return;
	group[strcspn(group, "\n")] = '\0';
	(void)snprintf(path, sizeof(path),
	    "/tmp/attack-cgroup%s/memory.reclaim", group + 3);
	(void)spit(path, "64M");
}

static unsigned long
swapped_kib(pid_t pid)
{
	char path[64], text[4096];
	const char *at;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	if (slurp(path, text, sizeof(text)) <= 0)
		return 0;
	at = strstr(text, "VmSwap:");
	return at != NULL ? strtoul(at + 7, NULL, 10) : 0;
}

static bool
swap_holds_marker(const struct attack *a)
{
	auto_close int fd = open(a->swap, O_RDONLY | O_DIRECT | O_CLOEXEC);
	off_t at = 0;
	ssize_t n;

	while (fd >= 0 && (n = pread(fd, chunk, sizeof(chunk), at)) > 0) {
		if (holds_marker(a, chunk, (size_t)n))
			return true;
		at += n;
	}
	return false;
}

static void
press_all(const struct attack *a, unsigned long *ret_kib)
{
	(void)mkdir("/tmp/attack-cgroup", 0700);
	(void)mount("cgroup2", "/tmp/attack-cgroup", "cgroup2", 0, NULL);
	(void)spit("/proc/sys/vm/swappiness", "200");
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < TARGETS; i++)
			if (a->pid[i] != 0)
				reclaim(a, i);
		press();
	}
	for (int i = 0; i < TARGETS; i++)
		if (a->pid[i] != 0)
			*ret_kib += swapped_kib(a->pid[i]);
	(void)umount2("/tmp/attack-cgroup", MNT_DETACH);
}

static void
try_swap(const struct attack *a, int target, struct result *r)
{
	unsigned long kib = 0;
	bool found;

	(void)target;
	if (a->swap == NULL) {
		result_set(r, VERDICT_BROKEN, "no --swap was given");
		return;
	}
	if (make_swap(a->swap) != 0) {
		result_set(r, VERDICT_BROKEN, "%s: %s", a->swap,
		    strerror(errno));
		return;
	}
	if (swapon(a->swap, 0) != 0) {
		result_errno(r, "swapon");
		return;
	}
	press_all(a, &kib);
	found = swap_holds_marker(a);
	(void)swapoff(a->swap);
	result_set(r,
	    found         ? VERDICT_FOUND
		: kib > 0 ? VERDICT_READ
			  : VERDICT_NOTHING,
	    "swap is on; %lu KiB of the processes went there%s", kib,
	    found ? ", with the marker" : "");
}

static void
try_hibernate(const struct attack *a, int target, struct result *r)
{
	(void)a;
	(void)target;
	if (spit("/sys/power/state", "disk") != 0)
		result_errno(r, "write");
	else
		result_set(r, VERDICT_READ, "the machine went to sleep");
}

static void
try_snapshot(const struct attack *a, int target, struct result *r)
{
	auto_close int fd = -1;

	(void)a;
	(void)target;
	(void)unlink("/tmp/attack-node");
	if (mknod("/tmp/attack-node", S_IFCHR | 0600, makedev(10, 231)) == 0)
		fd = open("/tmp/attack-node", O_RDONLY | O_CLOEXEC);
	(void)unlink("/tmp/attack-node");
	if (fd < 0)
		result_errno(r, "open");
	else
		result_set(r, VERDICT_READ, "opened");
}

static const struct attempt list[] = {
	{ "swap", "swapon, memory pressure, read the swap", try_swap, false,
	    120 },
	{ "hibernate", "write disk to /sys/power/state", try_hibernate, false,
	    0 },
	{ "hibernate-snapshot", "open the snapshot device", try_snapshot, false,
	    0 },
};

const struct group swap_group = { "swap", "swap and hibernation", list,
	ARRAY_LEN(list) };
