/* SPDX-License-Identifier: Apache-2.0 */
#include "guarded.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>

#include "attack.h"
#include "guard/lock/lock.h"

#define VICTIM_UID 61001

/* --- the victim ----------------------------------------------------------- */

/* With a marker in registers all the while. */
static void
sleep_marked(void)
{
	const struct timespec some = { 0, 10000000 };
	register uint64_t a __asm__("r12") = REGISTER_MARKER;
	register uint64_t b __asm__("r13") = REGISTER_MARKER;
	register uint64_t c __asm__("r14") = REGISTER_MARKER;
	register uint64_t e __asm__("r15") = REGISTER_MARKER;
	long rc;

	__asm__ volatile("syscall"
			 : "=a"(rc)
			 : "a"(SYS_nanosleep), "D"(&some), "S"(0L), "r"(a),
			 "r"(b), "r"(c), "r"(e)
			 : "rcx", "r11", "memory");
}

/* Does what lets attacks in: calls, opens of devices, switches. */
static void NORETURN
victim_live(void)
{
	for (;;) {
		char stack[2048] = STACK_MARKER;
		int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

		/* Keeps the array where a sample of the stack finds it. */
		__asm__ volatile("" : : "r"(stack) : "memory");
		close_p(&fd);
		sleep_marked();
	}
}

static void *
filled(int fd, int flags, const char *text)
{
	char *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, flags, fd, 0);

	if (p == MAP_FAILED)
		return NULL;
	(void)snprintf(p, 4096, "%s", text);
	return p;
}

static void NORETURN
victim_run(int report)
{
	struct victim v = { .pid = getpid() };
	int ends[2] = { -1, -1 }, secret;

	(void)setsid();
	(void)unshare(CLONE_NEWNS);
	v.ram = (uintptr_t)filled(-1, MAP_PRIVATE | MAP_ANONYMOUS, RAM_MARKER);
	v.memfd = memfd_create("ram", 0);
	if (ftruncate(v.memfd, 4096) == 0)
		v.shared = (uintptr_t)filled(v.memfd, MAP_SHARED, RAM_MARKER);
	secret = (int)syscall(SYS_memfd_secret, 0);
	if (secret >= 0 && ftruncate(secret, 4096) == 0)
		v.secret = (uintptr_t)filled(secret, MAP_SHARED, RAM_MARKER);
	if (pipe(ends) != 0 || write(ends[1], RAM_MARKER, 20) != 20)
		_exit(1);
	v.pipe = ends[0];
	(void)prctl(PR_SET_NAME, "victim");
	if (setresgid(VICTIM_UID, VICTIM_UID, VICTIM_UID) != 0 ||
	    setresuid(VICTIM_UID, VICTIM_UID, VICTIM_UID) != 0 ||
	    prctl(PR_SET_DUMPABLE, 0) != 0 ||
	    write(report, &v, sizeof(v)) != sizeof(v))
		_exit(1);
	(void)close(report);
	victim_live();
}

static int
victim_start(struct victim *ret)
{
	int ends[2];
	pid_t pid;
	bool good;

	if (pipe(ends) != 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		(void)close(ends[0]);
		victim_run(ends[1]);
	}
	(void)close(ends[1]);
	good = pid > 0 && read(ends[0], ret, sizeof(*ret)) == sizeof(*ret);
	(void)close(ends[0]);
	return good ? 0 : -1;
}

/* What is guarded may do to each other what it likes. */
static int
victim_kill(void)
{
	struct victim v;
	struct iovec to = { &(char[8]){ 0 }, 8 }, from = { NULL, 8 };

	if (victim_start(&v) < 0)
		return -1;
	from.iov_base = (void *)(uintptr_t)v.ram;
	if (process_vm_readv(v.pid, &to, 1, &from, 1, 0) != 8 ||
	    kill(v.pid, SIGKILL) != 0)
		return -1;
	return waitpid(v.pid, NULL, 0) == v.pid ? 0 : -1;
}

/* --- the process that has the lock ---------------------------------------- */

static int
exec_error(const char *path)
{
	return exec_works(path) ? 0 : errno;
}

static int
memfd_exec(void)
{
	auto_close int fd = memfd_create("code", 0);

	if (!copy_file("/bin/busybox", fd))
		return -1;
	return exec_fd_works(fd) ? 0 : errno;
}

static int
make_copy(void)
{
	auto_close int fd =
	    open(COPY, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);

	return copy_file("/bin/busybox", fd) ? 0 : -1;
}

