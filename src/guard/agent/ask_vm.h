/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests of an administrator to a running VM's guard-vm: answered by a job,
 * since a guest may take its time. What the VM's type allows guard-vm knows.
 */
#ifndef GUARD_AGENT_ASK_VM_H
#define GUARD_AGENT_ASK_VM_H

#include "guard/agent/agent.h"

MUST_CHECK int ask_vm_stop(struct agent *a, struct vm *v, struct client *c,
    bool kill, uint32_t seconds, struct diag *d);
MUST_CHECK int ask_vm_guest(struct agent *a, struct vm *v, struct client *c,
    struct bytes verb, struct bytes command, struct diag *d);
/* The client is answered with its end of a new connection. */
MUST_CHECK int ask_vm_console(struct agent *a, struct vm *v, struct client *c,
    struct bytes kind, struct diag *d);
MUST_CHECK int ask_vm_disk(struct agent *a, struct vm *v, struct client *c,
    struct bytes verb, struct bytes file, uint64_t size, struct diag *d);
/* Into the file that came beside the request. */
MUST_CHECK int ask_vm_dump(struct agent *a, struct vm *v, struct client *c,
    struct diag *d);

#endif
