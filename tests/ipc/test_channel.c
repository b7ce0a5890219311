/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames between processes: limits, descriptors, error frames, and peers that
 * do not keep to the protocol.
 */
#include "ipc/channel.h"

#include <fcntl.h>
#include <sys/wait.h>

#include "../dies.h"
#include "../example.h"
#include "frame.h"

static int fds[2];
static uint8_t big[CHANNEL_BODY_MAX + 16];

static int
receive(struct buf *storage, struct frame *f, struct diag *d)
{
	return channel_receive(fds[1], 1000, storage, f, d);
}

static void
test_round_trip(void)
{
	auto_buf struct buf storage = BUF_INIT(CHANNEL_BODY_MAX + 64);
	auto_frame struct frame got = FRAME_INIT;
	struct frame f = { .kind = FRAME_REPLY,
		.op = 0x1234,
		.id = 0x89abcdef,
		.body = bytes_of("body", 4),
		.fds = { 0, 0, 0, 0 },
		.n_fds = 4 };
	struct diag d = { 0 };
	size_t before = t_open_fds();
	bool all = true;

	CHECK(channel_send(fds[0], &f, &d) == ERR_OK &&
		receive(&storage, &got, &d) == ERR_OK,
	    "a frame goes over");
	CHECK(got.kind == FRAME_REPLY && got.op == 0x1234 &&
		got.id == 0x89abcdef && bytes_equal_text(got.body, "body"),
	    "with all it says");
	CHECK(got.n_fds == 4 && t_open_fds() == before + 4,
	    "and four descriptors");
	for (size_t i = 0; i < 4; i++)
		all = all && fcntl(got.fds[i], F_GETFD) == FD_CLOEXEC;
	CHECK(all, "which no program inherits");
	frame_close(&got);
	CHECK(t_open_fds() == before && got.fds[0] == -1 && got.n_fds == 0,
	    "closing the frame closes them");
}

static void
test_limits(void)
{
	auto_buf struct buf storage = BUF_INIT(CHANNEL_BODY_MAX + 64);
	auto_frame struct frame got = FRAME_INIT;
	struct frame f = FRAME_INIT;
	struct diag d = { 0 };
	size_t before = t_open_fds();

	f.body = bytes_of(big, CHANNEL_BODY_MAX);
	CHECK(channel_send(fds[0], &f, &d) == ERR_OK &&
		receive(&storage, &got, &d) == ERR_OK &&
		got.body.len == CHANNEL_BODY_MAX,
	    "a body of the largest size goes over");
	f.body.len++;
	CHECK(channel_send(fds[0], &f, &d) == ERR_LIMIT,
	    "one byte more is not sent");
	memset(big, 0, sizeof(big));
	big[0] = 1;
	CHECK(t_send_raw(fds[0], big, CHANNEL_BODY_MAX + 9, 2) &&
		receive(&storage, &got, &d) == ERR_PROTOCOL,
	    "T17 nor taken from who sends it");
	CHECK(t_open_fds() == before, "and its descriptors are closed");
	f.body.len = 0;
	CHECK(channel_send(fds[0], &f, &d) == ERR_OK &&
		receive(&storage, &got, &d) == ERR_OK && got.body.len == 0,
	    "the channel goes on, with an empty body");
}

static bool
accepts(const uint8_t *p, size_t n, void *arg)
{
	auto_buf struct buf storage = BUF_INIT(CHANNEL_BODY_MAX + 64);
	auto_frame struct frame got = FRAME_INIT;
	struct diag d = { 0 };

	(void)arg;
	/* An empty datagram is how a closed peer looks; it is no frame. */
	if (!t_send_raw(fds[0], p, n, 1))
		t_bail("sendmsg: %s", strerror(errno));
	return receive(&storage, &got, &d) == ERR_OK;
}

