/* SPDX-License-Identifier: Apache-2.0 */
#include "http/server.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <event2/util.h>

#include "http/conn.h"
#include "http/tls.h"

/* After "too many open files": wait instead of spinning. */
#define ACCEPT_PAUSE_MS 100

const struct http_limits http_limits_default = {
	.connections = 4096,
	.connections_per_peer = 64,
	.rate_per_peer = 6000,
	.burst_per_peer = 400,
	.body_total = (size_t)512 << 20,
	.request_ms = 30000,
	.idle_ms = 60000,
	.answer_ms = 20000,
};

struct http_listener {
	struct http_listener *next;
	struct http_server *server;
	struct http_tls *tls;
	struct evconnlistener *listener;
	struct event *resume;
};

int
http_server_new(struct event_base *base,
    const struct http_server_config *config, struct http_server **ret,
    struct diag *d)
{
	struct http_server *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return diag_nomem(d);
	s->base = base;
	s->config = *config;
	s->peers = http_peers_new(config->limits.connections_per_peer,
	    config->limits.rate_per_peer, config->limits.burst_per_peer);
	if (s->peers == NULL) {
		free(s);
		return diag_nomem(d);
	}
	*ret = s;
	return ERR_OK;
}

static void
on_accept(struct evconnlistener *listener, evutil_socket_t fd,
    struct sockaddr *address, int len, void *arg)
{
	struct http_listener *l = arg;
	struct http_server *s = l->server;
	struct http_peer *peer = NULL;
	struct diag d;

	(void)listener;
	(void)len;
	if (s->n_conns < s->config.limits.connections)
		peer = http_peers_enter(s->peers, address, http_now_ms());
	if (peer == NULL) {
		s->turned_away++;
		(void)close(fd);
		return;
	}
	if (conn_open(s, fd, l->tls, peer, address, &d) < 0)
		s->turned_away++;
}

static void
on_resume(evutil_socket_t fd, short what, void *arg)
{
	struct http_listener *l = arg;

	(void)fd;
	(void)what;
	(void)evconnlistener_enable(l->listener);
}

static void
on_accept_error(struct evconnlistener *listener, void *arg)
{
	struct http_listener *l = arg;
	struct timeval pause = { 0, ACCEPT_PAUSE_MS * 1000 };

	l->server->turned_away++;
	if (evtimer_add(l->resume, &pause) == 0)
		(void)evconnlistener_disable(listener);
}

static void
listener_free(struct http_listener *l)
{
	if (l->resume != NULL)
		event_free(l->resume);
	if (l->listener != NULL)
		evconnlistener_free(l->listener);
	free(l);
}

int
http_server_listen(struct http_server *s, int fd, struct http_tls *tls,
    struct diag *d)
{
	struct http_listener *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return diag_nomem(d);
	l->server = s;
	l->tls = tls;
	if (evutil_make_socket_nonblocking(fd) != 0 ||
	    (l->resume = evtimer_new(s->base, on_resume, l)) == NULL ||
	    (l->listener = evconnlistener_new(s->base, on_accept, l,
		 LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_CLOSE_ON_FREE, 0, fd)) ==
		NULL) {
		listener_free(l);
		return diag_fail(d, ERR_IO, "http: cannot serve descriptor %d",
		    fd);
	}
	evconnlistener_set_error_cb(l->listener, on_accept_error);
	l->next = s->listeners;
	s->listeners = l;
	return ERR_OK;
}

void
http_server_free(struct http_server *s)
{
	if (s == NULL)
		return;
	while (s->listeners != NULL) {
		struct http_listener *l = s->listeners;

		s->listeners = l->next;
		listener_free(l);
	}
	while (s->conns != NULL)
		conn_free(s->conns);
	http_peers_free(s->peers);
	free(s);
}

unsigned
http_server_connections(const struct http_server *s)
{
	return s->n_conns;
}

uint64_t
http_server_turned_away(const struct http_server *s)
{
	return s->turned_away;
}
