/* SPDX-License-Identifier: Apache-2.0 */
/* The program hgs-measure, as hgsd starts it; we are hgs-attest. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "base/file.h"
#include "ipc/channel.h"
#include "measure/findings.h"
#include "proto/hgs.h"
#include "t.h"

struct worker {
	pid_t pid;
	int attest;
	int monitor;
};

static struct worker
start(void)
{
	int attest[2], monitor[2];
	struct worker w = { 0 };
	struct diag d;

	if (channel_pair(attest, &d) < 0 || channel_pair(monitor, &d) < 0)
		t_bail("%s", d.text);
	w.pid = fork();
	if (w.pid == 0) {
		char a[32], m[32];

		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)fcntl(attest[1], F_SETFD, 0);
		(void)fcntl(monitor[1], F_SETFD, 0);
		(void)snprintf(a, sizeof(a), "attest=%d", attest[1]);
		(void)snprintf(m, sizeof(m), "monitor=%d", monitor[1]);
		(void)execl(HGS_MEASURE, "hgs-measure", "--fd", a, "--fd", m,
		    (char *)NULL);
		_exit(127);
	}
	w.attest = attest[0];
	w.monitor = monitor[0];
	(void)close(attest[1]);
	(void)close(monitor[1]);
	return w;
}

/* The exit status within two seconds; -1: it lives, -2: by a signal. */
static int
ended(struct worker *w)
{
	int status;

	for (int i = 0; i < 200; i++) {
		if (waitpid(w->pid, &status, WNOHANG) == w->pid) {
			w->pid = -1;
			return WIFEXITED(status) ? WEXITSTATUS(status) : -2;
		}
		(void)usleep(10000);
	}
	return -1;
}

static void
stop(struct worker *w)
{
	if (w->pid > 0) {
		(void)kill(w->pid, SIGKILL);
		(void)waitpid(w->pid, NULL, 0);
	}
	(void)close(w->attest);
	(void)close(w->monitor);
}

/* Asks about one file; q's lengths are as the caller wants them. */
static int
ask(const struct worker *w, int fd, const struct measure_request *q,
    struct buf *storage, struct findings *ret, struct diag *d)
{
	auto_buf struct buf body = BUF_INIT(256);
	int r;

	buf_reset(storage);
	if ((r = fields_encode(&measure_request_fields, q, &body, d)) < 0 ||
	    (r = channel_call(w->attest, HGS_OP_MEASURE, buf_bytes(&body), &fd,
		 fd >= 0 ? 1 : 0, 20000, storage, NULL, d)) < 0)
		return r;
	return findings_decode(buf_bytes(storage), ret, d);
}

static struct buf file = BUF_INIT(BUF_DEFAULT_MAX);
static struct measure_request whole;

static void
add(const char *name, uint64_t *ret_at, uint64_t *ret_len)
{
	char path[128];
	uint8_t *p;
	size_t n;

	(void)snprintf(path, sizeof(path), "data/boot/host-good/%s", name);
	p = t_load(path, &n);
	*ret_at = file.len;
	*ret_len = n;
	(void)buf_put(&file, bytes_of(p, n));
	free(p);
}

static int
sealed(struct bytes in)
{
	struct diag d;
	int fd;

	if (memfd_sealed("evidence", in, &fd, &d) < 0)
		t_bail("%s", d.text);
	return fd;
}

