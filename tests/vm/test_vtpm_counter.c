/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An swtpm that lies, is silent or goes away while its TPM is to count. What
 * it says right is what vm-count.c has from the real one.
 */
#include "t.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "vm/lines.h"
#include "vm/vtpm_counter.h"

#define DEADLINE_MS 300

enum { ON_DATAFD, ON_INIT, ON_FIRST }; /* then requests, as they come */

/* At one step the answer is this text instead; NULL: none, then silence. */
struct lie {
	int at;
	const char *text;
	size_t len;
	bool leave; /* ends after it */
};

static void
put_u32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

/* One request of the control channel; the descriptor that came with it. */
static bool
next_control(int fd, uint8_t *ret_command, int *ret_fd)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	uint8_t b[64];
	struct iovec iov = { b, sizeof(b) };
	struct msghdr m = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control) };

	if (recvmsg(fd, &m, 0) < 4)
		return false;
	*ret_command = b[3];
	if (CMSG_FIRSTHDR(&m) != NULL)
		memcpy(ret_fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(int));
	return true;
}

/* What a TPM that counted to 7 says; 0 bytes: not known. */
static size_t
right_answer(const uint8_t *q, uint64_t *count, uint8_t *ret)
{
	static const uint8_t area[] = { 0, 14, 1, 0x40, 0x53, 0x57, 0, 0x0b,
		0x62, 0x01, 0x04, 0x11, 0, 0, 0, 8, 0, 2, 0, 0x0b };
	static const uint8_t session[] = { 0, 0, 1, 0, 0 };
	size_t n = 10;

	memset(ret, 0, VTPM_ANSWER_MAX);
	ret[0] = 0x80;
	ret[1] = q[1];
	if (q[9] == 0x69) {
		memcpy(ret + n, area, sizeof(area));
		n += sizeof(area);
	} else if (q[9] == 0x34 || q[9] == 0x4e) {
		*count += q[9] == 0x34;
		ret[13] = q[9] == 0x34 ? 0 : 10;
		n = 14;
		if (q[9] == 0x4e) {
			ret[15] = 8;
			ret[23] = (uint8_t)*count;
			n = 24;
		}
		memcpy(ret + n, session, sizeof(session));
		n += sizeof(session);
	}
	put_u32(ret + 2, (uint32_t)n);
	return n;
}

/* True: the lie was told, and nothing more is said. */
static bool
tells(const struct lie *lie, int step, int fd)
{
	if (lie->at != step)
		return false;
	if (lie->text != NULL &&
	    send(fd, lie->text, lie->len, MSG_NOSIGNAL) < 0)
		_exit(1);
	if (lie->leave)
		_exit(0);
	for (;;)
		(void)pause();
}

static void
be_swtpm(int control_fd, const struct lie *lie)
{
	static const uint8_t yes[4];
	uint8_t command, q[64], a[VTPM_ANSWER_MAX];
	uint64_t count = 7;
	int data_fd = -1, step = 0;
	size_t n;

	for (; step < ON_FIRST; step++) {
		if (!next_control(control_fd, &command, &data_fd))
			_exit(1);
		if (!tells(lie, step, control_fd) &&
		    send(control_fd, yes, sizeof(yes), MSG_NOSIGNAL) < 0)
			_exit(1);
	}
	for (; recv(data_fd, q, sizeof(q), 0) > 0; step++) {
		n = right_answer(q, &count, a);
		if (!tells(lie, step, data_fd) &&
		    send(data_fd, a, n, MSG_NOSIGNAL) < 0)
			_exit(1);
		/* TPM2_Shutdown: the last word is the control channel's. */
		if (q[9] == 0x45)
			break;
	}
	step++;
	if (next_control(control_fd, &command, &data_fd) && command == 3 &&
	    !tells(lie, step, control_fd))
		(void)send(control_fd, yes, sizeof(yes), MSG_NOSIGNAL);
	_exit(0);
}

static int
count_on(const struct lie *lie, uint64_t *ret_found, uint64_t *ret_now,
    struct diag *d)
{
	auto_vtpm_counter struct vtpm_counter c = { .data_fd = -1 };
	int fds[2], r;
	pid_t pid;

	*d = (struct diag){ 0 };
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0)
		t_bail("socketpair: %s", strerror(errno));
	pid = fork();
	if (pid == 0) {
		(void)close(fds[0]);
		be_swtpm(fds[1], lie);
	}
	(void)close(fds[1]);
	if ((r = vtpm_counter_open(&c, fds[0], lines_now() + DEADLINE_MS, d)) ==
		ERR_OK &&
	    (r = vtpm_counter_find(&c, ret_found, d)) == ERR_OK &&
	    (r = vtpm_counter_add(&c, ret_now, d)) == ERR_OK)
		r = vtpm_counter_close(&c, d);
	(void)close(fds[0]);
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
	return r;
}

