/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PID 1 of a machine that only tests the kernel lock. The command line's
 * lock.mode= says what: see the table at the end. It reports in TAP; tests/
 * lock/run.sh reads it from the serial console.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>

#include "attack.h"

/* --- the machine ---------------------------------------------------------- */

static void
mount_at(const char *type, const char *path)
{
	(void)mkdir(path, 0755);
	(void)mount(type, path, type, 0, NULL);
}

static void
console(void)
{
	int fd;

	mount_at("devtmpfs", "/dev");
	fd = open("/dev/ttyS0", O_RDWR | O_NOCTTY);
	if (fd >= 0) {
		(void)dup2(fd, 1);
		(void)dup2(fd, 2);
	}
}

static void
mounts(void)
{
	mount_at("proc", "/proc");
	mount_at("sysfs", "/sys");
	mount_at("tmpfs", "/run");
	mount_at("cgroup2", "/cg");
	(void)mkdir("/pins", 0700);
	(void)mkdir("/mnt", 0700);
}

static bool
load_module(const char *name)
{
	char path[96];
	auto_close int fd = -1;

	(void)snprintf(path, sizeof(path), "/modules/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd >= 0 &&
	    (syscall(SYS_finit_module, fd, "", 0) == 0 || errno == EEXIST);
}

static void
load_modules(void)
{
	char list[4096] = "", *name, *save = NULL;
	auto_close int fd = open("/modules/list", O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, list, sizeof(list) - 1) < 0)
		return;
	for (name = strtok_r(list, "\n", &save); name != NULL;
	     name = strtok_r(NULL, "\n", &save))
		if (!load_module(name))
			printf("# module %s: %s\n", name, strerror(errno));
}

static void NORETURN
power_off(const char *mode)
{
	printf("lock-init: %s is done\n", mode);
	fflush(stdout);
	(void)tcdrain(1);
	(void)reboot(RB_POWER_OFF);
	for (;;)
		(void)pause();
}

/* --- what PID 1 may do ---------------------------------------------------- */

static bool
child_gone(pid_t pid)
{
	char path[64], text[512] = "";
	int i;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	for (i = 0; i < 100; i++) {
		auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);

		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0 ||
		    strstr(text, ") Z ") != NULL)
			return true;
		(void)usleep(50000);
	}
	return false;
}

static void
first_process(const struct scene *s)
{
	struct victim v = new_victim(s);

	CHECK(kill(v.pid, SIGSTOP) != 0 && errno == EPERM,
	    "PID 1 does not stop a VM");
	CHECK(kill(v.pid, SIGSEGV) != 0 && errno == EPERM,
	    "nor sends it other signals");
	CHECK(kill(s->guarded_pid, SIGTERM) != 0 && errno == EPERM &&
		kill(s->guarded_pid, SIGKILL) != 0 && errno == EPERM,
	    "nor ends what is root's");
	CHECK(kill(v.pid, SIGTERM) == 0 && child_gone(v.pid),
	    "it ends a VM by SIGTERM");
	v = new_victim(s);
	CHECK(kill(v.pid, SIGKILL) == 0 && child_gone(v.pid), "and by SIGKILL");
}

/* --- modes ---------------------------------------------------------------- */

/* A file on a tmpfs and a memory file: what of these may be executed. */
static void
foreign_code(bool wanted, const char *when)
{
	auto_close int file = open("/run/code", O_RDWR | O_CREAT, 0755);
	auto_close int script = open("/run/script", O_RDWR | O_CREAT, 0755);
	auto_close int memory = memfd_create("code", 0);
	bool copied = copy_file("/bin/busybox", file) &&
	    copy_file("/bin/busybox", memory);
	void *p;

	(void)!write(script, "#!/bin/busybox true\n", 20);
	close_p(&script);
	close_p(&file);
	CHECK(copied && exec_works("/bin/busybox"), "%s: a program of /", when);
	CHECK(exec_works("/run/code") == wanted && (wanted || errno == EPERM),
	    "%s: one on a tmpfs %s", when, wanted ? "starts" : "does not");
	CHECK(exec_works("/run/script") == wanted && (wanted || errno == EPERM),
	    "%s: a script there %s", when, wanted ? "starts" : "does not");
	CHECK(exec_fd_works(memory) == wanted && (wanted || errno == EPERM),
	    "%s: a memory file %s", when, wanted ? "starts" : "does not");
	p = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, memory, 0);
	CHECK((p != MAP_FAILED) == wanted, "%s: its mapping for execution %s",
	    when, wanted ? "is made" : "is not");
	p = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, memory, 0);
	CHECK(p != MAP_FAILED &&
		(mprotect(p, 4096, PROT_READ | PROT_EXEC) == 0) == wanted,
	    "%s: nor by mprotect() if not", when);
}

