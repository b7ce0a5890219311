/* SPDX-License-Identifier: Apache-2.0 */
#include "http/conn.h"

#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "http/tls.h"

#define READ_AHEAD ((size_t)64 << 10)
/* After an answer that ends the connection: let the peer read it. */
#define LINGER_MS 2000

static void process(struct http_conn *c);

uint64_t
http_now_ms(void)
{
	struct timespec t;

	BUG_ON(clock_gettime(CLOCK_MONOTONIC, &t) != 0);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void
set_deadline(struct http_conn *c, unsigned ms)
{
	struct timeval tv = { ms / 1000, (suseconds_t)(ms % 1000) * 1000 };

	BUG_ON(evtimer_add(c->deadline, &tv) != 0);
}

void
conn_free(struct http_conn *c)
{
	if (c->request != NULL) {
		c->server->body_total -= c->request->body.got;
		/* A handler still owes its answer, and keeps the handle. */
		if (c->state == CONN_HANDLED)
			c->request->conn = NULL;
		else
			request_free(c->request);
	}
	if (c->at != NULL) {
		*c->at = c->next;
		if (c->next != NULL)
			c->next->at = c->at;
		c->server->n_conns--;
	}
	if (c->deadline != NULL)
		event_free(c->deadline);
	if (c->bev != NULL)
		bufferevent_free(c->bev);
	http_peers_leave(c->server->peers, c->peer);
	free(c);
}

void
conn_answer(struct http_conn *c, const char *path, const struct http_answer *a,
    const char *extra)
{
	struct evbuffer *out = evbuffer_new();
	bool ok = out != NULL;

	if (c->server->config.observer != NULL)
		c->server->config.observer(path, a->status, a->reason,
		    c->server->config.arg);
	c->state = CONN_ANSWER;
	set_deadline(c, c->server->config.limits.answer_ms);
	/* Head and body together: one write, so no wait for the ACK. */
	ok = ok && evbuffer_expand(out, a->body.len + 512) == 0 &&
	    evbuffer_add_printf(out,
		"HTTP/1.1 %u %s\r\nContent-Type: %s\r\n"
		"Content-Length: %zu\r\nCache-Control: no-store\r\n%s%s\r\n",
		a->status, a->status < 300 ? "OK" : reason_name(a->reason),
		a->type, a->body.len, extra,
		c->last ? "Connection: close\r\n" : "") > 0 &&
	    evbuffer_add(out, a->body.p, a->body.len) == 0 &&
	    bufferevent_write_buffer(c->bev, out) == 0;
	if (out != NULL)
		evbuffer_free(out);
	/* Cannot be freed here: we may be inside the read callback. */
	if (!ok)
		set_deadline(c, 0);
}

void
conn_refuse(struct http_conn *c, const char *path, unsigned status,
    enum reason reason, const char *message, const char *extra)
{
	auto_buf struct buf b = BUF_INIT(4096);
	struct http_answer a = { status, reason, "application/json",
		BYTES_NONE };

	/* struct wire_error; both texts are ours and need no escaping. */
	(void)buf_printf(&b,
	    "{\"code\":\"%s\",\"message\":\"%s\","
	    "\"attestation_status\":\"\",\"sub_status\":[],\"reasons\":[]}",
	    reason_name(reason), message);
	a.body = buf_bytes(&b);
	conn_answer(c, path, &a, extra);
}

/* Refuses what is still arriving: where it ends is then unknown. */
static void
turn_down(struct http_conn *c, unsigned status, enum reason reason,
    const char *message, const char *extra)
{
	const struct http_route *route =
	    c->request == NULL ? NULL : c->request->route;

	if (c->request != NULL) {
		c->server->body_total -= c->request->body.got;
		request_free(TAKE_PTR(&c->request));
	}
	c->last = true;
	conn_refuse(c, route == NULL ? NULL : route->path, status, reason,
	    message, extra);
}

static void
turn_down_reason(struct http_conn *c, enum reason reason, const char *extra)
{
	turn_down(c, reason_http(reason), reason, reason_meaning(reason),
	    extra);
}

static const struct http_route *
find_route(const struct http_server *s, const struct http_head *h,
    const char **ret_allow)
{
	const struct http_route *list = s->config.routes;

	*ret_allow = NULL;
	for (size_t i = 0; i < s->config.n_routes; i++) {
		if (!bytes_equal_text(h->path, list[i].path))
			continue;
		if (bytes_equal_text(h->method, list[i].method))
			return &list[i];
		*ret_allow = list[i].method;
	}
	return NULL;
}

/* False when the head was refused. */
static bool
route_request(struct http_conn *c)
{
	struct http_request *r = c->request;
	const struct http_head *h = &r->head;
	const char *allow;
	char extra[64];

	r->route = find_route(c->server, h, &allow);
	if (r->route == NULL && allow == NULL)
		turn_down_reason(c, REASON_NotFound, "");
	else if (r->route == NULL) {
		(void)snprintf(extra, sizeof(extra), "Allow: %s\r\n", allow);
		turn_down_reason(c, REASON_MethodNotAllowed, extra);
	} else if (r->route->type == NULL && h->length > 0)
		turn_down(c, 400, REASON_BadRequest,
		    "a body where none belongs", "");
	else if (r->route->type != NULL && !h->has_length)
		turn_down(c, 411, REASON_BadRequest,
		    "a body needs a Content-Length", "");
	else if (r->route->type != NULL &&
	    !http_head_type_is(h, r->route->type))
		turn_down(c, 415, REASON_BadRequest,
		    "not the media type of this resource", "");
	else if (h->length > r->route->body_max)
		turn_down_reason(c, REASON_PayloadTooLarge, "");
	else
		return true;
	return false;
}

/* One head from the input, if it is all there; true to go on. */
static bool
read_head(struct http_conn *c)
{
	struct evbuffer *in = bufferevent_get_input(c->bev);
	size_t have = evbuffer_get_length(in), len;
	struct http_fault fault = { 400, "" };
	struct http_request *r;
	const uint8_t *p;

	have = have < HTTP_HEAD_MAX ? have : HTTP_HEAD_MAX;
	p = evbuffer_pullup(in, (ev_ssize_t)have);
	if (p == NULL || http_head_scan(bytes_of(p, have), &len, &fault) < 0) {
		turn_down(c, fault.status, REASON_BadRequest, fault.message,
		    "");
		return false;
	}
	if (len == 0)
		return false;

	r = c->request = calloc(1, sizeof(*r));
	if (r == NULL || (r->head_text = malloc(len)) == NULL) {
		if (r != NULL)
			r->body.fd = -1;
		turn_down_reason(c, REASON_TransientError, "");
		return false;
	}
	r->conn = c;
	r->arg = c->server->config.arg;
	r->body.fd = -1;
	memcpy(r->address, c->address, sizeof(r->address));
	(void)evbuffer_remove(in, r->head_text, len);
	if (http_head_request(bytes_of(r->head_text, len), &r->head, &fault) <
	    0) {
		turn_down(c, fault.status, REASON_BadRequest, fault.message,
		    "");
		return false;
	}
	if (r->head.close)
		c->last = true;
	if (!http_peers_ask(c->server->peers, c->peer, http_now_ms())) {
		turn_down_reason(c, REASON_TooManyRequests,
		    "Retry-After: 1\r\n");
		return false;
	}
	return route_request(c);
}

static bool
start_body(struct http_conn *c)
{
	struct http_request *r = c->request;
	struct evbuffer *in = bufferevent_get_input(c->bev);
	static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";

	if (http_body_open(&r->body, (size_t)r->head.length, r->route->bulk,
		NULL) < 0) {
		turn_down_reason(c, REASON_TransientError, "");
		return false;
	}
	if (r->head.continues && r->head.length > 0 &&
	    evbuffer_get_length(in) == 0)
		(void)bufferevent_write(c->bev, go_on, sizeof(go_on) - 1);
	c->state = CONN_BODY;
	return true;
}

static bool
read_body(struct http_conn *c)
{
	struct http_server *s = c->server;
	struct http_request *r = c->request;

	s->body_total +=
	    http_body_take(&r->body, bufferevent_get_input(c->bev));
	if (s->body_total > s->config.limits.body_total) {
		turn_down_reason(c, REASON_TransientError,
		    "Retry-After: 1\r\n");
		return false;
	}
	return r->body.got == r->body.len;
}

static void
handle(struct http_conn *c)
{
	struct http_request *r = c->request;

	if (http_body_seal(&r->body, NULL) < 0) {
		turn_down_reason(c, REASON_TransientError, "");
		return;
	}
	c->state = CONN_HANDLED;
	set_deadline(c, c->server->config.limits.answer_ms);
	r->route->handler(r, c->server->config.arg);
}

/* Goes as far as the input allows. The connection is there afterwards. */
static void
process(struct http_conn *c)
{
	struct evbuffer *in = bufferevent_get_input(c->bev);

	if (c->state == CONN_CLOSING)
		(void)evbuffer_drain(in, evbuffer_get_length(in));
	if (c->state == CONN_IDLE && evbuffer_get_length(in) > 0) {
		c->state = CONN_HEAD;
		set_deadline(c, c->server->config.limits.request_ms);
	}
	if (c->state == CONN_HEAD && read_head(c))
		(void)start_body(c);
	if (c->state == CONN_BODY && read_body(c))
		handle(c);
}

static void
on_read(struct bufferevent *bev, void *arg)
{
	(void)bev;
	process(arg);
}

/* The answer has left. */
static void
on_written(struct bufferevent *bev, void *arg)
{
	struct http_conn *c = arg;

	/* A "100 Continue" has left; the rest of the request is awaited. */
	if (c->state != CONN_ANSWER)
		return;
	if (!c->last) {
		c->state = CONN_IDLE;
		set_deadline(c, c->server->config.limits.idle_ms);
		process(c);
		return;
	}
	if (c->eof) {
		conn_free(c);
		return;
	}
	/*
	 * Closing with unread input resets the connection, which may destroy
	 * the answer on its way: say that we are done, and read on a little.
	 */
	c->state = CONN_CLOSING;
	set_deadline(c, LINGER_MS);
	if (c->tls)
		(void)SSL_shutdown(bufferevent_openssl_get_ssl(bev));
	(void)shutdown(bufferevent_getfd(bev), SHUT_WR);
	process(c);
}

static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	struct http_conn *c = arg;

	(void)bev;
	if ((what & BEV_EVENT_CONNECTED) != 0)
		return; /* TLS is up; the deadline goes on */
	/* A peer may close its sending half and wait for the answer. */
	if ((what & BEV_EVENT_EOF) != 0 && (what & BEV_EVENT_ERROR) == 0 &&
	    (c->state == CONN_HANDLED || c->state == CONN_ANSWER)) {
		c->last = c->eof = true;
		(void)bufferevent_disable(c->bev, EV_READ);
		return;
	}
	conn_free(c);
}

