/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stop: the guest is asked, or QEMU is; what is left is digested, sealed as
 * clean, and the HGS hears that the VM may start anywhere.
 */
#include <signal.h>

#include "base/log.h"
#include "guard/vm/vm.h"

#define ASK_MS        3000
#define QUIT_MS       30000 /* a busy host's QEMU takes its time */
#define STOPPED_TRIES 3
#define STOPPED_PAUSE 2 /* seconds */

/* By its agent, or else by its power button. */
static void
ask_guest(struct vm *vm)
{
	auto_buf struct buf reply = BUF_INIT(QGA_REPLY_MAX);
	struct diag d = { 0 };

	if (qga_call(&vm->machine.qga, QGA_SHUTDOWN, ASK_MS, &reply, &d) ==
	    ERR_OK)
		return;
	log_info("VM %s: %s; using the power button", vm->name, d.text);
	if (qmp_powerdown(&vm->machine.qmp, &d) < 0)
		log_warning("VM %s: %s", vm->name, d.text);
}

void
vm_stop_begin(struct vm *vm, bool kill, uint32_t seconds)
{
	struct diag d = { 0 };

	vm->stopping = true;
	vm->killing = kill;
	if (vm->machine.qemu == 0)
		return; /* the start is still going on, and will see it */
	status_set(vm, VM_PHASE_STOPPING,
	    kill                   ? "end QEMU"
		: vm->lease.paused ? "wait for the lease, to ask the guest"
				   : "ask the guest to shut down");
	vm->stop_seconds = seconds;
	if (!kill) {
		vm->stop_deadline = lines_now() + (uint64_t)seconds * 1000;
		if (!vm->lease.paused)
			ask_guest(vm);
		return;
	}
	vm->stop_deadline = lines_now() + QUIT_MS;
	if (qmp_quit(&vm->machine.qmp, &d) < 0)
		log_warning("VM %s: %s", vm->name, d.text);
}

void
vm_stop_resume(struct vm *vm)
{
	status_step(vm, "ask the guest to shut down");
	ask_guest(vm);
}

void
vm_answer_stop(struct vm *vm, int r, const struct diag *why)
{
	auto_buf struct buf b = BUF_INIT(8192);
	struct diag d = { 0 };
	int sent;

	if (!vm->stop_waits)
		return;
	vm->stop_waits = false;
	if (vm->control_fd < 0)
		return;
	if (r < 0)
		sent = channel_reply_error(vm->control_fd, &vm->stop_to, r, why,
		    &d);
	else if ((sent = status_encode(vm, &b, &d)) == ERR_OK)
		sent = channel_reply(vm->control_fd, &vm->stop_to,
		    buf_bytes(&b), NULL, 0, &d);
	if (sent < 0)
		log_warning("VM %s: %s", vm->name, d.text);
}

/*
 * The time is over: a guest that was asked goes on; QEMU does not, nor does a
 * guest that stands still and so could not be asked.
 */
void
vm_stop_late(struct vm *vm)
{
	struct diag why = { 0 };

	vm->stop_deadline = 0;
	if (vm->killing) {
		log_warning("VM %s: QEMU does not end: killed", vm->name);
		(void)kill(vm->machine.qemu, SIGKILL);
		return;
	}
	if (vm->lease.paused) {
		vm_stop_begin(vm, true, 0);
		return;
	}
	vm->stopping = false;
	(void)diag_refuse(&why, REASON_VmRunning,
	    "the guest did not shut down within %u seconds", vm->stop_seconds);
	status_set(vm, VM_PHASE_RUNNING,
	    "running; the guest did not shut down");
	vm_answer_stop(vm, ERR_REFUSED, &why);
}

static void
tell_hgs(struct vm *vm, bool clean)
{
	struct diag d = { 0 };

	status_step(vm, "tell the HGS");
	for (int i = 0; i < STOPPED_TRIES; i++) {
		int r = release_stopped(vm, clean, &d);

		if (r == ERR_OK)
			return;
		if (release_is_final(r, &d))
			break;
		(void)sleep(STOPPED_PAUSE);
		control_adopt(vm);
	}
	log_warning("VM %s: the HGS does not know that it stopped: %s",
	    vm->name, d.text);
}

/* Of a VM that ended in order. Without it the next start is an unclean one. */
static bool
record(struct vm *vm, struct diag *why)
{
	uint8_t vtpm_digest[32];
	int r;

	/* A regular VM has no secrets that could remember it. */
	if (vm_is_regular(vm))
		return nvram_save(vm, why) == ERR_OK;
	r = probe_stop(vm, vtpm_digest, why);
	status_step(vm, "record the VM's state");
	if (r == ERR_OK)
		r = state_write_clean(vm, vtpm_digest, why);
	return r == ERR_OK;
}

/* The VM's last word, and the answer to who asked for the stop. */
static void
report_end(struct vm *vm, bool orderly, const struct diag *why)
{
	struct diag d = *why;

	if (d.text[0] == '\0' && !orderly && !vm->killing)
		(void)diag_refuse(&d, REASON_VmFailed,
		    "the VM ended out of order: %s",
		    vm->machine.last_words[0] != '\0' ? vm->machine.last_words
						      : "nothing was said");
	if (d.text[0] == '\0') {
		status_set(vm, VM_PHASE_STOPPED,
		    orderly ? "stopped" : "stopped, but not in order");
		vm_answer_stop(vm, ERR_OK, NULL);
		return;
	}
	if (d.reason == REASON_NONE)
		d.reason = REASON_VmFailed;
	status_fail(vm, &d);
	vm_answer_stop(vm, ERR_REFUSED, &d);
}

/* QEMU has ended, for whatever reason. */
void
vm_ended(struct vm *vm)
{
	struct diag d = { 0 }, why = { 0 };
	bool guest, orderly;

	status_set(vm, VM_PHASE_STOPPING, "wait for the VM's TPM");
	if (qmp_read(&vm->machine.qmp, &d) < 0)
		vm->machine.qmp_lost = true;
	guest = vm->machine.guest_went_down;
	orderly = machine_reap(vm);
	control_after_events(vm);
	if (vm->folder.vtpm_fd >= 0 && folder_give_vtpm(vm, 0, &d) < 0)
		log_warning("VM %s: %s", vm->name, d.text);
	if (orderly && !record(vm, &why)) {
		diag_prefix(&why, "its state is not recorded");
		orderly = false;
	}
	if (!orderly && nvram_save(vm, &d) < 0)
		log_error("VM %s: %s", vm->name, d.text);
	if (!vm_is_regular(vm))
		tell_hgs(vm, orderly && guest);
	vm->over = true;
	report_end(vm, orderly, &why);
}
