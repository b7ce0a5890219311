/* SPDX-License-Identifier: Apache-2.0 */
/*
 * perf, probes and the tracing file systems.
 */
#include "event.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define RING_PAGES 256
#define RING_SIZE  ((size_t)(RING_PAGES + 1) * 4096)
#define REG_SP     7 /* PERF_REG_X86_SP */

int
event_open(struct perf_event_attr *attr, pid_t pid, int cpu)
{
	return (int)syscall(SYS_perf_event_open, attr, pid, cpu, -1, 0);
}

uint32_t
event_type(const char *source)
{
	char path[128], text[32];

	(void)snprintf(path, sizeof(path),
	    "/sys/bus/event_source/devices/%s/type", source);
	if (slurp(path, text, sizeof(text)) <= 0)
		return 0;
	return (uint32_t)strtoul(text, NULL, 10);
}

/* The process's id stands first in each sample: PERF_SAMPLE_TID. */
static size_t
bytes_of_process(const char *ring, size_t n, pid_t pid)
{
	const struct perf_event_header *h;
	size_t at = 0, mine = 0;

	while (at + sizeof(*h) + 8 <= n) {
		h = (const void *)(ring + at);
		if (h->size == 0)
			break;
		if (h->type == PERF_RECORD_SAMPLE &&
		    *(const uint32_t *)(const void *)(h + 1) == (uint32_t)pid)
			mine += h->size;
		at += h->size;
	}
	return mine;
}

void
event_sample(const struct attack *a, int target, struct perf_event_attr *attr,
    pid_t pid, unsigned ms, struct result *r)
{
	auto_close int fd = event_open(attr, pid, pid < 0 ? 0 : -1);
	struct perf_event_mmap_page *head;
	size_t have, mine;
	char *ring;

	if (fd < 0) {
		result_errno(r, "perf_event_open");
		return;
	}
	ring = mmap(NULL, RING_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (ring == MAP_FAILED) {
		result_errno(r, "opened; mmap");
		return;
	}
	(void)ioctl(fd, PERF_EVENT_IOC_ENABLE, 0);
	pause_ms(ms);
	(void)ioctl(fd, PERF_EVENT_IOC_DISABLE, 0);
	head = (void *)ring;
	have = (size_t)head->data_head;
	if (have > RING_SIZE - 4096)
		have = RING_SIZE - 4096;
	mine = bytes_of_process(ring + 4096, have, a->pid[target]);
	if (mine == 0)
		result_set(r, VERDICT_NOTHING,
		    "opened; no sample of the process in %u ms", ms);
	else
		result_bytes(r, a, "samples of it", ring + 4096, have);
	(void)munmap(ring, RING_SIZE);
}

/* Registers, and the stack above its pointer, at each switch or tick. */
static struct perf_event_attr
stack_samples(uint32_t type, uint64_t config, uint64_t period)
{
	return (struct perf_event_attr){ .size = sizeof(struct perf_event_attr),
		.type = type,
		.config = config,
		.sample_period = period,
		.sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_REGS_USER |
		    PERF_SAMPLE_STACK_USER,
		.sample_regs_user = 1u << REG_SP,
		.sample_stack_user = 32768,
		.disabled = 1 };
}

static void
try_stack_pid(const struct attack *a, int target, struct result *r)
{
	struct perf_event_attr attr = stack_samples(PERF_TYPE_SOFTWARE,
	    PERF_COUNT_SW_CONTEXT_SWITCHES, 1);

	event_sample(a, target, &attr, a->pid[target], 2000, r);
}

static void
try_stack_cpu(const struct attack *a, int target, struct result *r)
{
	struct perf_event_attr attr = stack_samples(PERF_TYPE_SOFTWARE,
	    PERF_COUNT_SW_CONTEXT_SWITCHES, 1);

	event_sample(a, target, &attr, -1, 3000, r);
}

static void
try_registers(const struct attack *a, int target, struct result *r)
{
	struct perf_event_attr attr =
	    stack_samples(PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK, 100000);

	attr.sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_REGS_USER;
	attr.sample_regs_user = 0xff00ff; /* general registers, ip, sp */
	event_sample(a, target, &attr, a->pid[target], 2000, r);
}

/* Addresses that the process touches: page faults with their place. */
static void
try_addresses(const struct attack *a, int target, struct result *r)
{
	struct perf_event_attr attr =
	    stack_samples(PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS, 1);

	attr.sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_ADDR;
	event_sample(a, target, &attr, a->pid[target], 2000, r);
}

static void
try_counter(const struct attack *a, int target, struct result *r)
{
	struct perf_event_attr attr = { .size = sizeof(attr),
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_TASK_CLOCK };
	auto_close int fd = event_open(&attr, a->pid[target], -1);
	uint64_t n = 0;

	if (fd < 0 || read(fd, &n, sizeof(n)) != sizeof(n))
		result_errno(r, "perf_event_open");
	else
		result_set(r, VERDICT_READ, "counted: %llu",
		    (unsigned long long)n);
}

static void
try_kprobe(const struct attack *a, int target, struct result *r)
{
	struct perf_event_attr attr = stack_samples(event_type("kprobe"), 0, 1);

	attr.config1 = (uintptr_t) "vfs_read";
	event_sample(a, target, &attr, a->pid[target], 2000, r);
}

/* A breakpoint in the program's file: /proc/PID/exe leads to it. */
static void
try_uprobe(const struct attack *a, int target, struct result *r)
{
	struct perf_event_attr attr = stack_samples(event_type("uprobe"), 0, 1);
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/exe", (int)a->pid[target]);
	if (access(path, R_OK) != 0) {
		result_errno(r, "its program");
		return;
	}
	attr.config1 = (uintptr_t)path;
	attr.config2 = 0x1000;
	event_sample(a, target, &attr, a->pid[target], 2000, r);
}

static void
try_tracefs(const struct attack *a, int target, struct result *r)
{
	(void)a;
	(void)target;
	(void)mkdir("/tmp/attack-tracing", 0700);
	if (mount("t", "/tmp/attack-tracing", "tracefs", 0, NULL) != 0) {
		result_errno(r, "mount");
		return;
	}
	if (spit("/tmp/attack-tracing/kprobe_events",
		"p:attack vfs_read $stack0\n") != 0)
		result_errno(r, "write kprobe_events");
	else
		result_set(r, VERDICT_READ, "a kernel probe is made");
	(void)umount2("/tmp/attack-tracing", MNT_DETACH);
}

static void
try_tracing_files(const struct attack *a, int target, struct result *r)
{
	static const char *const names[] = { "uprobe_events", "trace_pipe",
		"events/syscalls/sys_enter_write/enable", "set_event_pid",
		"current_tracer" };
	char path[128];
	unsigned opened = 0;
	int errnum = 0;

	(void)a;
	(void)target;
	(void)mkdir("/tmp/attack-tracing", 0700);
	(void)mount("t", "/tmp/attack-tracing", "tracefs", 0, NULL);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		(void)snprintf(path, sizeof(path), "/tmp/attack-tracing/%s",
		    names[i]);
		int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);

		opened += fd >= 0;
		errnum = fd < 0 ? errno : errnum;
		if (fd >= 0)
			(void)close(fd);
	}
	(void)umount2("/tmp/attack-tracing", MNT_DETACH);
	errno = errnum;
	if (opened > 0)
		result_set(r, VERDICT_READ, "%u of %zu files open", opened,
		    ARRAY_LEN(names));
	else
		result_errno(r, "open");
}

