/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP/1.1 server on libevent's buffers, with the strict parser of
 * http/head.h in evhttp's place: evhttp accepts repeated lengths, "Host :",
 * requests without Host and bare line feeds, and knows no absolute deadline.
 *
 * What a peer can hold is bounded: connections in all and per peer, requests
 * per minute and peer, bytes of a head, of a body and of all bodies together,
 * and the time from the first byte of a request to its last, as well as that
 * from the connection (with its handshake) to the first.
 */
#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H

#include "base/base.h"
#include "base/err.h"
#include "http/request.h"

struct event_base;
struct http_server;
struct http_tls;

typedef void (*http_handler_fn)(struct http_request *r, void *arg);

struct http_route {
	const char *method; /* "GET" or "POST" */
	const char *path;
	const char *type; /* media type of the body; NULL: no body */
	size_t body_max;
	bool bulk; /* the body goes into a sealed memory file */
	http_handler_fn handler;
};

struct http_limits {
	unsigned connections;          /* at once */
	unsigned connections_per_peer; /* IPv4 address or IPv6 /64 */
	unsigned rate_per_peer;        /* requests per minute; 0: no limit */
	unsigned burst_per_peer;
	size_t body_total;   /* bytes of all bodies being received */
	unsigned request_ms; /* first to last byte; and before the first */
	unsigned idle_ms;    /* between requests */
	unsigned answer_ms;  /* for the handler, then 503; and to send */
};
extern const struct http_limits http_limits_default;

/* Called once per answer: path is NULL where no route was found. */
typedef void (*http_observer_fn)(const char *path, unsigned status,
    enum reason reason, void *arg);

struct http_server_config {
	const struct http_route *routes; /* outlive the server */
	size_t n_routes;
	void *arg;                 /* of handlers and observer */
	http_observer_fn observer; /* may be NULL */
	struct http_limits limits;
};

MUST_CHECK int http_server_new(struct event_base *base,
    const struct http_server_config *config, struct http_server **ret,
    struct diag *d);
/*
 * Serves a listening socket, which becomes the server's. tls may be NULL, is
 * borrowed and outlives the server.
 */
MUST_CHECK int http_server_listen(struct http_server *s, int fd,
    struct http_tls *tls, struct diag *d);
/* Closes listeners and connections; unanswered requests stay answerable. */
void http_server_free(struct http_server *s);
DEFINE_FREE_P(struct http_server, http_server_free);
#define auto_http_server CLEANUP(http_server_free_p)

/* Connections now, and refused ones since the start. */
unsigned http_server_connections(const struct http_server *s);
uint64_t http_server_turned_away(const struct http_server *s);

#endif
