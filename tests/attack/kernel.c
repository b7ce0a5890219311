/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ways into the kernel: its memory, another kernel, a module, a lowered guard.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kexec.h>
#include <stdio.h>
#include <string.h>
#include <sys/io.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>

#include "attack.h"

#define MODULE_MAX ((size_t)8 << 20)

/* A device node of our own, wherever the system's may be. */
static int
open_device(unsigned major_no, unsigned minor_no, int flags)
{
	int fd;

	(void)unlink("/tmp/attack-node");
	if (mknod("/tmp/attack-node", S_IFCHR | 0600,
		makedev(major_no, minor_no)) != 0)
		return -1;
	fd = open("/tmp/attack-node", flags | O_CLOEXEC);
	(void)unlink("/tmp/attack-node");
	return fd;
}

static void
read_device(const struct attack *a, int fd, off_t at, struct result *r)
{
	static char text[65536];
	ssize_t n;

	if (fd < 0) {
		result_errno(r, "open");
		return;
	}
	n = pread(fd, text, sizeof(text), at);
	if (n < 0)
		result_errno(r, "opened; read");
	else
		result_bytes(r, a, "read", text, (size_t)n);
}

static void
try_kcore(const struct attack *a, int target, struct result *r)
{
	auto_close int fd = open("/proc/kcore", O_RDONLY | O_CLOEXEC);

	(void)target;
	read_device(a, fd, 0, r);
}

static void
try_mem(const struct attack *a, int target, struct result *r)
{
	auto_close int fd = open_device(1, 1, O_RDONLY);

	(void)target;
	read_device(a, fd, 0x100000, r);
}

static void
try_port(const struct attack *a, int target, struct result *r)
{
	auto_close int fd = open_device(1, 4, O_RDWR);

	(void)target;
	read_device(a, fd, 0x70, r);
}

static void
try_iopl(const struct attack *a, int target, struct result *r)
{
	(void)a;
	(void)target;
	if (iopl(3) == 0 || ioperm(0x70, 2, 1) == 0)
		result_set(r, VERDICT_READ, "ports are open");
	else
		result_errno(r, "iopl");
}

static void
try_msr(const struct attack *a, int target, struct result *r)
{
	auto_close int fd = open_device(202, 0, O_RDWR);
	uint64_t value = 0;

	(void)a;
	(void)target;
	if (fd < 0)
		result_errno(r, "open");
	else if (pwrite(fd, &value, sizeof(value), 0xc0000103) == 8)
		result_set(r, VERDICT_READ, "a register is written");
	else
		result_errno(r, "opened; write");
}

/* PCI devices can be told to write to memory. */
static void
try_pci(const struct attack *a, int target, struct result *r)
{
	auto_close int fd = open("/sys/bus/pci/devices/0000:00:00.0/config",
	    O_RDWR | O_CLOEXEC);
	uint32_t command = 0;

	(void)a;
	(void)target;
	if (fd < 0 || pread(fd, &command, 4, 4) != 4)
		result_errno(r, "open");
	else if (pwrite(fd, &command, 4, 4) == 4)
		result_set(r, VERDICT_READ, "its configuration is written");
	else
		result_errno(r, "opened; write");
}

static void
try_kexec_load(const struct attack *a, int target, struct result *r)
{
	static char code[4096];
	struct kexec_segment {
		void *buf;
		size_t bufsz;
		void *mem;
		size_t memsz;
	} segment = { code, sizeof(code), (void *)(uintptr_t)0x1000000, 4096 };
	long rc =
	    syscall(SYS_kexec_load, 0x1000000, 1, &segment, KEXEC_ARCH_DEFAULT);

	(void)a;
	(void)target;
	if (rc == 0)
		result_set(r, VERDICT_FOUND, "another kernel can be started");
	else
		result_errno(r, "kexec_load");
}

