/* SPDX-License-Identifier: Apache-2.0 */
#include "http/head.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/reader.h"
#include "base/text.h"

static int
fault(struct http_fault *f, unsigned status, const char *message)
{
	*f = (struct http_fault){ status, message };
	return status == 431 ? ERR_LIMIT : ERR_FORMAT;
}

int
http_head_scan(struct bytes in, size_t *ret_len, struct http_fault *ret_fault)
{
	size_t n = in.len < HTTP_HEAD_MAX ? in.len : HTTP_HEAD_MAX;

	for (size_t i = 0; i < n; i++) {
		uint8_t c = in.p[i];

		if (c == '\n' && (i == 0 || in.p[i - 1] != '\r'))
			return fault(ret_fault, 400, "bare line feed");
		if (c != '\n' && i > 0 && in.p[i - 1] == '\r')
			return fault(ret_fault, 400, "bare carriage return");
		if ((c < 0x20 && c != '\r' && c != '\n' && c != '\t') ||
		    c >= 0x7f)
			return fault(ret_fault, 400, "byte outside ASCII text");
		if (c == '\n' && i == 1)
			return fault(ret_fault, 400, "empty start line");
		if (c == '\n' && i >= 3 && in.p[i - 2] == '\n') {
			*ret_len = i + 1;
			return ERR_OK;
		}
	}
	if (n == HTTP_HEAD_MAX)
		return fault(ret_fault, 431, "header section too large");
	*ret_len = 0;
	return ERR_OK;
}

static bool
is_alnum(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9');
}

/* RFC 9110 5.6.2 */
static bool
is_token(struct bytes b)
{
	for (size_t i = 0; i < b.len; i++) {
		if (!is_alnum(b.p[i]) &&
		    (b.p[i] == '\0' ||
			strchr("!#$%&'*+-.^_`|~", b.p[i]) == NULL))
			return false;
	}
	return b.len > 0;
}

static bool
equal_nocase(struct bytes b, const char *text)
{
	return b.len == strlen(text) &&
	    strncasecmp((const char *)b.p, text, b.len) == 0;
}

static struct bytes
trim(struct bytes b)
{
	while (b.len > 0 && (b.p[0] == ' ' || b.p[0] == '\t'))
		b = bytes_of(b.p + 1, b.len - 1);
	while (b.len > 0 && (b.p[b.len - 1] == ' ' || b.p[b.len - 1] == '\t'))
		b.len--;
	return b;
}

/* Takes up to the character, which is consumed and not part of *ret. */
static bool
take_until(struct reader *r, char end, struct bytes *ret)
{
	struct bytes rest = bytes_of(r->in.p + r->off, reader_left(r));
	const uint8_t *p;

	if (rest.len == 0 || (p = memchr(rest.p, end, rest.len)) == NULL)
		return false;
	return reader_take(r, (size_t)(p - rest.p), ret) && reader_skip(r, 1);
}

/* A line without its CRLF. */
static bool
take_line(struct reader *r, struct bytes *ret)
{
	return take_until(r, '\r', ret) && reader_skip(r, 1);
}

/*
 * No percent-encoding, query or dot segment: no resource here needs one, and
 * every proxy normalises them in its own way.
 */
static bool
target_valid(struct bytes t)
{
	if (t.len == 0 || t.len > HTTP_TARGET_MAX || t.p[0] != '/')
		return false;
	for (size_t i = 0; i < t.len; i++) {
		uint8_t c = t.p[i];

		if (!is_alnum(c) && c != '/' && c != '.' && c != '_' &&
		    c != '-')
			return false;
		if (i > 0 && t.p[i - 1] == '/' && (c == '/' || c == '.'))
			return false;
	}
	return true;
}

/* uri-host [ ":" port ], RFC 9110 7.2; names and addresses only. */
static bool
host_valid(struct bytes h)
{
	struct reader r = reader_of(h);
	struct bytes name, port;
	uint64_t number;

	if (h.len == 0 || h.len > 255)
		return false;
	if (h.p[0] == '[') {
		if (!reader_skip(&r, 1) || !take_until(&r, ']', &name) ||
		    name.len == 0)
			return false;
		for (size_t i = 0; i < name.len; i++)
			if (!isxdigit(name.p[i]) && name.p[i] != ':' &&
			    name.p[i] != '.')
				return false;
		if (reader_left(&r) == 0)
			return true;
		if (!reader_take(&r, 1, &port) || port.p[0] != ':')
			return false;
	} else if (!take_until(&r, ':', &name)) {
		name = h;
		r.off = h.len;
	}
	for (size_t i = 0; h.p[0] != '[' && i < name.len; i++)
		if (!is_alnum(name.p[i]) && name.p[i] != '.' &&
		    name.p[i] != '-' && name.p[i] != '_')
			return false;
	if (name.len == 0)
		return false;
	if (r.off == h.len && h.p[h.len - 1] != ':')
		return true;
	port = bytes_of(h.p + r.off, h.len - r.off);
	return number_parse("port", port, 1, 65535, &number, NULL) == ERR_OK;
}

