/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of the server (server.h, request.h): one connection, its requests
 * one after the other, and the deadline that is always set.
 */
#ifndef HTTP_CONN_H
#define HTTP_CONN_H

#include <sys/socket.h>

#include "base/err.h"
#include "http/body.h"
#include "http/head.h"
#include "http/peers.h"
#include "http/server.h"

struct bufferevent;
struct event;
struct event_base;

struct http_server {
	struct event_base *base;
	struct http_server_config config;
	struct http_peers *peers;
	struct http_listener *listeners;
	struct http_conn *conns;
	unsigned n_conns;
	size_t body_total; /* bytes of bodies held now */
	uint64_t turned_away;
};

enum conn_state {
	CONN_IDLE,    /* nothing of the next request is there */
	CONN_HEAD,    /* some of its head */
	CONN_BODY,    /* its head, some of its body */
	CONN_HANDLED, /* the handler owes an answer */
	CONN_ANSWER,  /* the answer is on its way */
	CONN_CLOSING  /* answered; reading until the peer closes */
};

struct http_conn {
	struct http_conn *next;
	struct http_conn **at; /* the pointer that points here */
	struct http_server *server;
	struct http_peer *peer;
	struct bufferevent *bev;
	struct event *deadline;
	enum conn_state state;
	struct http_request *request; /* HEAD to HANDLED */
	bool tls;
	bool last; /* close after this answer */
	bool eof;  /* the peer has sent all it will */
	char address[HTTP_PEER_SIZE];
};

struct http_request {
	struct http_conn *conn; /* NULL when the peer has gone */
	const struct http_route *route;
	void *arg;
	uint8_t *head_text;
	struct http_head head;
	struct http_body body;
	char address[HTTP_PEER_SIZE];
};

/* Takes fd and the peer's slot, whatever happens. */
MUST_CHECK int conn_open(struct http_server *s, int fd, struct http_tls *tls,
    struct http_peer *peer, const struct sockaddr *address, struct diag *d);
void conn_free(struct http_conn *c);
/* Sends an answer; nothing to do with the request it was for. */
void conn_answer(struct http_conn *c, const char *path,
    const struct http_answer *a, const char *extra);
/* {code, message, reasons: []} with this status. */
void conn_refuse(struct http_conn *c, const char *path, unsigned status,
    enum reason reason, const char *message, const char *extra);
void request_free(struct http_request *r);

uint64_t http_now_ms(void);

#endif
