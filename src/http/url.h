/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The addresses of services: http://HOST[:PORT] or https://HOST[:PORT], where
 * HOST is a name, an IPv4 address or an IPv6 address in brackets. Nothing
 * else of RFC 3986: no user, path, query or fragment.
 */
#ifndef HTTP_URL_H
#define HTTP_URL_H

#include "base/base.h"
#include "base/err.h"

struct http_url {
	bool tls;
	char host[256]; /* without brackets */
	char port[6];
	char authority[272]; /* as in the Host field */
};

/* One "/" at the end is let pass. */
MUST_CHECK int http_url_parse(struct bytes text, struct http_url *ret,
    struct diag *d);

#endif
