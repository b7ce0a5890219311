/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guardd's requests. What a VM may be asked its type says (vm/level.h), and
 * what that refuses is recorded.
 */
#include <poll.h>
#include <stdio.h>
#include <time.h>

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

/* Nothing is asked of a guest that does not run. */
static int
need_running(const struct vm *vm, struct diag *d)
{
	if (vm->phase != VM_PHASE_RUNNING)
		return diag_refuse(d, REASON_VmNotRunning, "%s: not running",
		    vm->name);
	if (vm->lease.paused || !lease_holds(&vm->lease))
		return diag_refuse(d, REASON_VmNotRunning, "%s: paused",
		    vm->name);
	return ERR_OK;
}

static uint64_t
wall_ns(void)
{
	struct timespec t;

	BUG_ON(clock_gettime(CLOCK_REALTIME, &t) != 0);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static int
ask_guest(struct vm *vm, const struct vm_guest *q, enum qga_verb verb,
    struct buf *ret, struct diag *d)
{
	const struct vm_config *c = &vm->folder.config;
	const struct qga_request ask = { .verb = verb,
		.command = q->command,
		.now = wall_ns() };
	int r;

	if (!qga_verb_is_basic(verb) &&
	    (r = vm_feature_need(c->level, c->features, VM_FEATURE_INTEGRATION,
		 d)) < 0)
		return r;
	if ((verb == QGA_EXEC) != (q->command.len != 0))
		return diag_fail(d, ERR_USAGE, "exec alone takes a command");
	if ((r = need_running(vm, d)) < 0)
		return r;
	return qga_ask(&vm->machine.qga, &ask,
	    (unsigned)lease_patience(&vm->lease, GUEST_MS), ret, d);
}

static int
on_guest(struct service_call *call, struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(QGA_REPLY_MAX);
	struct vm_guest_reply reply;
	struct vm *vm = call->context;
	struct vm_guest q;
	char what[80];
	enum qga_verb verb;
	int r;

	if ((r = fields_decode(&vm_guest_fields, call->in->body, &q, d)) < 0)
		return r;
	if (!qga_verb_find(q.verb, &verb))
		return diag_fail(d, ERR_USAGE,
		    "a guest is asked for ping, info, shutdown, freeze, thaw, "
		    "time, osinfo, network or exec");
	r = ask_guest(vm, &q, verb, &b, d);
	if (!qga_verb_is_basic(verb)) {
		(void)snprintf(what, sizeof(what), "guest %.*s",
		    (int)q.verb.len, (const char *)q.verb.p);
		record_request(vm, q.uid, what, r, d);
	}
	if (r < 0)
		return r;
	reply.json = buf_bytes(&b);
	return fields_encode(&vm_guest_reply_fields, &reply, call->reply, d);
}

static int
on_console(struct service_call *call, struct diag *d)
{
	struct vm *vm = call->context;
	struct vm_console q;
	char what[80];
	int r;

	if ((r = fields_decode(&vm_console_fields, call->in->body, &q, d)) < 0)
		return r;
	if (call->in->n_fds != 1)
		return diag_fail(d, ERR_PROTOCOL, "console: one descriptor");
	if (vm->machine.qemu == 0)
		return need_running(vm, d);
	r = console_show(vm, q.kind, call->in->fds[0], d);
	(void)snprintf(what, sizeof(what), "console %.*s", (int)q.kind.len,
	    (const char *)q.kind.p);
	record_request(vm, q.uid, what, r, d);
	return r;
}

static int
on_disk(struct service_call *call, struct diag *d)
{
	struct vm *vm = call->context;
	struct vm_disk_reply reply;
	struct vm_disk q;
	char what[160];
	int r;

	if ((r = fields_decode(&vm_disk_fields, call->in->body, &q, d)) < 0 ||
	    (r = need_running(vm, d)) < 0)
		return r;
	r = disks_change(vm, &q, &reply, d);
	(void)snprintf(what, sizeof(what), "disk %.*s %.*s", (int)q.verb.len,
	    (const char *)q.verb.p, (int)q.file.len, (const char *)q.file.p);
	record_request(vm, q.uid, what, r, d);
	return r < 0
	    ? r
	    : fields_encode(&vm_disk_reply_fields, &reply, call->reply, d);
}

#define AGENT ((uint32_t)1 << GUARD_PEER_AGENT)

static const struct service_op ops[] = {
	{ GUARD_OP_VM_STATUS, AGENT, on_status, "VM status" },
	{ GUARD_OP_VM_GUEST, AGENT, on_guest, "VM guest" },
	{ GUARD_OP_VM_CONSOLE, AGENT, on_console, "VM console" },
	{ GUARD_OP_VM_DISK, AGENT, on_disk, "VM disk" },
};

static void
answer_dump(struct vm *vm, int r, const struct diag *why)
{
	struct diag d = { 0 };
	int sent;

	vm->dump.waits = false;
	record_request(vm, vm->dump.uid, "dump", r, why);
	if (vm->control_fd < 0)
		return;
	sent = r < 0
	    ? channel_reply_error(vm->control_fd, &vm->dump.to, r, why, &d)
	    : channel_reply(vm->control_fd, &vm->dump.to, BYTES_NONE, NULL, 0,
		  &d);
	if (sent < 0)
		log_warning("VM %s: %s", vm->name, d.text);
}

static int
begin_dump(struct vm *vm, const struct frame *f, struct diag *d)
{
	const struct vm_config *c = &vm->folder.config;
	int r;

	if (f->n_fds != 1)
		return diag_fail(d, ERR_PROTOCOL, "dump: one descriptor");
	/* First what its type says, whether it runs or not. */
	if ((r = vm_feature_need(c->level, c->features, VM_FEATURE_DEBUG, d)) <
		0 ||
	    (r = need_running(vm, d)) < 0)
		return r;
	vm->machine.dump_ended = vm->machine.dump_good = false;
	return qmp_dump(&vm->machine.qmp, f->fds[0], d);
}

/* Answered when the memory is written, so not by the table. */
static int
take_dump(struct vm *vm, const struct frame *f, struct diag *d)
{
	struct diag why = { 0 };
	struct vm_dump q;
	int r = fields_decode(&vm_dump_fields, f->body, &q, d);

	if (r < 0)
		return r;
	if (vm->dump.waits) {
		(void)diag_refuse(&why, REASON_InUse,
		    "a dump is being written");
		return channel_reply_error(vm->control_fd, f, ERR_REFUSED, &why,
		    d);
	}
	vm->dump = (struct pending){ .waits = true,
		.to = { .op = f->op, .id = f->id },
		.uid = q.uid };
	r = begin_dump(vm, f, &why);
	if (r < 0)
		answer_dump(vm, r, &why);
	return ERR_OK;
}

void
control_after_events(struct vm *vm)
{
	struct diag why = { 0 };
	int r = ERR_OK;

	if (!vm->dump.waits || (!vm->machine.dump_ended && vm->machine.qemu))
		return;
	if (!vm->machine.dump_ended || !vm->machine.dump_good)
		r = diag_refuse(&why, REASON_VmFailed,
		    "the dump was not written whole");
	answer_dump(vm, r, &why);
}

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
	if (f.kind == FRAME_REQUEST && f.op == GUARD_OP_VM_DUMP)
		return take_dump(vm, &f, d);
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
