/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/lock/lock.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#include "guard/lock/object/object.gen.h"
#include "guard/lock/quiet.h"

#define LINKS_MAX 32
/* Programs of the rule code_root. */
#define CODE_PREFIX "lock_code_"
#define FTRACE      "/proc/sys/kernel/ftrace_enabled"
#define SYSRQ       "/proc/sysrq-trigger"
#define SWAPS       "/proc/swaps"

struct lock {
	struct bpf_object *object; /* NULL once armed */
	struct bpf_link *links[LINKS_MAX];
	size_t n_links;
	struct lock_state *state; /* mapped, until the lock is armed */
	int pins_fd;
	int counters_fd;
	int modules_fd;
};

/* The last line that libbpf had to say; it is the one with the reason. */
static char said[160];

static int __attribute__((format(printf, 2, 0)))
listen_to(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	if (level == LIBBPF_WARN) {
		(void)vsnprintf(said, sizeof(said), fmt, ap);
		said[strcspn(said, "\n")] = '\0';
	}
	return 0;
}

static int
lock_fail(struct diag *d, const char *what)
{
	return diag_fail(d, ERR_UNSUPPORTED, "kernel lock: %s: %s [%s]", what,
	    strerror(errno), said);
}

/* --- loading -------------------------------------------------------------- */

/*
 * A kernel that lacks this function skips an LSM program that was preempted on
 * the same CPU: there, what it should refuse goes through.
 */
static int
recursion_check(struct diag *d)
{
	struct btf *btf = btf__load_vmlinux_btf();
	int id;

	if (btf == NULL)
		return lock_fail(d, "the kernel's type information");
	id = btf__find_by_name_kind(btf, "__bpf_prog_enter_recur",
	    BTF_KIND_FUNC);
	btf__free(btf);
	if (id < 0)
		return diag_fail(d, ERR_UNSUPPORTED,
		    "kernel lock: this kernel skips programs that are "
		    "preempted; install its updates");
	return ERR_OK;
}

/* The programs' .bss: a page that the kernel shares with us. */
static int
map_state(struct lock *lock, struct diag *d)
{
	int fd = bpf_object__find_map_fd_by_name(lock->object, ".bss");
	void *p = mmap(NULL, sizeof(*lock->state), PROT_READ | PROT_WRITE,
	    MAP_SHARED, fd, 0);

	if (p == MAP_FAILED)
		return lock_fail(d, "the programs' state cannot be mapped");
	lock->state = p;
	return ERR_OK;
}

static int
dup_map_fd(struct bpf_object *object, const char *name, int *ret,
    struct diag *d)
{
	int fd = bpf_object__find_map_fd_by_name(object, name);

	if (fd >= 0)
		fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (fd < 0)
		return lock_fail(d, name);
	*ret = fd;
	return ERR_OK;
}

static struct bpf_program *
next_program(const struct lock *lock, struct bpf_program *after)
{
	return bpf_object__next_program(lock->object, after);
}

static bool
is_code_rule(const struct bpf_program *p)
{
	return strncmp(bpf_program__name(p), CODE_PREFIX,
		   strlen(CODE_PREFIX)) == 0;
}

static int
load_object(struct lock *lock, const struct lock_options *options,
    struct diag *d)
{
	const struct bpf_object_open_opts open = { .sz = sizeof(open),
		.object_name = "lock" };
	struct bpf_program *p;
	int rc;

	(void)libbpf_set_print(listen_to);
	lock->object =
	    bpf_object__open_mem(lock_object, sizeof(lock_object), &open);
	if (lock->object == NULL)
		return lock_fail(d, "cannot open the programs");
	for (p = next_program(lock, NULL); p != NULL; p = next_program(lock, p))
		if (!options->code_root && is_code_rule(p))
			(void)bpf_program__set_autoload(p, false);
	if (bpf_object__load(lock->object) != 0)
		return lock_fail(d, "the kernel does not take the programs");
	if ((rc = map_state(lock, d)) < 0 ||
	    (rc = dup_map_fd(lock->object, "counters", &lock->counters_fd, d)) <
		0)
		return rc;
	return dup_map_fd(lock->object, "modules", &lock->modules_fd, d);
}

