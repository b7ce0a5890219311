/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Core dumps by every route. The kernel is told to hand them to this program
 * (core-sink), which looks for the marker and writes down what came.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "attack.h"

#define SINK        "/run/attack-core."
#define SINK_MARKER SINK "marker"
#define CHUNK       ((size_t)1 << 20)
#define WAIT_MS     2500

/* The sink has no other way to know what to look for. */
static int
write_marker(const struct attack *a)
{
	int fd =
	    open(SINK_MARKER, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = write(fd, a->marker, strlen(a->marker));
	(void)close(fd);
	return n < 0 ? -1 : 0;
}

int
core_sink(const char *path)
{
	static char chunk[CHUNK + 256], marker[256];
	size_t len, kept = 0, total = 0;
	bool found = false;
	ssize_t n;
	FILE *f;

	if (slurp(SINK_MARKER, marker, sizeof(marker)) <= 0)
		return 1;
	len = strlen(marker);
	while ((n = read(0, chunk + kept, CHUNK)) > 0) {
		size_t have = kept + (size_t)n;

		total += (size_t)n;
		found = found || memmem(chunk, have, marker, len) != NULL;
		kept = have < len ? have : len;
		memmove(chunk, chunk + have - kept, kept);
	}
	f = fopen(path, "we");
	if (f == NULL)
		return 1;
	(void)fprintf(f, "%zu %d\n", total, found);
	(void)fclose(f);
	return 0;
}

static int
set_pattern(const struct attack *a)
{
	char text[600];

	(void)snprintf(text, sizeof(text), "|%s core-sink " SINK "%%P",
	    a->self);
	if (strlen(text) > 127 || write_marker(a) != 0)
		return -1;
	return spit("/proc/sys/kernel/core_pattern", text);
}

static void
try_set_pattern(const struct attack *a, int target, struct result *r)
{
	(void)target;
	result_call(r, set_pattern(a), "write");
}

static void
try_set_dumpable(const struct attack *a, int target, struct result *r)
{
	(void)a;
	(void)target;
	result_call(r, spit("/proc/sys/fs/suid_dumpable", "2"), "write");
}

/* --- ways to make it dump ----------------------------------------------------- */

static bool
is_alive(pid_t pid)
{
	return kill(pid, 0) == 0 || errno == EPERM;
}

/* What the sink wrote down of this process. */
static bool
take_core(pid_t pid, struct result *r)
{
	char path[64], text[64], *end;
	unsigned long n;

	(void)snprintf(path, sizeof(path), SINK "%d", (int)pid);
	if (slurp(path, text, sizeof(text)) <= 0)
		return false;
	n = strtoul(text, &end, 10);
	(void)unlink(path);
	if (n == 0)
		return false;
	result_set(r,
	    strtoul(end, NULL, 10) != 0 ? VERDICT_FOUND : VERDICT_READ,
	    "a dump of %lu bytes%s", n,
	    strtoul(end, NULL, 10) != 0 ? " with the marker" : "");
	return true;
}

/* The signal was sent, or a limit set: what comes of it? */
static void
await(pid_t pid, const char *what, struct result *r)
{
	for (unsigned ms = 0; ms < WAIT_MS; ms += 100) {
		if (take_core(pid, r))
			return;
		pause_ms(100);
	}
	if (is_alive(pid))
		result_set(r, VERDICT_NOTHING, "%s; it lives on, no dump",
		    what);
	else
		result_set(r, VERDICT_ALLOWED, "%s; it ended without a dump",
		    what);
}

static bool
is_gone(const struct attack *a, int target, struct result *r)
{
	if (is_alive(a->pid[target]))
		return false;
	result_set(r, VERDICT_NOTHING, "it has ended already");
	return true;
}

/* A process of our own that may dump: without this, no dump proves nothing. */
static void
try_control(const struct attack *a, int target, struct result *r)
{
	pid_t pid;

	(void)target;
	if (set_pattern(a) != 0) {
		result_errno(r, "core_pattern");
		return;
	}
	pid = fork();
	if (pid == 0) {
		const struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };

		(void)setrlimit(RLIMIT_CORE, &all);
		(void)signal(SIGSEGV, SIG_DFL);
		(void)raise(SIGSEGV);
		_exit(1);
	}
	(void)waitpid(pid, NULL, 0);
	await(pid, "sent", r);
	if (r->verdict == VERDICT_FOUND)
		result_set(r, VERDICT_NOTHING,
		    "its dump came, with the marker: dumps are seen");
	else
		r->verdict = VERDICT_BROKEN;
}

