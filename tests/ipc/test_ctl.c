/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Control sockets: who is there by the kernel's word, with which groups.
 */
#include "ipc/ctl.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "../t.h"

static char top[] = "/tmp/test_ctl.XXXXXX";
static char path[64];

static void
test_listen(int *ret_fd)
{
	char longest[200];
	struct diag d = { 0 };
	struct stat st;
	int other = -1;

	CHECK(ctl_listen(path, 0660, getuid(), getgid(), ret_fd, &d) == ERR_OK,
	    "a control socket is made");
	CHECK(stat(path, &st) == 0 && S_ISSOCK(st.st_mode) &&
		(st.st_mode & 0777) == 0660 && st.st_uid == getuid(),
	    "with its mode and owner");
	close_p(ret_fd);
	CHECK(ctl_connect(path, &other, &d) == ERR_IO,
	    "nobody listens on the file of a dead process");
	CHECK(ctl_listen(path, 0600, getuid(), getgid(), ret_fd, &d) == ERR_OK,
	    "which the next one replaces");
	memset(longest, 'a', sizeof(longest));
	longest[MEMBER_SIZE(struct sockaddr_un, sun_path)] = '\0';
	CHECK(ctl_listen(longest, 0600, 0, 0, &other, &d) == ERR_LIMIT &&
		ctl_connect(longest, &other, &d) == ERR_LIMIT &&
		ctl_connect("", &other, &d) == ERR_LIMIT,
	    "a path that does not fit its address is refused, not cut");
	CHECK(ctl_connect("/nonexistent/socket", &other, &d) == ERR_IO &&
		ctl_listen("/nonexistent/socket", 0600, 0, 0, &other, &d) ==
		    ERR_IO,
	    "a folder that is not there");
}

/* A child under these ids connects and waits until we have looked. */
static pid_t
visitor(uid_t uid, gid_t gid, const gid_t *groups, size_t n)
{
	auto_buf struct buf storage = BUF_INIT(CHANNEL_BODY_MAX + 64);
	struct frame f = FRAME_INIT;
	struct diag d = { 0 };
	int fd = -1;
	pid_t pid;

	fflush(stdout);
	if ((pid = fork()) != 0)
		return pid;
	if (getuid() == 0 &&
	    (setgroups(n, groups) != 0 || setgid(gid) != 0 || setuid(uid) != 0))
		_exit(2);
	if (ctl_connect(path, &fd, &d) < 0)
		_exit(3);
	(void)!channel_receive(fd, 5000, &storage, &f, &d);
	_exit(0);
}

static void
test_peer(int listen_fd)
{
	struct diag d = { 0 };
	struct peer peer;
	pid_t pid = visitor(getuid(), getgid(), NULL, 0);
	int fd = -1;

	CHECK(ctl_accept(listen_fd, &fd, &peer, &d) == ERR_OK, "a visitor");
	CHECK(peer.uid == getuid() && peer.gid == getgid() && peer.pid == pid,
	    "is who the kernel says");
	CHECK(fcntl(fd, F_GETFD) == FD_CLOEXEC, "its socket is not inherited");
	CHECK(ctl_peer_in_group(fd, getgid()), "its own group is one of its");
	CHECK(!ctl_peer_in_group(fd, 4242424), "another is not");
	close_p(&fd);
	(void)waitpid(pid, NULL, 0);
	CHECK(!ctl_peer_in_group(-1, getgid()), "no socket, no group");
	CHECK(ctl_accept(-1, &fd, &peer, &d) == ERR_IO, "no listener");
}

/* Only root can be somebody else. */
static void
test_groups(int listen_fd)
{
	static const gid_t groups[] = { 61001, 61002 };
	struct diag d = { 0 };
	struct peer peer;
	int fd = -1;
	pid_t pid;

	if (getuid() != 0) {
		t_skip("visitors of other groups need root");
		return;
	}
	if (chmod(top, 0755) != 0 || chmod(path, 0666) != 0)
		t_bail("chmod: %s", strerror(errno));
	pid = visitor(61000, 61000, groups, ARRAY_LEN(groups));
	if (ctl_accept(listen_fd, &fd, &peer, &d) < 0)
		t_bail("%s", d.text);
	CHECK(peer.uid == 61000 && peer.gid == 61000,
	    "another user is seen as such");
	CHECK(ctl_peer_in_group(fd, 61000) && ctl_peer_in_group(fd, 61001) &&
		ctl_peer_in_group(fd, 61002),
	    "with its first and its other groups");
	CHECK(!ctl_peer_in_group(fd, 0) && !ctl_peer_in_group(fd, 61003),
	    "and no group that it is not in");
	close_p(&fd);
	(void)waitpid(pid, NULL, 0);
}

int
main(void)
{
	int fd = -1;

	if (mkdtemp(top) == NULL)
		t_bail("mkdtemp: %s", strerror(errno));
	(void)snprintf(path, sizeof(path), "%s/sock", top);
	test_listen(&fd);
	test_peer(fd);
	test_groups(fd);
	close_p(&fd);
	(void)unlink(path);
	(void)rmdir(top);
	return t_done();
}
