/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A server in a child process, and raw connections to it, for the tests of
 * src/http.
 */
#ifndef TESTS_HTTP_SERVICE_H
#define TESTS_HTTP_SERVICE_H

#include <arpa/inet.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "http/server.h"
#include "http/tls.h"
#include "t.h"

struct service {
	pid_t pid;
	uint16_t port;
};

static inline int
service_socket(uint16_t *ret_port)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t n = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) != 0 ||
	    listen(fd, 64) != 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &n) != 0)
		t_bail("no listening socket: %s", strerror(errno));
	*ret_port = ntohs(a.sin_port);
	return fd;
}

static struct event_base *service_base; /* in the child */

static inline void
service_end(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)event_base_loopbreak(arg);
}

static inline struct service
service_start(const struct http_server_config *config, struct bytes chain,
    struct bytes key)
{
	struct service s = { 0 };
	int fd = service_socket(&s.port);

	s.pid = fork();
	if (s.pid == 0) {
		struct http_server *server;
		struct http_tls *tls = NULL;
		struct event *term;
		struct diag d;

		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)signal(SIGPIPE, SIG_IGN);
		service_base = event_base_new();
		if (service_base == NULL ||
		    (key.p != NULL &&
			http_tls_server(chain, key, &tls, &d) < 0) ||
		    http_server_new(service_base, config, &server, &d) < 0 ||
		    http_server_listen(server, fd, tls, &d) < 0)
			_exit(1);
		term = evsignal_new(service_base, SIGTERM, service_end,
		    service_base);
		(void)evsignal_add(term, NULL);
		(void)event_base_dispatch(service_base);
		/* With everything freed, so that leaks are seen. */
		http_server_free(server);
		http_tls_free(tls);
		event_free(term);
		event_base_free(service_base);
		exit(0);
	}
	(void)close(fd);
	return s;
}

/* True if the server was alive until now and ends in order. */
static inline bool
service_stop(struct service *s)
{
	int status;
	bool alive = waitpid(s->pid, &status, WNOHANG) == 0;

	if (alive) {
		(void)kill(s->pid, SIGTERM);
		(void)waitpid(s->pid, &status, 0);
	}
	return alive && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static inline int
raw_connect(const struct service *s)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	a.sin_port = htons(s->port);
	if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof(a)) != 0)
		t_bail("cannot connect: %s", strerror(errno));
	return fd;
}

static inline void
raw_send(int fd, const void *p, size_t n)
{
	(void)!send(fd, p, n, MSG_NOSIGNAL);
}

/* What arrives until the end or `ms`; NUL-terminated; true at the end. */
static inline bool
raw_receive(int fd, char *text, size_t size, int ms)
{
	size_t at = 0;

	text[0] = '\0';
	for (;;) {
		struct pollfd p = { fd, POLLIN, 0 };
		ssize_t n;

		if (poll(&p, 1, ms) <= 0 || at == size - 1)
			return false;
		n = recv(fd, text + at, size - 1 - at, 0);
		if (n <= 0)
			return true;
		at += (size_t)n;
		text[at] = '\0';
	}
}

/* The status of the first answer, or 0. */
static inline unsigned
raw_status(const char *text)
{
	if (strlen(text) < 12 || strncmp(text, "HTTP/1.1 ", 9) != 0)
		return 0;
	return (unsigned)strtoul(text + 9, NULL, 10);
}

#endif
