/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each peer holds: its connections, and a bucket of requests that fills
 * with time. A peer is an IPv4 address, an IPv6 /64 (what one customer gets),
 * or the local machine for Unix sockets. The table is bounded; when it is
 * full of active peers new ones are turned away.
 */
#ifndef HTTP_PEERS_H
#define HTTP_PEERS_H

#include <sys/socket.h>

#include "base/base.h"

struct http_peers;
struct http_peer;

#define HTTP_PEERS_MAX 16384

/* rate: requests per minute, 0: no limit; burst: at once. */
struct http_peers *http_peers_new(unsigned connections, unsigned rate,
    unsigned burst);
void http_peers_free(struct http_peers *p);

/* One more connection; NULL when the peer has too many. */
struct http_peer *http_peers_enter(struct http_peers *p,
    const struct sockaddr *address, uint64_t now_ms);
void http_peers_leave(struct http_peers *p, struct http_peer *peer);
/* One more request: false when the peer asks too often. */
bool http_peers_ask(struct http_peers *p, struct http_peer *peer,
    uint64_t now_ms);

#endif
