/* SPDX-License-Identifier: Apache-2.0 */
#include "http/head.h"

#include "t.h"

#define H "Host: hgs.example\r\n"

static unsigned
status_of(const char *text, struct http_head *h)
{
	struct http_fault f = { 0, "" };
	size_t len;

	if (http_head_scan(bytes_of_text(text), &len, &f) < 0 ||
	    (len != 0 && http_head_request(bytes_of(text, len), h, &f) < 0))
		return f.status;
	return len == 0 ? 0 : 200;
}

/* What is sent, and the status it must be refused with. */
static const struct {
	const char *what;
	unsigned status;
	const char *text;
} table[] = {
	{ "a plain request", 200, "GET / HTTP/1.1\r\n" H "\r\n" },
	{ "a host with port", 200,
	    "GET / HTTP/1.1\r\nHost: h.example:8443\r\n\r\n" },
	{ "a numeric host", 200, "GET / HTTP/1.1\r\nhost:10.0.0.1\r\n\r\n" },
	{ "an IPv6 host", 200, "GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n" },
	{ "an IPv6 host without port", 200,
	    "GET / HTTP/1.1\r\nHost: [fe80::1]\r\n\r\n" },
	{ "length 0", 200,
	    "POST /a HTTP/1.1\r\n" H "Content-Length: 0\r\n\r\n" },
	{ "not all of it", 0, "GET / HTTP/1.1\r\n" H "\r" },
	{ "T61 bare line feeds", 400, "GET / HTTP/1.1\nHost: h\n\n" },
	{ "T61 a bare carriage return", 400,
	    "GET / HTTP/1.1\r\n" H "A: b\rC: d\r\n\r\n" },
	{ "T61 a control character", 400,
	    "GET / HTTP/1.1\r\n" H "A: b\001\r\n\r\n" },
	{ "T61 a byte above ASCII", 400,
	    "GET / HTTP/1.1\r\n" H "A: \377\r\n\r\n" },
	{ "T61 an empty line first", 400, "\r\nGET / HTTP/1.1\r\n" H "\r\n" },
	{ "two spaces in the request line", 400,
	    "GET  / HTTP/1.1\r\n" H "\r\n" },
	{ "a tab in the request line", 400, "GET\t/ HTTP/1.1\r\n" H "\r\n" },
	{ "a trailing space in the request line", 400,
	    "GET / HTTP/1.1 \r\n" H "\r\n" },
	{ "HTTP/0.9", 400, "GET /\r\n\r\n" },
	{ "HTTP/1.0", 505, "GET / HTTP/1.0\r\n" H "\r\n" },
	{ "HTTP/1.2", 505, "GET / HTTP/1.2\r\n" H "\r\n" },
	{ "HTTP/2.0", 505, "PRI * HTTP/2.0\r\n\r\n" },
	{ "a lower-case version", 400, "GET / http/1.1\r\n" H "\r\n" },
	{ "an absolute target", 400, "GET http://h/ HTTP/1.1\r\n" H "\r\n" },
	{ "an authority target", 400, "CONNECT h:1 HTTP/1.1\r\n" H "\r\n" },
	{ "the target *", 400, "OPTIONS * HTTP/1.1\r\n" H "\r\n" },
	{ "T60 dot segments", 400, "GET /a/../b HTTP/1.1\r\n" H "\r\n" },
	{ "T60 a dot segment", 400, "GET /./b HTTP/1.1\r\n" H "\r\n" },
	{ "T60 an empty segment", 400, "GET //b HTTP/1.1\r\n" H "\r\n" },
	{ "T60 percent-encoding", 400, "GET /%2e%2e HTTP/1.1\r\n" H "\r\n" },
	{ "T60 an encoded NUL", 400, "GET /a%00 HTTP/1.1\r\n" H "\r\n" },
	{ "T60 a backslash", 400, "GET /a\\b HTTP/1.1\r\n" H "\r\n" },
	{ "a query", 400, "GET /a?b HTTP/1.1\r\n" H "\r\n" },
	{ "a fragment", 400, "GET /a#b HTTP/1.1\r\n" H "\r\n" },
	{ "T61 no Host", 400, "GET / HTTP/1.1\r\n\r\n" },
	{ "T61 an empty Host", 400, "GET / HTTP/1.1\r\nHost:\r\n\r\n" },
	{ "T61 two Hosts", 400, "GET / HTTP/1.1\r\n" H H "\r\n" },
	{ "T61 a Host list", 400, "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n" },
	{ "T61 a Host with user", 400, "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n" },
	{ "T61 a Host with path", 400, "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n" },
	{ "T61 a Host with an empty port", 400,
	    "GET / HTTP/1.1\r\nHost: a:\r\n\r\n" },
	{ "T61 a Host with port 65536", 400,
	    "GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n" },
	{ "T61 a Host with two ports", 400,
	    "GET / HTTP/1.1\r\nHost: a:1:2\r\n\r\n" },
	{ "T61 an open IPv6 bracket", 400,
	    "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n" },
	{ "T61 \"Host :\"", 400, "GET / HTTP/1.1\r\nHost : h\r\n\r\n" },
	{ "T61 \" Host:\"", 400, "GET / HTTP/1.1\r\n Host: h\r\n\r\n" },
	{ "T61 a folded field", 400,
	    "GET / HTTP/1.1\r\n" H "A: b\r\n c\r\n\r\n" },
	{ "a field without colon", 400, "GET / HTTP/1.1\r\n" H "Abc\r\n\r\n" },
	{ "a field without name", 400, "GET / HTTP/1.1\r\n" H ": b\r\n\r\n" },
	{ "T61 two lengths", 400,
	    "POST / HTTP/1.1\r\n" H
	    "Content-Length: 1\r\nContent-Length: 2\r\n\r\n" },
	{ "T61 two equal lengths", 400,
	    "POST / HTTP/1.1\r\n" H
	    "Content-Length: 1\r\ncontent-length: 1\r\n\r\n" },
	{ "T61 a length list", 400,
	    "POST / HTTP/1.1\r\n" H "Content-Length: 1, 1\r\n\r\n" },
	{ "T61 a signed length", 400,
	    "POST / HTTP/1.1\r\n" H "Content-Length: +5\r\n\r\n" },
	{ "T61 a negative length", 400,
	    "POST / HTTP/1.1\r\n" H "Content-Length: -5\r\n\r\n" },
	{ "T61 a hexadecimal length", 400,
	    "POST / HTTP/1.1\r\n" H "Content-Length: 0x5\r\n\r\n" },
	{ "T61 a length with leading zero", 400,
	    "POST / HTTP/1.1\r\n" H "Content-Length: 05\r\n\r\n" },
	{ "T61 a length above 2^64", 400,
	    "POST / HTTP/1.1\r\n" H
	    "Content-Length: 18446744073709551617\r\n\r\n" },
	{ "T61 an empty length", 400,
	    "POST / HTTP/1.1\r\n" H "Content-Length:\r\n\r\n" },
	{ "T61 length and chunks", 400,
	    "POST / HTTP/1.1\r\n" H
	    "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n" },
	{ "T61 chunks", 411,
	    "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n" },
	{ "T61 obscured chunks", 411,
	    "POST / HTTP/1.1\r\n" H "Transfer-Encoding: xchunked\r\n\r\n" },
	{ "T61 \"Transfer-Encoding :\"", 400,
	    "POST / HTTP/1.1\r\n" H "Transfer-Encoding : chunked\r\n\r\n" },
	{ "T59 a compressed body", 415,
	    "POST / HTTP/1.1\r\n" H
	    "Content-Length: 9\r\nContent-Encoding: gzip\r\n\r\n" },
	{ "an unknown expectation", 417,
	    "POST / HTTP/1.1\r\n" H "Expect: 200-ok\r\n\r\n" },
	{ "a malformed Connection", 400,
	    "GET / HTTP/1.1\r\n" H "Connection: a b\r\n\r\n" },
};

