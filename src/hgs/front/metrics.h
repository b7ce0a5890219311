/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counters in Prometheus' text format (version 0.0.4): requests per route and
 * reason. Nothing in it names a host or a VM.
 */
#ifndef HGS_FRONT_METRICS_H
#define HGS_FRONT_METRICS_H

#include "base/buf.h"
#include "base/reason.h"

#define METRICS_MEDIA_TYPE "text/plain; version=0.0.4"
#define METRICS_PATHS_MAX  24

struct metrics {
	const char *paths[METRICS_PATHS_MAX]; /* static texts */
	size_t n_paths;
	/* [0]: no route was found. [i + 1]: paths[i]. */
	uint64_t requests[METRICS_PATHS_MAX + 1][REASON_COUNT];
};

/* path: static text, or NULL. */
void metrics_count(struct metrics *m, const char *path, enum reason reason);
void metrics_put(const struct metrics *m, struct buf *ret);
/* One more number: type is "gauge" or "counter". */
void metrics_put_number(struct buf *ret, const char *name, const char *type,
    const char *help, uint64_t value);

#endif
