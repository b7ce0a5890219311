/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything that the kernel asks ptrace_may_access() about, and signals.
 */
#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <sys/wait.h>

#include "attack.h"

/* linux/nsfs.h from 6.12 on. */
#define NS_MNT_NEXT _IOR(0xb7, 11, uint64_t[2])
#define NS_MNT_PREV _IOR(0xb7, 12, uint64_t[2])

struct victim
new_victim(const struct scene *s)
{
	struct answer a = guarded_ask(s->guarded, ASK_VICTIM, NULL);

	if (a.rc != 0)
		t_bail("no victim");
	return a.victim;
}

/* open() of /proc/PID/NAME, and a little of it where it is a file. */
static bool
proc_opens(pid_t pid, const char *name, int flags)
{
	auto_close int fd = -1;
	char path[96], some[8];

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	fd = open(path, flags | O_CLOEXEC);
	if (fd < 0)
		return false;
	if (flags & (O_WRONLY | O_PATH | O_DIRECTORY))
		return true;
	return read(fd, some, sizeof(some)) >= 0;
}

static bool
proc_lists(pid_t pid, const char *name)
{
	char path[96];
	const struct dirent *entry;
	DIR *dir;
	bool found = false;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	dir = opendir(path);
	if (dir == NULL)
		return false;
	errno = EACCES; /* an end without an error says no more */
	while ((entry = readdir(dir)) != NULL)
		found = found || entry->d_name[0] != '.';
	(void)closedir(dir);
	return found;
}

static void
proc_files(const struct scene *s, const struct victim *v)
{
	static const struct {
		const char *name;
		int flags;
		enum without_lock without;
	} files[] = {
		{ "environ", O_RDONLY, WORKS },
		{ "maps", O_RDONLY, WORKS },
		{ "smaps", O_RDONLY, WORKS },
		{ "auxv", O_RDONLY, WORKS },
		{ "pagemap", O_RDONLY, WORKS },
		{ "stack", O_RDONLY, ALSO_REFUSED },
		{ "syscall", O_RDONLY, WORKS },
		{ "root/", O_PATH | O_DIRECTORY, WORKS },
		{ "cwd/", O_PATH | O_DIRECTORY, WORKS },
		{ "exe", O_PATH, WORKS },
		{ "ns/mnt", O_RDONLY | O_PATH, WORKS },
	};
	char name[96], what[128];
	size_t i;

	for (i = 0; i < ARRAY_LEN(files); i++) {
		(void)snprintf(what, sizeof(what), "/proc/PID/%s",
		    files[i].name);
		attack(s, files[i].without,
		    proc_opens(v->pid, files[i].name, files[i].flags), what);
	}
	attack(s, WORKS, proc_lists(v->pid, "map_files"),
	    "list of /proc/PID/map_files");
	(void)snprintf(name, sizeof(name), "fd/%d", v->memfd);
	attack(s, WORKS, proc_opens(v->pid, name, O_RDWR),
	    "/proc/PID/fd/N of a memory file");
	(void)snprintf(name, sizeof(name), "fd/%d", v->pipe);
	attack(s, WORKS, proc_opens(v->pid, name, O_RDONLY | O_NONBLOCK),
	    "/proc/PID/fd/N of a pipe");
	(void)snprintf(name, sizeof(name), "map_files/%lx-%lx",
	    (unsigned long)v->shared, (unsigned long)v->shared + 4096);
	attack(s, WORKS, proc_opens(v->pid, name, O_RDONLY),
	    "/proc/PID/map_files");
	attack(s, WORKS, proc_opens(s->guarded_pid, "environ", O_RDONLY),
	    "/proc/PID/environ of its parent");
	attack(s, WORKS, proc_opens(s->guarded_pid, "root/", O_PATH),
	    "/proc/PID/root of its parent");
}

static bool
reads_mem(const struct victim *v)
{
	auto_close int fd = -1;
	char path[64], text[64] = "";

	(void)snprintf(path, sizeof(path), "/proc/%d/mem", (int)v->pid);
	fd = open(path, O_RDWR | O_CLOEXEC);
	return fd >= 0 && pread(fd, text, 40, (off_t)v->ram) == 40 &&
	    strcmp(text, RAM_MARKER) == 0;
}

static bool
reads_vm(const struct victim *v)
{
	char text[64] = "";
	struct iovec to = { text, 40 },
		     from = { (void *)(uintptr_t)v->ram, 40 };

	return process_vm_readv(v->pid, &to, 1, &from, 1, 0) == 40 &&
	    strcmp(text, RAM_MARKER) == 0;
}

static bool
enters_namespace(int pidfd)
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0)
		_exit(setns(pidfd, CLONE_NEWNS) == 0 ? 0 : errno);
	(void)waitpid(pid, &status, 0);
	errno = WEXITSTATUS(status);
	return status == 0;
}

static bool
traces(pid_t pid)
{
	if (ptrace(PTRACE_SEIZE, pid, 0, 0) != 0)
		return false;
	(void)ptrace(PTRACE_INTERRUPT, pid, 0, 0);
	(void)waitpid(pid, NULL, __WALL);
	(void)ptrace(PTRACE_DETACH, pid, 0, 0);
	return true;
}

