/* SPDX-License-Identifier: Apache-2.0 */
#include "ipc/ctl.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

static int
address_of(const char *path, struct sockaddr_un *ret, struct diag *d)
{
	size_t n = strlen(path);

	*ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (n == 0 || n >= sizeof(ret->sun_path))
		return diag_fail(d, ERR_LIMIT,
		    "%s: a socket's path has 1-%zu bytes", path,
		    sizeof(ret->sun_path) - 1);
	memcpy(ret->sun_path, path, n + 1);
	return ERR_OK;
}

static void
make_room(int fd)
{
	int size = 2 * (int)CHANNEL_BODY_MAX;

	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
}

int
ctl_listen(const char *path, mode_t mode, uid_t uid, gid_t gid, int *ret_fd,
    struct diag *d)
{
	auto_close int fd = -1;
	struct sockaddr_un a;
	mode_t old;
	int r;

	if ((r = address_of(path, &a, d)) < 0)
		return r;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return diag_errno(d, "%s: cannot make a socket", path);
	if (unlink(path) != 0 && errno != ENOENT)
		return diag_errno(d, "%s: cannot replace", path);
	/* Nobody may connect before owner and mode are as they should be. */
	old = umask(0177);
	r = bind(fd, (const struct sockaddr *)&a, sizeof(a));
	(void)umask(old);
	if (r != 0)
		return diag_errno(d, "%s: cannot bind", path);
	if (chown(path, uid, gid) != 0 || chmod(path, mode) != 0 ||
	    listen(fd, 64) != 0)
		return diag_errno(d, "%s: cannot listen", path);
	*ret_fd = TAKE_FD(&fd);
	return ERR_OK;
}

int
ctl_accept(int listen_fd, int *ret_fd, struct peer *ret, struct diag *d)
{
	auto_close int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);
	struct ucred cred;
	socklen_t n = sizeof(cred);

	if (fd < 0)
		return diag_errno(d, "cannot accept");
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &n) != 0)
		return diag_errno(d, "cannot ask who connected");
	make_room(fd);
	*ret = (struct peer){ cred.uid, cred.gid, cred.pid };
	*ret_fd = TAKE_FD(&fd);
	return ERR_OK;
}

int
ctl_connect(const char *path, int *ret_fd, struct diag *d)
{
	auto_close int fd = -1;
	struct sockaddr_un a;
	int r;

	if ((r = address_of(path, &a, d)) < 0)
		return r;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return diag_errno(d, "%s: cannot make a socket", path);
	if (connect(fd, (const struct sockaddr *)&a, sizeof(a)) != 0)
		return diag_errno(d, "%s: cannot connect", path);
	make_room(fd);
	*ret_fd = TAKE_FD(&fd);
	return ERR_OK;
}

bool
ctl_peer_in_group(int fd, gid_t group)
{
	gid_t groups[256];
	socklen_t n = sizeof(groups);
	struct ucred cred;
	socklen_t m = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &m) != 0)
		return false;
	if (cred.gid == group)
		return true;
	/* More groups than fit: the kernel says ERANGE, and we say no. */
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &n) != 0)
		return false;
	for (size_t i = 0; i < n / sizeof(gid_t); i++)
		if (groups[i] == group)
			return true;
	return false;
}