static void
on_deadline(evutil_socket_t fd, short what, void *arg)
{
	struct http_conn *c = arg;

	(void)fd;
	(void)what;
	if (c->state == CONN_HEAD || c->state == CONN_BODY) {
		turn_down(c, 408, REASON_BadRequest,
		    "the request took too long to arrive", "");
	} else if (c->state == CONN_HANDLED) {
		/* The handler keeps its handle, without a connection. */
		const char *path = c->request->route->path;

		c->server->body_total -= c->request->body.got;
		c->request->conn = NULL;
		c->request = NULL;
		c->last = true;
		conn_refuse(c, path, reason_http(REASON_TransientError),
		    REASON_TransientError,
		    reason_meaning(REASON_TransientError), "");
	} else {
		conn_free(c);
	}
}

static struct bufferevent *
make_bev(struct http_conn *c, int fd, struct http_tls *tls, struct diag *d)
{
	struct bufferevent *bev;
	SSL *ssl;

	if (tls == NULL)
		return bufferevent_socket_new(c->server->base, fd,
		    BEV_OPT_CLOSE_ON_FREE);
	if (http_tls_new(tls, NULL, &ssl, d) < 0)
		return NULL;
	c->tls = true;
	bev = bufferevent_openssl_socket_new(c->server->base, fd, ssl,
	    BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE);
	if (bev == NULL)
		SSL_free(ssl);
	return bev;
}