/* The first mark: ours. Children inherit it. */
static int
mark_self(const struct lock *lock, struct diag *d)
{
	auto_close int pidfd = pidfd_open(getpid(), 0);
	const uint32_t one = 1;

	if (pidfd < 0 ||
	    bpf_map_update_elem(bpf_object__find_map_fd_by_name(lock->object,
				    "marks"),
		&pidfd, &one, BPF_ANY) != 0)
		return lock_fail(d, "cannot mark this process");
	return ERR_OK;
}

/* --- attaching and pinning ------------------------------------------------ */

static int
attach_one(struct lock *lock, struct bpf_program *p, int cgroup, struct diag *d)
{
	struct bpf_link *link;

	if (bpf_program__type(p) == BPF_PROG_TYPE_CGROUP_SYSCTL)
		link = bpf_program__attach_cgroup(p, cgroup);
	else
		link = bpf_program__attach_lsm(p);
	if (link == NULL)
		return lock_fail(d, bpf_program__name(p));
	BUG_ON(lock->n_links == LINKS_MAX);
	lock->links[lock->n_links++] = link;
	if (bpf_link__pin(link, bpf_program__name(p)) != 0)
		return lock_fail(d, "cannot pin a program");
	return ERR_OK;
}

/* In the folder that is to hold the pins. One that fails fails the lock. */
static int
attach_all(struct lock *lock, struct diag *d)
{
	auto_close int cgroup = -1;
	struct bpf_program *p;
	int rc;

	/* Its root is that of the tree that systemd will mount. */
	if ((rc = lock_mount_detached("cgroup2", NULL, &cgroup, d)) < 0)
		return rc;
	for (p = next_program(lock, NULL); p != NULL; p = next_program(lock, p))
		if (bpf_program__autoload(p) &&
		    (rc = attach_one(lock, p, cgroup, d)) < 0)
			return rc;
	return ERR_OK;
}

/*
 * No path leads to a file system that is mounted nowhere: there is nothing to
 * unmount, and every process with its descriptor keeps it. Only root's may
 * look in.
 */
static int
attach_and_pin(struct lock *lock, struct diag *d)
{
	auto_close int back = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int rc;

	if (back < 0)
		return diag_errno(d, "kernel lock: the current folder");
	if ((rc = lock_mount_detached("bpf", "0700", &lock->pins_fd, d)) < 0)
		return rc;
	if (fchdir(lock->pins_fd) != 0)
		return diag_errno(d, "kernel lock: the pins' file system");
	rc = attach_all(lock, d);
	if (fchdir(back) != 0)
		return diag_errno(d, "kernel lock: the folder before");
	if (rc == ERR_OK && fcntl(lock->pins_fd, F_SETFD, 0) != 0)
		return diag_errno(d, "kernel lock: the pins' descriptor");
	return rc;
}

/* A device number as the kernel keeps it in its super_block. */
static uint32_t
kernel_dev(dev_t dev)
{
	return (uint32_t)(major(dev) << 20 | minor(dev));
}

static int
fill_state(struct lock *lock, struct diag *d)
{
	struct stat pins, self, first, sysrq;

	if (fstat(lock->pins_fd, &pins) != 0 ||
	    stat("/proc/self/exe", &self) != 0 ||
	    stat("/proc/1/exe", &first) != 0)
		return diag_errno(d, "kernel lock: where programs run from");
	if (stat(SYSRQ, &sysrq) != 0)
		return diag_errno(d, "kernel lock: %s", SYSRQ);
	lock->state->pins_dev = kernel_dev(pins.st_dev);
	lock->state->early_dev[0] = kernel_dev(self.st_dev);
	lock->state->early_dev[1] = kernel_dev(first.st_dev);
	lock->state->sysrq = sysrq.st_ino;
	return lock_reports(lock->state->reports, d);
}

