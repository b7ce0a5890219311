/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The server against raw bytes: what is malformed, slow or too much is
 * refused with the right status and closed, and the server lives on.
 */
#include "http/server.h"

#include <event2/event.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>

#include "service.h"

#define H "Host: h\r\n"

static void
echo(struct http_request *r, void *arg)
{
	struct http_answer a = { 200, REASON_NONE, "text/plain",
		http_request_body(r) };

	(void)arg;
	http_reply(r, &a);
}

static void
hello(struct http_request *r, void *arg)
{
	struct http_answer a = { 200, REASON_NONE, "text/plain",
		bytes_of_text("hello") };

	(void)arg;
	http_reply(r, &a);
}

/* Says how large the sealed file is, and whether it is really sealed. */
static void
bulk(struct http_request *r, void *arg)
{
	int fd = http_request_body_fd(r);
	struct http_answer a = { 200, REASON_NONE, "text/plain", BYTES_NONE };
	struct stat st;
	char text[64];
	bool sealed;

	(void)arg;
	if (fd < 0 || fstat(fd, &st) != 0) {
		http_refuse(r, REASON_InternalError);
		return;
	}
	sealed = fcntl(fd, F_GET_SEALS) ==
		(F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) &&
	    pwrite(fd, "x", 1, 0) < 0;
	(void)snprintf(text, sizeof(text), "%ld %d", (long)st.st_size, sealed);
	a.body = bytes_of_text(text);
	http_reply(r, &a);
}

static void
refuse(struct http_request *r, void *arg)
{
	(void)arg;
	http_refuse(r, REASON_UnauthorizedHost);
}

/* Never answers: the server must. */
static void
forget(struct http_request *r, void *arg)
{
	static struct http_request *forgotten;

	(void)arg;
	if (forgotten != NULL)
		http_refuse(forgotten, REASON_TransientError);
	forgotten = r;
}

static void
answer_late(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	hello(arg, NULL);
}

/* After 300 ms, when the peer may be gone. */
static void
late(struct http_request *r, void *arg)
{
	struct timeval tv = { 0, 300000 };

	(void)arg;
	(void)event_base_once(service_base, -1, EV_TIMEOUT, answer_late, r,
	    &tv);
}

static const struct http_route routes[] = {
	{ "GET", "/hello", NULL, 0, false, hello },
	{ "POST", "/echo", "application/json", 1024, false, echo },
	{ "POST", "/bulk", "application/octet-stream", 4 << 20, true, bulk },
	{ "GET", "/refuse", NULL, 0, false, refuse },
	{ "GET", "/forget", NULL, 0, false, forget },
	{ "GET", "/late", NULL, 0, false, late },
};

static struct http_server_config
config_of(void)
{
	struct http_server_config c = { routes, ARRAY_LEN(routes), NULL, NULL,
		http_limits_default };

	c.limits.connections_per_peer = 16;
	c.limits.rate_per_peer = 0;
	c.limits.body_total = 6 << 20;
	c.limits.request_ms = 800;
	c.limits.idle_ms = 800;
	c.limits.answer_ms = 800;
	return c;
}

static unsigned
ask(const struct service *s, const char *text, char *reply, size_t size,
    bool *ret_closed)
{
	int fd = raw_connect(s);

	raw_send(fd, text, strlen(text));
	*ret_closed = raw_receive(fd, reply, size, 1500);
	(void)close(fd);
	return raw_status(reply);
}