static void
test_limits(void)
{
	char text[HTTP_HEAD_MAX + 64];
	struct http_head h;
	size_t n;

	n = (size_t)snprintf(text, sizeof(text), "GET / HTTP/1.1\r\n" H);
	for (int i = 1; i < HTTP_FIELDS_MAX; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "A%d: b\r\n",
		    i);
	(void)snprintf(text + n, sizeof(text) - n, "\r\n");
	CHECK(status_of(text, &h) == 200 && h.n_fields == HTTP_FIELDS_MAX,
	    "%d fields pass", HTTP_FIELDS_MAX);
	(void)snprintf(text + n, sizeof(text) - n, "B: c\r\n\r\n");
	CHECK(status_of(text, &h) == 431, "T61 one more: refused with 431");

	n = (size_t)snprintf(text, sizeof(text),
	    "GET / HTTP/1.1\r\n" H "A: %0*d\r\n\r\n", HTTP_VALUE_MAX, 0);
	CHECK(status_of(text, &h) == 200, "a field of %d bytes passes",
	    HTTP_VALUE_MAX);
	n = (size_t)snprintf(text, sizeof(text),
	    "GET / HTTP/1.1\r\n" H "A: %0*d\r\n\r\n", HTTP_VALUE_MAX + 1, 0);
	CHECK(status_of(text, &h) == 431, "T61 one byte more: refused");

	memset(text, 'a', sizeof(text));
	text[HTTP_HEAD_MAX - 1] = '\0';
	CHECK(status_of(text, &h) == 0, "one byte less than the limit waits");
	text[HTTP_HEAD_MAX - 1] = 'a';
	text[HTTP_HEAD_MAX] = '\0';
	CHECK(status_of(text, &h) == 431, "T61 no end in %d bytes: refused",
	    HTTP_HEAD_MAX);
	(void)n;
}

