/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sealed root: what guard-tpm and every process below it run from. It is
 * copied out of the initramfs, and so measured with it, into memory that is
 * never swapped, and seen by nobody else: in a mount namespace of its own, with
 * devices of its own, read-only.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/file.h"
#include "guard/early/early.h"

#define IMAGE     "/guard"
#define IMAGE_TPM IMAGE "/usr/libexec/shieldwall/guard-tpm"
#define NEW_ROOT  "/guard-root"
#define DEPTH_MAX 24
#define LINK_MAX  1024

bool
sealed_image_exists(void)
{
	return access(IMAGE_TPM, X_OK) == 0;
}

static int
copy_file(int from_dir, int to_dir, const char *name, const struct stat *st,
    struct diag *d)
{
	auto_close int from =
	    openat(from_dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	auto_close int to = openat(to_dir, name,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	off_t done = 0;
	ssize_t n;

	if (from < 0 || to < 0)
		return diag_errno(d, "%s: cannot copy", name);
	while (done < st->st_size) {
		n = sendfile(to, from, &done, (size_t)(st->st_size - done));
		if (n < 0)
			return diag_errno(d, "%s: cannot copy", name);
		if (n == 0)
			return diag_fail(d, ERR_SHORT, "%s: cut", name);
	}
	if (fchmod(to, st->st_mode & 0755) != 0)
		return diag_errno(d, "%s: cannot copy", name);
	/* It would stand in memory twice. */
	(void)unlinkat(from_dir, name, 0);
	return ERR_OK;
}

static int
copy_link(int from_dir, int to_dir, const char *name, struct diag *d)
{
	char target[LINK_MAX + 1];
	ssize_t n = readlinkat(from_dir, name, target, LINK_MAX);

	if (n <= 0 || n == LINK_MAX)
		return diag_errno(d, "%s: cannot copy", name);
	target[n] = '\0';
	if (symlinkat(target, to_dir, name) != 0)
		return diag_errno(d, "%s: cannot copy", name);
	return ERR_OK;
}

static int copy_tree(int from_dir, int to_dir, unsigned depth, struct diag *d);

static int
copy_folder(int from_dir, int to_dir, const char *name, unsigned depth,
    struct diag *d)
{
	auto_close int from = openat(from_dir, name,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	auto_close int to = -1;

	if (depth == DEPTH_MAX)
		return diag_fail(d, ERR_LIMIT, "%s: folders too deep", name);
	if (from < 0 || mkdirat(to_dir, name, 0755) != 0)
		return diag_errno(d, "%s: cannot copy", name);
	to = openat(to_dir, name,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (to < 0)
		return diag_errno(d, "%s: cannot copy", name);
	return copy_tree(from, to, depth + 1, d);
}

static int
copy_entry(int from_dir, int to_dir, const char *name, unsigned depth,
    struct diag *d)
{
	struct stat st;

	if (fstatat(from_dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return diag_errno(d, "%s: cannot copy", name);
	if (S_ISDIR(st.st_mode))
		return copy_folder(from_dir, to_dir, name, depth, d);
	if (S_ISLNK(st.st_mode))
		return copy_link(from_dir, to_dir, name, d);
	if (S_ISREG(st.st_mode))
		return copy_file(from_dir, to_dir, name, &st, d);
	return diag_fail(d, ERR_FORMAT, "%s: neither file, folder nor link",
	    name);
}

static int
copy_tree(int from_dir, int to_dir, unsigned depth, struct diag *d)
{
	auto_close int fd =
	    openat(from_dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;
	int r = ERR_OK;

	if (dir == NULL)
		return diag_errno(d, IMAGE ": cannot read");
	fd = -1;
	while (r == ERR_OK && (errno = 0, e = readdir(dir)) != NULL)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			r = copy_entry(from_dir, to_dir, e->d_name, depth, d);
	if (r == ERR_OK && errno != 0)
		r = diag_errno(d, IMAGE ": cannot read");
	(void)closedir(dir);
	return r;
}

/* Pages of a ramfs never go to swap, where root could change them. */
static int
fill(struct diag *d)
{
	auto_close int from = -1, to = -1;

	if ((mkdir(NEW_ROOT, 0755) != 0 && errno != EEXIST) ||
	    mount("sealed", NEW_ROOT, "ramfs", MS_NOSUID | MS_NODEV,
		"mode=755") != 0)
		return diag_errno(d, "cannot make the sealed root");
	from = open(IMAGE, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	to = open(NEW_ROOT, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (from < 0 || to < 0)
		return diag_errno(d, "cannot open " IMAGE);
	return copy_tree(from, to, 0, d);
}

static int
make_node(const char *path, mode_t mode, dev_t dev, struct diag *d)
{
	if (mknod(path, S_IFCHR | mode, dev) != 0 || chmod(path, mode) != 0)
		return diag_errno(d, "%s: cannot make", path);
	return ERR_OK;
}

/*
 * Nodes of our own: root can rename those of the host's /dev. What answers
 * under the TPM's number can still be exchanged by the driver's unbinding, so
 * guard-tpm compares the keys that it finds. KVM and tun may load later; their
 * numbers are fixed.
 */
static int
make_devices(struct diag *d)
{
	static const struct {
		const char *path;
		mode_t mode;
		unsigned major, minor;
	} nodes[] = {
		{ NEW_ROOT "/dev/null", 0666, 1, 3 },
		{ NEW_ROOT "/dev/zero", 0666, 1, 5 },
		{ NEW_ROOT "/dev/random", 0666, 1, 8 },
		{ NEW_ROOT "/dev/urandom", 0666, 1, 9 },
		{ NEW_ROOT "/dev/kmsg", 0600, 1, 11 },
		{ NEW_ROOT "/dev/kvm", 0666, 10, 232 },
		{ NEW_ROOT "/dev/net/tun", 0600, 10, 200 },
	};
	static const char *const tpms[] = { "/dev/tpmrm0", "/dev/tpm0" };
	char path[64];
	struct stat st;
	int r = ERR_OK;

	if (mount("devices", NEW_ROOT "/dev", "ramfs", MS_NOSUID | MS_NOEXEC,
		"mode=755") != 0 ||
	    mkdir(NEW_ROOT "/dev/net", 0755) != 0)
		return diag_errno(d, NEW_ROOT "/dev: cannot make");
	for (size_t i = 0; i < ARRAY_LEN(nodes) && r == ERR_OK; i++)
		r = make_node(nodes[i].path, nodes[i].mode,
		    makedev(nodes[i].major, nodes[i].minor), d);
	for (size_t i = 0; i < ARRAY_LEN(tpms) && r == ERR_OK; i++) {
		if (stat(tpms[i], &st) != 0 || !S_ISCHR(st.st_mode))
			continue;
		(void)snprintf(path, sizeof(path), NEW_ROOT "%s", tpms[i]);
		r = make_node(path, 0600, st.st_rdev, d);
	}
	return r;
}

/*
 * /run is the host's, for the socket and the records; what must not be the
 * host's to change stands in /private.
 */
static int
mount_others(struct diag *d)
{
	static const struct {
		const char *source, *name, *type;
		unsigned long flags;
		const char *data;
	} mounts[] = {
		{ "proc", "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC,
		    NULL },
		{ "sysfs", "sys", "sysfs",
		    MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY, NULL },
		{ "/run", "run", NULL, MS_BIND, NULL },
		{ "private", "private", "ramfs",
		    MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=700" },
	};
	char path[64];

	for (size_t i = 0; i < ARRAY_LEN(mounts); i++) {
		(void)snprintf(path, sizeof(path), NEW_ROOT "/%s",
		    mounts[i].name);
		if ((mkdir(path, 0755) != 0 && errno != EEXIST) ||
		    mount(mounts[i].source, path, mounts[i].type,
			mounts[i].flags, mounts[i].data) != 0)
			return diag_errno(d, "%s: cannot mount", path);
	}
	return ERR_OK;
}

/* As the initramfs itself is left for the machine's root. */
static int
move_in(struct diag *d)
{
	if (mount(NULL, NEW_ROOT, NULL,
		MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV,
		NULL) != 0 ||
	    chdir(NEW_ROOT) != 0 || mount(".", "/", NULL, MS_MOVE, NULL) != 0 ||
	    chroot(".") != 0 || chdir("/") != 0)
		return diag_errno(d, "cannot enter the sealed root");
	return ERR_OK;
}

int
sealed_enter(int *ret_host_ns_fd, struct diag *d)
{
	auto_close int host = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	int r;

	if (host < 0)
		return diag_errno(d, "/proc/self/ns/mnt");
	if (unshare(CLONE_NEWNS) != 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
		return diag_errno(d, "cannot make a mount namespace");
	if ((r = fill(d)) < 0)
		return r;
	if (mkdir(NEW_ROOT "/dev", 0755) != 0 && errno != EEXIST)
		return diag_errno(d, NEW_ROOT "/dev: cannot make");
	if ((r = make_devices(d)) < 0 || (r = mount_others(d)) < 0 ||
	    (r = move_in(d)) < 0)
		return r;
	*ret_host_ns_fd = TAKE_FD(&host);
	return ERR_OK;
}
