/* SPDX-License-Identifier: Apache-2.0 */
#include "hgs/monitor/listen.h"

#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/text.h"

#define WORD_MAX 128

void
listeners_close(struct listeners *l)
{
	for (size_t i = 0; i < l->n; i++)
		close_p(&l->fds[i]);
	l->n = 0;
}

/* "scheme://address:port" into address and port; brackets are dropped. */
static int
take_apart(const char *word, const char *scheme, char *address, char *port,
    struct diag *d)
{
	size_t n = strlen(scheme);
	const char *rest = word + n + 3, *colon;
	uint64_t number;
	int r;

	if (strncmp(word, scheme, n) != 0 || strncmp(word + n, "://", 3) != 0 ||
	    (colon = strrchr(rest, ':')) == NULL || colon == rest)
		return diag_fail(d, ERR_USAGE,
		    "listen: %s is not %s://ADDRESS:PORT", word, scheme);
	r = number_parse("listen: port", bytes_of_text(colon + 1), 1, 65535,
	    &number, d);
	if (r < 0)
		return ERR_USAGE;
	(void)snprintf(port, 8, "%u", (unsigned)number);
	if (rest[0] == '[' && colon[-1] == ']')
		(void)snprintf(address, WORD_MAX, "%.*s",
		    (int)(colon - rest - 2), rest + 1);
	else
		(void)snprintf(address, WORD_MAX, "%.*s", (int)(colon - rest),
		    rest);
	return ERR_OK;
}

static int
listen_at(const struct addrinfo *a, const char *word, int *ret, struct diag *d)
{
	auto_close int fd =
	    socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int on = 1;

	if (fd < 0)
		return diag_errno(d, "listen: %s", word);
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
	    (a->ai_family == AF_INET6 &&
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) !=
		    0) ||
	    bind(fd, a->ai_addr, a->ai_addrlen) != 0 || listen(fd, 1024) != 0)
		return diag_errno(d, "listen: %s", word);
	*ret = TAKE_FD(&fd);
	return ERR_OK;
}

static int
listen_one(const char *word, const char *scheme, int *ret, struct diag *d)
{
	struct addrinfo want = { .ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE };
	struct addrinfo *list = NULL;
	char address[WORD_MAX], port[8];
	int r;

	if ((r = take_apart(word, scheme, address, port, d)) < 0)
		return r;
	if (getaddrinfo(address, port, &want, &list) != 0)
		return diag_fail(d, ERR_USAGE,
		    "listen: %s: the address is not a number", word);
	r = listen_at(list, word, ret, d);
	freeaddrinfo(list);
	return r;
}

int
listen_all(const char *words, const char *scheme, struct listeners *ret,
    struct diag *d)
{
	const char *p = words;
	char word[WORD_MAX];
	int r;

	ret->n = 0;
	for (;;) {
		size_t n;

		p += strspn(p, " ");
		n = strcspn(p, " ");
		if (n == 0)
			return ERR_OK;
		if (n >= sizeof(word) || ret->n == LISTEN_MAX) {
			listeners_close(ret);
			return diag_fail(d, ERR_USAGE,
			    "listen: more than %d addresses, or one too long",
			    LISTEN_MAX);
		}
		memcpy(word, p, n);
		word[n] = '\0';
		p += n;
		if ((r = listen_one(word, scheme, &ret->fds[ret->n], d)) < 0) {
			listeners_close(ret);
			return r;
		}
		ret->n++;
	}
}
