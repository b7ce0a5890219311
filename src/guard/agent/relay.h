/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The HGS calls that guardd makes for guard-vm: the key service's four paths,
 * with the proof that guard-tpm made, and nothing else.
 */
#ifndef GUARD_AGENT_RELAY_H
#define GUARD_AGENT_RELAY_H

#include "guard/common/guard_conf.h"
#include "proto/guard.h"

struct relay_job {
	const struct guard_conf *conf;
	const char *url; /* the HGS that attested this host */
	struct relay relay;
};

/* Refuses every path but the key service's. */
MUST_CHECK int relay_check(const struct relay *r, struct diag *d);
/* A job (guard/agent/job.h): struct relayed into ret. */
int relay_run(void *arg, struct buf *ret, struct diag *d);

#endif
