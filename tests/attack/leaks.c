/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the kernel itself tells of other processes when it is asked to: its log,
 * page merging, page flags.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "attack.h"

#define ROUNDS   40
#define KMSG_MAX 8192

/* Everything that the log says from now on. */
static int
log_from_now(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0)
		(void)lseek(fd, 0, SEEK_END);
	return fd;
}

/*
 * "CPU: 0 PID: 123 Comm: qemu" or "task:qemu state:S pid:123", a few lines on
 * "RIP: 0033:" (user mode), and then the general registers: what the process
 * was just computing with.
 */
static bool
take_registers(int fd, pid_t pid, char *ret, size_t size)
{
	char text[KMSG_MAX], upper[64], lower[64];
	bool his = false, user = false;
	ssize_t n;

	(void)snprintf(upper, sizeof(upper), " PID: %d ", (int)pid);
	(void)snprintf(lower, sizeof(lower), " pid:%d ", (int)pid);
	while ((n = read(fd, text, sizeof(text) - 1)) > 0 ||
	    (n < 0 && errno == EPIPE)) {
		const char *at;

		if (n < 0)
			continue;
		text[n] = '\0';
		if ((strstr(text, "CPU: ") != NULL &&
			strstr(text, " PID: ") != NULL) ||
		    strstr(text, ";task:") != NULL) {
			his = strstr(text, upper) != NULL ||
			    strstr(text, lower) != NULL;
			user = false;
		}
		user = user || strstr(text, "RIP: 0033:") != NULL;
		at = strstr(text, "RAX: ");
		if (!his || !user || at == NULL)
			continue;
		(void)snprintf(ret, size, "%.60s", at);
		ret[strcspn(ret, "\n")] = '\0';
		return true;
	}
	return false;
}

static void
sysrq(const struct attack *a, int target, const char *letter, int rounds,
    unsigned ms, struct result *r)
{
	auto_close int fd = log_from_now();
	char registers[80];

	if (fd < 0) {
		result_errno(r, "/dev/kmsg");
		return;
	}
	for (int i = 0; i < rounds; i++) {
		if (spit("/proc/sysrq-trigger", letter) != 0) {
			result_errno(r, "write");
			return;
		}
		pause_ms(ms);
		if (take_registers(fd, a->pid[target], registers,
			sizeof(registers))) {
			result_set(r, VERDICT_READ,
			    "its registers are in the log after %d times: %s",
			    i + 1, registers);
			return;
		}
	}
	result_set(r, VERDICT_NOTHING,
	    "written %d times, none of its registers in the log", rounds);
}

/* Each processor writes down what it was doing. */
static void
try_sysrq_cpus(const struct attack *a, int target, struct result *r)
{
	sysrq(a, target, "l", ROUNDS, 100, r);
}

/* Each task is written down, with the registers of its last system call. */
static void
try_sysrq_tasks(const struct attack *a, int target, struct result *r)
{
	sysrq(a, target, "t", 1, 3000, r);
}

/* Other ways to the same lines: when a task hangs, a processor is stuck, ... */
static void
try_backtraces(const struct attack *a, int target, struct result *r)
{
	static const char *const names[] = { "hung_task_all_cpu_backtrace",
		"softlockup_all_cpu_backtrace", "hardlockup_all_cpu_backtrace",
		"oops_all_cpu_backtrace", "panic_print", "sysrq",
		"hung_task_timeout_secs" };
	char path[96], before[32], open_ones[160] = "";
	size_t at = 0;

	(void)a;
	(void)target;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		(void)snprintf(path, sizeof(path), "/proc/sys/kernel/%s",
		    names[i]);
		if (slurp(path, before, sizeof(before)) <= 0 ||
		    spit(path, "1") != 0)
			continue;
		(void)spit(path, before);
		at += (size_t)snprintf(open_ones + at, sizeof(open_ones) - at,
		    " %s", names[i]);
		if (at >= sizeof(open_ones))
			break;
	}
	if (at == 0)
		result_set(r, VERDICT_REFUSED, "none can be written");
	else
		result_set(r, VERDICT_ALLOWED, "written:%s", open_ones);
}

