/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attempts to attest, one at a time, and whom each of them answers: who asks is
 * answered by one that began after that, since the one under way may have seen
 * the host, or the HGS, as it was before.
 */
#ifndef GUARD_AGENT_ATTEMPTS_H
#define GUARD_AGENT_ATTEMPTS_H

#include "base/base.h"

struct attempts {
	uint32_t begun; /* the number of the last one; 0: none yet */
	bool running;
	bool again; /* somebody asked since it began */
};

/*
 * The number of the attempt that answers who asks now. *ret_begin: the caller
 * begins it, and says attempts_begun() when that was possible.
 */
uint32_t attempts_ask(struct attempts *a, bool *ret_begin);
void attempts_begun(struct attempts *a);
/* The one that ran has ended; true: another one was asked for. */
bool attempts_ended(struct attempts *a);
/* The last one that ended answers who waits for this number. */
bool attempts_answer(const struct attempts *a, uint32_t number);

#endif