static void
attacks(const struct scene *s)
{
	attack_bpf(s);
	attack_perf(s);
	attack_proc(s);
	attack_signals(s);
	attack_kernel(s);
	attack_settings(s);
	attack_sysrq(s);
	attack_keys(s);
	attack_reports(s);
	attack_swap(s);
	attack_binfmt(s);
	if (s->locked)
		attack_pins(s);
	_exit(0);
}

static void
counted(const struct scene *s)
{
	struct lock_counters c;

	c = guarded_ask(s->guarded, ASK_COUNTERS, NULL).counters;
	CHECK(c.bpf > 0 && c.perf > 0 && c.ptrace > 0 && c.kill > 0 &&
		c.sigio > 0 && c.rlimit > 0 && c.pins > 0 && c.mounts > 0 &&
		c.modules > 0 && c.kexec > 0 && c.sysctl > 0 && c.nsfs > 0 &&
		c.sysrq > 0 && c.swapon > 0 && c.binfmt > 0 && c.dm == 0 &&
		c.exec > 0,
	    "every refusal is counted: bpf %lu perf %lu ptrace %lu kill %lu "
	    "sigio %lu rlimit %lu pins %lu mounts %lu modules %lu kexec %lu "
	    "sysctl %lu nsfs %lu sysrq %lu swapon %lu binfmt %lu dm %lu exec "
	    "%lu",
	    c.bpf, c.perf, c.ptrace, c.kill, c.sigio, c.rlimit, c.pins,
	    c.mounts, c.modules, c.kexec, c.sysctl, c.nsfs, c.sysrq, c.swapon,
	    c.binfmt, c.dm, c.exec);
}

/* Swap that was on before the lock would still be written to. */
static void
swap_before(void)
{
	int guarded = -1;
	struct answer a;

	CHECK(make_swap() && swapon(SWAP_DISK, 0) == 0, "swap is on");
	(void)guarded_start(MODE_LOCK, &guarded);
	a = guarded_ask(guarded, ASK_READY, NULL);
	CHECK(a.rc != 0, "no lock is made then");
	CHECK(swapoff(SWAP_DISK) == 0, "swap is off");
}

/* All attacks, by a child: PID 1 has rights of its own. */
static void
mode_all(const struct scene *s)
{
	struct answer a = guarded_ask(s->guarded, ASK_COUNTERS, NULL);
	int status = -1;
	pid_t pid;

	if (s->locked)
		CHECK(a.rc == 0 && a.counters.bpf == 0 &&
			a.counters.sysctl == 0 && a.counters.sysrq == 0 &&
			a.counters.swapon == 0 && a.counters.binfmt == 0 &&
			a.counters.exec == 0,
		    "nothing is counted at first");
	pid = fork();
	if (pid == 0)
		attacks(s);
	while (waitpid(pid, &status, 0) != pid)
		;
	CHECK(status == 0, "all attacks were made");
	foreign_code(true, "without code=root");
	attack_guarded(s);
	dm_setup();
	if (!s->locked) {
		attack_dm(s);
		swap_before();
		return;
	}
	a = guarded_ask(s->guarded, ASK_KILL, NULL);
	CHECK(a.rc == 0, "guarded processes read and end each other");
	counted(s);
	first_process(s);
}

/* As an initramfs does at its end, with a device-mapper device set up. */
static void
switch_root(const struct scene *s, const char *mode)
{
	char name[16], socket[16], pid[16], early[16];
	char *const argv[] = { (char[]){ "/init" }, name, socket, pid, early,
		NULL };
	int old = open("/bin/busybox", O_PATH);

	dm_setup();
	CHECK(mount("/dev/vda", "/mnt", "ext4", 0, NULL) == 0,
	    "a root file system");
	if (strcmp(mode, "code") == 0)
		CHECK(!exec_works("/mnt/bin/busybox") && errno == EPERM,
		    "nothing of it starts before PID 1 does");
	(void)snprintf(name, sizeof(name), "%s", mode);
	(void)snprintf(socket, sizeof(socket), "%d", s->guarded);
	(void)snprintf(pid, sizeof(pid), "%d", (int)s->guarded_pid);
	(void)snprintf(early, sizeof(early), "%d", old);
	if (chdir("/mnt") != 0 || mount(".", "/", NULL, MS_MOVE, NULL) != 0 ||
	    chroot(".") != 0 || execv("/init", argv) != 0)
		t_bail("cannot start from the root: %s", strerror(errno));
}

static void
mode_pins(const struct scene *s)
{
	attack_pins(s);
	foreign_code(true, "initramfs");
	switch_root(s, "pins");
}

static void
kill_group(const char *group, pid_t pid)
{
	char path[96], text[32];
	auto_close int procs = -1, all = -1;

	(void)snprintf(path, sizeof(path), "/cg/%s", group);
	(void)mkdir(path, 0755);
	(void)snprintf(path, sizeof(path), "/cg/%s/cgroup.procs", group);
	procs = open(path, O_WRONLY | O_CLOEXEC);
	(void)snprintf(text, sizeof(text), "%d", (int)pid);
	CHECK(write(procs, text, strlen(text)) > 0, "it is put in a group");
	(void)snprintf(path, sizeof(path), "/cg/%s/cgroup.kill", group);
	all = open(path, O_WRONLY | O_CLOEXEC);
	CHECK(write(all, "1", 1) == 1 && child_gone(pid),
	    "cgroup.kill ends it: no LSM is asked");
}

