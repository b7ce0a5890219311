/* SPDX-License-Identifier: Apache-2.0 */
#include "http/peers.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/random.h>

#define TABLE_SIZE 4096 /* a power of two */
#define KEY_SIZE   9
/* A request costs what a rate of one per minute fills in a minute. */
#define COST 60000U

struct http_peer {
	struct http_peer *next;
	uint8_t key[KEY_SIZE]; /* family, then address or prefix */
	unsigned connections;
	uint64_t tokens; /* COST of them are a request */
	uint64_t filled_ms;
};

struct http_peers {
	struct http_peer *table[TABLE_SIZE];
	size_t n;
	unsigned connections;
	uint64_t rate; /* requests per minute = tokens per millisecond */
	uint64_t burst;
	uint64_t seed;
};

struct http_peers *
http_peers_new(unsigned connections, unsigned rate, unsigned burst)
{
	struct http_peers *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->connections = connections;
	p->rate = rate;
	p->burst = (uint64_t)(burst > 0 ? burst : 1) * COST;
	/* Only against chosen collisions; the table is bounded anyway. */
	if (getrandom(&p->seed, sizeof(p->seed), 0) < 0)
		p->seed = (uint64_t)(uintptr_t)p;
	return p;
}

void
http_peers_free(struct http_peers *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; i < TABLE_SIZE; i++) {
		struct http_peer *peer = p->table[i], *next;

		for (; peer != NULL; peer = next) {
			next = peer->next;
			free(peer);
		}
	}
	free(p);
}

static void
make_key(const struct sockaddr *address, uint8_t key[static KEY_SIZE])
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	memset(key, 0xff, KEY_SIZE);
	key[0] = (uint8_t)address->sa_family;
	if (address->sa_family == AF_INET) {
		memcpy(&v4, address, sizeof(v4));
		memcpy(key + 1, &v4.sin_addr, 4);
	} else if (address->sa_family == AF_INET6) {
		memcpy(&v6, address, sizeof(v6));
		if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
			key[0] = AF_INET;
			memcpy(key + 1, v6.sin6_addr.s6_addr + 12, 4);
		} else {
			memcpy(key + 1, v6.sin6_addr.s6_addr, 8);
		}
	}
}

static struct http_peer **
slot_of(struct http_peers *p, const uint8_t key[static KEY_SIZE])
{
	uint64_t h = p->seed ^ 0xcbf29ce484222325U;

	for (size_t i = 0; i < KEY_SIZE; i++)
		h = (h ^ key[i]) * 0x100000001b3U;
	return &p->table[(h >> 20) & (TABLE_SIZE - 1)];
}

static void
fill(const struct http_peers *p, struct http_peer *peer, uint64_t now_ms)
{
	uint64_t passed = now_ms - peer->filled_ms, room;

	room = p->burst - peer->tokens;
	if (p->rate == 0 || passed >= room / p->rate + 1)
		peer->tokens = p->burst;
	else
		peer->tokens += passed * p->rate;
	peer->filled_ms = now_ms;
}

/* Peers without connection and with a full bucket are as if never seen. */
static void
sweep(struct http_peers *p, struct http_peer **at, uint64_t now_ms)
{
	while (*at != NULL) {
		struct http_peer *peer = *at;

		fill(p, peer, now_ms);
		if (peer->connections == 0 && peer->tokens == p->burst) {
			*at = peer->next;
			free(peer);
			p->n--;
		} else {
			at = &peer->next;
		}
	}
}

static struct http_peer *
find(struct http_peers *p, const uint8_t key[static KEY_SIZE], uint64_t now_ms)
{
	struct http_peer **slot = slot_of(p, key), *peer;

	for (peer = *slot; peer != NULL; peer = peer->next)
		if (bytes_equal(bytes_of(peer->key, KEY_SIZE),
			bytes_of(key, KEY_SIZE)))
			return peer;
	sweep(p, slot, now_ms);
	if (p->n >= HTTP_PEERS_MAX)
		for (size_t i = 0; i < TABLE_SIZE; i++)
			sweep(p, &p->table[i], now_ms);
	if (p->n >= HTTP_PEERS_MAX || (peer = calloc(1, sizeof(*peer))) == NULL)
		return NULL;
	memcpy(peer->key, key, KEY_SIZE);
	peer->tokens = p->burst;
	peer->filled_ms = now_ms;
	peer->next = *slot;
	*slot = peer;
	p->n++;
	return peer;
}

struct http_peer *
http_peers_enter(struct http_peers *p, const struct sockaddr *address,
    uint64_t now_ms)
{
	uint8_t key[KEY_SIZE];
	struct http_peer *peer;

	make_key(address, key);
	peer = find(p, key, now_ms);
	if (peer == NULL || peer->connections >= p->connections)
		return NULL;
	peer->connections++;
	return peer;
}

void
http_peers_leave(struct http_peers *p, struct http_peer *peer)
{
	(void)p;
	peer->connections--;
}

bool
http_peers_ask(struct http_peers *p, struct http_peer *peer, uint64_t now_ms)
{
	if (p->rate == 0)
		return true;
	fill(p, peer, now_ms);
	if (peer->tokens < COST)
		return false;
	peer->tokens -= COST;
	return true;
}
