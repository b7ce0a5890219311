/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The head of an HTTP/1.1 message: start line and header fields (RFC 9112
 * sections 2 to 6), in a narrower grammar than the RFC's, so that no proxy
 * before us can read the same bytes in another way. Pure; all views point into
 * the input.
 *
 * What is narrower: CRLF only; no leading empty line; HTTP/1.1 only;
 * origin-form targets of [A-Za-z0-9/._-] without empty, "." or ".." segments;
 * each field name once; visible ASCII values, no folding; no Transfer-Encoding
 * and no Content-Encoding; Content-Length in canonical decimal.
 */
#ifndef HTTP_HEAD_H
#define HTTP_HEAD_H

#include "base/base.h"
#include "base/err.h"

#define HTTP_HEAD_MAX   8192
#define HTTP_FIELDS_MAX 32
#define HTTP_TARGET_MAX 255
#define HTTP_VALUE_MAX  2048

struct http_field {
	struct bytes name;
	struct bytes value;
};

struct http_head {
	struct bytes method; /* request */
	struct bytes path;   /* request */
	unsigned status;     /* response: 100-599 */
	struct http_field fields[HTTP_FIELDS_MAX];
	size_t n_fields;
	bool has_length;
	uint64_t length;
	bool close;     /* "Connection: close" */
	bool continues; /* "Expect: 100-continue" */
};

/* Why a head was refused, as the HTTP status that says so. */
struct http_fault {
	unsigned status;
	const char *message; /* static, printable ASCII */
};

/*
 * Looks for the end of a head at the start of the input: *ret_len becomes its
 * length with the empty line, or 0 when more is needed. ERR_FORMAT as soon as
 * a byte is there that no head contains, ERR_LIMIT from HTTP_HEAD_MAX on.
 */
MUST_CHECK int http_head_scan(struct bytes in, size_t *ret_len,
    struct http_fault *ret_fault);
/* in: exactly what http_head_scan() measured. */
MUST_CHECK int http_head_request(struct bytes in, struct http_head *ret,
    struct http_fault *ret_fault);
MUST_CHECK int http_head_response(struct bytes in, struct http_head *ret,
    struct http_fault *ret_fault);

/* By its name in any case; an empty view with p NULL when absent. */
struct bytes http_head_field(const struct http_head *h, const char *name);
/* The media type without parameters equals `type`, in any case. */
bool http_head_type_is(const struct http_head *h, const char *type);

#endif
