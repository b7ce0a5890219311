/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The client's connection: bytes to and from a server, plain or in TLS, each
 * call until an absolute deadline (milliseconds of CLOCK_MONOTONIC).
 */
#ifndef HTTP_WIRE_H
#define HTTP_WIRE_H

#include "base/base.h"
#include "base/err.h"
#include "http/tls.h"
#include "http/url.h"

struct http_wire {
	int fd;
	struct ssl_st *ssl;
};

#define HTTP_WIRE_INIT   \
	{                \
		.fd = -1 \
	}

/* tls is needed where the URL says https, and only there. */
MUST_CHECK int http_wire_open(struct http_wire *w, const struct http_url *url,
    struct http_tls *tls, uint64_t deadline, struct diag *d);
/* True when the server has closed it, or sent what nobody asked for. */
bool http_wire_stale(const struct http_wire *w);
MUST_CHECK int http_wire_write(struct http_wire *w, struct bytes in,
    uint64_t deadline, struct diag *d);
/* At least one byte; *ret_n 0 when the server has closed. */
MUST_CHECK int http_wire_read(struct http_wire *w, uint8_t *p, size_t size,
    size_t *ret_n, uint64_t deadline, struct diag *d);
void http_wire_close(struct http_wire *w);

uint64_t http_wire_now(void);

#endif
