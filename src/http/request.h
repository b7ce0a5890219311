/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One request as a handler sees it. The handler owes exactly one answer, at
 * once or later (from the same event loop); the answer ends the handle. A
 * peer that went away in between is no concern of the handler's: the answer
 * is then dropped.
 */
#ifndef HTTP_REQUEST_H
#define HTTP_REQUEST_H

#include "base/base.h"
#include "base/reason.h"

struct http_request;

#define HTTP_PEER_SIZE     64
#define HTTP_EXPORTER_SIZE 32
/* RFC 8446 7.5: binds what is said inside to this TLS connection. */
#define HTTP_EXPORTER_LABEL "EXPORTER-shieldwall-attest-1"

/* Views live until the answer. */
struct bytes http_request_body(const struct http_request *r);
/* The value of a header field; p is NULL when it is absent. */
struct bytes http_request_field(const struct http_request *r, const char *name);
/*
 * A bulk route's body as a sealed memory file; still the request's. -1 on
 * other routes.
 */
int http_request_body_fd(const struct http_request *r);
/* The peer's address without port, for logs and audit. */
const char *http_request_peer(const struct http_request *r);
/* The route's path: static text. */
const char *http_request_path(const struct http_request *r);
/* The arg of the server's configuration. */
void *http_request_arg(const struct http_request *r);
/* Zero without TLS. */
void http_request_exporter(const struct http_request *r,
    uint8_t ret[static HTTP_EXPORTER_SIZE]);
/* The peer has gone, or was answered already for being late. */
bool http_request_gone(const struct http_request *r);

struct http_answer {
	unsigned status;
	enum reason reason; /* for counters; REASON_NONE on success */
	const char *type;   /* media type */
	struct bytes body;
};
void http_reply(struct http_request *r, const struct http_answer *a);
/* {code, message, reasons: []} with the reason's status and meaning. */
void http_refuse(struct http_request *r, enum reason reason);

#endif
