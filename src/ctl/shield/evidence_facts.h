/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a boot log says about Secure Boot and the boot attempts: in the SHA-256
 * bank by the very code that judges hosts, in logs without it by the events
 * whose digests are of their data.
 */
#ifndef CTL_SHIELD_EVIDENCE_FACTS_H
#define CTL_SHIELD_EVIDENCE_FACTS_H

#include "ctl/shield/evidence.h"
#include "measure/event_digest.h"
#include "measure/secureboot.h"

enum facts_variable {
	FACTS_PK,
	FACTS_KEK,
	FACTS_DB,
	FACTS_DBX,
	FACTS_VARIABLES
};

struct log_facts {
	struct secureboot_reader reader; /* SHA-256 bank */
	struct secureboot secureboot;
	bool judged;   /* PCR 7 is believable: secureboot is set */
	uint8_t state; /* enum secureboot_state, by the first such variable */
	/* Digests of the events, in SHA-256 where the log has it. */
	size_t variable_len[FACTS_VARIABLES];
	uint8_t variable[FACTS_VARIABLES][HASH_SIZE_MAX];
	uint32_t n_calls; /* "Calling EFI Application" */
	uint32_t n_returns;
};

/* ERR_REFUSED: PCR 7 is not what firmware makes of it. */
MUST_CHECK int log_facts_event(struct log_facts *f, const struct tcglog *log,
    struct tcg_event *e, enum event_digest of, struct diag *d);
MUST_CHECK int log_facts_end(struct log_facts *f, const struct tcglog *log,
    struct diag *d);
void put_facts(struct show *s, struct json_out *o, const struct log_facts *f);

#endif