static const struct {
	const char *what;
	unsigned status;
	bool closes;
	const char *text;
} table[] = {
	{ "a plain request", 200, true,
	    "GET /hello HTTP/1.1\r\n" H "Connection: close\r\n\r\n" },
	{ "a body", 200, true,
	    "POST /echo HTTP/1.1\r\n" H "Content-Type: application/json\r\n"
	    "Content-Length: 2\r\nConnection: close\r\n\r\n{}" },
	{ "an unknown path", 404, true, "GET /x HTTP/1.1\r\n" H "\r\n" },
	{ "T60 a path in another case", 404, true,
	    "GET /Hello HTTP/1.1\r\n" H "\r\n" },
	{ "T60 a path with slash at its end", 404, true,
	    "GET /hello/ HTTP/1.1\r\n" H "\r\n" },
	{ "T60 an encoded path", 400, true,
	    "GET /%68ello HTTP/1.1\r\n" H "\r\n" },
	{ "T60 a climbing path", 400, true,
	    "GET /x/../hello HTTP/1.1\r\n" H "\r\n" },
	{ "T61 another method", 405, true,
	    "DELETE /hello HTTP/1.1\r\n" H "\r\n" },
	{ "T61 TRACE", 405, true, "TRACE /hello HTTP/1.1\r\n" H "\r\n" },
	{ "T61 a method in lower case", 405, true,
	    "get /hello HTTP/1.1\r\n" H "\r\n" },
	{ "T61 no Host", 400, true, "GET /hello HTTP/1.1\r\n\r\n" },
	{ "T61 \"Host :\"", 400, true,
	    "GET /hello HTTP/1.1\r\nHost : h\r\n\r\n" },
	{ "T61 bare line feeds", 400, true,
	    "GET /hello HTTP/1.1\nHost: h\n\n" },
	{ "T61 HTTP/1.0", 505, true, "GET /hello HTTP/1.0\r\n" H "\r\n" },
	{ "T61 HTTP/2 by prior knowledge", 505, true,
	    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" },
	{ "T61 a TLS hello on a plain port", 400, true, "\026\003\001\002" },
	{ "T61 two lengths", 400, true,
	    "POST /echo HTTP/1.1\r\n" H "Content-Type: application/json\r\n"
	    "Content-Length: 2\r\nContent-Length: 40\r\n\r\n{}"
	    "GET /hello HTTP/1.1\r\n" H "\r\n" },
	{ "T61 length and chunks", 400, true,
	    "POST /echo HTTP/1.1\r\n" H "Content-Type: application/json\r\n"
	    "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
	    "GET /hello HTTP/1.1\r\n" H "\r\n" },
	{ "T61 chunks", 411, true,
	    "POST /echo HTTP/1.1\r\n" H "Content-Type: application/json\r\n"
	    "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" },
	{ "T61 no length", 411, true,
	    "POST /echo HTTP/1.1\r\n" H
	    "Content-Type: application/json\r\n\r\n{}" },
	{ "T61 a signed length", 400, true,
	    "POST /echo HTTP/1.1\r\n" H "Content-Type: application/json\r\n"
	    "Content-Length: +2\r\n\r\n{}" },
	{ "T61 a body on GET", 400, true,
	    "GET /hello HTTP/1.1\r\n" H "Content-Length: 30\r\n\r\n"
	    "GET /hello HTTP/1.1\r\n" H "\r\n" },
	{ "T49 a body over its limit", 413, true,
	    "POST /echo HTTP/1.1\r\n" H "Content-Type: application/json\r\n"
	    "Content-Length: 1025\r\n\r\n" },
	{ "T49 a body of 2^62 bytes", 413, true,
	    "POST /bulk HTTP/1.1\r\n" H
	    "Content-Type: application/octet-stream\r\n"
	    "Content-Length: 4611686018427387904\r\n\r\n" },
	{ "T59 another media type", 415, true,
	    "POST /echo HTTP/1.1\r\n" H "Content-Type: text/xml\r\n"
	    "Content-Length: 2\r\n\r\n{}" },
	{ "T59 no media type", 415, true,
	    "POST /echo HTTP/1.1\r\n" H "Content-Length: 2\r\n\r\n{}" },
	{ "T59 a compressed body", 415, true,
	    "POST /echo HTTP/1.1\r\n" H "Content-Type: application/json\r\n"
	    "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}" },
	{ "an unknown expectation", 417, true,
	    "POST /echo HTTP/1.1\r\n" H "Content-Type: application/json\r\n"
	    "Expect: miracles\r\nContent-Length: 2\r\n\r\n{}" },
	{ "T61 a head that never ends", 408, true,
	    "GET /hello HTTP/1.1\r\n" H },
	{ "T61 a body that never comes", 408, true,
	    "POST /echo HTTP/1.1\r\n" H "Content-Type: application/json\r\n"
	    "Content-Length: 9\r\n\r\n{}" },
	{ "a handler that forgets", 503, true,
	    "GET /forget HTTP/1.1\r\n" H "\r\n" },
	{ "a refusal by reason", 403, false,
	    "GET /refuse HTTP/1.1\r\n" H "\r\n" },
	{ "two requests at once", 200, true,
	    "GET /refuse HTTP/1.1\r\n" H "\r\n"
	    "GET /hello HTTP/1.1\r\n" H "Connection: close\r\n\r\n" },
};

static void
test_table(const struct service *s)
{
	char reply[4096];
	bool closed;

	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		unsigned status, want = table[i].status;
		unsigned answers = 0;

		status = ask(s, table[i].text, reply, sizeof(reply), &closed);
		for (const char *p = reply;
		     (p = strstr(p, "HTTP/1.1 ")) != NULL; p++)
			answers++;
		if (strcmp(table[i].what, "two requests at once") == 0) {
			CHECK(status == 403 && answers == 2 &&
				strstr(reply, "\r\n\r\nhello") != NULL,
			    "%s: both answered in order", table[i].what);
			continue;
		}
		CHECK(status == want && answers == 1, "%s: %u", table[i].what,
		    want);
		if (status != 200 && table[i].closes)
			CHECK(closed && strstr(reply, "Connection: close"),
			    "%s: and the connection is closed", table[i].what);
		CHECK(strstr(reply, "\r\nDate:") == NULL &&
			strstr(reply, "\r\nServer:") == NULL,
		    "T62 %s: the answer tells nothing of the server",
		    table[i].what);
	}
	(void)ask(s, "GET /refuse HTTP/1.1\r\n" H "Connection: close\r\n\r\n",
	    reply, sizeof(reply), &closed);
	CHECK(strstr(reply,
		  "{\"code\":\"UnauthorizedHost\",\"message\":\"The "
		  "host is not registered with this HGS.\","
		  "\"attestation_status\":\"\",\"sub_status\":[],"
		  "\"reasons\":[]}") != NULL,
	    "a refusal is JSON of code, message and reasons");
	CHECK(strstr(reply, "Cache-Control: no-store") != NULL,
	    "no answer is to be stored");
}

