/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the VM stands, told to guardd at every step. guardd's answer is waited
 * for, a moment, so that what it shows is never ahead of what is done.
 */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "guard/vm/vm.h"

#define EVENT_MS 5000

int
status_encode(const struct vm *vm, struct buf *ret, struct diag *d)
{
	struct vm_status s = { .name = bytes_of_text(vm->name),
		.phase = (uint8_t)vm->phase,
		.step = bytes_of_text(vm->step != NULL ? vm->step : ""),
		.accel = bytes_of_text(vm->machine.kvm ? "kvm" : "tcg"),
		.unclean = vm->unclean,
		.hgs_knew = vm->keys.known || vm_is_regular(vm),
		.started = vm->started,
		.pid = (uint32_t)vm->machine.qemu };

	if (vm_level_name(vm->folder.config.level) != NULL)
		s.level = bytes_of_text(vm_level_name(vm->folder.config.level));
	if (!vm->machine.kvm)
		s.accel_why = bytes_of_text(vm->machine.kvm_why);
	if (vm->keys.new != NULL)
		s.generation = vm->keys.new->seal.generation;
	if (vm->why.text[0] != '\0') {
		s.text = bytes_of_text(vm->why.text);
		if (vm->why.reason != REASON_NONE) {
			s.reason = bytes_of_text(reason_name(vm->why.reason));
			s.remedy = bytes_of_text(reason_remedy(vm->why.reason));
		}
	}
	return fields_encode(&vm_status_fields, &s, ret, d);
}

void
status_tell(struct vm *vm)
{
	auto_buf struct buf b = BUF_INIT(8192);
	auto_buf struct buf reply = BUF_INIT(1024);
	struct diag d = { 0 };
	int r;

	if (vm->relay_fd < 0)
		return;
	r = status_encode(vm, &b, &d);
	if (r == ERR_OK)
		r = channel_call(vm->relay_fd, GUARD_OP_VM_EVENT, buf_bytes(&b),
		    NULL, 0, EVENT_MS, &reply, NULL, &d);
	if (r < 0)
		log_warning("VM %s: guardd does not listen: %s", vm->name,
		    d.text);
}

void
status_step(struct vm *vm, const char *step)
{
	vm->step = step;
	log_info("VM %s: %s", vm->name, step);
	status_tell(vm);
}

void
status_set(struct vm *vm, enum vm_phase phase, const char *step)
{
	vm->phase = phase;
	status_step(vm, step);
}

/* The texts of others may hold anything: they are shown, so escaped. */
void
status_fail(struct vm *vm, const struct diag *why)
{
	vm->why.reason =
	    why->reason != REASON_NONE ? why->reason : REASON_VmFailed;
	text_escape(bytes_of_text(why->text), vm->why.text,
	    sizeof(vm->why.text));
	log_error("VM %s: %s: %s (%s)", vm->name, vm->step, vm->why.text,
	    reason_name(vm->why.reason));
	vm->phase = VM_PHASE_FAILED;
	status_tell(vm);
}
