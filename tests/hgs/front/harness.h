/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A front in a child process, a client's calls to it, and the backends' part
 * in them.
 */
#ifndef TESTS_HGS_FRONT_HARNESS_H
#define TESTS_HGS_FRONT_HARNESS_H

#include <arpa/inet.h>
#include <event2/event.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "hgs/front/front.h"
#include "http/client.h"
#include "proto/attest.h"
#include "proto/evidence.h"
#include "proto/hgs.h"
#include "proto/release.h"
#include "t.h"
#include "json/json.h"

#define ANSWER_MS 500

static pid_t child;
static int attest_fd, key_fd;
static struct http_url url, metrics_url;

static int
listen_on(struct http_url *ret)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t n = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char text[64];
	struct diag d;

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) != 0 ||
	    listen(fd, 64) != 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &n) != 0)
		t_bail("no listening socket");
	(void)snprintf(text, sizeof(text), "http://127.0.0.1:%u",
	    ntohs(a.sin_port));
	if (http_url_parse(bytes_of_text(text), ret, &d) < 0)
		t_bail("%s", d.text);
	return fd;
}

static void
on_closed(void *arg)
{
	(void)arg;
	_exit(7);
}

static void
serve(int attest, int key, int fd, int metrics)
{
	static struct front f;
	static struct http_route routes[FRONT_ROUTES_MAX];
	struct http_server_config c = { routes, 0, &f, front_observe,
		http_limits_default };
	struct http_server_config m = { &front_metrics_route, 1, &f, NULL,
		http_limits_default };
	struct event_base *base = event_base_new();
	struct http_server *s;
	struct diag d;

	c.n_routes = front_routes(routes, 4 << 20);
	if (backend_new(base, attest, "hgs-attest", ANSWER_MS, on_closed, NULL,
		&f.attest, &d) < 0 ||
	    backend_new(base, key, "hgs-key", ANSWER_MS, on_closed, NULL,
		&f.key, &d) < 0 ||
	    http_server_new(base, &c, &f.public, &d) < 0 ||
	    http_server_listen(f.public, fd, NULL, &d) < 0 ||
	    http_server_new(base, &m, &s, &d) < 0 ||
	    http_server_listen(s, metrics, NULL, &d) < 0)
		_exit(1);
	(void)event_base_dispatch(base);
	_exit(0);
}

static void
start(void)
{
	int attest[2], key[2], fd = listen_on(&url);
	int metrics = listen_on(&metrics_url);
	struct diag d;

	if (channel_pair(attest, &d) < 0 || channel_pair(key, &d) < 0)
		t_bail("%s", d.text);
	child = fork();
	if (child == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)close(attest[0]);
		(void)close(key[0]);
		serve(attest[1], key[1], fd, metrics);
	}
	(void)close(attest[1]);
	(void)close(key[1]);
	(void)close(fd);
	(void)close(metrics);
	attest_fd = attest[0];
	key_fd = key[0];
}

/* One backend's part in a call, in a process of its own. */
struct part {
	int fd;
	uint16_t op;
	const struct fields *message; /* of the reply; NULL: raw text */
	const void *reply;
	bool outcome;
	int err; /* instead of a reply */
	enum reason reason;
	bool silent;
};

static void
play(const struct part *p)
{
	auto_buf struct buf storage = BUF_INIT(CHANNEL_BODY_MAX + 64);
	auto_buf struct buf body = BUF_INIT(CHANNEL_BODY_MAX);
	auto_buf struct buf out = BUF_INIT(CHANNEL_BODY_MAX);
	auto_frame struct frame f = FRAME_INIT;
	struct attest_outcome o = { .http = 200 };
	struct diag d = { 0 };
	int r = ERR_OK;

	if (channel_receive(p->fd, 3000, &storage, &f, &d) < 0 || f.op != p->op)
		_exit(1);
	if (p->silent)
		_exit(0);
	if (p->err < 0) {
		(void)diag_fail(&d, ERR_REFUSED, "a secret detail");
		d.reason = p->reason;
		_exit(channel_reply_error(p->fd, &f, p->err, &d, &d) < 0);
	}
	if (p->message == NULL)
		(void)buf_put_text(&body, p->reply);
	else
		r = fields_encode(p->message, p->reply, &body, &d);
	if (r == ERR_OK && p->outcome) {
		o.reply = buf_bytes(&body);
		if (p->message == &wire_error_fields) {
			o.error = o.reply;
			o.reply = BYTES_NONE;
		}
		r = fields_encode(&attest_outcome_fields, &o, &out, &d);
	}
	if (r < 0)
		_exit(2);
	_exit(channel_reply(p->fd, &f, buf_bytes(p->outcome ? &out : &body),
		  NULL, 0, &d) < 0);
}

static struct http_result
call(const struct part *p, const struct http_call *in, struct buf *ret_body)
{
	auto_http_client struct http_client *c = NULL;
	struct http_call q = *in;
	struct http_result res = { 0 };
	struct diag d;
	pid_t pid = -1;
	int status = 0;

	q.timeout_ms = 4000;
	if (p != NULL && (pid = fork()) == 0)
		play(p);
	buf_reset(ret_body);
	if (http_client_new(&url, NULL, &c, &d) < 0 ||
	    http_client_call(c, &q, &res, ret_body, &d) < 0)
		printf("# %s\n", d.text);
	(void)buf_put_u8(ret_body, 0);
	if (pid > 0 && (waitpid(pid, &status, 0) != pid || status != 0))
		printf("# the backend's part ended with %d\n", status);
	return res;
}

static const char *
text_of(const struct buf *b)
{
	return (const char *)b->p;
}

#endif