static double
now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* One byte every 50 ms: each is activity, and none helps. */
static void
test_drip(const struct service *s, const char *what, const char *start,
    unsigned want)
{
	int fd = raw_connect(s);
	double begin = now(), end;
	char reply[1024];
	bool closed = false;

	raw_send(fd, start, strlen(start));
	while (!closed && now() - begin < 5) {
		struct pollfd p = { fd, POLLIN, 0 };

		raw_send(fd, "a", 1);
		closed = poll(&p, 1, 50) > 0;
	}
	end = now();
	(void)raw_receive(fd, reply, sizeof(reply), 1500);
	CHECK(raw_status(reply) == want && end - begin < 2,
	    "T61 slowloris, %s: %u after the deadline, not later", what, want);
	(void)close(fd);
}

static void
test_idle(const struct service *s)
{
	int fd = raw_connect(s);
	char reply[1024];
	double begin = now();

	CHECK(raw_receive(fd, reply, sizeof(reply), 3000) && reply[0] == '\0' &&
		now() - begin < 2,
	    "T61 a connection that says nothing is closed");
	(void)close(fd);
	fd = raw_connect(s);
	raw_send(fd, "GET /hello HTTP/1.1\r\n" H "\r\n", 32);
	begin = now();
	CHECK(raw_receive(fd, reply, sizeof(reply), 3000) &&
		raw_status(reply) == 200 && now() - begin < 2,
	    "T61 one that is kept and unused is closed too");
	(void)close(fd);
}

static void
test_body_parts(const struct service *s)
{
	static const char head[] =
	    "POST /bulk HTTP/1.1\r\n" H
	    "Content-Type: application/octet-stream\r\nConnection: close\r\n"
	    "Content-Length: 3000000\r\nExpect: 100-continue\r\n\r\n";
	char reply[1024], *rest = calloc(1, 3000000);
	int fd = raw_connect(s);

	raw_send(fd, head, strlen(head));
	(void)raw_receive(fd, reply, sizeof(reply), 200);
	CHECK(strcmp(reply, "HTTP/1.1 100 Continue\r\n\r\n") == 0,
	    "an expected 100 is sent");
	raw_send(fd, rest, 3000000);
	(void)raw_receive(fd, reply, sizeof(reply), 1500);
	CHECK(raw_status(reply) == 200 &&
		strstr(reply, "\r\n\r\n3000000 1") != NULL,
	    "a bulk body arrives whole, in a file that cannot be changed");
	(void)close(fd);
	free(rest);
}

static void
test_body_total(const struct service *s)
{
	static const char head[] = "POST /bulk HTTP/1.1\r\n" H
				   "Content-Type: application/octet-stream\r\n"
				   "Content-Length: 4000000\r\n\r\n";
	char reply[1024], *most = calloc(1, 3900000);
	int a = raw_connect(s), b = raw_connect(s);
	unsigned n = 0;
	bool closed;

	raw_send(a, head, strlen(head));
	raw_send(a, most, 3900000);
	raw_send(b, head, strlen(head));
	raw_send(b, most, 3900000);
	/* Whichever the server read last. */
	(void)raw_receive(b, reply, sizeof(reply), 300);
	n += raw_status(reply) == 503;
	(void)raw_receive(a, reply, sizeof(reply), 300);
	n += raw_status(reply) == 503;
	CHECK(n == 1, "T49 one body beyond the total: refused with 503");
	(void)close(a);
	(void)close(b);
	(void)usleep(100000);
	CHECK(ask(s, "GET /hello HTTP/1.1\r\n" H "Connection: close\r\n\r\n",
		  reply, sizeof(reply), &closed) == 200,
	    "and the service lives on");
	free(most);
}

