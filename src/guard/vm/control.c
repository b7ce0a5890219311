/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guardd's requests: status, stop, and three words to the guest.
 */
#include <poll.h>

#include "base/log.h"
#include "guard/vm/vm.h"
#include "ipc/service.h"

#define GUEST_MS     10000
#define STOP_SECONDS 90
#define STOP_MAX     3600
#define ADOPT_MS     5000

static int
on_status(struct service_call *call, struct diag *d)
{
	return status_encode(call->context, call->reply, d);
}

static int
on_guest(struct service_call *call, struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(QGA_REPLY_MAX);
	struct vm_guest_reply reply;
	struct vm *vm = call->context;
	struct vm_guest q;
	enum qga_verb verb;
	int r;

	if ((r = fields_decode(&vm_guest_fields, call->in->body, &q, d)) < 0)
		return r;
	if (!qga_verb_find(q.verb, &verb))
		return diag_refuse(d, REASON_PermissionDenied,
		    "a guest is asked for ping, info and shutdown only");
	if (vm->phase != VM_PHASE_RUNNING)
		return diag_refuse(d, REASON_VmNotRunning, "%s: not running",
		    vm->name);
	if (vm->lease.paused || !lease_holds(&vm->lease))
		return diag_refuse(d, REASON_VmNotRunning, "%s: paused",
		    vm->name);
	if ((r = qga_call(&vm->machine.qga, verb, GUEST_MS, &b, d)) < 0)
		return r;
	reply.json = buf_bytes(&b);
	return fields_encode(&vm_guest_reply_fields, &reply, call->reply, d);
}

#define AGENT ((uint32_t)1 << GUARD_PEER_AGENT)

static const struct service_op ops[] = {
	{ GUARD_OP_VM_STATUS, AGENT, on_status, "VM status" },
	{ GUARD_OP_VM_GUEST, AGENT, on_guest, "VM guest" },
};

/* Answered when the VM has stopped, so not by the table. */
static int
take_stop(struct vm *vm, const struct frame *f, struct diag *d)
{
	struct diag why = { 0 };
	struct vm_stop q;
	int r = fields_decode(&vm_stop_fields, f->body, &q, d);

	if (r < 0)
		return r;
	if (vm->stop_waits) {
		/* The earlier one is answered by this one's taking over. */
		(void)diag_refuse(&why, REASON_InUse, "asked to stop again");
		vm_answer_stop(vm, ERR_REFUSED, &why);
	}
	vm->stop_waits = true;
	vm->stop_to = (struct frame){ .op = f->op, .id = f->id };
	if (q.seconds == 0)
		q.seconds = STOP_SECONDS;
	vm_stop_begin(vm, q.kill, q.seconds < STOP_MAX ? q.seconds : STOP_MAX);
	return ERR_OK;
}

static int
serve_one(struct vm *vm, struct diag *d)
{
	const struct service s = { ops, ARRAY_LEN(ops), vm };
	auto_buf struct buf storage = BUF_INIT(CHANNEL_BODY_MAX + 64);
	auto_frame struct frame f = FRAME_INIT;
	int r = channel_receive(vm->control_fd, 0, &storage, &f, d);

	if (r < 0)
		return r;
	if (f.kind == FRAME_REQUEST && f.op == GUARD_OP_VM_STOP)
		return take_stop(vm, &f, d);
	return service_dispatch(&s, vm->control_fd, GUARD_PEER_AGENT, NULL, &f,
	    d);
}

/* guardd may end; the VM goes on without it. */
void
control_serve(struct vm *vm)
{
	struct diag d = { 0 };
	int r;

	if (vm->control_fd < 0)
		return;
	r = serve_one(vm, &d);
	if (r == ERR_OK || r == ERR_TIMEOUT)
		return;
	log_warning("VM %s: guardd's channel is closed: %s", vm->name, d.text);
	close_p(&vm->control_fd);
}

static void
close_if_gone(int *fd)
{
	struct pollfd p = { *fd, 0, 0 };

	if (*fd >= 0 && poll(&p, 1, 0) == 1)
		close_p(fd);
}

/* guard-tpm keeps what guardd left, and has nothing for most of the time. */
static void
take_channel(struct vm *vm, uint16_t op, int *fd)
{
	auto_buf struct buf reply = BUF_INIT(64);
	int found = -1;

	if (*fd < 0 &&
	    channel_call(vm->tpm_fd, op, BYTES_NONE, NULL, 0, ADOPT_MS, &reply,
		&found, NULL) == ERR_OK)
		*fd = found;
}

void
control_adopt(struct vm *vm)
{
	bool gone;

	close_if_gone(&vm->control_fd);
	close_if_gone(&vm->relay_fd);
	gone = vm->relay_fd < 0;
	take_channel(vm, GUARD_OP_VM_COMMAND, &vm->control_fd);
	take_channel(vm, GUARD_OP_VM_RELAY, &vm->relay_fd);
	if (!gone || vm->relay_fd < 0)
		return;
	log_notice("VM %s: guardd is there again", vm->name);
	status_tell(vm);
	/* A renewal may have been missed. */
	if (vm->lease.end != 0)
		vm->lease.renew_at = lease_now();
}
