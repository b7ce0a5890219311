/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A peer at the end of a stream that has said all it will say before it is
 * listened to: what a hostile QEMU or guest sends is only text.
 */
#ifndef TESTS_VM_PEER_H
#define TESTS_VM_PEER_H

#include <fcntl.h>
#include <sys/socket.h>

#include "t.h"

struct peer_end {
	int ours, theirs;
};

static inline struct peer_end
peer_open(void)
{
	struct peer_end p;
	int fds[2], size = 4 << 20;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0)
		t_bail("socketpair: %s", strerror(errno));
	(void)setsockopt(fds[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	p.ours = fds[0];
	p.theirs = fds[1];
	if (fcntl(p.theirs, F_SETFL, O_NONBLOCK) != 0)
		t_bail("fcntl: %s", strerror(errno));
	return p;
}

static inline void
peer_says(struct peer_end *p, const void *text, size_t n)
{
	if (send(p->theirs, text, n, MSG_NOSIGNAL) != (ssize_t)n)
		t_bail("the peer's text does not fit: %s", strerror(errno));
}

static inline void
peer_text(struct peer_end *p, const char *text)
{
	peer_says(p, text, strlen(text));
}

static inline void
peer_leaves(struct peer_end *p)
{
	(void)shutdown(p->theirs, SHUT_WR);
}

/* What we said to it. */
static inline size_t
peer_heard(struct peer_end *p, char *ret, size_t size)
{
	ssize_t n = recv(p->theirs, ret, size - 1, MSG_DONTWAIT);

	ret[n > 0 ? n : 0] = '\0';
	return n > 0 ? (size_t)n : 0;
}

static inline void
peer_close(struct peer_end *p)
{
	(void)close(p->ours);
	(void)close(p->theirs);
}

#endif
