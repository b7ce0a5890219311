/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hgs-front: HTTP on one side, typed requests on the other. It decodes,
 * passes on and encodes; it decides nothing, keeps nothing, and holds no key
 * but that of its TLS listener.
 */
#ifndef HGS_FRONT_FRONT_H
#define HGS_FRONT_FRONT_H

#include "hgs/front/backend.h"
#include "hgs/front/metrics.h"
#include "http/server.h"

struct front {
	struct backend *attest;
	struct backend *key;
	struct http_server *public;
	struct metrics metrics;
};

#define FRONT_ROUTES_MAX 20

/*
 * The routes of design.md 4, in memory that the caller gives; evidence_max
 * bounds an evidence bundle. Returns how many there are.
 */
size_t front_routes(struct http_route ret[static FRONT_ROUTES_MAX],
    size_t evidence_max);
/* GET /metrics, for a listener of its own. */
extern const struct http_route front_metrics_route;
/* Counts one answer; arg is the struct front. */
void front_observe(const char *path, unsigned status, enum reason reason,
    void *arg);

#endif