static void
test_malformed(void)
{
	static const uint8_t good[] = { 1, 0, 0, 2, 0, 0, 0, 3 };
	uint8_t bad[8];
	size_t before = t_open_fds(), n_accepted = 0;

	CHECK(accepts(good, sizeof(good), NULL), "a header alone is a frame");
	CHECK(t_truncations(good, sizeof(good), accepts, NULL) == 0,
	    "T17 every truncation of it is refused");
	for (unsigned version = 0; version < 256; version++) {
		memcpy(bad, good, sizeof(bad));
		bad[0] = (uint8_t)version;
		n_accepted += accepts(bad, sizeof(bad), NULL);
	}
	CHECK(n_accepted == 1, "of 256 versions one is accepted");
	memcpy(bad, good, sizeof(bad));
	bad[1] = FRAME_ERROR;
	CHECK(accepts(bad, sizeof(bad), NULL), "the last kind of frame");
	bad[1] = FRAME_ERROR + 1;
	CHECK(!accepts(bad, sizeof(bad), NULL), "there is none behind it");
	CHECK(t_open_fds() == before,
	    "no refused frame leaves a descriptor open");
}

static void
test_descriptors(void)
{
	static const uint8_t good[] = { 1, 0, 0, 2, 0, 0, 0, 3 };
	auto_buf struct buf storage = BUF_INIT(CHANNEL_BODY_MAX + 64);
	auto_frame struct frame got = FRAME_INIT;
	struct diag d = { 0 };
	size_t before = t_open_fds();

	for (size_t n = 5; n <= RAW_FDS_MAX; n++) {
		if (!t_send_raw(fds[0], good, sizeof(good), n))
			t_bail("sendmsg: %s", strerror(errno));
		CHECK(receive(&storage, &got, &d) == ERR_PROTOCOL &&
			t_open_fds() == before && got.n_fds == 0,
		    "%zu descriptors are refused and all closed", n);
	}
	CHECK(t_send_raw(fds[0], good, sizeof(good), 4) &&
		receive(&storage, &got, &d) == ERR_OK && got.n_fds == 4,
	    "the channel goes on");
}

static void
test_closed(void)
{
	auto_buf struct buf storage = BUF_INIT(CHANNEL_BODY_MAX + 64);
	auto_frame struct frame got = FRAME_INIT;
	struct frame f = FRAME_INIT;
	struct diag d = { 0 };
	int pair[2];

	t_pair(pair);
	CHECK(channel_receive(pair[0], 0, &storage, &got, &d) == ERR_TIMEOUT,
	    "nothing comes");
	CHECK(channel_send(pair[1], &f, &d) == ERR_OK, "a last word");
	close_p(&pair[1]);
	CHECK(channel_receive(pair[0], 0, &storage, &got, &d) == ERR_OK,
	    "is heard");
	CHECK(channel_receive(pair[0], 0, &storage, &got, &d) == ERR_NOT_FOUND,
	    "a peer that has closed is not found");
	CHECK(channel_send(pair[0], &f, &d) == ERR_IO,
	    "and what is sent to it fails without a signal");
	close_p(&pair[0]);
	t_pair(pair);
	if (channel_send(pair[0], &f, &d) < 0)
		t_bail("%s", d.text);
	close_p(&pair[1]);
	CHECK(channel_receive(pair[0], 0, &storage, &got, &d) == ERR_NOT_FOUND,
	    "a peer that closed with a frame unread has closed, too");
	close_p(&pair[0]);
}

static void
test_errors(void)
{
	auto_buf struct buf storage = BUF_INIT(CHANNEL_BODY_MAX + 64);
	auto_frame struct frame got = FRAME_INIT;
	struct frame to = { .op = 7, .id = 8 };
	struct diag why = { 0 }, d = { 0 }, out = { 0 };
	bool all = true;

	(void)diag_refuse(&why, REASON_Locked, "shut: \xff");
	CHECK(channel_reply_error(fds[0], &to, ERR_REFUSED, &why, &d) ==
		    ERR_OK &&
		receive(&storage, &got, &d) == ERR_OK,
	    "an error frame goes over");
	CHECK(got.kind == FRAME_ERROR && got.op == 7 && got.id == 8,
	    "it answers its request");
	CHECK(channel_error_decode(&got, &out) == ERR_REFUSED &&
		out.reason == REASON_Locked &&
		strcmp(out.text, "shut: \xff") == 0,
	    "error, reason and text arrive");
	CHECK(channel_error_decode(&got, NULL) == ERR_REFUSED,
	    "also where nobody reads the text");
	for (int err = ERR_SHORT; err >= ERR_PROTOCOL; err--) {
		(void)diag_fail(&why, (enum err)err, "x");
		all = all &&
		    channel_reply_error(fds[0], &to, err, &why, &d) == ERR_OK &&
		    receive(&storage, &got, &d) == ERR_OK &&
		    channel_error_decode(&got, &out) == err &&
		    out.reason == REASON_NONE;
	}
	CHECK(all, "every error has its number");
}