static void
try_kexec_file(const struct attack *a, int target, struct result *r)
{
	char path[256];
	struct utsname u;
	auto_close int fd = -1;

	(void)target;
	(void)uname(&u);
	(void)snprintf(path, sizeof(path), "/boot/vmlinuz-%s", u.release);
	fd = open(a->kernel != NULL ? a->kernel : path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		result_set(r, VERDICT_BROKEN, "%s: %s: give --kernel",
		    a->kernel != NULL ? a->kernel : path, strerror(errno));
	else if (syscall(SYS_kexec_file_load, fd, -1, 1UL, "",
		     KEXEC_FILE_NO_INITRAMFS) == 0)
		result_set(r, VERDICT_FOUND, "it can be started");
	else
		result_errno(r, "kexec_file_load");
}

/* --- modules ---------------------------------------------------------------- */

enum change { AS_IS, BIT_FLIPPED, SIGNATURE_CUT };

static void
put_module(const char *path, enum change change, bool by_fd, struct result *r)
{
	auto_free char *image = malloc(MODULE_MAX);
	auto_close int fd = -1;
	ssize_t n;
	long rc;

	if (path == NULL) {
		result_set(r, VERDICT_BROKEN, "no file of a module was given");
		return;
	}
	n = image == NULL ? -1 : slurp(path, image, MODULE_MAX);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (n <= 0 || fd < 0) {
		result_set(r, VERDICT_BROKEN, "%s: %s", path, strerror(errno));
		return;
	}
	if (change == BIT_FLIPPED)
		image[n / 2] ^= 1;
	if (change == SIGNATURE_CUT && n > 1000)
		n -= 28; /* the mark at the end says that there is one */
	rc = by_fd ? syscall(SYS_finit_module, fd, "", 0)
		   : syscall(SYS_init_module, image, n, "");
	if (rc == 0)
		result_set(r, change == AS_IS ? VERDICT_ALLOWED : VERDICT_FOUND,
		    "loaded");
	else if (errno == EEXIST || errno == ENOEXEC || errno == ENOENT)
		result_set(r, VERDICT_BROKEN, "%s: %s", path, strerror(errno));
	else
		result_errno(r, by_fd ? "finit_module" : "init_module");
}

static void
try_finit(const struct attack *a, int target, struct result *r)
{
	(void)target;
	put_module(a->module, AS_IS, true, r);
}

static void
try_init(const struct attack *a, int target, struct result *r)
{
	(void)target;
	put_module(a->module, AS_IS, false, r);
	if (r->verdict == VERDICT_BROKEN && errno == EEXIST)
		result_set(r, VERDICT_ALLOWED, "it is loaded already");
}

static void
try_changed(const struct attack *a, int target, struct result *r)
{
	(void)target;
	put_module(a->module, BIT_FLIPPED, false, r);
}

static void
try_unsigned(const struct attack *a, int target, struct result *r)
{
	(void)target;
	put_module(a->module, SIGNATURE_CUT, false, r);
}

static void
try_own(const struct attack *a, int target, struct result *r)
{
	(void)target;
	if (a->own_module == NULL) {
		result_set(r, VERDICT_NOTHING, "none was given");
		return;
	}
	put_module(a->own_module, AS_IS, true, r);
	if (r->verdict == VERDICT_ALLOWED)
		result_set(r, VERDICT_FOUND, "loaded");
}

/* --- settings ---------------------------------------------------------------- */

static void
lower(const char *path, const char *value, struct result *r)
{
	char before[64], after[64];

	if (slurp(path, before, sizeof(before)) < 0) {
		result_set(r, VERDICT_NOTHING, "read: %s", strerror(errno));
		return;
	}
	if (spit(path, value) != 0) {
		result_errno(r, "write");
		return;
	}
	(void)slurp(path, after, sizeof(after));
	before[strcspn(before, "\n")] = '\0';
	after[strcspn(after, "\n")] = '\0';
	result_set(r,
	    strcmp(before, after) == 0 ? VERDICT_NOTHING : VERDICT_ALLOWED,
	    "written: it was %.60s and is %.60s", before, after);
	(void)spit(path, before);
}

#define SYSCTL_ATTEMPT(function, path, value)                    \
	static void function(const struct attack *a, int target, \
	    struct result *r)                                    \
	{                                                        \
		(void)a;                                         \
		(void)target;                                    \
		lower(path, value, r);                           \
	}                                                        \
	struct function##_needs_a_semicolon

#define KERNEL "/proc/sys/kernel/"
SYSCTL_ATTEMPT(try_yama, KERNEL "yama/ptrace_scope", "0");
SYSCTL_ATTEMPT(try_kexec_sysctl, KERNEL "kexec_load_disabled", "0");
SYSCTL_ATTEMPT(try_modules_sysctl, KERNEL "modules_disabled", "0");
SYSCTL_ATTEMPT(try_bpf_sysctl, KERNEL "unprivileged_bpf_disabled", "0");
SYSCTL_ATTEMPT(try_ftrace, KERNEL "ftrace_enabled", "0");
SYSCTL_ATTEMPT(try_modprobe, KERNEL "modprobe", "/tmp/attack-modprobe");
SYSCTL_ATTEMPT(try_helper, KERNEL "core_pattern", "|/tmp/attack-core");
SYSCTL_ATTEMPT(try_dumpable, "/proc/sys/fs/suid_dumpable", "2");
SYSCTL_ATTEMPT(try_paranoid, KERNEL "perf_event_paranoid", "-1");
SYSCTL_ATTEMPT(try_pointers, KERNEL "kptr_restrict", "0");
SYSCTL_ATTEMPT(try_lockdown, "/sys/kernel/security/lockdown", "none");

/* Help only: what matters is whether the file takes a letter at all. */
static void
try_sysrq(const struct attack *a, int target, struct result *r)
{
	(void)a;
	(void)target;
	result_call(r, spit("/proc/sysrq-trigger", "h"), "write");
}

static void
try_ima(const struct attack *a, int target, struct result *r)
{
	(void)a;
	(void)target;
	result_call(r,
	    spit("/sys/kernel/security/ima/policy", "dont_measure\n"), "write");
}

static const struct attempt list[] = {
	{ "kernel-kcore", "read /proc/kcore", try_kcore, false, 0 },
	{ "kernel-mem", "read physical memory by /dev/mem", try_mem, false, 0 },
	{ "kernel-port", "read ports by /dev/port", try_port, false, 0 },
	{ "kernel-iopl", "raise the I/O privilege", try_iopl, false, 0 },
	{ "kernel-msr", "write the processor's registers", try_msr, false, 0 },
	{ "kernel-pci", "write a PCI device's configuration", try_pci, false,
	    0 },
	{ "kernel-kexec", "kexec_load of code of our own", try_kexec_load,
	    false, 0 },
	{ "kernel-kexec-file", "kexec_file_load of the running signed kernel",
	    try_kexec_file, false, 0 },
	{ "module-file", "load a module of the distribution", try_finit, false,
	    0 },
	{ "module-image", "the same from memory", try_init, false, 0 },
	{ "module-changed", "load it with one bit changed", try_changed, false,
	    0 },
	{ "module-unsigned", "load it without its signature", try_unsigned,
	    false, 0 },
	{ "module-own", "load a module signed with a key of our own", try_own,
	    false, 0 },
	{ "sysctl-yama", "lower kernel.yama.ptrace_scope", try_yama, false, 0 },
	{ "sysctl-kexec", "lower kernel.kexec_load_disabled", try_kexec_sysctl,
	    false, 0 },
	{ "sysctl-modules", "lower kernel.modules_disabled", try_modules_sysctl,
	    false, 0 },
	{ "sysctl-bpf", "lower kernel.unprivileged_bpf_disabled",
	    try_bpf_sysctl, false, 0 },
	{ "sysctl-ftrace", "lower kernel.ftrace_enabled", try_ftrace, false,
	    0 },
	{ "sysctl-modprobe", "set kernel.modprobe", try_modprobe, false, 0 },
	{ "sysctl-core", "set kernel.core_pattern", try_helper, false, 0 },
	{ "sysctl-dumpable", "set fs.suid_dumpable", try_dumpable, false, 0 },
	{ "sysctl-perf", "lower kernel.perf_event_paranoid", try_paranoid,
	    false, 0 },
	{ "sysctl-kptr", "lower kernel.kptr_restrict", try_pointers, false, 0 },
	{ "kernel-lockdown", "lower the lockdown", try_lockdown, false, 0 },
	{ "kernel-sysrq", "use the SysRq trigger", try_sysrq, false, 0 },
	{ "kernel-ima", "write another IMA policy", try_ima, false, 0 },
};

const struct group kernel_group = { "kernel",
	"kernel memory, kexec, modules, settings", list, ARRAY_LEN(list) };
