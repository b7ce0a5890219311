/* SPDX-License-Identifier: Apache-2.0 */
#include "http/peers.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "t.h"

static struct http_peer *
enter(struct http_peers *p, const char *text, uint64_t now)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };

	if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
		return http_peers_enter(p, (struct sockaddr *)&v4, now);
	if (inet_pton(AF_INET6, text, &v6.sin6_addr) != 1)
		t_bail("%s is no address", text);
	return http_peers_enter(p, (struct sockaddr *)&v6, now);
}

static void
test_connections(void)
{
	struct http_peers *p = http_peers_new(2, 0, 0);
	struct http_peer *a = enter(p, "10.0.0.1", 1000), *b;

	CHECK(a != NULL && enter(p, "10.0.0.1", 1000) == a,
	    "two connections are one peer");
	CHECK(enter(p, "10.0.0.1", 1000) == NULL,
	    "T61 a third of two: refused");
	CHECK(enter(p, "::ffff:10.0.0.1", 1000) == NULL,
	    "T61 also by its address mapped into IPv6");
	b = enter(p, "10.0.0.2", 1000);
	CHECK(b != NULL && b != a, "another address is another peer");
	http_peers_leave(p, a);
	CHECK(enter(p, "10.0.0.1", 1000) == a, "one left, one may come");
	a = enter(p, "2001:db8::1", 1000);
	CHECK(a != NULL && enter(p, "2001:db8::ffff:1", 1000) == a &&
		enter(p, "2001:db8:0:1::1", 1000) != a,
	    "T61 an IPv6 /64 is one peer");
	http_peers_free(p);
}

static void
test_rate(void)
{
	struct http_peers *p = http_peers_new(10, 600, 3);
	struct http_peer *a = enter(p, "10.0.0.1", 1000);
	unsigned n = 0;

	while (n < 10 && http_peers_ask(p, a, 1000))
		n++;
	CHECK(n == 3, "T61 a burst of three, then no more");
	CHECK(!http_peers_ask(p, a, 1099) && http_peers_ask(p, a, 1100),
	    "after a tenth of a second one more");
	CHECK(!http_peers_ask(p, a, 1100), "and only one");
	for (n = 0; n < 10 && http_peers_ask(p, a, (uint64_t)1 << 60);)
		n++;
	CHECK(n == 3, "however long it waits, it may ask three at once");
	http_peers_free(p);
}

static void
test_table(void)
{
	struct http_peers *p = http_peers_new(1, 60, 1);
	struct http_peer *last = NULL;
	char text[32];
	unsigned i;

	for (i = 0; i < HTTP_PEERS_MAX; i++) {
		(void)snprintf(text, sizeof(text), "10.%u.%u.1", i >> 8,
		    i & 255);
		if ((last = enter(p, text, 1000)) == NULL)
			break;
	}
	CHECK(i == HTTP_PEERS_MAX, "%d peers fit", HTTP_PEERS_MAX);
	CHECK(enter(p, "11.0.0.1", 1000) == NULL,
	    "T61 one more of them: refused, the table does not grow");
	CHECK(http_peers_ask(p, last, 1000), "the last may ask");
	http_peers_leave(p, last);
	CHECK(enter(p, "11.0.0.1", 1500) == NULL,
	    "one that left is remembered while its bucket is not full");
	CHECK(enter(p, "11.0.0.1", 2001) != NULL, "and then forgotten");
	http_peers_free(p);
}

int
main(void)
{
	test_connections();
	test_rate();
	test_table();
	return t_done();
}
