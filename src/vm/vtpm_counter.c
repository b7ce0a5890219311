/* SPDX-License-Identifier: Apache-2.0 */
#include "vm/vtpm_counter.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "vm/lines.h"

/* tpm_ioctl.h: commands of the control channel, each a be32. */
#define CMD_INIT             2
#define CMD_SHUTDOWN         3
#define CMD_SET_DATAFD       16
#define INIT_DELETE_VOLATILE 1 /* as QEMU does for a VM that is not resumed */

/* Exactly n bytes; each answer is waited for before the next question. */
static int
receive(const struct vtpm_counter *c, int fd, uint8_t *ret, size_t n,
    struct diag *d)
{
	struct pollfd p = { fd, POLLIN, 0 };
	size_t done = 0;

	while (done < n) {
		uint64_t now = lines_now();
		ssize_t got;

		if (now >= c->deadline)
			return diag_fail(d, ERR_TIMEOUT,
			    "vtpm: swtpm does not answer");
		if (poll(&p, 1, (int)(c->deadline - now)) < 0 && errno != EINTR)
			return diag_errno(d, "vtpm: cannot wait");
		got = recv(fd, ret + done, n - done, MSG_DONTWAIT);
		if (got == 0)
			return diag_fail(d, ERR_NOT_FOUND,
			    "vtpm: swtpm is gone");
		if (got < 0 && errno != EAGAIN && errno != EINTR)
			return diag_errno(d, "vtpm: cannot receive");
		if (got > 0)
			done += (size_t)got;
	}
	return ERR_OK;
}

/* pass_fd: goes with it; -1: none. */
static int
put(const struct vtpm_counter *c, int fd, struct bytes text, int pass_fd,
    struct diag *d)
{
	struct lines l = lines_of(fd, 0);
	int r = pass_fd >= 0 ? lines_send_fd(&l, text, pass_fd, c->deadline, d)
			     : lines_send(&l, text, c->deadline, d);

	if (r < 0)
		diag_prefix(d, "vtpm: swtpm");
	return r;
}

/* Its answer is a be32, 0 for done. */
static int
control(const struct vtpm_counter *c, struct bytes text, int pass_fd,
    uint32_t *ret, struct diag *d)
{
	uint8_t b[4];
	int r;

	if ((r = put(c, c->control_fd, text, pass_fd, d)) < 0 ||
	    (r = receive(c, c->control_fd, b, sizeof(b), d)) < 0)
		return r;
	*ret = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 |
	    (uint32_t)b[2] << 8 | b[3];
	return ERR_OK;
}

static int
ask(const struct vtpm_counter *c, enum vtpm_request q, struct vtpm_answer *ret,
    struct diag *d)
{
	uint8_t b[VTPM_ANSWER_MAX];
	size_t size;
	int r;

	if ((r = put(c, c->data_fd, vtpm_request_bytes(q), -1, d)) < 0 ||
	    (r = receive(c, c->data_fd, b, VTPM_HEAD_SIZE, d)) < 0 ||
	    (r = vtpm_answer_size(bytes_of(b, VTPM_HEAD_SIZE), &size, d)) < 0 ||
	    (r = receive(c, c->data_fd, b + VTPM_HEAD_SIZE,
		 size - VTPM_HEAD_SIZE, d)) < 0)
		return r;
	return vtpm_answer_parse(q, bytes_of(b, size), ret, d);
}

/* Where nothing but success is good. */
static int
demand(const struct vtpm_counter *c, enum vtpm_request q,
    struct vtpm_answer *ret, struct diag *d)
{
	int r = ask(c, q, ret, d);

	if (r == ERR_OK && ret->code != 0)
		return diag_fail(d, ERR_PROTOCOL,
		    "vtpm: request %d answered with 0x%x", (int)q, ret->code);
	return r;
}