static void
test_good(struct worker *w)
{
	auto_buf struct buf b = BUF_INIT(CHANNEL_BODY_MAX);
	auto_close int fd = sealed(buf_bytes(&file));
	static struct findings f;
	struct measure_request q = whole;
	struct diag d = { 0 };

	for (int i = 0; i < 3; i++)
		CHECK(ask(w, fd, &q, &b, &f, &d) == ERR_OK &&
			f.log.state == FINDING_GOOD && f.extended > 20,
		    "a recorded boot is read, time %d (%s)", i + 1, d.text);
	q.boot_log_at = whole.boot_log_at + 1;
	q.boot_log_len = file.len;
	CHECK(ask(w, fd, &q, &b, &f, &d) == ERR_FORMAT,
	    "T49 a part outside the file: refused (%s)", d.text);
	q.boot_log_at = UINT64_MAX;
	q.boot_log_len = 2;
	CHECK(ask(w, fd, &q, &b, &f, &d) == ERR_FORMAT,
	    "T49 one that would wrap around: refused");
	CHECK(ask(w, -1, &whole, &b, &f, &d) == ERR_FORMAT,
	    "no descriptor: refused");
}

static void
test_unsealed(struct worker *w)
{
	auto_buf struct buf b = BUF_INIT(CHANNEL_BODY_MAX);
	auto_close int fd = memfd_create("x", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	auto_close int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	static struct findings f;
	struct diag d = { 0 };

	(void)!write(fd, file.p, file.len);
	CHECK(ask(w, fd, &whole, &b, &f, &d) == ERR_FORMAT,
	    "a file that could change while it is read: refused");
	(void)fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE);
	CHECK(ask(w, fd, &whole, &b, &f, &d) == ERR_FORMAT,
	    "one that could be cut under the reader: refused");
	CHECK(ask(w, null, &whole, &b, &f, &d) == ERR_FORMAT,
	    "a device: refused");
	CHECK(ended(w) == -1, "none of that ends the process");
}

/* Each malformed file costs one process, and the answer still comes. */
static void
test_malformed(void)
{
	auto_buf struct buf bad = BUF_INIT(BUF_DEFAULT_MAX);
	static struct findings f;

	(void)buf_put(&bad, buf_bytes(&file));
	for (size_t i = 0; i < 3; i++) {
		auto_buf struct buf b = BUF_INIT(CHANNEL_BODY_MAX);
		struct measure_request q = whole;
		struct worker w = start();
		struct diag d = { 0 };
		int fd, r;

		if (i == 0)
			q.boot_log_len -= 3;
		else if (i == 1)
			memset(bad.p + whole.boot_log_at + 100, 0xff, 64);
		else
			q.boot_log_len = 7;
		fd = sealed(buf_bytes(&bad));
		r = ask(&w, fd, &q, &b, &f, &d);
		CHECK(r == ERR_OK && f.log.state == FINDING_BAD,
		    "T49 malformed log %zu: the findings say so (%s)", i,
		    d.text);
		CHECK(ended(&w) == 0,
		    "and the process ends with 0, for a fresh one to follow");
		(void)close(fd);
		stop(&w);
	}
}

static void
test_out_of_turn(void)
{
	auto_buf struct buf b = BUF_INIT(1024);
	struct worker w = start();
	int r, status;
	struct diag d;

	r = channel_call(w.attest, HGS_OP_GET, BYTES_NONE, NULL, 0, 3000, &b,
	    NULL, &d);
	status = ended(&w);
	CHECK(r < 0 && status == 1,
	    "another operation: the process ends with an error (%s, %d)",
	    d.text, status);
	stop(&w);

	w = start();
	(void)close(w.monitor);
	w.monitor = -1;
	CHECK(ended(&w) == 0, "without its monitor it ends");
	stop(&w);
	w = start();
	(void)close(w.attest);
	w.attest = -1;
	CHECK(ended(&w) == 0, "without hgs-attest too");
	stop(&w);
}

int
main(void)
{
	struct worker w;

	(void)signal(SIGPIPE, SIG_IGN);
	add("binary_bios_measurements", &whole.boot_log_at,
	    &whole.boot_log_len);
	add("cmdline", &whole.command_line_at, &whole.command_line_len);
	w = start();
	test_good(&w);
	stop(&w);
	w = start();
	test_unsealed(&w);
	stop(&w);
	test_malformed();
	test_out_of_turn();
	buf_free(&file);
	return t_done();
}