static void
send_signal(const struct attack *a, int target, int sig, struct result *r)
{
	(void)set_pattern(a);
	(void)spit("/proc/sys/fs/suid_dumpable", "2");
	if (is_gone(a, target, r))
		return;
	if (kill(a->pid[target], sig) != 0)
		result_errno(r, "kill");
	else
		await(a->pid[target], "sent", r);
}

static void
try_segv(const struct attack *a, int target, struct result *r)
{
	send_signal(a, target, SIGSEGV, r);
}

static void
try_abrt(const struct attack *a, int target, struct result *r)
{
	send_signal(a, target, SIGABRT, r);
}

static void
try_quit(const struct attack *a, int target, struct result *r)
{
	send_signal(a, target, SIGQUIT, r);
}

static void
try_pidfd(const struct attack *a, int target, struct result *r)
{
	auto_close int fd = (int)syscall(SYS_pidfd_open, a->pid[target], 0);

	if (is_gone(a, target, r))
		return;
	if (syscall(SYS_pidfd_send_signal, fd, SIGSYS, NULL, 0) != 0)
		result_errno(r, "pidfd_send_signal");
	else
		await(a->pid[target], "sent", r);
}

/* The kernel sends the signal for a socket whose owner it was made. */
static void
try_sigio(const struct attack *a, int target, struct result *r)
{
	int s[2];

	if (is_gone(a, target, r))
		return;
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, s) != 0 ||
	    fcntl(s[0], F_SETOWN, a->pid[target]) != 0 ||
	    fcntl(s[0], F_SETSIG, SIGABRT) != 0 ||
	    fcntl(s[0], F_SETFL, O_ASYNC) != 0 || write(s[1], "x", 1) != 1)
		result_errno(r, "F_SETOWN");
	else
		await(a->pid[target], "owner set, the socket is ready", r);
}

static void
try_cpu_limit(const struct attack *a, int target, struct result *r)
{
	const struct rlimit one = { 1, RLIM_INFINITY };
	struct rlimit before;

	if (is_gone(a, target, r))
		return;
	if (prlimit(a->pid[target], RLIMIT_CPU, &one, &before) != 0) {
		result_errno(r, "prlimit");
		return;
	}
	await(a->pid[target], "set", r);
	(void)prlimit(a->pid[target], RLIMIT_CPU, &before, NULL);
}

static void
try_core_limit(const struct attack *a, int target, struct result *r)
{
	const struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };

	result_call(r, prlimit(a->pid[target], RLIMIT_CORE, &all, NULL),
	    "prlimit");
}

static void
try_filter(const struct attack *a, int target, struct result *r)
{
	auto_close int fd =
	    open_of(a->pid[target], "coredump_filter", O_WRONLY);

	if (fd < 0)
		result_errno(r, "open");
	else
		result_call(r, write(fd, "0x7f", 4), "write");
}

static const struct attempt before[] = {
	{ "before-dumpable", "set fs.suid_dumpable=2 before the VM's start",
	    try_set_dumpable, false, 0 },
	{ "before-pattern", "have dumps sent to a program of ours",
	    try_set_pattern, false, 0 },
};

static const struct attempt list[] = {
	{ "dump-dumpable", "set fs.suid_dumpable=2", try_set_dumpable, false,
	    0 },
	{ "dump-pattern", "have dumps sent to a program of ours",
	    try_set_pattern, false, 0 },
	{ "dump-control", "have a process of our own dump", try_control, false,
	    0 },
	{ "dump-filter", "write coredump_filter", try_filter, true, 0 },
	{ "dump-core-limit", "lift RLIMIT_CORE", try_core_limit, true, 0 },
	{ "dump-segv", "kill SIGSEGV", try_segv, true, 0 },
	{ "dump-abrt", "kill SIGABRT", try_abrt, true, 0 },
	{ "dump-quit", "kill SIGQUIT", try_quit, true, 0 },
	{ "dump-pidfd", "pidfd_send_signal SIGSYS", try_pidfd, true, 0 },
	{ "dump-sigio", "F_SETOWN and F_SETSIG SIGABRT", try_sigio, true, 0 },
	{ "dump-cpu-limit", "RLIMIT_CPU of a second", try_cpu_limit, true, 0 },
};

const struct group before_group = { "before",
	"what is set before the VM starts", before, ARRAY_LEN(before) };
const struct group dumps_group = { "dumps", "core dumps by every route", list,
	ARRAY_LEN(list) };
