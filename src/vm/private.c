/* SPDX-License-Identifier: Apache-2.0 */
#include "vm/private.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>

#define SIZE "16m"

int
private_folder(uid_t uid, int *ret_mount_fd, int *ret_dir_fd, struct diag *d)
{
	auto_close int fs = fsopen("tmpfs", FSOPEN_CLOEXEC);
	auto_close int mount_fd = -1, dir_fd = -1;
	char user[24];

	(void)snprintf(user, sizeof(user), "%u", (unsigned)uid);
	if (fs < 0 || fsconfig(fs, FSCONFIG_SET_STRING, "size", SIZE, 0) != 0 ||
	    fsconfig(fs, FSCONFIG_SET_STRING, "mode", "0700", 0) != 0 ||
	    fsconfig(fs, FSCONFIG_SET_STRING, "uid", user, 0) != 0 ||
	    fsconfig(fs, FSCONFIG_SET_STRING, "gid", user, 0) != 0 ||
	    fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) != 0)
		return diag_errno(d, "cannot make a folder in memory");
	mount_fd = fsmount(fs, FSMOUNT_CLOEXEC,
	    MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	if (mount_fd < 0)
		return diag_errno(d, "cannot make a folder in memory");
	dir_fd = openat(mount_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir_fd < 0)
		return diag_errno(d, "cannot open a folder in memory");
	*ret_mount_fd = TAKE_FD(&mount_fd);
	*ret_dir_fd = TAKE_FD(&dir_fd);
	return ERR_OK;
}
