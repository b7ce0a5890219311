/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel made to print registers of all that runs, or to write memory to
 * a disk of ours.
 */
#include <fcntl.h>
#include <linux/input.h>
#include <linux/kd.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <termios.h>

#include "attack.h"

#define TRIGGER "/proc/sysrq-trigger"
#define PAGE    4096
/* linux/keyboard.h, which does not go with sys/wait.h. */
#define KEYMAP_CTRL 4
#define K_SH_STAT   0x204
/* linux/magic.h has it not: the mark of a swap area, at its page's end. */
#define SWAP_MARK "SWAPSPACE2"

char *
low_text(const char *text)
{
	char *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	if (p == MAP_FAILED)
		t_bail("no memory below 4 GiB");
	(void)snprintf(p, PAGE, "%s", text);
	return p;
}

static bool
opens(const char *path, int flags)
{
	auto_close int fd = open(path, flags | O_CLOEXEC);

	return fd >= 0;
}

/* In a child with namespaces of its own; its errno comes back too. */
static bool
opens_elsewhere(int namespaces, const char *type, const char *path)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		if (unshare(namespaces | CLONE_NEWNS) != 0 ||
		    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
			_exit(ENOSYS);
		/* The first child is the first in a new pid namespace. */
		pid = fork();
		if (pid == 0) {
			if (mount("x", "/mnt", type, 0, NULL) != 0)
				_exit(ENOTBLK);
			_exit(opens(path, O_WRONLY) ? 0 : errno);
		}
		(void)waitpid(pid, &status, 0);
		_exit(WEXITSTATUS(status));
	}
	(void)waitpid(pid, &status, 0);
	errno = WEXITSTATUS(status);
	return status == 0;
}

/* --- SysRq ---------------------------------------------------------------- */

static bool
log_has(int kmsg, const char *text)
{
	char line[8192];
	ssize_t n;

	while ((n = read(kmsg, line, sizeof(line) - 1)) > 0 || errno == EPIPE) {
		line[n > 0 ? n : 0] = '\0';
		if (strstr(line, text) != NULL)
			return true;
		errno = 0;
	}
	return false;
}

static bool
sysrq_shows_registers(void)
{
	auto_close int log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
	auto_close int fd = open(TRIGGER, O_WRONLY | O_CLOEXEC);
	char marker[32];
	int error = errno;

	(void)tcdrain(1); /* SysRq says something on the console */
	if (fd < 0 || write(fd, "t", 1) != 1) {
		errno = error;
		return false;
	}
	(void)snprintf(marker, sizeof(marker), "%016lx", REGISTER_MARKER);
	return log_has(log, marker);
}

static bool
opens_bound(void)
{
	auto_close int at = open("/run/trigger", O_CREAT | O_RDWR, 0600);
	bool done;
	int error;

	if (at < 0 || mount(TRIGGER, "/run/trigger", NULL, MS_BIND, NULL) != 0)
		return true;
	done = opens("/run/trigger", O_WRONLY);
	error = errno;
	(void)umount2("/run/trigger", MNT_DETACH);
	errno = error;
	return done;
}

void
attack_sysrq(const struct scene *s)
{
	const struct victim v = new_victim(s);
	int fd;

	CHECK(v.pid > 0, "a process with a marker in a register");
	attack(s, WORKS, sysrq_shows_registers(), "SysRq prints its registers");
	attack(s, WORKS, opens(TRIGGER, O_RDWR), TRIGGER ", to read and write");
	attack(s, WORKS, opens_bound(), TRIGGER " bound elsewhere");
	attack(s, WORKS, opens_elsewhere(0, "proc", "/mnt/sysrq-trigger"),
	    "sysrq-trigger of another mount of proc");
	attack(s, WORKS,
	    opens_elsewhere(CLONE_NEWPID, "proc", "/mnt/sysrq-trigger"),
	    "sysrq-trigger of another process namespace's proc");
	fd = call32(5, (int)(uintptr_t)low_text(TRIGGER), O_WRONLY, 0);
	attack(s, WORKS, fd >= 0, TRIGGER " as a 32-bit program");
	close_p(&fd);
	CHECK(opens("/proc/self/comm", O_WRONLY) && opens(TRIGGER, O_PATH),
	    "other files of proc can be written");
}