int
conn_open(struct http_server *s, int fd, struct http_tls *tls,
    struct http_peer *peer, const struct sockaddr *address, struct diag *d)
{
	struct http_conn *c = calloc(1, sizeof(*c));
	int on = 1;

	if (c == NULL) {
		http_peers_leave(s->peers, peer);
		(void)close(fd);
		return diag_nomem(d);
	}
	c->server = s;
	c->peer = peer;
	c->deadline = evtimer_new(s->base, on_deadline, c);
	c->bev = make_bev(c, fd, tls, d);
	if (c->bev == NULL || c->deadline == NULL) {
		if (c->bev == NULL)
			(void)close(fd);
		conn_free(c);
		return diag_nomem(d);
	}
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (address->sa_family == AF_UNIX ||
	    getnameinfo(address,
		address->sa_family == AF_INET ? sizeof(struct sockaddr_in)
					      : sizeof(struct sockaddr_in6),
		c->address, sizeof(c->address), NULL, 0, NI_NUMERICHOST) != 0)
		(void)snprintf(c->address, sizeof(c->address), "local");
	c->at = &s->conns;
	c->next = s->conns;
	if (c->next != NULL)
		c->next->at = &c->next;
	s->conns = c;
	s->n_conns++;

	bufferevent_setcb(c->bev, on_read, on_written, on_event, c);
	/* What a peer may send ahead of its answers. */
	bufferevent_setwatermark(c->bev, EV_READ, 0, READ_AHEAD);
	(void)bufferevent_set_max_single_read(c->bev, READ_AHEAD);
	/* For the handshake and until the first byte. */
	set_deadline(c, s->config.limits.request_ms);
	if (bufferevent_enable(c->bev, EV_READ | EV_WRITE) == 0)
		return ERR_OK;
	conn_free(c);
	return diag_fail(d, ERR_IO, "http: cannot read from a connection");
}
