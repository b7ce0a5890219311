/* SPDX-License-Identifier: Apache-2.0 */
#include "http/request.h"

#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <string.h>

#include "http/conn.h"
#include "http/tls.h"

void
request_free(struct http_request *r)
{
	if (r == NULL)
		return;
	http_body_free(&r->body);
	free(r->head_text);
	free(r);
}

struct bytes
http_request_body(const struct http_request *r)
{
	return bytes_of(r->body.p, r->body.len);
}

struct bytes
http_request_field(const struct http_request *r, const char *name)
{
	return http_head_field(&r->head, name);
}

int
http_request_body_fd(const struct http_request *r)
{
	return r->body.sealed ? r->body.fd : -1;
}

const char *
http_request_peer(const struct http_request *r)
{
	return r->address;
}

const char *
http_request_path(const struct http_request *r)
{
	return r->route->path;
}

void *
http_request_arg(const struct http_request *r)
{
	return r->arg;
}

void
http_request_exporter(const struct http_request *r,
    uint8_t ret[static HTTP_EXPORTER_SIZE])
{
	explicit_bzero(ret, HTTP_EXPORTER_SIZE);
	if (r->conn == NULL || !r->conn->tls)
		return;
	if (!http_tls_exporter(bufferevent_openssl_get_ssl(r->conn->bev),
		HTTP_EXPORTER_LABEL, ret, HTTP_EXPORTER_SIZE))
		explicit_bzero(ret, HTTP_EXPORTER_SIZE);
}

bool
http_request_gone(const struct http_request *r)
{
	return r->conn == NULL;
}

/* Ends the handle; returns the connection it was for, or NULL. */
static struct http_conn *
detach(struct http_request *r)
{
	struct http_conn *c = r->conn;

	if (c != NULL) {
		c->request = NULL;
		c->server->body_total -= r->body.got;
	}
	request_free(r);
	return c;
}

void
http_reply(struct http_request *r, const struct http_answer *a)
{
	const char *path = r->route->path;
	struct http_conn *c = r->conn;

	/* The body of the answer may be a view into the request. */
	if (c != NULL)
		conn_answer(c, path, a, "");
	(void)detach(r);
}

void
http_refuse(struct http_request *r, enum reason reason)
{
	const char *path = r->route->path;
	struct http_conn *c = detach(r);

	if (c != NULL)
		conn_refuse(c, path, reason_http(reason), reason,
		    reason_meaning(reason), "");
}
