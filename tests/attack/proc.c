/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /proc/PID: every file and folder that shows what is in a process.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "attack.h"

static ssize_t
read_at(void *arg, uint64_t at, void *p, size_t n)
{
	return pread(*(int *)arg, p, n, (off_t)at);
}

static void
search_file(const struct attack *a, int target, int fd, struct result *r)
{
	if (fd < 0)
		result_errno(r, "open");
	else
		search_memory(a, target, read_at, &fd, 60, r);
}

static void
try_mem(const struct attack *a, int target, struct result *r)
{
	auto_close int fd = open_of(a->pid[target], "mem", O_RDONLY);

	search_file(a, target, fd, r);
}

static void
try_mem_write(const struct attack *a, int target, struct result *r)
{
	auto_close int fd = open_of(a->pid[target], "mem", O_WRONLY);

	result_call(r, fd, "open for writing");
}

/* The same file by each thread: another way through the same check. */
static void
try_task_mem(const struct attack *a, int target, struct result *r)
{
	auto_close int dir = open_of(a->pid[target], "task", O_RDONLY);
	DIR *list = dir < 0 ? NULL : fdopendir(dup(dir));
	auto_close int fd = -1;
	struct dirent *e;
	char name[300];

	result_set(r, VERDICT_NOTHING, "no threads are listed");
	while (list != NULL && fd < 0 && (e = readdir(list)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		(void)snprintf(name, sizeof(name), "%s/mem", e->d_name);
		fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			result_errno(r, "open");
	}
	if (fd >= 0)
		search_file(a, target, fd, r);
	if (list != NULL)
		(void)closedir(list);
}

/* One file that only who may trace the process should see into. */
static void
try_file(const struct attack *a, int target, const char *name, struct result *r)
{
	static char text[65536];
	auto_close int fd = open_of(a->pid[target], name, O_RDONLY);
	ssize_t n;

	if (fd < 0) {
		result_errno(r, "open");
		return;
	}
	n = read(fd, text, sizeof(text));
	if (n < 0)
		result_errno(r, "read");
	else if (n == 0)
		result_set(r, VERDICT_NOTHING, "open, but empty");
	else
		result_bytes(r, a, "read", text, (size_t)n);
}

#define FILE_ATTEMPT(function, file)                             \
	static void function(const struct attack *a, int target, \
	    struct result *r)                                    \
	{                                                        \
		try_file(a, target, file, r);                    \
	}                                                        \
	struct function##_needs_a_semicolon

FILE_ATTEMPT(try_environ, "environ");
FILE_ATTEMPT(try_maps, "maps");
FILE_ATTEMPT(try_smaps, "smaps");
FILE_ATTEMPT(try_auxv, "auxv");
FILE_ATTEMPT(try_pagemap, "pagemap");
FILE_ATTEMPT(try_stack, "stack");
FILE_ATTEMPT(try_syscall, "syscall");
FILE_ATTEMPT(try_personality, "personality");
FILE_ATTEMPT(try_timers, "timers");

/* What anybody may read: no secret may be there. */
static void
try_public(const struct attack *a, int target, struct result *r)
{
	static const char *const names[] = { "cmdline", "comm", "status",
		"stat", "statm", "limits", "cgroup", "sched", "mountinfo",
		"wchan", "oom_score_adj", "io", "net/unix" };
	static char text[65536];
	char path[64];
	size_t i, total = 0;
	ssize_t n;

	for (i = 0; i < ARRAY_LEN(names); i++) {
		(void)snprintf(path, sizeof(path), "/proc/%d/%s",
		    (int)a->pid[target], names[i]);
		n = slurp(path, text, sizeof(text));
		if (n <= 0)
			continue;
		total += (size_t)n;
		if (holds_marker(a, text, (size_t)n)) {
			result_set(r, VERDICT_FOUND, "the marker is in %s",
			    names[i]);
			return;
		}
	}
	result_set(r, VERDICT_NOTHING, "%zu bytes that everybody may see",
	    total);
}

struct opened {
	unsigned seen, open;
	size_t bytes;
	bool marker;
	int errnum;
};

static void
open_entry(const struct attack *a, int dir, const char *name, struct opened *o)
{
	static char text[1 << 20];
	auto_close int fd = -1;
	ssize_t n;

	o->seen++;
	fd = openat(dir, name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0) {
		o->errnum = errno;
		return;
	}
	o->open++;
	while ((n = read(fd, text, sizeof(text))) > 0 && o->bytes < 64 << 20) {
		o->bytes += (size_t)n;
		o->marker = o->marker || holds_marker(a, text, (size_t)n);
	}
}

/* Opens each entry: fd/3 or map_files/55..-55.. is the object itself. */
static void
try_entries(const struct attack *a, int target, const char *name,
    struct result *r)
{
	auto_close int dir = open_of(a->pid[target], name, O_RDONLY);
	DIR *list = dir < 0 ? NULL : fdopendir(dup(dir));
	struct opened o = { 0 };
	struct dirent *e;

	if (list == NULL) {
		result_errno(r, "list");
		return;
	}
	while ((errno = 0, e = readdir(list)) != NULL)
		if (e->d_name[0] != '.')
			open_entry(a, dir, e->d_name, &o);
	if (o.seen == 0 && errno != 0)
		result_errno(r, "list");
	else if (o.open == 0 && o.seen > 0)
		result_set(r, VERDICT_REFUSED, "none of %u opens: %s", o.seen,
		    strerror(o.errnum));
	else
		result_set(r,
		    o.marker          ? VERDICT_FOUND
			: o.seen == 0 ? VERDICT_NOTHING
				      : VERDICT_READ,
		    "%u of %u open, %zu bytes read%s", o.open, o.seen, o.bytes,
		    o.marker ? ", with the marker" : "");
	(void)closedir(list);
}

static void
try_fd(const struct attack *a, int target, struct result *r)
{
	try_entries(a, target, "fd", r);
}

static void
try_fdinfo(const struct attack *a, int target, struct result *r)
{
	try_entries(a, target, "fdinfo", r);
}

static void
try_map_files(const struct attack *a, int target, struct result *r)
{
	try_entries(a, target, "map_files", r);
}

/* exe, cwd and root lead to where the process's files are. */
static void
try_links(const struct attack *a, int target, struct result *r)
{
	static const char *const names[] = { "exe", "cwd", "root" };
	char text[256];
	size_t used = 0;
	bool any = false;

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		auto_close int fd = open_of(a->pid[target], names[i], O_RDONLY);

		any = any || fd >= 0;
		used += (size_t)snprintf(text + used, sizeof(text) - used,
		    "%s%s %s", i > 0 ? ", " : "", names[i],
		    fd >= 0 ? "opened" : strerror(errno));
		if (used >= sizeof(text))
			used = sizeof(text) - 1;
	}
	result_set(r, any ? VERDICT_ALLOWED : VERDICT_REFUSED, "%s", text);
}