static int
execute(enum ask ask)
{
	if (ask == ASK_MEMFD)
		return memfd_exec();
	if (ask == ASK_HOME)
		return exec_error("/bin/busybox");
	if (ask == ASK_FOREIGN)
		return exec_error(FOREIGN);
	if (ask == ASK_EARLY)
		return exec_error(EARLY);
	return ask == ASK_COPY ? exec_error(COPY) : make_copy();
}

static int
reopen_modules(int fd)
{
	struct lock_modules *m;

	m = mmap(NULL, sizeof(*m), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (m == MAP_FAILED)
		return -1;
	m->request = 0;
	m->closed = 0;
	(void)munmap(m, sizeof(*m));
	return 0;
}

static void
reply(int socket, const struct answer *a, int fd)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec part = { (void *)(uintptr_t)a, sizeof(*a) };
	struct msghdr m = { .msg_iov = &part, .msg_iovlen = 1 };
	struct cmsghdr *c;

	if (fd >= 0) {
		m.msg_control = control;
		m.msg_controllen = sizeof(control);
		c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	}
	(void)sendmsg(socket, &m, 0);
}

static void NORETURN
guarded_serve(int socket, const struct lock *lock)
{
	struct answer a;
	struct diag d;
	uint8_t ask;

	while (read(socket, &ask, 1) == 1) {
		int fd = -1;

		a = (struct answer){ 0 };
		d = (struct diag){ 0 };
		if (ask == ASK_READY)
			lock_digest(a.digest);
		else if (ask == ASK_VICTIM)
			a.rc = victim_start(&a.victim);
		else if (ask == ASK_KILL)
			a.rc = victim_kill();
		else if (ask >= ASK_MEMFD && ask <= ASK_MAKE)
			a.rc = execute(ask);
		else if (lock == NULL)
			a.rc = -1;
		else if (ask == ASK_COUNTERS)
			a.rc = lock_counters_read(lock_counters_fd(lock),
			    &a.counters, &d);
		else if (ask == ASK_CLOSE)
			a.rc = lock_modules_close(lock_modules_fd(lock), &d);
		else if (ask == ASK_REOPEN)
			a.rc = reopen_modules(lock_modules_fd(lock));
		else
			fd = lock_holder_fd(lock);
		(void)snprintf(a.text, sizeof(a.text), "%s", d.text);
		reply(socket, &a, fd);
	}
	_exit(0);
}

/* Just as guard-early: is it supported, load, arm. */
static struct lock *
take_lock(enum lock_mode mode)
{
	const struct lock_options options = { .code_root = mode == MODE_CODE };
	struct lock *lock = NULL;
	struct diag d = { 0 };
	struct timespec from, to;

	(void)clock_gettime(CLOCK_MONOTONIC, &from);
	if (lock_supported(&d) < 0 || lock_load(&options, &lock, &d) < 0 ||
	    (mode == MODE_PINS &&
		move_mount(lock_holder_fd(lock), "", AT_FDCWD, "/pins",
		    MOVE_MOUNT_F_EMPTY_PATH) != 0) ||
	    lock_arm(lock, &d) < 0) {
		printf("# %s\n", d.text);
		fflush(stdout);
		_exit(1);
	}
	(void)clock_gettime(CLOCK_MONOTONIC, &to);
	printf("# loaded and armed in %ld ms\n",
	    (to.tv_sec - from.tv_sec) * 1000 +
		(to.tv_nsec - from.tv_nsec) / 1000000);
	fflush(stdout);
	return lock;
}

pid_t
guarded_start(enum lock_mode mode, int *ret_fd)
{
	struct lock *lock = NULL;
	int ends[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) != 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		(void)close(ends[0]);
		(void)prctl(PR_SET_NAME, "guarded");
		(void)setsid();
		if (mode != MODE_CONTROL)
			lock = take_lock(mode);
		guarded_serve(ends[1], lock);
	}
	(void)close(ends[1]);
	*ret_fd = ends[0];
	return pid;
}

struct answer
guarded_ask(int socket, enum ask ask, int *fd)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct answer a = { 0 };
	struct iovec part = { &a, sizeof(a) };
	struct msghdr m = { .msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control) };
	const uint8_t byte = (uint8_t)ask;
	struct cmsghdr *c;

	if (write(socket, &byte, 1) != 1 ||
	    recvmsg(socket, &m, 0) != sizeof(a)) {
		a.rc = -1;
		return a;
	}
	c = CMSG_FIRSTHDR(&m);
	if (fd != NULL && c != NULL && c->cmsg_type == SCM_RIGHTS)
		memcpy(fd, CMSG_DATA(c), sizeof(*fd));
	return a;
}