static void
try_fatal_signals(const struct attack *a, int target, struct result *r)
{
	(void)a;
	(void)target;
	if (spit("/proc/sys/kernel/print-fatal-signals", "1") != 0) {
		result_errno(r, "write");
		return;
	}
	(void)spit("/proc/sys/kernel/print-fatal-signals", "0");
	result_set(r, VERDICT_ALLOWED,
	    "written; it tells of signals that dump, and those are refused");
}

/* Merged pages tell by their timing who else has such a page. */
static void
try_ksm(const struct attack *a, int target, struct result *r)
{
	char path[64], text[64];
	unsigned long merging;

	if (spit("/sys/kernel/mm/ksm/run", "1") != 0) {
		result_errno(r, "run");
		return;
	}
	(void)spit("/sys/kernel/mm/ksm/sleep_millisecs", "1");
	(void)spit("/sys/kernel/mm/ksm/pages_to_scan", "10000");
	pause_ms(5000);
	(void)snprintf(path, sizeof(path), "/proc/%d/ksm_merging_pages",
	    (int)a->pid[target]);
	if (slurp(path, text, sizeof(text)) <= 0 &&
	    slurp("/sys/kernel/mm/ksm/pages_shared", text, sizeof(text)) <= 0) {
		(void)spit("/sys/kernel/mm/ksm/run", "2");
		result_errno(r, "it runs; what is merged");
		return;
	}
	(void)spit("/sys/kernel/mm/ksm/run", "2");
	merging = strtoul(text, NULL, 10);
	result_set(r, merging > 0 ? VERDICT_READ : VERDICT_NOTHING,
	    "it runs; %lu pages are merged", merging);
}

/* Flags and counts of physical pages; no contents. */
static void
try_page_flags(const struct attack *a, int target, struct result *r)
{
	static const char *const names[] = { "/proc/kpageflags",
		"/proc/kpagecount", "/sys/kernel/mm/page_idle/bitmap" };
	static char text[65536];
	unsigned opened = 0;
	ssize_t n;

	(void)target;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		n = slurp(names[i], text, sizeof(text));
		opened += n > 0;
		if (n > 0 && holds_marker(a, text, (size_t)n)) {
			result_set(r, VERDICT_FOUND, "the marker is there");
			return;
		}
	}
	result_set(r, VERDICT_NOTHING,
	    "%u of %zu open: flags and counts of pages", opened,
	    ARRAY_LEN(names));
}

/* DMA without an IOMMU, for drivers in user space. */
static void
try_vfio(const struct attack *a, int target, struct result *r)
{
	(void)a;
	(void)target;
	if (spit("/sys/module/vfio/parameters/enable_unsafe_noiommu_mode",
		"1") != 0)
		result_errno(r, "write");
	else
		result_set(r, VERDICT_ALLOWED, "written");
}

static void
try_log(const struct attack *a, int target, struct result *r)
{
	auto_close int fd =
	    open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	char text[KMSG_MAX];
	unsigned lines = 0;
	ssize_t n;

	(void)target;
	while ((n = read(fd, text, sizeof(text))) > 0) {
		lines++;
		if (holds_marker(a, text, (size_t)n)) {
			result_set(r, VERDICT_FOUND, "the marker is there");
			return;
		}
	}
	result_set(r, VERDICT_NOTHING, "%u lines", lines);
}

static const struct attempt list[] = {
	{ "leak-sysrq-cpus", "SysRq l: registers of running processes",
	    try_sysrq_cpus, true, 60 },
	{ "leak-sysrq-tasks", "SysRq t: registers of waiting processes",
	    try_sysrq_tasks, true, 60 },
	{ "leak-backtraces", "set what writes backtraces to the log",
	    try_backtraces, false, 0 },
	{ "leak-fatal-signals", "set kernel.print-fatal-signals",
	    try_fatal_signals, false, 0 },
	{ "leak-ksm", "have its pages merged with ours", try_ksm, true, 0 },
	{ "leak-page-flags", "read the flags of physical pages", try_page_flags,
	    false, 0 },
	{ "leak-vfio", "let drivers of ours do DMA", try_vfio, false, 0 },
	{ "leak-log", "read the kernel's log", try_log, false, 0 },
};

const struct group leaks_group = { "leaks", "what the kernel tells of them",
	list, ARRAY_LEN(list) };