static int
give_data_fd(struct vtpm_counter *c, struct diag *d)
{
	static const uint8_t text[] = { 0, 0, 0, CMD_SET_DATAFD };
	auto_close int theirs = -1;
	uint32_t result;
	int fds[2], r;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
		return diag_errno(d, "vtpm: cannot make a socket pair");
	c->data_fd = fds[0];
	theirs = fds[1];
	if ((r = control(c, BYTES_OF_ARRAY(text), theirs, &result, d)) < 0)
		return r;
	return result == 0
	    ? ERR_OK
	    : diag_fail(d, ERR_PROTOCOL, "vtpm: swtpm takes no channel");
}

int
vtpm_counter_open(struct vtpm_counter *c, int control_fd, uint64_t deadline,
    struct diag *d)
{
	static const uint8_t init[] = { 0, 0, 0, CMD_INIT, 0, 0, 0,
		INIT_DELETE_VOLATILE };
	struct vtpm_answer a;
	uint32_t result;
	int r;

	*c = (struct vtpm_counter){ .control_fd = control_fd,
		.data_fd = -1,
		.deadline = deadline };
	if ((r = give_data_fd(c, d)) < 0 ||
	    (r = control(c, BYTES_OF_ARRAY(init), -1, &result, d)) < 0)
		return r;
	if (result != 0)
		return diag_refuse(d, REASON_VmStateTampered,
		    "vtpm: it does not start on its state under this VM's key "
		    "(0x%x)",
		    result);
	return demand(c, VTPM_STARTUP, &a, d);
}

int
vtpm_counter_find(struct vtpm_counter *c, uint64_t *ret, struct diag *d)
{
	struct vtpm_answer a;
	int r = ask(c, VTPM_READ_PUBLIC, &a, d);

	if (r < 0)
		return r;
	c->defined = a.code != VTPM_NO_INDEX;
	if (c->defined && a.code != 0)
		return diag_fail(d, ERR_PROTOCOL,
		    "vtpm: its counter answers with 0x%x", a.code);
	if (c->defined && !a.ours)
		return diag_refuse(d, REASON_VmStateTampered,
		    "vtpm: another index in the place of its counter");
	if (c->defined && a.written) {
		if ((r = demand(c, VTPM_READ, &a, d)) < 0)
			return r;
		if (a.count == 0)
			return diag_fail(d, ERR_PROTOCOL,
			    "vtpm: it counted to 0");
		c->count = a.count;
	}
	*ret = c->count;
	return ERR_OK;
}

int
vtpm_counter_add(struct vtpm_counter *c, uint64_t *ret, struct diag *d)
{
	struct vtpm_answer a;
	int r;

	if ((!c->defined && (r = demand(c, VTPM_DEFINE, &a, d)) < 0) ||
	    (r = demand(c, VTPM_INCREMENT, &a, d)) < 0 ||
	    (r = demand(c, VTPM_READ, &a, d)) < 0)
		return r;
	if (a.count == 0 || (c->count != 0 && a.count - 1 != c->count))
		return diag_fail(d, ERR_PROTOCOL,
		    "vtpm: it counts from %llu to %llu",
		    (unsigned long long)c->count, (unsigned long long)a.count);
	c->count = a.count;
	*ret = a.count;
	return ERR_OK;
}

int
vtpm_counter_close(struct vtpm_counter *c, struct diag *d)
{
	static const uint8_t text[] = { 0, 0, 0, CMD_SHUTDOWN };
	struct vtpm_answer a;
	uint32_t result;
	int r;

	if ((r = demand(c, VTPM_SHUTDOWN, &a, d)) < 0 ||
	    (r = control(c, BYTES_OF_ARRAY(text), -1, &result, d)) < 0)
		return r;
	return result == 0 ? ERR_OK
			   : diag_fail(d, ERR_PROTOCOL,
				 "vtpm: swtpm does not end (0x%x)", result);
}

void
vtpm_counter_free(struct vtpm_counter *c)
{
	close_p(&c->data_fd);
}