static void
test_gone(const struct service *s)
{
	char reply[1024];
	bool closed;
	int fd;

	for (int i = 0; i < 4; i++) {
		struct linger hard = { 1, 0 };

		fd = raw_connect(s);
		raw_send(fd, "GET /late HTTP/1.1\r\n" H "\r\n", 31);
		(void)usleep(50000);
		if (i % 2 == 0)
			(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard,
			    sizeof(hard));
		(void)close(fd);
	}
	(void)usleep(400000);
	CHECK(ask(s, "GET /late HTTP/1.1\r\n" H "Connection: close\r\n\r\n",
		  reply, sizeof(reply), &closed) == 200,
	    "peers that leave before their answer do no harm");
	fd = raw_connect(s);
	raw_send(fd, "GET /late HTTP/1.1\r\n" H "\r\n", 31);
	(void)shutdown(fd, SHUT_WR);
	CHECK(raw_receive(fd, reply, sizeof(reply), 1500) &&
		raw_status(reply) == 200,
	    "one that closed its sending half gets its answer");
	(void)close(fd);
	fd = raw_connect(s);
	for (int i = 0; i < 20000; i++)
		raw_send(fd, "GET /hello HTTP/1.1\r\n" H "\r\n", 32);
	(void)close(fd);
}

static void
test_limits(void)
{
	struct http_server_config c = config_of();
	char reply[4096];
	int fds[5], late_fd;
	struct service s;
	unsigned n = 0;

	c.limits.connections_per_peer = 4;
	c.limits.rate_per_peer = 60;
	c.limits.burst_per_peer = 3;
	c.limits.idle_ms = c.limits.request_ms = 5000;
	s = service_start(&c, BYTES_NONE, BYTES_NONE);
	for (size_t i = 0; i < 5; i++)
		fds[i] = raw_connect(&s);
	CHECK(raw_receive(fds[4], reply, sizeof(reply), 1000) &&
		reply[0] == '\0',
	    "T61 a fifth connection of a peer that may have four is closed");
	CHECK(!raw_receive(fds[0], reply, sizeof(reply), 50),
	    "while the first stays");
	for (int i = 0; i < 5; i++)
		raw_send(fds[0], "GET /hello HTTP/1.1\r\n" H "\r\n", 32);
	(void)raw_receive(fds[0], reply, sizeof(reply), 1000);
	for (const char *p = reply; (p = strstr(p, "HTTP/1.1 200")) != NULL;
	     p++)
		n++;
	CHECK(n == 3 && strstr(reply, "HTTP/1.1 429") != NULL &&
		strstr(reply, "Retry-After: 1") != NULL,
	    "T61 requests beyond the rate: refused with 429");
	for (size_t i = 0; i < 5; i++)
		(void)close(fds[i]);
	(void)usleep(1200000);
	late_fd = raw_connect(&s);
	raw_send(late_fd, "GET /hello HTTP/1.1\r\n" H "\r\n", 32);
	(void)raw_receive(late_fd, reply, sizeof(reply), 300);
	CHECK(raw_status(reply) == 200, "a second later one more is answered");
	(void)close(late_fd);
	CHECK(service_stop(&s), "and the service lives on");
}

int
main(void)
{
	struct http_server_config c = config_of();
	struct service s = service_start(&c, BYTES_NONE, BYTES_NONE);
	char reply[1024];
	bool closed;

	test_table(&s);
	test_drip(&s, "head", "GET /hello HTTP/1.1\r\nHost: ", 408);
	test_drip(&s, "body",
	    "POST /bulk HTTP/1.1\r\n" H
	    "Content-Type: application/octet-stream\r\n"
	    "Content-Length: 1000000\r\n\r\n",
	    408);
	test_idle(&s);
	test_body_parts(&s);
	test_body_total(&s);
	test_gone(&s);
	CHECK(ask(&s, "GET /hello HTTP/1.1\r\n" H "Connection: close\r\n\r\n",
		  reply, sizeof(reply), &closed) == 200 &&
		closed,
	    "after all that the service answers");
	CHECK(service_stop(&s), "and is the same process");
	test_limits();
	return t_done();
}