/* Under lockdown only files that everybody may read are left in debugfs. */
static void
try_debugfs(const struct attack *a, int target, struct result *r)
{
	static const char *const names[] = { "kprobes/list", "kprobes/enabled",
		"x86/pt_dump", "page_tables/kernel", "kmemleak",
		"mce/severities-coverage", "provoke-crash/DIRECT" };
	static char text[65536];
	char path[128], opened[128] = "";
	int errnum = ENOENT;
	ssize_t n;

	(void)target;
	(void)mkdir("/tmp/attack-debug", 0700);
	if (mount("d", "/tmp/attack-debug", "debugfs", 0, NULL) != 0) {
		result_errno(r, "mount");
		return;
	}
	result_set(r, VERDICT_REFUSED, "nothing opens");
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		(void)snprintf(path, sizeof(path), "/tmp/attack-debug/%s",
		    names[i]);
		n = slurp(path, text, sizeof(text));
		if (n >= 0)
			(void)snprintf(opened, sizeof(opened), "%s", names[i]);
		else if (errno != ENOENT)
			errnum = errno;
		if (n > 0 && holds_marker(a, text, (size_t)n))
			r->verdict = VERDICT_FOUND;
	}
	(void)umount2("/tmp/attack-debug", MNT_DETACH);
	errno = errnum;
	if (r->verdict == VERDICT_FOUND)
		result_set(r, VERDICT_FOUND, "the marker is there");
	else if (opened[0] != '\0')
		result_set(r, VERDICT_NOTHING,
		    "%s opens, the kernel's own facts; else %s", opened,
		    strerror(errnum));
	else
		result_errno(r, "open");
}

static const struct attempt list[] = {
	{ "perf-stack-pid", "perf: its stack at each switch", try_stack_pid,
	    true, 0 },
	{ "perf-stack-cpu", "perf: stacks of all that runs on processor 0",
	    try_stack_cpu, true, 0 },
	{ "perf-registers", "perf: its registers at each tick", try_registers,
	    true, 0 },
	{ "perf-addresses", "perf: the addresses that it touches",
	    try_addresses, true, 0 },
	{ "perf-counter", "perf: count its time", try_counter, true, 0 },
	{ "perf-kprobe", "perf: kernel probe in it", try_kprobe, true, 0 },
	{ "perf-uprobe", "perf: user probe in its program", try_uprobe, true,
	    0 },
	{ "trace-kprobe", "tracefs: make a kernel probe", try_tracefs, false,
	    0 },
	{ "trace-files", "tracefs: open its controls", try_tracing_files, false,
	    0 },
	{ "debugfs", "debugfs: open its files", try_debugfs, false, 0 },
};

const struct group perf_group = { "perf", "perf, probes, tracefs and debugfs",
	list, ARRAY_LEN(list) };
