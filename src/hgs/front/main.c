/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hgs-front: started by hgsd with its listening sockets, its channels and a
 * few numbers. It ends when hgsd or a service it needs has gone; hgsd starts
 * it anew.
 */
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/secret.h"
#include "hgs/common/roles.h"
#include "hgs/front/front.h"
#include "http/tls.h"
#include "ipc/args.h"
#include "proto/evidence.h"

#define TLS_FILE_MAX ((size_t)256 << 10)

struct process {
	struct event_base *base;
	struct front front;
	struct http_route routes[FRONT_ROUTES_MAX];
	struct http_server *metrics;
	struct http_tls *tls;
	struct event *monitor;
	bool lost; /* a backend has gone */
};

static void
on_backend_closed(void *arg)
{
	struct process *p = arg;

	p->lost = true;
	(void)event_base_loopbreak(p->base);
}

static void
on_monitor(evutil_socket_t fd, short what, void *arg)
{
	struct process *p = arg;

	(void)fd;
	(void)what;
	(void)event_base_loopbreak(p->base);
}

static int
open_backends(struct process *p, const struct args *args, struct diag *d)
{
	int attest, key, monitor, r;

	if ((r = args_fd(args, ROLE_ATTEST, &attest, d)) < 0 ||
	    (r = args_fd(args, ROLE_KEY, &key, d)) < 0 ||
	    (r = args_fd(args, ROLE_MONITOR, &monitor, d)) < 0 ||
	    (r = backend_new(p->base, attest, "hgs-attest", BACKEND_ANSWER_MS,
		 on_backend_closed, p, &p->front.attest, d)) < 0 ||
	    (r = backend_new(p->base, key, "hgs-key", BACKEND_ANSWER_MS,
		 on_backend_closed, p, &p->front.key, d)) < 0)
		return r;
	p->monitor = event_new(p->base, monitor, EV_READ, on_monitor, p);
	if (p->monitor == NULL || event_add(p->monitor, NULL) != 0)
		return diag_nomem(d);
	return ERR_OK;
}

static int
open_tls(struct process *p, const struct args *args, struct diag *d)
{
	auto_buf struct buf chain = BUF_INIT(TLS_FILE_MAX);
	auto_buf struct buf key = BUF_INIT(TLS_FILE_MAX);
	const char *chain_path = args_text(args, SET_TLS_CERT);
	const char *key_path = args_text(args, SET_TLS_KEY);
	int r;

	if (chain_path == NULL || chain_path[0] == '\0')
		return ERR_OK;
	if (key_path == NULL || key_path[0] == '\0')
		return diag_fail(d, ERR_USAGE, "a TLS certificate without key");
	if ((r = file_read(AT_FDCWD, chain_path, TLS_FILE_MAX, &chain, d)) <
		0 ||
	    (r = file_read(AT_FDCWD, key_path, TLS_FILE_MAX, &key, d)) < 0)
		return r;
	return http_tls_server(buf_bytes(&chain), buf_bytes(&key), &p->tls, d);
}

/* Descriptors NAME0, NAME1, ...: as many as there are. */
static int
listen_all(struct http_server *s, const struct args *args, const char *name,
    struct http_tls *tls, unsigned *ret_n, struct diag *d)
{
	char text[32];
	int fd, r;

	for (unsigned i = 0; i < LISTEN_MAX; i++) {
		(void)snprintf(text, sizeof(text), "%s%u", name, i);
		r = args_fd(args, text, &fd, d);
		if (r == ERR_NOT_FOUND)
			return ERR_OK;
		if (r < 0 || (r = http_server_listen(s, fd, tls, d)) < 0)
			return r;
		(*ret_n)++;
	}
	return ERR_OK;
}

static int
open_public(struct process *p, const struct args *args, struct diag *d)
{
	struct http_server_config c = { p->routes, 0, &p->front, front_observe,
		http_limits_default };
	uint64_t evidence_max, rate;
	unsigned n = 0, n_tls = 0;
	int r;

	if ((r = args_number(args, SET_EVIDENCE_MAX, 4096, EVIDENCE_MAX,
		 &evidence_max, d)) < 0 ||
	    (r = args_number(args, SET_RATE, 0, 60000000, &rate, d)) < 0 ||
	    (r = open_tls(p, args, d)) < 0)
		return r;
	c.n_routes = front_routes(p->routes, (size_t)evidence_max);
	c.limits.rate_per_peer = (unsigned)rate;
	/* Ten seconds' worth at once: a host's start asks several things. */
	c.limits.burst_per_peer = (unsigned)(rate / 6) + 10;
	c.limits.answer_ms = BACKEND_ANSWER_MS + 5000;
	if ((r = http_server_new(p->base, &c, &p->front.public, d)) < 0 ||
	    (r = listen_all(p->front.public, args, ROLE_LISTEN, NULL, &n, d)) <
		0)
		return r;
	if (p->tls != NULL &&
	    (r = listen_all(p->front.public, args, ROLE_TLS_LISTEN, p->tls,
		 &n_tls, d)) < 0)
		return r;
	if (n + n_tls == 0)
		return diag_fail(d, ERR_USAGE, "no socket to listen on");
	log_info("serving %u plain and %u TLS sockets", n, n_tls);
	return ERR_OK;
}

static int
open_metrics(struct process *p, const struct args *args, struct diag *d)
{
	struct http_server_config c = { &front_metrics_route, 1, &p->front,
		NULL, http_limits_default };
	int fd, r;

	r = args_fd(args, ROLE_METRICS, &fd, d);
	if (r == ERR_NOT_FOUND)
		return ERR_OK;
	if (r < 0 || (r = http_server_new(p->base, &c, &p->metrics, d)) < 0)
		return r;
	return http_server_listen(p->metrics, fd, NULL, d);
}

static void
process_free(struct process *p)
{
	http_server_free(p->metrics);
	http_server_free(p->front.public);
	if (p->monitor != NULL)
		event_free(p->monitor);
	backend_free(p->front.attest);
	backend_free(p->front.key);
	http_tls_free(p->tls);
	if (p->base != NULL)
		event_base_free(p->base);
}

static int
serve(struct process *p, struct diag *d)
{
	if (event_base_dispatch(p->base) < 0)
		return diag_fail(d, ERR_IO, "the event loop failed");
	if (p->lost)
		return diag_fail(d, ERR_IO, "a backend has gone");
	return ERR_OK;
}

int
main(int argc, char **argv)
{
	static struct process p;
	struct diag d = { 0 };
	struct args args;
	int r;

	log_open("hgs-front", LOG_LEVEL_INFO, true);
	(void)signal(SIGPIPE, SIG_IGN);
	if ((r = process_protect(&d)) < 0 ||
	    (r = args_parse(argc, argv, &args, &d)) < 0) {
		log_error("%s", d.text);
		return 1;
	}
	p.base = event_base_new();
	if (p.base == NULL)
		r = diag_nomem(&d);
	else if ((r = open_backends(&p, &args, &d)) == ERR_OK &&
	    (r = open_public(&p, &args, &d)) == ERR_OK &&
	    (r = open_metrics(&p, &args, &d)) == ERR_OK)
		r = serve(&p, &d);
	if (r < 0)
		log_error("%s", d.text);
	process_free(&p);
	return r < 0 ? 1 : 0;
}