static int
decode_error(const char *body, size_t n)
{
	struct frame f = { .kind = FRAME_ERROR, .body = bytes_of(body, n) };
	struct diag d = { 0 };

	return channel_error_decode(&f, &d);
}

static bool
error_accepted(const uint8_t *p, size_t n, void *arg)
{
	(void)arg;
	return decode_error((const char *)p, n) == ERR_REFUSED;
}

static void
test_bad_errors(void)
{
	static const char good[] = "\0\5\0\0\0\6Locked\0\0\0\1x";
	char bad[sizeof(good) - 1];

	CHECK(decode_error(good, sizeof(good) - 1) == ERR_REFUSED,
	    "an error body by hand");
	CHECK(t_truncations((const uint8_t *)good, sizeof(good) - 1,
		  error_accepted, NULL) == 0,
	    "T17 every truncation of it is refused");
	memcpy(bad, good, sizeof(bad));
	bad[1] = 0;
	CHECK(decode_error(bad, sizeof(bad)) == ERR_PROTOCOL,
	    "an error frame that says no error is refused");
	bad[1] = 16;
	CHECK(decode_error(bad, sizeof(bad)) == ERR_PROTOCOL,
	    "so is an unknown error");
	bad[1] = 5;
	bad[6] = '.';
	CHECK(decode_error(bad, sizeof(bad)) == ERR_FORMAT,
	    "and a reason that is no name");
	memcpy(bad + 6, "Lucked", 6);
	CHECK(decode_error(bad, sizeof(bad)) == ERR_REFUSED,
	    "an unknown reason is an error without one");
}

/* Answers one request as `how` says, in a child. */
enum how { ANSWER, ANSWER_FD, REFUSE, LATE, WRONG_OP, REQUEST_BACK, HANG_UP };

static pid_t
answer(int fd, enum how how)
{
	auto_buf struct buf storage = BUF_INIT(CHANNEL_BODY_MAX + 64);
	struct frame q = FRAME_INIT, f;
	struct diag d = { 0 };
	int zero = 0, r;
	pid_t pid;

	fflush(stdout);
	if ((pid = fork()) != 0)
		return pid;
	if (channel_receive(fd, 5000, &storage, &q, &d) < 0)
		_exit(1);
	f = q;
	r = ERR_OK;
	if (how == REFUSE) {
		(void)diag_refuse(&d, REASON_VmRunning, "it runs");
		r = channel_reply_error(fd, &q, ERR_REFUSED, &d, &d);
	} else if (how == LATE) {
		f.id = q.id - 1;
		r = channel_reply(fd, &f, bytes_of("old", 3), &zero, 1, &d);
	} else if (how == WRONG_OP) {
		f.op = (uint16_t)(q.op + 1);
		r = channel_reply(fd, &f, bytes_of("odd", 3), NULL, 0, &d);
	} else if (how == REQUEST_BACK) {
		f.body = bytes_of("ask", 3);
		r = channel_send(fd, &f, &d);
	}
	if (how == HANG_UP || r < 0)
		_exit(r < 0);
	if (how != REFUSE)
		r = channel_reply(fd, &q, bytes_of("new", 3), &zero,
		    how == ANSWER_FD, &d);
	_exit(r < 0);
}

static int
call(enum how how, struct buf *ret, int *ret_fd, struct diag *d)
{
	int pair[2], r, status = 0;
	pid_t pid;

	t_pair(pair);
	pid = answer(pair[1], how);
	close_p(&pair[1]);
	r = channel_call(pair[0], 5, bytes_of("q", 1), NULL, 0, 5000, ret,
	    ret_fd, d);
	close_p(&pair[0]);
	(void)waitpid(pid, &status, 0);
	return r;
}

