/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VMs outlive the guardd that had them started. A new one leaves channels here
 * for each of them, and the children come and take them.
 */
#include <string.h>

#include "guard/tpm/guard.h"

void
guard_vm_clear(struct guard_vm *vm)
{
	explicit_bzero(vm, sizeof(*vm));
	vm->fd = vm->left[0] = vm->left[1] = -1;
}

/* What an earlier guardd left and nobody took is of no use any more. */
static void
leave(struct guard_vm *vm, struct frame *from)
{
	for (size_t i = 0; i < ARRAY_LEN(vm->left); i++) {
		close_p(&vm->left[i]);
		vm->left[i] = TAKE_FD(&from->fds[i]);
	}
}

int
guard_on_vm_adopt(struct service_call *call, struct diag *d)
{
	struct vm_adopted out = { .slots = GUARD_VMS_MAX };
	struct guard *g = call->context;
	struct guard_vm *vm;
	struct vm_adopt in;
	int rc;

	if ((rc = fields_decode(&vm_adopt_fields, call->in->body, &in, d)) < 0)
		return rc;
	if (in.slot >= GUARD_VMS_MAX || !guard_two_sockets(call->in))
		return diag_fail(d, ERR_PROTOCOL,
		    "VM adopt: a slot below %d and two sockets", GUARD_VMS_MAX);
	vm = &g->vms[in.slot];
	if (vm->pid != 0) {
		leave(vm, call->in);
		out.name = bytes_of_text(vm->name);
		out.pid = (uint32_t)vm->pid;
	}
	return fields_encode(&vm_adopted_fields, &out, call->reply, d);
}

int
guard_on_vm_channel(struct service_call *call, struct diag *d)
{
	struct guard_vm *vm = call->peer;
	int *left = &vm->left[call->in->op == GUARD_OP_VM_COMMAND ? 0 : 1];

	(void)d;
	call->reply_fd = TAKE_FD(left);
	return ERR_OK;
}
