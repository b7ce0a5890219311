/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Listening TCP sockets from hgs.conf's words, opened as root before anything
 * else runs.
 */
#ifndef HGS_MONITOR_LISTEN_H
#define HGS_MONITOR_LISTEN_H

#include "base/err.h"
#include "hgs/common/roles.h"

struct listeners {
	int fds[LISTEN_MAX];
	size_t n;
};

/*
 * words: "SCHEME://ADDRESS:PORT", space between; ADDRESS is a number, IPv6 in
 * brackets. Numbers only, since a name could change its meaning.
 */
MUST_CHECK int listen_all(const char *words, const char *scheme,
    struct listeners *ret, struct diag *d);
void listeners_close(struct listeners *l);

#endif