static void
lies(int at, const char *text, size_t len, bool leave, int want,
    const char *sentence)
{
	struct lie lie = { at, text, len, leave };
	uint64_t begin = lines_now(), found, now;
	struct diag d;
	int r = count_on(&lie, &found, &now, &d);

	CHECK(r == want && lines_now() - begin < 10 * DEADLINE_MS,
	    "%s (%s, %s)", sentence, err_name(r), d.text);
}

#define LIE(at, text, want, sentence) \
	lies(at, text, sizeof(text) - 1, false, want, sentence)

/* Steps of a counter that is there. */
enum { ON_STARTUP = ON_FIRST, ON_PUBLIC, ON_READ, ON_ADD, ON_AGAIN };

#define CODE "\x80\x01\0\0\0\x0a\0\0\x01\x01"
#define DONE "\x80\x01\0\0\0\x0a\0\0\0\0"
#define COUNT(n)                                                     \
	"\x80\x02\0\0\0\x1d\0\0\0\0\0\0\0\x0a\0\x08\0\0\0\0\0\0\0" n \
	"\0\0\x01\0\0"
#define PUBLIC(attributes)                                                  \
	"\x80\x01\0\0\0\x1e\0\0\0\0\0\x0e\x01\x40\x53\x57\0\x0b" attributes \
	"\0\0\0\x08\0\x02\0\x0b"

static void
test_lies(void)
{
	LIE(ON_DATAFD, "\0\0\0\x01", ERR_PROTOCOL, "no data channel");
	LIE(ON_INIT, "\0\0\x01\x01", ERR_REFUSED,
	    "T73 it cannot start on its state: refused");
	LIE(ON_INIT, "\0\0", ERR_TIMEOUT, "half an answer: the deadline");
	LIE(ON_STARTUP, CODE, ERR_PROTOCOL, "a TPM that does not start");
	LIE(ON_STARTUP, COUNT("\x07"), ERR_FORMAT, "a wrong tag");
	LIE(ON_STARTUP, "\x80\x01\0\0\xff\xff\0\0\0\0", ERR_FORMAT,
	    "an answer of 64 KiB");
	LIE(ON_STARTUP, "\x80\x01\0\0\0\x03\0\0\0\0", ERR_FORMAT,
	    "an answer of 3 bytes");
	LIE(ON_STARTUP, "\x80\x01\0\0\0\x20\0\0\0\0", ERR_TIMEOUT,
	    "an answer that stays short: the deadline");
	LIE(ON_STARTUP, "", ERR_TIMEOUT, "silence: the deadline");
	LIE(ON_STARTUP, DONE DONE DONE DONE, ERR_FORMAT,
	    "answers before they are asked for do not fit");
	LIE(ON_PUBLIC, CODE, ERR_PROTOCOL, "another code than \"none\"");
	LIE(ON_PUBLIC, PUBLIC("\x62\x05\x04\x11"), ERR_REFUSED,
	    "T73 an index that its owner reads, in its place: refused");
	LIE(ON_PUBLIC, PUBLIC("\x62\x01\0\x11"), ERR_REFUSED,
	    "T73 an index that can be removed, in its place: refused");
	LIE(ON_READ, COUNT("\0"), ERR_PROTOCOL, "it counted, to 0");
	LIE(ON_ADD, CODE, ERR_PROTOCOL, "it does not count");
	LIE(ON_AGAIN, COUNT("\x07"), ERR_PROTOCOL, "it stands still");
	LIE(ON_AGAIN, COUNT("\x09"), ERR_PROTOCOL, "it jumps");
	LIE(ON_AGAIN, COUNT("\x06"), ERR_PROTOCOL, "it goes back");
	for (int at = ON_DATAFD; at < ON_AGAIN + 3; at++) {
		char sentence[64];

		(void)snprintf(sentence, sizeof(sentence),
		    "it goes away at step %d", at);
		lies(at, "", 0, true, ERR_NOT_FOUND, sentence);
	}
}

int
main(void)
{
	static const struct lie none = { -1, NULL, 0, false };
	uint64_t found = 0, now = 0;
	struct diag d;

	CHECK(count_on(&none, &found, &now, &d) == ERR_OK && found == 7 &&
		now == 8,
	    "a TPM that counted to 7 counts to 8");
	test_lies();
	return t_done();
}