/* --- the console's keys --------------------------------------------------- */

/* Whatever keyboard there is: Ctrl and Scroll Lock, as if they were pressed. */
static void
press(void)
{
	static const struct {
		unsigned short code;
		int value;
	} keys[] = { { KEY_LEFTCTRL, 1 }, { KEY_SCROLLLOCK, 1 },
		{ KEY_SCROLLLOCK, 0 }, { KEY_LEFTCTRL, 0 } };
	char path[32];
	size_t i, k;

	for (i = 0; i < 8; i++) {
		auto_close int fd = -1;

		(void)snprintf(path, sizeof(path), "/dev/input/event%zu", i);
		fd = open(path, O_WRONLY | O_CLOEXEC);
		for (k = 0; fd >= 0 && k < ARRAY_LEN(keys); k++) {
			const struct input_event event[2] = {
				{ .type = EV_KEY,
				    .code = keys[k].code,
				    .value = keys[k].value },
				{ .type = EV_SYN, .code = SYN_REPORT }
			};

			(void)!write(fd, event, sizeof(event));
		}
	}
}

static bool
key_shows_registers(void)
{
	auto_close int log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
	char marker[32];
	int i;

	(void)lseek(log, 0, SEEK_END);
	(void)tcdrain(1);
	press();
	(void)snprintf(marker, sizeof(marker), "%016lx", REGISTER_MARKER);
	for (i = 0; i < 20; i++) {
		if (log_has(log, marker))
			return true;
		(void)usleep(100000);
	}
	errno = EPERM;
	return false;
}

void
attack_keys(const struct scene *s)
{
	auto_close int fd = open("/dev/tty0", O_RDWR | O_NOCTTY | O_CLOEXEC);
	const struct kbentry key = { KEYMAP_CTRL, KEY_SCROLLLOCK, K_SH_STAT };
	struct kbentry *low = (void *)low_text("");

	CHECK(access("/dev/input/event0", W_OK) == 0, "a keyboard");
	attack(s, WORKS, key_shows_registers(), "a key prints registers");
	attack(s, WORKS, ioctl(fd, KDSKBENT, &key) == 0, "a keymap is changed");
	*low = key;
	attack(s, WORKS,
	    call32(54, fd, KDSKBENT, (uint32_t)(uintptr_t)low) == 0,
	    "a keymap is changed by a 32-bit program");
	CHECK(ioctl(fd, KDGKBENT, low) == 0, "a keymap is read");
}

/* --- settings ------------------------------------------------------------- */

/* Its own value back into it. */
static bool
rewrites(const char *path, char text[static 64])
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, text, 63);

	if (n <= 0)
		return false;
	text[n] = '\0';
	close_p(&fd);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	return fd >= 0 && write(fd, text, (size_t)n) == n;
}

void
attack_reports(const struct scene *s)
{
#define SETTING(name, value) { "/proc/sys/" name, value },
	static const struct {
		const char *path, *value;
	} settings[] = { LOCK_SETTINGS(SETTING) };
	static const char *const files[] = {
		"/sys/module/kernel/parameters/panic_print",
		"/sys/module/rcupdate/parameters/rcu_cpu_stall_timeout",
		"/sys/module/rcupdate/parameters/rcu_exp_cpu_stall_timeout",
		"/sys/module/rcupdate/parameters/rcu_task_stall_timeout"
	};
	/* Which of them there are depends on the kernel. */
	static const char *const power[] = { "/sys/power/state",
		"/sys/power/mem_sleep", "/sys/power/autosleep",
		"/sys/power/disk", "/sys/power/pm_test" };
	char text[64];
	size_t i;

	for (i = 0; i < ARRAY_LEN(settings); i++) {
		attack(s, WORKS, rewrites(settings[i].path, text),
		    settings[i].path);
		if (s->locked && settings[i].value != NULL)
			CHECK(strtol(text, NULL, 10) ==
				strtol(settings[i].value, NULL, 10),
			    "and it is %s", settings[i].value);
	}
	for (i = 0; i < ARRAY_LEN(files); i++)
		attack(s, WORKS, rewrites(files[i], text), files[i]);
	for (i = 0; i < ARRAY_LEN(power); i++)
		if (i == 0 || access(power[i], F_OK) == 0)
			attack(s, WORKS, opens(power[i], O_WRONLY), power[i]);
	attack(s, WORKS,
	    opens_elsewhere(CLONE_NEWNET, "sysfs",
		"/mnt/module/rcupdate/parameters/rcu_cpu_stall_timeout"),
	    "such a file of another network namespace's sysfs");
	CHECK(opens(files[1], O_RDONLY) &&
		rewrites("/sys/module/printk/parameters/time", text),
	    "they can be read, and others of sysfs written");
}

