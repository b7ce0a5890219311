/* SPDX-License-Identifier: Apache-2.0 */
#include "http/client.h"

#include <stdio.h>
#include <string.h>

#include "http/head.h"
#include "http/wire.h"

#define INTERIM_MAX 4
/* Servers close idle connections: do not race with that. */
#define KEEP_MS 20000

struct http_client {
	struct http_url url;
	struct http_tls *tls;
	struct http_wire wire;
	uint64_t used_ms;
	bool bound; /* the next call must use this connection */
};

int
http_client_new(const struct http_url *url, struct http_tls *tls,
    struct http_client **ret, struct diag *d)
{
	struct http_client *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return diag_nomem(d);
	c->url = *url;
	c->tls = tls;
	c->wire.fd = -1;
	*ret = c;
	return ERR_OK;
}

void
http_client_free(struct http_client *c)
{
	if (c == NULL)
		return;
	http_wire_close(&c->wire);
	free(c);
}

static int
connected(struct http_client *c, uint64_t deadline, struct diag *d)
{
	bool stale = http_wire_stale(&c->wire);

	if (!stale && (c->bound || http_wire_now() - c->used_ms < KEEP_MS))
		return ERR_OK;
	http_wire_close(&c->wire);
	if (c->bound) {
		c->bound = false;
		return diag_fail(d, ERR_IO,
		    "http: the server closed the connection");
	}
	return http_wire_open(&c->wire, &c->url, c->tls, deadline, d);
}

int
http_client_exporter(struct http_client *c, unsigned timeout_ms,
    uint8_t ret[static HTTP_EXPORTER_SIZE], struct diag *d)
{
	int r;

	if ((r = connected(c, http_wire_now() + timeout_ms, d)) < 0)
		return r;
	explicit_bzero(ret, HTTP_EXPORTER_SIZE);
	if (c->wire.ssl == NULL)
		return ERR_OK;
	if (!http_tls_exporter(c->wire.ssl, HTTP_EXPORTER_LABEL, ret,
		HTTP_EXPORTER_SIZE))
		return diag_fail(d, ERR_CRYPTO, "http: no TLS exporter");
	c->bound = true;
	return ERR_OK;
}

static int
send_call(struct http_client *c, const struct http_call *call,
    uint64_t deadline, struct diag *d)
{
	auto_buf struct buf b = BUF_INIT((size_t)128 << 10);
	bool together = call->body.len < (size_t)64 << 10;
	int r;

	(void)buf_printf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\n", call->method,
	    call->path, c->url.authority);
	for (size_t i = 0; i < call->n_fields; i++)
		(void)buf_printf(&b, "%s: %s\r\n", call->fields[i].name,
		    call->fields[i].value);
	if (call->type != NULL)
		(void)buf_printf(&b,
		    "Content-Type: %s\r\nContent-Length: %zu\r\n", call->type,
		    call->body.len);
	(void)buf_put_text(&b, "\r\n");
	if (together)
		(void)buf_put(&b, call->body);
	if ((r = buf_check(&b, "http: request", d)) < 0 ||
	    (r = http_wire_write(&c->wire, buf_bytes(&b), deadline, d)) < 0)
		return r;
	return together ? ERR_OK
			: http_wire_write(&c->wire, call->body, deadline, d);
}

/* Fills `in` until it starts with a whole head of *ret_len bytes. */
static int
receive_head(struct http_client *c, struct buf *in, size_t *ret_len,
    uint64_t deadline, struct diag *d)
{
	struct http_fault fault;
	uint8_t chunk[4096];
	size_t n;
	int r;

	for (;;) {
		if (http_head_scan(buf_bytes(in), ret_len, &fault) < 0)
			return diag_fail(d, ERR_PROTOCOL, "http: answer: %s",
			    fault.message);
		if (*ret_len != 0)
			return ERR_OK;
		if ((r = http_wire_read(&c->wire, chunk, sizeof(chunk), &n,
			 deadline, d)) < 0)
			return r;
		if (n == 0)
			return diag_fail(d, ERR_IO,
			    "http: the server closed the connection");
		if (!buf_put(in, bytes_of(chunk, n)))
			return buf_check(in, "http: answer", d);
	}
}

static int
receive_body(struct http_client *c, struct bytes start,
    const struct http_head *h, struct buf *ret_body, uint64_t deadline,
    struct diag *d)
{
	size_t at = ret_body->len, want = (size_t)h->length, n;
	uint8_t *p;
	int r;

