/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A request's body while it arrives and afterwards: ordinary memory, or a
 * memory file that is sealed when complete, so that another process can be
 * given it and nobody can change it any more.
 */
#ifndef HTTP_BODY_H
#define HTTP_BODY_H

#include "base/base.h"
#include "base/err.h"

struct evbuffer;

struct http_body {
	uint8_t *p;
	size_t len; /* announced */
	size_t got;
	int fd; /* -1 unless bulk */
	bool sealed;
};

#define HTTP_BODY_INIT   \
	{                \
		.fd = -1 \
	}

MUST_CHECK int http_body_open(struct http_body *b, size_t len, bool bulk,
    struct diag *d);
/* Takes what belongs to the body; returns how much that was. */
size_t http_body_take(struct http_body *b, struct evbuffer *from);
/* Once complete: no write is possible any more. */
MUST_CHECK int http_body_seal(struct http_body *b, struct diag *d);
void http_body_free(struct http_body *b);

#endif