int
lock_load(const struct lock_options *options, struct lock **ret, struct diag *d)
{
	auto_lock struct lock *lock = calloc(1, sizeof(*lock));
	int rc;

	if (lock == NULL)
		return diag_nomem(d);
	lock->pins_fd = lock->counters_fd = lock->modules_fd = -1;
	if ((rc = recursion_check(d)) < 0 ||
	    (rc = load_object(lock, options, d)) < 0 ||
	    (rc = mark_self(lock, d)) < 0 ||
	    (rc = attach_and_pin(lock, d)) < 0 ||
	    (rc = fill_state(lock, d)) < 0)
		return rc;
	*ret = TAKE_PTR(&lock);
	return ERR_OK;
}

/* --- arming --------------------------------------------------------------- */

static int
not_refused(const char *what, struct diag *d)
{
	return diag_fail(d, ERR_UNSUPPORTED,
	    "kernel lock: it is armed, but %s is not refused", what);
}

/* The kernel took it all; but does it ask the programs? */
static int
see_it_refuse(struct diag *d)
{
	auto_close int setting = open(FTRACE, O_WRONLY | O_CLOEXEC);
	auto_close int trigger = -1;

	if (syscall(SYS_bpf, LOCK_BPF_LOOK, NULL, 0) == 0 || errno != EPERM)
		return not_refused("bpf()", d);
	if (setting < 0 || write(setting, "1", 1) == 1 || errno != EPERM)
		return not_refused("writing " FTRACE, d);
	trigger = open(SYSRQ, O_WRONLY | O_CLOEXEC);
	if (trigger >= 0 || errno != EPERM)
		return not_refused("writing " SYSRQ, d);
	/* Of no file: ENOENT where it is not refused. */
	if (swapon("", 0) == 0 || errno != EPERM)
		return not_refused("swapon()", d);
	return ERR_OK;
}

/* None can be added; but was there one before? */
static int
swaps_check(struct diag *d)
{
	auto_close int fd = open(SWAPS, O_RDONLY | O_CLOEXEC);
	char text[512] = "";
	const char *end;

	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		return diag_errno(d, "kernel lock: %s", SWAPS);
	end = strchr(text, '\n');
	if (end == NULL || end[1] != '\0')
		return diag_fail(d, ERR_UNSUPPORTED,
		    "kernel lock: memory would go to disk: swap is on before "
		    "the lock; see %s",
		    SWAPS);
	return ERR_OK;
}

/* So that what the look above was refused is not counted. */
static int
counters_clear(int fd, struct diag *d)
{
	const struct lock_counters none = { 0 };
	struct lock_counters *c;

	c = mmap(NULL, sizeof(*c), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (c == MAP_FAILED)
		return diag_errno(d, "kernel lock: its counters");
	*c = none;
	(void)munmap(c, sizeof(*c));
	return ERR_OK;
}

/* Closes everything but the pins and the two maps of the process that lives. */
static void
let_go(struct lock *lock)
{
	size_t i;

	for (i = 0; i < lock->n_links; i++)
		(void)bpf_link__destroy(lock->links[i]);
	lock->n_links = 0;
	if (lock->state != NULL)
		(void)munmap(lock->state, sizeof(*lock->state));
	lock->state = NULL;
	bpf_object__close(lock->object);
	lock->object = NULL;
}

int
lock_arm(struct lock *lock, struct diag *d)
{
	int rc;

	BUG_ON(lock->object == NULL);
	if ((rc = lock_quiet(d)) < 0)
		return rc;
	__atomic_store_n(&lock->state->armed, 1, __ATOMIC_SEQ_CST);
	let_go(lock);
	if ((rc = see_it_refuse(d)) < 0 || (rc = swaps_check(d)) < 0)
		return rc;
	return counters_clear(lock->counters_fd, d);
}

int
lock_holder_fd(const struct lock *lock)
{
	return lock->pins_fd;
}

int
lock_counters_fd(const struct lock *lock)
{
	return lock->counters_fd;
}

int
lock_modules_fd(const struct lock *lock)
{
	return lock->modules_fd;
}

void
lock_free(struct lock *lock)
{
	if (lock == NULL)
		return;
	let_go(lock);
	close_p(&lock->pins_fd);
	close_p(&lock->counters_fd);
	close_p(&lock->modules_fd);
	free(lock);
}