static void
test_call(void)
{
	auto_buf struct buf b = BUF_INIT(64), small = BUF_INIT(2);
	struct diag d = { 0 };
	size_t before = t_open_fds();
	int fd = 9, pair[2];

	CHECK(call(ANSWER, &b, &fd, &d) == ERR_OK &&
		bytes_equal_text(buf_bytes(&b), "new") && fd == -1,
	    "a call gets its answer");
	CHECK(call(ANSWER_FD, &b, &fd, &d) == ERR_OK && fd >= 0,
	    "with its descriptor");
	close_p(&fd);
	CHECK(call(ANSWER_FD, &b, NULL, &d) == ERR_OK && t_open_fds() == before,
	    "a descriptor that nobody wants is closed");
	CHECK(call(REFUSE, &b, NULL, &d) == ERR_REFUSED &&
		d.reason == REASON_VmRunning && strcmp(d.text, "it runs") == 0,
	    "a refusal comes back as the call's");
	buf_reset(&b);
	CHECK(call(LATE, &b, NULL, &d) == ERR_OK &&
		bytes_equal_text(buf_bytes(&b), "new"),
	    "the late answer to another call is not taken for this one's");
	CHECK(t_open_fds() == before, "and its descriptor is closed");
	buf_reset(&b);
	CHECK(call(WRONG_OP, &b, NULL, &d) == ERR_OK &&
		bytes_equal_text(buf_bytes(&b), "new"),
	    "nor the answer to another operation");
	buf_reset(&b);
	CHECK(call(REQUEST_BACK, &b, NULL, &d) == ERR_OK &&
		bytes_equal_text(buf_bytes(&b), "new"),
	    "nor a request");
	CHECK(call(HANG_UP, &b, NULL, &d) == ERR_NOT_FOUND,
	    "a peer that closes instead of answering is not found");
	CHECK(call(ANSWER, &small, NULL, &d) == ERR_LIMIT,
	    "an answer larger than its buffer is refused");
	t_pair(pair);
	CHECK(channel_call(pair[0], 5, BYTES_NONE, NULL, 0, 30, &b, NULL, &d) ==
		ERR_TIMEOUT,
	    "no answer in time is a timeout");
	close_p(&pair[0]);
	close_p(&pair[1]);
}

static void
send_five(void *arg)
{
	struct frame f = { .n_fds = CHANNEL_FDS_MAX + 1 };
	struct diag d = { 0 };

	(void)arg;
	(void)!channel_send(fds[0], &f, &d);
}

/* doc/PROTOCOL.ipc shows a request and its refusal. */
static void
test_document(void)
{
	auto_buf struct buf request = BUF_INIT(256), refusal = BUF_INIT(256);
	auto_buf struct buf storage = BUF_INIT(CHANNEL_BODY_MAX + 64);
	auto_frame struct frame got = FRAME_INIT;
	struct diag why = { 0 }, d = { 0 };
	struct frame to;
	uint8_t raw[256];
	ssize_t n;

	t_example_n("PROTOCOL.ipc", 0, &request);
	t_example_n("PROTOCOL.ipc", 1, &refusal);
	CHECK(t_send_raw(fds[0], request.p, request.len, 0) &&
		receive(&storage, &got, &d) == ERR_OK &&
		got.kind == FRAME_REQUEST && got.op == 0x0401 && got.id == 7 &&
		bytes_equal(got.body, bytes_of("\0\0\0\x09host/web1", 13)),
	    "the document's request is read");
	to = got;
	(void)diag_refuse(&why, REASON_PermissionDenied,
	    "store: this process may not do this there");
	if (channel_reply_error(fds[1], &to, ERR_REFUSED, &why, &d) < 0)
		t_bail("%s", d.text);
	n = recv(fds[0], raw, sizeof(raw), 0);
	CHECK(n > 0 &&
		bytes_equal(bytes_of(raw, (size_t)n), buf_bytes(&refusal)),
	    "the document's refusal is what is sent");
}

int
main(void)
{
	t_pair(fds);
	test_round_trip();
	test_limits();
	test_malformed();
	test_descriptors();
	test_closed();
	test_errors();
	test_bad_errors();
	test_call();
	test_document();
	CHECK(t_dies(send_five, NULL), "sending five descriptors is a bug");
	close_p(&fds[0]);
	close_p(&fds[1]);
	return t_done();
}
