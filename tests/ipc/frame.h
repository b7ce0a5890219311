/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Raw datagrams for the channel's tests: what a hostile peer could send.
 */
#ifndef TESTS_IPC_FRAME_H
#define TESTS_IPC_FRAME_H

#include <dirent.h>
#include <sys/socket.h>

#include "../t.h"
#include "ipc/channel.h"

#define RAW_FDS_MAX 8

static inline void
t_pair(int fds[2])
{
	struct diag d = { 0 };

	if (channel_pair(fds, &d) < 0)
		t_bail("%s", d.text);
}

/* One datagram with n copies of descriptor 0 beside it. */
static inline bool
t_send_raw(int fd, const void *p, size_t n, size_t n_fds)
{
	union {
		char bytes[CMSG_SPACE(RAW_FDS_MAX * sizeof(int))];
		struct cmsghdr align;
	} c;
	struct iovec v = { (void *)(uintptr_t)p, n };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 };
	int zeros[RAW_FDS_MAX] = { 0 };

	memset(&c, 0, sizeof(c));
	if (n_fds > 0) {
		struct cmsghdr *h;

		m.msg_control = c.bytes;
		m.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
		h = CMSG_FIRSTHDR(&m);
		h->cmsg_level = SOL_SOCKET;
		h->cmsg_type = SCM_RIGHTS;
		h->cmsg_len = CMSG_LEN(n_fds * sizeof(int));
		memcpy(CMSG_DATA(h), zeros, n_fds * sizeof(int));
	}
	return sendmsg(fd, &m, MSG_NOSIGNAL) == (ssize_t)n;
}

/* How many descriptors this process has open. */
static inline size_t
t_open_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	size_t n = 0;

	if (dir == NULL)
		t_bail("/proc/self/fd: %s", strerror(errno));
	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n;
}

#endif
