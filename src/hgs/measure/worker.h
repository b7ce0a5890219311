/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one request of hgs-measure: a sealed memory file and where the parts of
 * an evidence bundle lie in it; the answer is the findings.
 */
#ifndef HGS_MEASURE_WORKER_H
#define HGS_MEASURE_WORKER_H

#include "ipc/service.h"

/* Longer than any honest log takes; shorter than hgs-attest waits. */
#define WORKER_WALL_SECONDS 15
#define WORKER_CPU_SECONDS  10

struct worker {
	/* Something was malformed: the next host gets a fresh process. */
	bool spent;
};

extern const struct service_op worker_ops[];
extern const size_t worker_n_ops;

#endif
