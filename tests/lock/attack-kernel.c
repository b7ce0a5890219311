/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attacks on the lock itself and on the kernel: settings, modules, another
 * kernel, the pins; and code from elsewhere.
 */
#include <fcntl.h>
#include <linux/kexec.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "attack.h"

static bool
writes(const char *path, const char *text)
{
	auto_close int fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd >= 0 &&
	    write(fd, text, strlen(text)) == (ssize_t)strlen(text);
}

void
attack_settings(const struct scene *s)
{
	attack(s, WORKS, writes("/proc/sys/kernel/ftrace_enabled", "0"),
	    "kernel.ftrace_enabled=0, which would end all BPF-LSM");
	attack(s, WORKS, writes("/proc/sys/fs/suid_dumpable", "2"),
	    "fs.suid_dumpable=2");
	attack(s, WORKS, writes("/proc/sys/kernel/core_pattern", "|/bin/cat"),
	    "kernel.core_pattern");
	if (s->locked) {
		attack(s, WORKS,
		    mount("p", "/mnt", "proc", 0, NULL) != 0 ||
			writes("/mnt/sys/kernel/ftrace_enabled", "0"),
		    "kernel.ftrace_enabled=0 through another /proc");
		CHECK(writes("/proc/sys/kernel/randomize_va_space", "2"),
		    "other settings can be written");
		CHECK(!bpf_works(), "and bpf() is still refused");
	} else {
		(void)writes("/proc/sys/kernel/ftrace_enabled", "1");
		(void)writes("/proc/sys/fs/suid_dumpable", "0");
	}
}

/* --- modules, kexec ------------------------------------------------------- */

static bool
loads_by_file(void)
{
	auto_close int fd = open("/dummy.ko", O_RDONLY | O_CLOEXEC);

	if (syscall(SYS_finit_module, fd, "", 0) != 0)
		return false;
	return syscall(SYS_delete_module, "dummy", 0) == 0;
}

static bool
loads_by_bytes(void)
{
	auto_close int fd = open("/dummy.ko", O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *p;
	bool good;

	if (fd < 0 || fstat(fd, &st) != 0)
		return false;
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	good = p != MAP_FAILED &&
	    syscall(SYS_init_module, p, (unsigned long)st.st_size, "") == 0;
	(void)munmap(p, (size_t)st.st_size);
	return good && syscall(SYS_delete_module, "dummy", 0) == 0;
}

static void
modules_attacks(const struct scene *s)
{
	struct answer a;

	CHECK(loads_by_file() && loads_by_bytes(),
	    "before modules are closed, one loads");
	if (!s->locked)
		return;
	a = guarded_ask(s->guarded, ASK_CLOSE, NULL);
	CHECK(a.rc == 0, "modules are closed %s", a.text);
	attack(s, WORKS, loads_by_file(), "finit_module()");
	attack(s, WORKS, loads_by_bytes(), "init_module()");
	a = guarded_ask(s->guarded, ASK_REOPEN, NULL);
	CHECK(a.rc == 0, "the request is taken back");
	attack(s, WORKS, loads_by_file(), "a module, all the same");
}

static bool
kexec_file(void)
{
	auto_close int fd = open("/dummy.ko", O_RDONLY | O_CLOEXEC);

	return syscall(SYS_kexec_file_load, fd, -1, 1, "",
		   KEXEC_FILE_NO_INITRAMFS) == 0;
}

void
attack_kernel(const struct scene *s)
{
	struct answer before, after;

	modules_attacks(s);
	before = guarded_ask(s->guarded, ASK_COUNTERS, NULL);
	attack(s, ALSO_REFUSED, kexec_file(), "kexec_file_load()");
	attack(s, ALSO_REFUSED, syscall(SYS_kexec_load, 0, 0, NULL, 0) == 0,
	    "kexec_load()");
	after = guarded_ask(s->guarded, ASK_COUNTERS, NULL);
	if (s->locked)
		CHECK(after.counters.kexec == before.counters.kexec + 2,
		    "the lock, not only lockdown, refused the two");
}

/* --- the pins ------------------------------------------------------------- */

/* With the descriptor, which nobody outside can have: given for this test. */
static void
pins_by_descriptor(const struct scene *s)
{
	char path[64];
	int fd = -1;

	(void)guarded_ask(s->guarded, ASK_PINS, &fd);
	CHECK(fd >= 0 && faccessat(fd, "lock_bpf", F_OK, 0) == 0,
	    "the pins can be seen with the holder's descriptor");
	attack(s, WORKS, unlinkat(fd, "lock_bpf", 0) == 0, "unlink of a pin");
	attack(s, WORKS, renameat(fd, "lock_bpf", fd, "x") == 0,
	    "rename of a pin");
	attack(s, WORKS,
	    renameat2(fd, "lock_bpf", fd, "lock_perf", RENAME_EXCHANGE) == 0,
	    "exchange of pins");
	(void)mkdir("/elsewhere", 0700);
	attack(s, WORKS,
	    move_mount(fd, "", AT_FDCWD, "/elsewhere",
		MOVE_MOUNT_F_EMPTY_PATH) == 0,
	    "move_mount() of the pins");
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	attack(s, WORKS, mount("none", path, "tmpfs", 0, NULL) == 0,
	    "a mount over the pins");
	close_p(&fd);
}

static void
pins_by_path(const struct scene *s)
{
	attack(s, WORKS, unlink("/pins/lock_bpf") == 0,
	    "unlink of an attached pin");
	attack(s, WORKS, rename("/pins/lock_bpf", "/pins/x") == 0,
	    "rename of an attached pin");
	attack(s, WORKS, umount2("/pins", 0) == 0, "unmount of the pins");
	attack(s, WORKS, umount2("/pins", MNT_DETACH) == 0,
	    "lazy unmount of the pins");
	attack(s, WORKS, mount("none", "/pins", "tmpfs", 0, NULL) == 0,
	    "a mount over attached pins");
	attack(s, WORKS,
	    mount(NULL, "/pins", NULL, MS_REMOUNT | MS_RDONLY, NULL) == 0,
	    "a remount of the pins");
	attack(s, WORKS,
	    move_mount(AT_FDCWD, "/pins", AT_FDCWD, "/mnt", 0) == 0,
	    "move_mount() of attached pins");
}

void
attack_pins(const struct scene *s)
{
	if (access("/pins/lock_bpf", F_OK) == 0)
		pins_by_path(s);
	else
		pins_by_descriptor(s);
	CHECK(!bpf_works(), "the lock still holds");
}

/* --- code ----------------------------------------------------------------- */

bool
copy_file(const char *from, int to)
{
	auto_close int in = open(from, O_RDONLY | O_CLOEXEC);
	char block[65536];
	ssize_t n;

	if (in < 0 || to < 0)
		return false;
	while ((n = read(in, block, sizeof(block))) > 0)
		if (write(to, block, (size_t)n) != n)
			return false;
	return n == 0;
}

bool
exec_fd_works(int fd)
{
	char *const argv[] = { (char[]){ "true" }, NULL };
	char *const env[] = { NULL };
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		(void)syscall(SYS_execveat, fd, "", argv, env, AT_EMPTY_PATH);
		_exit(errno);
	}
	(void)waitpid(pid, &status, 0);
	errno = WEXITSTATUS(status);
	return status == 0;
}

bool
exec_works(const char *path)
{
	char *const argv[] = { (char[]){ "true" }, NULL };
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		(void)execv(path, argv);
		_exit(errno);
	}
	(void)waitpid(pid, &status, 0);
	errno = WEXITSTATUS(status);
	return status == 0;
}
