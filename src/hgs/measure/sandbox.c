/* SPDX-License-Identifier: Apache-2.0 */
#include "hgs/measure/sandbox.h"

#include <errno.h>
#include <seccomp.h>
#include <sys/resource.h>
#include <sys/time.h>

#include "crypto/hash.h"

/* Evidence is mapped (64 MiB at most); reading it takes little besides. */
#define MEMORY_MAX ((rlim_t)384 << 20)
#define FILES_MAX  16

/*
 * No call that opens, makes, connects or starts anything. The others fail
 * with EPERM rather than kill, so that a library's probing does no harm.
 */
static const int calls[] = {
	SCMP_SYS(read),
	SCMP_SYS(write),
	SCMP_SYS(recvmsg),
	SCMP_SYS(sendmsg),
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	SCMP_SYS(close),
	SCMP_SYS(fstat),
	SCMP_SYS(newfstatat),
	SCMP_SYS(fcntl),
	SCMP_SYS(mmap),
	SCMP_SYS(munmap),
	SCMP_SYS(mremap),
	SCMP_SYS(madvise),
	SCMP_SYS(mlock),
	SCMP_SYS(brk),
	SCMP_SYS(futex),
	SCMP_SYS(getrandom),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(getrusage),
	SCMP_SYS(setitimer),
	SCMP_SYS(prlimit64),
	SCMP_SYS(setrlimit),
	SCMP_SYS(getpid),
	SCMP_SYS(gettid),
	SCMP_SYS(tgkill),
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
};

#ifdef __SANITIZE_ADDRESS__
#define ADDRESS_SANITIZER true
#else
#define ADDRESS_SANITIZER false
#endif

static int
limit(int what, rlim_t most, struct diag *d)
{
	struct rlimit l = { most, most };

	if (setrlimit((__rlimit_resource_t)what, &l) != 0)
		return diag_errno(d, "sandbox: cannot set limit %d", what);
	return ERR_OK;
}

static int
load_filter(struct diag *d)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int rc = ctx == NULL ? -ENOMEM : 0;

	for (size_t i = 0; rc == 0 && i < ARRAY_LEN(calls); i++)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, calls[i], 0);
	if (rc == 0)
		rc = seccomp_load(ctx);
	if (ctx != NULL)
		seccomp_release(ctx);
	if (rc == 0)
		return ERR_OK;
	errno = -rc;
	return diag_errno(d, "sandbox: cannot load the system call filter");
}

int
sandbox_enter(struct diag *d)
{
	uint8_t digest[HASH_SIZE_MAX];
	int r;

	/* The library reads files when a digest is first used: now. */
	for (unsigned alg = HASH_SHA1; alg <= HASH_SM3; alg++)
		hash_bytes((enum hash_alg)alg, BYTES_NONE, digest);
	if ((r = limit(RLIMIT_NOFILE, FILES_MAX, d)) < 0 ||
	    (r = limit(RLIMIT_NPROC, 0, d)) < 0)
		return r;
	/* Its shadow takes terabytes, and its report takes other calls. */
	if (ADDRESS_SANITIZER)
		return ERR_OK;
	if ((r = limit(RLIMIT_AS, MEMORY_MAX, d)) < 0)
		return r;
	return load_filter(d);
}

int
sandbox_start_clock(unsigned wall_seconds, unsigned cpu_seconds, struct diag *d)
{
	struct itimerval t = { .it_value = { (time_t)wall_seconds, 0 } };
	struct rlimit l;
	struct rusage u;

	/* SIGALRM and SIGXCPU have their default action: the end. */
	if (getrusage(RUSAGE_SELF, &u) != 0 || getrlimit(RLIMIT_CPU, &l) != 0)
		return diag_errno(d, "sandbox: cannot read the clock");
	l.rlim_cur =
	    (rlim_t)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + cpu_seconds + 1;
	if (setrlimit(RLIMIT_CPU, &l) != 0 ||
	    setitimer(ITIMER_REAL, &t, NULL) != 0)
		return diag_errno(d, "sandbox: cannot set the clock");
	return ERR_OK;
}

int
sandbox_stop_clock(struct diag *d)
{
	struct itimerval t = { 0 };

	if (setitimer(ITIMER_REAL, &t, NULL) != 0)
		return diag_errno(d, "sandbox: cannot stop the clock");
	return ERR_OK;
}
