/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Blocking HTTP/1.1 client for one service: one connection, kept between
 * calls. A call ends by its deadline; answers are bounded; redirects, chunked
 * and encoded answers are refused.
 */
#ifndef HTTP_CLIENT_H
#define HTTP_CLIENT_H

#include "base/buf.h"
#include "http/request.h"
#include "http/tls.h"
#include "http/url.h"

struct http_client;

/* tls: borrowed, outlives the client; NULL for http. */
MUST_CHECK int http_client_new(const struct http_url *url, struct http_tls *tls,
    struct http_client **ret, struct diag *d);
void http_client_free(struct http_client *c);
DEFINE_FREE_P(struct http_client, http_client_free);
#define auto_http_client CLEANUP(http_client_free_p)

struct http_call_field {
	const char *name;
	const char *value;
};

struct http_call {
	const char *method;
	const char *path;
	const char *type; /* of the body; NULL: none */
	struct bytes body;
	const struct http_call_field *fields;
	size_t n_fields;
	unsigned timeout_ms;
};

struct http_result {
	unsigned status;
	char type[64]; /* media type, "" when absent */
};

/*
 * The answer's body is appended to ret_body, whose max bounds it. Every
 * status is ERR_OK here. A call that was perhaps received is not repeated:
 * ERR_IO or ERR_TIMEOUT leave it open whether the server acted.
 */
MUST_CHECK int http_client_call(struct http_client *c,
    const struct http_call *call, struct http_result *ret, struct buf *ret_body,
    struct diag *d);
/*
 * Of the connection that the next call will use, made now if there is none;
 * zero without TLS. Evidence contains it, so the call that follows must not
 * use another connection: it fails instead.
 */
MUST_CHECK int http_client_exporter(struct http_client *c, unsigned timeout_ms,
    uint8_t ret[static HTTP_EXPORTER_SIZE], struct diag *d);

#endif