/* The lock lives as long as anything that it protects, and no longer. */
static void
mode_holder(const struct scene *s)
{
	struct victim v = new_victim(s);
	char path[64];
	int i;

	kill_group("holder", s->guarded_pid);
	for (i = 0; i < 5; i++) {
		(void)sleep(1);
		if (bpf_works())
			break;
	}
	CHECK(i == 5, "five seconds later bpf() is still refused");
	(void)snprintf(path, sizeof(path), "/proc/%d/environ", (int)v.pid);
	CHECK(open(path, O_RDONLY) < 0 && errno == EACCES,
	    "and so is its child's memory");
	kill_group("victim", v.pid);
	for (i = 0; i < 30 && !bpf_works(); i++)
		(void)usleep(500000);
	CHECK(i < 30, "the lock goes with the last of them");
}

/* --- code=root ------------------------------------------------------------ */

static void
mode_code(const struct scene *s)
{
	foreign_code(false, "initramfs");
	CHECK(guarded_ask(s->guarded, ASK_HOME, NULL).rc == 0,
	    "a guarded process executes its own");
	switch_root(s, "code");
}

static long
number(const char *text)
{
	return strtol(text, NULL, 10);
}

static void
root_code(const struct scene *s, int early)
{
	struct answer a;

	foreign_code(false, "root");
	CHECK(!exec_fd_works(early) && errno == EPERM,
	    "what was the initramfs is foreign now");
	CHECK(mount("/dev/vdb", "/mnt", "ext4", 0, NULL) == 0 &&
		!exec_works("/mnt/bin/busybox") && errno == EPERM,
	    "so is another disk");
	CHECK(guarded_ask(s->guarded, ASK_MAKE, NULL).rc == 0 &&
		guarded_ask(s->guarded, ASK_COPY, NULL).rc == 0,
	    "a guarded process executes a copy that it made");
	CHECK(mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
		  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED,
	    "anonymous memory may be executed: the rule is about files");
	a = guarded_ask(s->guarded, ASK_COUNTERS, NULL);
	CHECK(a.rc == 0 && a.counters.exec == 13, "refusals are counted: %lu",
	    a.counters.exec);
}

/* PID 1 again, now of the real root. */
static int
real_root(char **argv)
{
	const struct scene s = { true, (int)number(argv[2]),
		(pid_t)number(argv[3]) };
	struct answer a;

	mount_at("devtmpfs", "/dev");
	mounts();
	if (strcmp(argv[1], "code") == 0)
		root_code(&s, (int)number(argv[4]));
	else
		foreign_code(true, "root, without code=root");
	attack_dm(&s);
	a = guarded_ask(s.guarded, ASK_COUNTERS, NULL);
	CHECK(a.rc == 0 && a.counters.dm > 0, "and counted: %lu",
	    a.counters.dm);
	CHECK(!bpf_works(), "the lock holds in the root");
	power_off(argv[1]);
}

static const struct mode {
	const char *name;
	enum lock_mode lock;
	void (*run)(const struct scene *s);
} modes[] = {
	{ "control", MODE_CONTROL, mode_all },
	{ "lock", MODE_LOCK, mode_all },
	{ "pins", MODE_PINS, mode_pins },
	{ "holder", MODE_LOCK, mode_holder },
	{ "code", MODE_CODE, mode_code },
};

static const struct mode *
find_mode(void)
{
	char text[4096] = "", *at;
	auto_close int fd = open("/proc/cmdline", O_RDONLY | O_CLOEXEC);
	size_t i;

	if (read(fd, text, sizeof(text) - 1) <= 0)
		return NULL;
	at = strstr(text, "lock.mode=");
	for (i = 0; at != NULL && i < ARRAY_LEN(modes); i++)
		if (strncmp(at + 10, modes[i].name, strlen(modes[i].name)) == 0)
			return &modes[i];
	return NULL;
}

int
main(int argc, char **argv)
{
	const struct mode *mode;
	struct scene s = { 0 };
	struct answer a;
	size_t i;

	console();
	if (argc == 5)
		return real_root(argv);
	mounts();
	load_modules();
	mode = find_mode();
	if (mode == NULL)
		power_off("no mode");
	s.locked = mode->lock != MODE_CONTROL;
	start_early();
	s.guarded_pid = guarded_start(mode->lock, &s.guarded);
	a = guarded_ask(s.guarded, ASK_READY, NULL);
	if (CHECK(a.rc == 0, "%s: the guarded process is ready", mode->name)) {
		printf("# digest ");
		for (i = 0; i < sizeof(a.digest); i++)
			printf("%02x", a.digest[i]);
		printf("\n");
		mode->run(&s);
	}
	power_off(mode->name);
}