static int
read_fields(struct reader *r, struct http_head *h, struct http_fault *f)
{
	struct http_field *field;
	struct bytes line;
	struct reader lr;

	for (;;) {
		if (!take_line(r, &line))
			return fault(f, 400, "unfinished line");
		if (line.len == 0)
			break;
		if (h->n_fields == HTTP_FIELDS_MAX)
			return fault(f, 431, "too many header fields");
		field = &h->fields[h->n_fields];
		lr = reader_of(line);
		/* A space before the colon or a folded line is no token. */
		if (!take_until(&lr, ':', &field->name) ||
		    !is_token(field->name))
			return fault(f, 400, "malformed header field name");
		field->value =
		    trim(bytes_of(line.p + lr.off, reader_left(&lr)));
		if (field->value.len > HTTP_VALUE_MAX)
			return fault(f, 431, "header field too large");
		for (size_t i = 0; i < h->n_fields; i++)
			if (h->fields[i].name.len == field->name.len &&
			    strncasecmp((const char *)h->fields[i].name.p,
				(const char *)field->name.p,
				field->name.len) == 0)
				return fault(f, 400, "header field repeated");
		h->n_fields++;
	}
	if (reader_left(r) != 0)
		return fault(f, 400, "bytes after the empty line");
	return ERR_OK;
}

/* RFC 9110 7.6.1: a list of tokens, of which we know two. */
static int
read_connection(struct http_head *h, struct http_fault *f)
{
	struct bytes value = http_head_field(h, "Connection"), token;
	struct reader r = reader_of(value);

	if (value.p == NULL)
		return ERR_OK;
	do {
		if (!take_until(&r, ',', &token)) {
			token = bytes_of(value.p + r.off, reader_left(&r));
			r.off = value.len;
		}
		token = trim(token);
		if (!is_token(token))
			return fault(f, 400, "malformed Connection");
		if (equal_nocase(token, "close"))
			h->close = true;
	} while (reader_left(&r) != 0);
	return ERR_OK;
}

/* RFC 9112 6: the one way to say how long a body is. */
static int
read_framing(struct http_head *h, struct http_fault *f)
{
	struct bytes length = http_head_field(h, "Content-Length");
	struct bytes coding = http_head_field(h, "Content-Encoding");

	if (length.p != NULL) {
		if (number_parse("length", length, 0, INT64_MAX, &h->length,
			NULL) != ERR_OK)
			return fault(f, 400, "malformed Content-Length");
		h->has_length = true;
	}
	if (http_head_field(h, "Transfer-Encoding").p != NULL) {
		if (h->has_length)
			return fault(f, 400,
			    "both Content-Length and Transfer-Encoding");
		return fault(f, 411, "a body needs a Content-Length");
	}
	if (coding.p != NULL && !equal_nocase(coding, "identity"))
		return fault(f, 415, "encoded bodies are not accepted");
	return read_connection(h, f);
}

int
http_head_request(struct bytes in, struct http_head *ret,
    struct http_fault *ret_fault)
{
	struct http_head h = { 0 };
	struct reader r = reader_of(in), lr;
	struct bytes line, version, host, expect;
	int rc;

	if (!take_line(&r, &line))
		return fault(ret_fault, 400, "unfinished line");
	lr = reader_of(line);
	if (!take_until(&lr, ' ', &h.method) || !is_token(h.method) ||
	    h.method.len > 16 || !take_until(&lr, ' ', &h.path))
		return fault(ret_fault, 400, "malformed request line");
	version = bytes_of(line.p + lr.off, reader_left(&lr));
	if (version.len != 8 ||
	    !bytes_equal_text(bytes_of(version.p, 5), "HTTP/"))
		return fault(ret_fault, 400, "malformed request line");
	if (!bytes_equal_text(version, "HTTP/1.1"))
		return fault(ret_fault, 505,
		    "another version of HTTP than 1.1");
	if (!target_valid(h.path))
		return fault(ret_fault, 400, "malformed request target");

	if ((rc = read_fields(&r, &h, ret_fault)) < 0 ||
	    (rc = read_framing(&h, ret_fault)) < 0)
		return rc;
	host = http_head_field(&h, "Host");
	if (host.p == NULL || !host_valid(host))
		return fault(ret_fault, 400, "missing or malformed Host");
	expect = http_head_field(&h, "Expect");
	if (expect.p != NULL && !equal_nocase(expect, "100-continue"))
		return fault(ret_fault, 417, "unknown expectation");
	h.continues = expect.p != NULL;
	*ret = h;
	return ERR_OK;
}

int
http_head_response(struct bytes in, struct http_head *ret,
    struct http_fault *ret_fault)
{
	struct http_head h = { 0 };
	struct reader r = reader_of(in), lr;
	struct bytes line, version, code;
	uint64_t status;
	int rc;

	if (!take_line(&r, &line))
		return fault(ret_fault, 400, "unfinished line");
	lr = reader_of(line);
	/* The reason phrase may be missing, with or without its space. */
	if (!take_until(&lr, ' ', &version) ||
	    !bytes_equal_text(version, "HTTP/1.1") ||
	    !reader_take(&lr, 3, &code) ||
	    number_parse("status", code, 100, 599, &status, NULL) != ERR_OK ||
	    (reader_left(&lr) != 0 && line.p[lr.off] != ' '))
		return fault(ret_fault, 400, "malformed status line");
	h.status = (unsigned)status;
	if ((rc = read_fields(&r, &h, ret_fault)) < 0 ||
	    (rc = read_framing(&h, ret_fault)) < 0)
		return rc;
	*ret = h;
	return ERR_OK;
}

struct bytes
http_head_field(const struct http_head *h, const char *name)
{
	for (size_t i = 0; i < h->n_fields; i++)
		if (equal_nocase(h->fields[i].name, name))
			return h->fields[i].value;
	return BYTES_NONE;
}

bool
http_head_type_is(const struct http_head *h, const char *type)
{
	struct bytes value = http_head_field(h, "Content-Type"), got;
	struct reader r = reader_of(value);

	if (value.p == NULL)
		return false;
	if (!take_until(&r, ';', &got))
		got = value;
	return equal_nocase(trim(got), type);
}
