/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One request by io_uring, carried out by a worker of the kernel, which might
 * not be held to what its starter is.
 */
#include "uring.h"

#include <errno.h>
#include <linux/io_uring.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

struct ring {
	int fd;
	struct io_uring_params p;
	char *rings;
	struct io_uring_sqe *sqes;
};

static int
ring_open(struct ring *u)
{
	size_t size;

	u->p = (struct io_uring_params){ 0 };
	u->fd = (int)syscall(SYS_io_uring_setup, 4, &u->p);
	if (u->fd < 0)
		return -errno;
	size = u->p.cq_off.cqes + u->p.cq_entries * sizeof(struct io_uring_cqe);
	u->rings = mmap(NULL, size + 4096, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_POPULATE, u->fd, IORING_OFF_SQ_RING);
	u->sqes = mmap(NULL, u->p.sq_entries * sizeof(*u->sqes),
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, u->fd,
	    (off_t)IORING_OFF_SQES);
	if (u->rings == MAP_FAILED || u->sqes == MAP_FAILED ||
	    (u->p.features & IORING_FEAT_SINGLE_MMAP) == 0)
		return -ENOSYS;
	return 0;
}

static unsigned *
word(const struct ring *u, uint32_t off)
{
	return (unsigned *)(void *)(u->rings + off);
}

static int
ring_call(struct ring *u, const struct io_uring_sqe *sqe)
{
	unsigned tail = *word(u, u->p.sq_off.tail);
	unsigned slot = tail & *word(u, u->p.sq_off.ring_mask);
	unsigned head;
	struct io_uring_cqe *cqes;

	u->sqes[slot] = *sqe;
	word(u, u->p.sq_off.array)[slot] = slot;
	__atomic_store_n(word(u, u->p.sq_off.tail), tail + 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, u->fd, 1, 1, IORING_ENTER_GETEVENTS,
		NULL, 0) < 0)
		return -errno;
	head = *word(u, u->p.cq_off.head);
	if (head ==
	    __atomic_load_n(word(u, u->p.cq_off.tail), __ATOMIC_ACQUIRE))
		return -EAGAIN;
	cqes = (struct io_uring_cqe *)(void *)(u->rings + u->p.cq_off.cqes);
	slot = head & *word(u, u->p.cq_off.ring_mask);
	__atomic_store_n(word(u, u->p.cq_off.head), head + 1, __ATOMIC_RELEASE);
	return cqes[slot].res;
}

ssize_t
uring_read_file(const char *path, uint64_t at, void *p, size_t n)
{
	struct io_uring_sqe sqe = { .opcode = IORING_OP_OPENAT,
		.flags = IOSQE_ASYNC,
		.fd = -100, /* AT_FDCWD */
		.addr = (uintptr_t)path };
	struct ring u = { .fd = -1 };
	int rc = ring_open(&u);

	if (rc == 0)
		rc = ring_call(&u, &sqe);
	if (rc >= 0) {
		sqe = (struct io_uring_sqe){ .opcode = IORING_OP_READ,
			.flags = IOSQE_ASYNC,
			.fd = rc,
			.off = at,
			.addr = (uintptr_t)p,
			.len = (uint32_t)n };
		rc = ring_call(&u, &sqe);
	}
	if (u.fd >= 0)
		(void)close(u.fd);
	if (rc >= 0)
		return rc;
	errno = -rc;
	return -1;
}