static bool
kernel_walks(void)
{
	struct utsname name;

	return uname(&name) == 0 && strncmp(name.release, "6.1.", 4) != 0;
}

static bool
walks_namespaces(void)
{
	auto_close int fd = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	auto_close int next = ioctl(fd, NS_MNT_NEXT, NULL), prev = -1;

	if (next >= 0)
		return true;
	if (errno != ENOENT)
		return false;
	prev = ioctl(fd, NS_MNT_PREV, NULL);
	return prev >= 0;
}

/* The same by the door for 32-bit programs. */
static bool
walks_namespaces32(void)
{
	auto_close int fd = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	auto_close int next = call32(54, fd, (uint32_t)NS_MNT_NEXT, 0);
	auto_close int prev = -1;

	if (next < 0 && errno == ENOENT)
		prev = call32(54, fd, (uint32_t)NS_MNT_PREV, 0);
	return next >= 0 || prev >= 0;
}

void
attack_proc(const struct scene *s)
{
	struct victim v = new_victim(s);
	auto_close int pidfd = (int)syscall(SYS_pidfd_open, v.pid, 0);
	int fd;

	attack(s, WORKS, reads_mem(&v), "/proc/PID/mem");
	attack(s, WORKS, reads_vm(&v), "process_vm_readv()");
	attack(s, WORKS, traces(v.pid), "ptrace()");
	proc_files(s, &v);
	fd = (int)syscall(SYS_pidfd_getfd, pidfd, v.memfd, 0);
	attack(s, WORKS, fd >= 0, "pidfd_getfd() of a memory file");
	close_p(&fd);
	attack(s, WORKS, enters_namespace(pidfd), "setns() of a pidfd");
	attack(s, WORKS, syscall(SYS_kcmp, getpid(), v.pid, 1, 0, 0) >= 0,
	    "kcmp()");
	attack(s, kernel_walks() ? WORKS : ALSO_REFUSED, walks_namespaces(),
	    "the nsfs ioctl to the next mount namespace");
	attack(s, kernel_walks() ? WORKS : ALSO_REFUSED, walks_namespaces32(),
	    "the same as a 32-bit program");
}

/* --- signals -------------------------------------------------------------- */

static bool
gone(pid_t pid)
{
	int i;

	/* Its parent does not reap it: a zombie is gone too. */
	for (i = 0; i < 20; i++) {
		char path[64], text[512] = "";
		auto_close int fd = -1;

		(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0 ||
		    strstr(text, ") Z ") != NULL)
			return true;
		(void)usleep(20000);
	}
	errno = EPERM;
	return false;
}

/* Whoever owns a file is sent its signal by the kernel, not by us. */
static bool
owner_signal_kills(pid_t pid)
{
	int ends[2];
	bool dead;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
		return false;
	(void)fcntl(ends[0], F_SETOWN, pid);
	(void)fcntl(ends[0], F_SETSIG, SIGKILL);
	(void)fcntl(ends[0], F_SETFL, O_ASYNC);
	(void)!write(ends[1], "x", 1);
	dead = gone(pid);
	(void)close(ends[0]);
	(void)close(ends[1]);
	return dead;
}

void
attack_signals(const struct scene *s)
{
	struct victim v = new_victim(s);
	struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };
	auto_close int pidfd = (int)syscall(SYS_pidfd_open, v.pid, 0);
	siginfo_t info = { .si_signo = SIGCONT, .si_code = SI_QUEUE };

	attack(s, WORKS, kill(v.pid, 0) == 0, "kill() with 0");
	attack(s, WORKS, kill(v.pid, SIGCONT) == 0, "kill() SIGCONT");
	attack(s, WORKS, kill(-v.pid, SIGCONT) == 0, "kill() of its group");
	attack(s, WORKS, syscall(SYS_tgkill, v.pid, v.pid, SIGCONT) == 0,
	    "tgkill()");
	attack(s, WORKS,
	    syscall(SYS_rt_sigqueueinfo, v.pid, SIGCONT, &info) == 0,
	    "rt_sigqueueinfo()");
	attack(s, WORKS,
	    syscall(SYS_pidfd_send_signal, pidfd, SIGCONT, NULL, 0) == 0,
	    "pidfd_send_signal()");
	attack(s, WORKS, prlimit(v.pid, RLIMIT_CORE, &limit, NULL) == 0,
	    "prlimit()");
	attack(s, WORKS, kill(v.pid, SIGSTOP) == 0, "kill() SIGSTOP");
	if (!s->locked)
		(void)kill(v.pid, SIGCONT);
	attack(s, WORKS, owner_signal_kills(v.pid),
	    "SIGKILL by F_SETOWN and F_SETSIG");
	v = new_victim(s);
	attack(s, WORKS, kill(v.pid, SIGKILL) == 0 && gone(v.pid),
	    "kill() SIGKILL");
	if (s->locked)
		attack(s, ALSO_REFUSED, kill(s->guarded_pid, SIGKILL) == 0,
		    "SIGKILL to its parent");
}
