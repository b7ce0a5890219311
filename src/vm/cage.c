/* SPDX-License-Identifier: Apache-2.0 */
#include "vm/cage.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/file.h"
#include "vm/program.h"

/* Any folder will do: it is covered only in the child's view. */
#define MOUNT_POINT "/run"

static int
bind_path(const char *from, const char *to, unsigned long flags, struct diag *d)
{
	if (mount(from, to, NULL, MS_BIND, NULL) != 0 ||
	    mount(NULL, to, NULL, MS_BIND | MS_REMOUNT | MS_NOSUID | flags,
		NULL) != 0)
		return diag_errno(d, "cannot show %s", to);
	return ERR_OK;
}

static int
bind_device(const char *path, struct diag *d)
{
	char to[64];
	int fd;

	(void)snprintf(to, sizeof(to), MOUNT_POINT "%s", path);
	fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
	if (fd < 0)
		return diag_errno(d, "cannot make %s", to);
	(void)close(fd);
	return bind_path(path, to, MS_NOEXEC, d);
}

static int
copy_program(const char *from, mode_t mode, struct diag *d)
{
	auto_close int in = open(from, O_RDONLY | O_CLOEXEC);
	auto_close int out = -1;
	struct stat st;
	off_t done = 0;

	if (in < 0 || fstat(in, &st) != 0)
		return diag_errno(d, "%s: cannot open", from);
	out = open(MOUNT_POINT CAGE_PROGRAM,
	    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (out < 0)
		return diag_errno(d, "%s: cannot copy", from);
	while (done < st.st_size)
		if (sendfile(out, in, &done, (size_t)(st.st_size - done)) <= 0)
			return diag_errno(d, "%s: cannot copy", from);
	if (fchmod(out, mode) != 0)
		return diag_errno(d, "%s: cannot copy", from);
	return ERR_OK;
}

/* What its user may read of its program decides whether others may look in. */
static int
show_program(const struct launch *l, int program_fd, struct diag *d)
{
	auto_close int fd = -1;
	char from[64];
	struct stat st;

	if (fstat(program_fd, &st) != 0)
		return diag_errno(d, "%s", l->program);
	(void)snprintf(from, sizeof(from), "/proc/self/fd/%d", program_fd);
	if (program_is_private(&st) == l->debuggable)
		return copy_program(from, l->debuggable ? 0755 : 0711, d);
	fd = open(MOUNT_POINT CAGE_PROGRAM,
	    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
	if (fd < 0)
		return diag_errno(d, "cannot make %s", CAGE_PROGRAM);
	return bind_path(from, MOUNT_POINT CAGE_PROGRAM, MS_RDONLY | MS_NODEV,
	    d);
}

/* Its descriptor stands in its place already, and is given up. */
static int
move_state(const struct launch *l, struct diag *d)
{
	auto_close int fd = LAUNCH_FIRST_FD + (int)l->n_fds - 1;

	if (move_mount(fd, "", AT_FDCWD, MOUNT_POINT LAUNCH_STATE_DIR,
		MOVE_MOUNT_F_EMPTY_PATH) != 0)
		return diag_errno(d, "cannot show " LAUNCH_STATE_DIR);
	return ERR_OK;
}

static int
fill(const struct launch *l, int program_fd, int state_fd, struct diag *d)
{
	static const char *const links[] = { "lib", "lib64", "bin", "sbin" };
	char from[64], to[64];
	int r;

	if (mkdir(MOUNT_POINT "/usr", 0755) != 0 ||
	    mkdir(MOUNT_POINT "/dev", 0755) != 0 ||
	    mkdir(MOUNT_POINT LAUNCH_STATE_DIR, 0755) != 0)
		return diag_errno(d, "cannot make folders");
	if ((r = bind_path("/usr", MOUNT_POINT "/usr", MS_RDONLY | MS_NODEV,
		 d)) < 0)
		return r;
	for (size_t i = 0; i < ARRAY_LEN(links); i++) {
		(void)snprintf(from, sizeof(from), "usr/%s", links[i]);
		(void)snprintf(to, sizeof(to), MOUNT_POINT "/%s", links[i]);
		if (symlink(from, to) != 0)
			return diag_errno(d, "cannot make %s", to);
	}
	if ((r = bind_device("/dev/null", d)) < 0 ||
	    (r = bind_device("/dev/urandom", d)) < 0 ||
	    (l->kvm && (r = bind_device("/dev/kvm", d)) < 0) ||
	    (r = show_program(l, program_fd, d)) < 0)
		return r;
	if (l->state_is_last_fd)
		return move_state(l, d);
	if (state_fd < 0)
		return ERR_OK;
	(void)snprintf(from, sizeof(from), "/proc/self/fd/%d", state_fd);
	return bind_path(from, MOUNT_POINT LAUNCH_STATE_DIR,
	    MS_NODEV | MS_NOEXEC, d);
}

int
cage_enter(const struct launch *l, struct diag *d)
{
	auto_close int program_fd = -1, state_fd = -1;
	int r;

	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
		return diag_errno(d, "cannot part from the host's mounts");
	/* By descriptor: a path may be below what is covered next. */
	program_fd = open(l->program, O_PATH | O_CLOEXEC);
	if (program_fd < 0)
		return diag_errno(d, "%s: cannot open", l->program);
	if (l->state_dir != NULL) {
		state_fd = open(l->state_dir,
		    O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (state_fd < 0)
			return diag_errno(d, "%s: cannot open", l->state_dir);
	}
	if (mount("cage", MOUNT_POINT, "tmpfs", MS_NOSUID | MS_NODEV,
		"mode=755,size=256m") != 0)
		return diag_errno(d, "cannot mount a tmpfs");
	if ((r = fill(l, program_fd, state_fd, d)) < 0)
		return r;
	/* The new root on top of the old one, which is then let go. */
	if (chdir(MOUNT_POINT) != 0 || syscall(SYS_pivot_root, ".", ".") != 0 ||
	    umount2(".", MNT_DETACH) != 0 || chdir("/") != 0)
		return diag_errno(d, "cannot change the root");
	if (mount(NULL, "/", NULL,
		MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV, NULL) != 0)
		return diag_errno(d, "cannot make the root read-only");
	return ERR_OK;
}
