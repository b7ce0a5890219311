/* SPDX-License-Identifier: Apache-2.0 */
#include "hgs/front/metrics.h"

#include <inttypes.h>
#include <string.h>

static size_t
index_of(struct metrics *m, const char *path)
{
	if (path == NULL)
		return 0;
	for (size_t i = 0; i < m->n_paths; i++)
		if (strcmp(m->paths[i], path) == 0)
			return i + 1;
	BUG_ON(m->n_paths == METRICS_PATHS_MAX);
	m->paths[m->n_paths++] = path;
	return m->n_paths;
}

void
metrics_count(struct metrics *m, const char *path, enum reason reason)
{
	if ((unsigned)reason >= REASON_COUNT)
		reason = REASON_InternalError;
	m->requests[index_of(m, path)][reason]++;
}

void
metrics_put(const struct metrics *m, struct buf *ret)
{
	(void)buf_put_text(ret,
	    "# HELP shieldwall_hgs_requests_total Answered requests.\n"
	    "# TYPE shieldwall_hgs_requests_total counter\n");
	for (size_t i = 0; i <= m->n_paths; i++) {
		for (unsigned j = 0; j < REASON_COUNT; j++) {
			if (m->requests[i][j] == 0)
				continue;
			(void)buf_printf(ret,
			    "shieldwall_hgs_requests_total{route=\"%s\","
			    "code=\"%s\",status=\"%u\"} %" PRIu64 "\n",
			    i == 0 ? "" : m->paths[i - 1],
			    j == 0 ? "ok" : reason_name((enum reason)j),
			    reason_http((enum reason)j), m->requests[i][j]);
		}
	}
}

void
metrics_put_number(struct buf *ret, const char *name, const char *type,
    const char *help, uint64_t value)
{
	(void)buf_printf(ret, "# HELP %s %s\n# TYPE %s %s\n%s %" PRIu64 "\n",
	    name, help, name, type, name, value);
}
