/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What cgroups and the out-of-memory killer do to a process, and what is left
 * of the lock after its holder was killed so.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "attack.h"
#include "code.h"

#define ROOT "/tmp/attack-cgroup"
#define OURS ROOT "/attack"

static int
spit_number(const char *path, long n)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%ld", n);
	return spit(path, text);
}

static bool
take(const struct attack *a, int target, struct result *r)
{
	(void)mkdir(ROOT, 0700);
	(void)mount("cgroup2", ROOT, "cgroup2", 0, NULL);
	(void)spit(ROOT "/cgroup.subtree_control", "+memory");
	(void)mkdir(OURS, 0700);
	if (a->pid[target] == 0)
		result_set(r, VERDICT_NOTHING, "no such process was given");
	else if (spit_number(OURS "/cgroup.procs", a->pid[target]) != 0)
		result_errno(r, "move it to our cgroup");
	else
		return true;
	return false;
}

static void
put_back(const struct attack *a, int target)
{
	(void)spit_number(ROOT "/cgroup.procs", a->pid[target]);
	(void)rmdir(OURS);
	(void)umount2(ROOT, MNT_DETACH);
}

/* A process that stands still must not be easier to read. */
static void
try_freeze(const struct attack *a, int target, struct result *r)
{
	static char text[65536];
	char path[64];
	ssize_t n;

	if (!take(a, target, r))
		return;
	if (spit(OURS "/cgroup.freeze", "1") != 0) {
		result_errno(r, "freeze");
	} else {
		pause_ms(500);
		(void)snprintf(path, sizeof(path), "/proc/%d/environ",
		    (int)a->pid[target]);
		n = slurp(path, text, sizeof(text));
		if (n > 0)
			result_bytes(r, a, "frozen; environ", text, (size_t)n);
		else
			result_set(r, VERDICT_ALLOWED, "frozen; environ: %s",
			    n < 0 ? strerror(errno) : "empty");
		(void)spit(OURS "/cgroup.freeze", "0");
	}
	put_back(a, target);
}

static void
try_oom_score(const struct attack *a, int target, struct result *r)
{
	auto_close int fd = open_of(a->pid[target], "oom_score_adj", O_WRONLY);

	if (fd < 0)
		result_errno(r, "open");
	else
		result_call(r, write(fd, "1000", 4), "write");
}

static bool
ends_within(pid_t pid, unsigned seconds)
{
	for (unsigned i = 0; i < seconds * 10; i++) {
		if (kill(pid, 0) != 0 && errno == ESRCH)
			return true;
		pause_ms(100);
	}
	return false;
}

static void
tell_end(const struct attack *a, int target, struct result *r)
{
	result_set(r, VERDICT_ALLOWED, "%s",
	    ends_within(a->pid[target], 5) ? "it was killed" : "it lives on");
}

static void
try_oom(const struct attack *a, int target, struct result *r)
{
	target = TARGET_SWTPM;
	if (!take(a, target, r))
		return;
	(void)spit(OURS "/memory.swap.max", "0");
	if (spit(OURS "/memory.max", "4096") != 0)
		result_errno(r, "memory.max");
	else
		tell_end(a, target, r);
	(void)spit(OURS "/memory.max", "max");
	put_back(a, target);
}

static void
try_kill(const struct attack *a, int target, struct result *r)
{
	target = TARGET_TPM;
	if (!take(a, target, r))
		return;
	if (spit(OURS "/cgroup.kill", "1") != 0)
		result_errno(r, "cgroup.kill");
	else
		tell_end(a, target, r);
	put_back(a, target);
}

/* The lock must outlive its holder: asked again and again for a while. */
static void
try_lock(const struct attack *a, int target, struct result *r)
{
	int errnum = 0;

	(void)a;
	(void)target;
	for (int i = 0; i < 10; i++) {
		if (code_bpf_is_open()) {
			result_set(r, VERDICT_FOUND,
			    "bpf() is open after %d seconds", i);
			return;
		}
		errnum = errno;
		pause_ms(1000);
	}
	errno = errnum;
	result_errno(r, "bpf() for ten seconds");
}

static const struct attempt list[] = {
	{ "cgroup-freeze", "freeze it, then read its environ", try_freeze, true,
	    0 },
	{ "oom-score", "make it the first to be killed", try_oom_score, true,
	    0 },
};

static const struct attempt end[] = {
	{ "cgroup-oom", "have the OOM killer end swtpm", try_oom, false, 0 },
	{ "cgroup-kill", "have cgroup.kill end guard-tpm", try_kill, false, 0 },
	{ "lock-after-kill", "use bpf() after guard-tpm's death", try_lock,
	    false, 30 },
};

const struct group cgroup_group = { "cgroup", "freezer and OOM scores", list,
	ARRAY_LEN(list) };
const struct group kill_group = { "kill", "ends swtpm and guard-tpm", end,
	ARRAY_LEN(end) };