/* --- swap ----------------------------------------------------------------- */

bool
make_swap(void)
{
	auto_close int fd = open(SWAP_DISK, O_WRONLY | O_CLOEXEC);
	uint32_t page[PAGE / 4] = { 0 };

	page[256] = 1;   /* version */
	page[257] = 255; /* the last page */
	memcpy((char *)page + PAGE - strlen(SWAP_MARK), SWAP_MARK,
	    strlen(SWAP_MARK));
	return fd >= 0 && write(fd, page, sizeof(page)) == sizeof(page);
}

/* The number as the program has it in its register: the kernel takes half. */
static int
raw_call(uint64_t nr, const char *path)
{
	int64_t rc;

	__asm__ volatile("syscall"
			 : "=a"(rc)
			 : "a"(nr), "D"(path), "S"(0L)
			 : "rcx", "r11", "memory");
	if (rc >= 0)
		return 0;
	errno = (int)-rc;
	return -1;
}

/* A tracer makes another call of the one that its child is about to do. */
static bool
traced_call_works(uint64_t nr, const char *path)
{
	struct user_regs_struct r;
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		(void)ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		(void)raise(SIGSTOP);
		_exit(raw_call(SYS_getpid, path) == 0 ? 0 : errno);
	}
	(void)waitpid(pid, &status, 0);
	do {
		if (ptrace(PTRACE_SYSCALL, pid, NULL, NULL) != 0 ||
		    waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status) ||
		    ptrace(PTRACE_GETREGS, pid, NULL, &r) != 0)
			t_bail("the traced child is lost");
	} while (r.orig_rax != SYS_getpid);
	r.orig_rax = nr;
	(void)ptrace(PTRACE_SETREGS, pid, NULL, &r);
	(void)ptrace(PTRACE_CONT, pid, NULL, NULL);
	(void)waitpid(pid, &status, 0);
	errno = WEXITSTATUS(status);
	return status == 0;
}

/* Switched off again, so that the next attempt stands for itself. */
static bool
swapped(int rc)
{
	if (rc != 0)
		return false;
	return swapoff(SWAP_DISK) == 0;
}

void
attack_swap(const struct scene *s)
{
	char *path = low_text(SWAP_DISK);

	CHECK(make_swap(), "a disk to swap to");
	attack(s, WORKS, swapped(swapon(path, 0)), "swapon()");
	attack(s, WORKS, swapped(raw_call(UINT64_C(0x5a000000a7), path)),
	    "swapon() by a number of 64 bits");
	attack(s, WORKS, swapped(call32(87, (int)(uintptr_t)path, 0, 0)),
	    "swapon() as a 32-bit program");
	attack(s, WORKS, swapped(traced_call_works(SYS_swapon, path) ? 0 : -1),
	    "swapon() that a tracer made of another call");
	CHECK(raw_call(0x400000a7, path) != 0,
	    "swapon() by its x32 number fails: %s", strerror(errno));
	CHECK(swapoff("/none") != 0 && errno == ENOENT,
	    "swapoff() has the capability it needs");
}
