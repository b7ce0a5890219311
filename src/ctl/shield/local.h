/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The local fabric: what guard-tpm, guardd and an HGS are to a guard-vm on a
 * host, the owner's keys are to one in local mode. There is nothing to attest
 * and nothing remembered: who has the owner's keys decides what may start, and
 * whether an HGS takes what was run here is for its own rules.
 */
#ifndef CTL_SHIELD_LOCAL_H
#define CTL_SHIELD_LOCAL_H

#include "ctl/shield/guardians.h"
#include "proto/guard.h"

#define LOCAL_STEP_MAX 128

struct local {
	const struct own_guardian *owner; /* NULL once it is not needed */
	void (*on_event)(void *arg);      /* guard-vm told something */
	void *arg;

	struct buf core;       /* the last one made */
	struct secret release; /* what opens it, until it is asked for */
	uint8_t id[32];        /* under which it is asked for */

	/* What guard-vm told last. */
	enum vm_phase phase;
	char step[LOCAL_STEP_MAX];
	char accel[8];
	bool unclean;
	uint64_t generation;
	struct diag why; /* with VM_PHASE_FAILED */
};
void local_init(struct local *l, const struct own_guardian *owner);
void local_free(struct local *l);
#define auto_local CLEANUP(local_free)

/*
 * One request of guard-vm's on the channel that a host's guard-tpm, or guardd,
 * answers. ERR_NOT_FOUND when it has closed it; ERR_PROTOCOL.
 */
MUST_CHECK int local_answer_tpm(struct local *l, int fd, struct diag *d);
MUST_CHECK int local_answer_relay(struct local *l, int fd, struct diag *d);

#endif