static unsigned
response_of(const char *text, struct http_head *h)
{
	struct http_fault f = { 0, "" };
	size_t len;

	if (http_head_scan(bytes_of_text(text), &len, &f) < 0 || len == 0 ||
	    http_head_response(bytes_of(text, len), h, &f) < 0)
		return 0;
	return h->status;
}

static void
test_response(void)
{
	struct http_head h;

	CHECK(response_of("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", &h) ==
		    200 &&
		h.has_length && h.length == 5 && !h.close,
	    "a response is read");
	CHECK(response_of("HTTP/1.1 503\r\nConnection: close\r\n\r\n", &h) ==
		    503 &&
		h.close,
	    "one without a phrase too");
	CHECK(response_of("HTTP/1.0 200 OK\r\n\r\n", &h) == 0,
	    "HTTP/1.0: refused");
	CHECK(response_of("HTTP/1.1 20 OK\r\n\r\n", &h) == 0 &&
		response_of("HTTP/1.1 2000\r\n\r\n", &h) == 0 &&
		response_of("HTTP/1.1 600 X\r\n\r\n", &h) == 0,
	    "odd status codes: refused");
	CHECK(response_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked"
			  "\r\n\r\n",
		  &h) == 0,
	    "a chunked response: refused");
}

int
main(void)
{
	struct http_head h;

	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		CHECK(status_of(table[i].text, &h) == table[i].status, "%s: %u",
		    table[i].what, table[i].status);
	CHECK(status_of("POST /a/b.c HTTP/1.1\r\n" H
			"Content-Type: Application/JSON ; charset=utf-8\r\n"
			"Connection: x, Close\r\nExpect: 100-Continue\r\n"
			"Content-Length: 77\r\n\r\nbody",
		  &h) == 200 &&
		bytes_equal_text(h.method, "POST") &&
		bytes_equal_text(h.path, "/a/b.c") && h.length == 77 &&
		h.close && h.continues,
	    "a request's parts are found");
	CHECK(http_head_type_is(&h, "application/json") &&
		!http_head_type_is(&h, "application/jso"),
	    "its media type is compared without case and parameters");
	CHECK(http_head_field(&h, "x").p == NULL, "an absent field is absent");
	test_limits();
	test_response();
	return t_done();
}