/* Another instance of proc, made without hidepid. */
static void
try_second(const struct attack *a, int target, struct result *r)
{
	static char text[65536];
	char path[128];
	ssize_t n;

	(void)mkdir("/tmp/attack-proc", 0700);
	if (unshare(CLONE_NEWNS) != 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
	    mount("proc", "/tmp/attack-proc", "proc", 0, "hidepid=0") != 0) {
		result_errno(r, "mount");
		return;
	}
	(void)snprintf(path, sizeof(path), "/tmp/attack-proc/%d/environ",
	    (int)a->pid[target]);
	n = slurp(path, text, sizeof(text));
	if (n < 0)
		result_errno(r, "open environ there");
	else
		result_bytes(r, a, "environ there", text, (size_t)n);
}

static const struct attempt list[] = {
	{ "proc-mem", "read /proc/PID/mem", try_mem, true, 90 },
	{ "proc-mem-write", "write /proc/PID/mem", try_mem_write, true, 0 },
	{ "proc-task-mem", "read /proc/PID/task/TID/mem", try_task_mem, true,
	    90 },
	{ "proc-environ", "read /proc/PID/environ", try_environ, true, 0 },
	{ "proc-maps", "read /proc/PID/maps", try_maps, true, 0 },
	{ "proc-smaps", "read /proc/PID/smaps", try_smaps, true, 0 },
	{ "proc-auxv", "read /proc/PID/auxv", try_auxv, true, 0 },
	{ "proc-pagemap", "read /proc/PID/pagemap", try_pagemap, true, 0 },
	{ "proc-stack", "read /proc/PID/stack", try_stack, true, 0 },
	{ "proc-syscall", "read /proc/PID/syscall", try_syscall, true, 0 },
	{ "proc-personality", "read /proc/PID/personality", try_personality,
	    true, 0 },
	{ "proc-timers", "read /proc/PID/timers", try_timers, true, 0 },
	{ "proc-public", "read cmdline, status and other public files",
	    try_public, true, 0 },
	{ "proc-fd", "open each /proc/PID/fd/N", try_fd, true, 60 },
	{ "proc-fdinfo", "read each /proc/PID/fdinfo/N", try_fdinfo, true, 0 },
	{ "proc-map-files", "open each of /proc/PID/map_files", try_map_files,
	    true, 60 },
	{ "proc-links", "open /proc/PID/exe, cwd and root", try_links, true,
	    0 },
	{ "proc-second", "read environ in another mount of proc", try_second,
	    true, 0 },
};

const struct group proc_group = { "proc", "files of /proc/PID", list,
	ARRAY_LEN(list) };
