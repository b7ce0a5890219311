/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests of an administrator to a running VM's guard-vm: answered by a job,
 * since a guest may take its time.
 */
#ifndef GUARD_AGENT_ASK_VM_H
#define GUARD_AGENT_ASK_VM_H

#include "guard/agent/agent.h"

MUST_CHECK int ask_vm_stop(struct agent *a, struct vm *v, struct client *c,
    bool kill, uint32_t seconds, struct diag *d);
/* verb: ping, info or shutdown. */
MUST_CHECK int ask_vm_guest(struct agent *a, struct vm *v, struct client *c,
    struct bytes verb, struct diag *d);

#endif
