/* SPDX-License-Identifier: Apache-2.0 */
#include "http/wire.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

uint64_t
http_wire_now(void)
{
	struct timespec t;

	BUG_ON(clock_gettime(CLOCK_MONOTONIC, &t) != 0);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static int
wait_for(int fd, short events, uint64_t deadline, struct diag *d)
{
	struct pollfd p = { fd, events, 0 };
	uint64_t now;
	int n;

	do {
		now = http_wire_now();
		if (now >= deadline)
			return diag_fail(d, ERR_TIMEOUT,
			    "http: the server took too long");
		n = poll(&p, 1,
		    deadline - now > 60000 ? 60000 : (int)(deadline - now));
	} while (n == 0 || (n < 0 && errno == EINTR));
	if (n < 0)
		return diag_errno(d, "http: cannot wait");
	return ERR_OK;
}

static int
connect_one(const struct addrinfo *a, int *ret_fd, uint64_t deadline,
    struct diag *d)
{
	auto_close int fd = -1;
	int on = 1, err = 0, r;
	socklen_t n = sizeof(err);

	fd =
	    socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return diag_errno(d, "http: cannot make a socket");
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (connect(fd, a->ai_addr, a->ai_addrlen) != 0) {
		if (errno != EINPROGRESS)
			return diag_errno(d, "http: cannot connect");
		if ((r = wait_for(fd, POLLOUT, deadline, d)) < 0)
			return r;
		if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &n) != 0)
			err = errno;
		errno = err;
		if (err != 0)
			return diag_errno(d, "http: cannot connect");
	}
	*ret_fd = TAKE_FD(&fd);
	return ERR_OK;
}

/* What to wait for before SSL wants to be called again; 0 on failure. */
static short
ssl_wants(SSL *ssl, int rc)
{
	switch (SSL_get_error(ssl, rc)) {
	case SSL_ERROR_WANT_READ:
		return POLLIN;
	case SSL_ERROR_WANT_WRITE:
		return POLLOUT;
	default:
		return 0;
	}
}

static int
ssl_failed(struct diag *d, const char *what)
{
	char text[160];
	unsigned long e = ERR_peek_last_error();

	ERR_error_string_n(e, text, sizeof(text));
	ERR_clear_error();
	return diag_fail(d, ERR_IO, "http: TLS: %s: %s", what,
	    e == 0 ? "the server closed the connection" : text);
}

static int
handshake(struct http_wire *w, struct http_tls *tls, const char *name,
    uint64_t deadline, struct diag *d)
{
	int rc, r;

	if ((r = http_tls_new(tls, name, &w->ssl, d)) < 0)
		return r;
	if (SSL_set_fd(w->ssl, w->fd) != 1)
		return ssl_failed(d, "cannot start");
	while ((rc = SSL_connect(w->ssl)) != 1) {
		short events = ssl_wants(w->ssl, rc);

		if (events == 0)
			return ssl_failed(d, "handshake");
		if ((r = wait_for(w->fd, events, deadline, d)) < 0)
			return r;
	}
	return http_tls_verify(tls, w->ssl, d);
}

int
http_wire_open(struct http_wire *w, const struct http_url *url,
    struct http_tls *tls, uint64_t deadline, struct diag *d)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_ADDRCONFIG };
	struct addrinfo *list = NULL;
	struct http_wire new = HTTP_WIRE_INIT;
	int r;

	if (url->tls != (tls != NULL))
		return diag_fail(d, ERR_USAGE, "http: %s",
		    url->tls ? "https needs a fingerprint or a "
			       "certificate file"
			     : "a fingerprint needs https");
	r = getaddrinfo(url->host, url->port, &hints, &list);
	if (r != 0)
		return diag_fail(d, ERR_NOT_FOUND, "http: %s: %s", url->host,
		    gai_strerror(r));
	r = ERR_IO;
	for (struct addrinfo *a = list; a != NULL && new.fd < 0; a = a->ai_next)
		r = connect_one(a, &new.fd, deadline, d);
	freeaddrinfo(list);
	if (r == ERR_OK && url->tls)
		r = handshake(&new, tls, url->host, deadline, d);
	if (r < 0) {
		diag_prefix(d, "%s", url->authority);
		http_wire_close(&new);
		return r;
	}
	*w = new;
	return ERR_OK;
}

bool
http_wire_stale(const struct http_wire *w)
{
	struct pollfd p = { w->fd, POLLIN, 0 };

	return w->fd < 0 || poll(&p, 1, 0) != 0;
}

int
http_wire_write(struct http_wire *w, struct bytes in, uint64_t deadline,
    struct diag *d)
{
	int r;

	while (in.len > 0) {
		size_t chunk = in.len < 1u << 20 ? in.len : 1u << 20;
		short events = POLLOUT;
		ssize_t n;

		if (w->ssl != NULL) {
			n = SSL_write(w->ssl, in.p, (int)chunk);
			if (n <= 0 && (events = ssl_wants(w->ssl, (int)n)) == 0)
				return ssl_failed(d, "cannot send");
		} else {
			n = send(w->fd, in.p, chunk, MSG_NOSIGNAL);
			if (n < 0 && errno != EAGAIN && errno != EINTR)
				return diag_errno(d, "http: cannot send");
		}
		if (n > 0)
			in = bytes_of(in.p + n, in.len - (size_t)n);
		else if ((r = wait_for(w->fd, events, deadline, d)) < 0)
			return r;
	}
	return ERR_OK;
}

int
http_wire_read(struct http_wire *w, uint8_t *p, size_t size, size_t *ret_n,
    uint64_t deadline, struct diag *d)
{
	int r;

	for (;;) {
		short events = POLLIN;
		ssize_t n;

		if (w->ssl != NULL) {
			n = SSL_read(w->ssl, p,
			    size > INT32_MAX ? INT32_MAX : (int)size);
			if (n <= 0 &&
			    SSL_get_error(w->ssl, (int)n) ==
				SSL_ERROR_ZERO_RETURN) {
				*ret_n = 0;
				return ERR_OK;
			}
			if (n <= 0 && (events = ssl_wants(w->ssl, (int)n)) == 0)
				return ssl_failed(d, "cannot receive");
		} else {
			n = recv(w->fd, p, size, 0);
			if (n < 0 && errno != EAGAIN && errno != EINTR)
				return diag_errno(d, "http: cannot receive");
		}
		if (n > 0 || (n == 0 && w->ssl == NULL)) {
			*ret_n = (size_t)n;
			return ERR_OK;
		}
		if ((r = wait_for(w->fd, events, deadline, d)) < 0)
			return r;
	}
}

void
http_wire_close(struct http_wire *w)
{
	if (w->ssl != NULL) {
		(void)SSL_shutdown(w->ssl);
		SSL_free(w->ssl);
		ERR_clear_error();
	}
	w->ssl = NULL;
	close_p(&w->fd);
}