	if (h->length > ret_body->max - ret_body->len)
		return diag_fail(d, ERR_LIMIT,
		    "http: an answer of %llu bytes, at most %zu",
		    (unsigned long long)h->length, ret_body->max - at);
	if (start.len > want)
		return diag_fail(d, ERR_PROTOCOL,
		    "http: bytes after the answer");
	if (!buf_put(ret_body, start) ||
	    (p = buf_extend(ret_body, want - start.len)) == NULL)
		return buf_check(ret_body, "http: answer", d);
	while (start.len < want) {
		if ((r = http_wire_read(&c->wire, p, want - start.len, &n,
			 deadline, d)) < 0)
			return r;
		if (n == 0)
			return diag_fail(d, ERR_IO,
			    "http: the answer was cut short");
		p += n;
		start.len += n;
	}
	return ERR_OK;
}

/* What of the answer is ours to report. */
static int
read_result(const struct http_head *h, struct http_result *ret, struct diag *d)
{
	struct bytes type = http_head_field(h, "Content-Type");

	/* Evidence and keys go where the administrator said, or nowhere. */
	if (h->status >= 300 && h->status < 400)
		return diag_fail(d, ERR_REFUSED,
		    "http: the server redirects (%u), which is not followed",
		    h->status);
	if (!h->has_length && h->status != 204)
		return diag_fail(d, ERR_PROTOCOL,
		    "http: an answer without Content-Length");
	ret->status = h->status;
	/* Without its parameters: "text/xml; charset=utf-8" is text/xml. */
	for (size_t i = 0; i < type.len; i++)
		if (type.p[i] == ';' || type.p[i] == ' ')
			type.len = i;
	(void)snprintf(ret->type, sizeof(ret->type), "%.*s", (int)type.len,
	    type.p == NULL ? "" : (const char *)type.p);
	return ERR_OK;
}

static int
exchange(struct http_client *c, const struct http_call *call,
    struct http_result *ret, struct buf *ret_body, bool *ret_last,
    struct diag *d)
{
	auto_buf struct buf in = BUF_INIT(2 * HTTP_HEAD_MAX);
	uint64_t deadline = http_wire_now() + call->timeout_ms;
	struct http_result result = { 0 };
	struct http_fault fault;
	struct http_head h;
	size_t len = 0;
	int r;

	if ((r = connected(c, deadline, d)) < 0)
		return r;
	/* A server that refuses early closes: its answer says why. */
	if ((r = send_call(c, call, deadline, d)) < 0 && r != ERR_IO)
		return r;
	for (unsigned i = 0;; i++) {
		auto_buf struct buf rest = BUF_INIT(2 * HTTP_HEAD_MAX);

		if ((r = receive_head(c, &in, &len, deadline, d)) < 0)
			return r;
		if (http_head_response(bytes_of(in.p, len), &h, &fault) < 0)
			return diag_fail(d, ERR_PROTOCOL, "http: answer: %s",
			    fault.message);
		if (h.status >= 200)
			break;
		/* 101 would change the protocol: nobody asked for that. */
		if (h.status == 101 || i == INTERIM_MAX)
			return diag_fail(d, ERR_PROTOCOL,
			    "http: answer: status %u", h.status);
		(void)buf_put(&rest, bytes_of(in.p + len, in.len - len));
		buf_free(&in);
		buf_move(&rest, &in);
	}
	*ret_last = h.close;
	if ((r = read_result(&h, &result, d)) < 0 ||
	    (r = receive_body(c, bytes_of(in.p + len, in.len - len), &h,
		 ret_body, deadline, d)) < 0)
		return r;
	*ret = result;
	return ERR_OK;
}

int
http_client_call(struct http_client *c, const struct http_call *call,
    struct http_result *ret, struct buf *ret_body, struct diag *d)
{
	size_t before = ret_body->len;
	bool last = true;
	int r;

	r = exchange(c, call, ret, ret_body, &last, d);
	c->bound = false;
	c->used_ms = http_wire_now();
	if (r < 0 || last)
		http_wire_close(&c->wire);
	if (r < 0 && ret_body->len > before) {
		explicit_bzero(ret_body->p + before, ret_body->len - before);
		ret_body->len = before;
	}
	return r;
}
