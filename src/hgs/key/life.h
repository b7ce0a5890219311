/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of a protector, as the HGS remembers it (design.md 3): one
 * confirmed seal per VM, and the pending ones made from it. Pure: a record
 * goes in and is changed, or is left as it was.
 *
 *   roll      the confirmed seal, or a pending one after a crash, gives a new
 *             pending one
 *   confirm   a pending seal becomes the confirmed one and voids its siblings;
 *             again, by the same host: the lease is renewed
 *   stopped   the VM may start anywhere
 */
#ifndef HGS_KEY_LIFE_H
#define HGS_KEY_LIFE_H

#include "protector/protector.h"
#include "proto/records.h"

struct life_ask {
	const struct core *core; /* what the host presents: verified */
	const uint8_t *host_id;
	uint64_t now;
	/* The owner's restore ticket was checked. */
	bool restore;
};

/*
 * May this seal be rolled? `known`: the store has a record of the VM; without
 * one *vm is filled here. RunningElsewhere, ProtectorSuperseded, VmUnknown.
 */
MUST_CHECK int life_admit(struct vm_record *vm, bool known,
    const struct life_ask *ask, struct diag *d);
/* After life_admit(): the seal that was made is pending. */
void life_offer(struct vm_record *vm, const uint8_t seal[static 32],
    const struct life_ask *ask);
/* NotConfirmed, ProtectorSuperseded, RunningElsewhere. */
MUST_CHECK int life_confirm(struct vm_record *vm, const struct life_ask *ask,
    uint32_t lease_seconds, struct diag *d);
/* NotConfirmed when this host does not run this seal. */
MUST_CHECK int life_stopped(struct vm_record *vm, const struct life_ask *ask,
    bool clean, struct diag *d);

#endif
