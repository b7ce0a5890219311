/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A start, step by step. At whichever step this process is killed, the VM can
 * be started again: until the HGS confirms the new seal it takes either.
 */
#include "guard/vm/vm.h"

#include <time.h>

#include "base/log.h"

#define CONFIRM_TRIES 3
#define CONFIRM_PAUSE 2 /* seconds */

/*
 * Without an answer the HGS may or may not have confirmed: ask again, which
 * does no harm, and in doubt leave the new file, which it takes in both cases.
 * A refusal after such a doubt does not end it: what is refused may be the
 * asking, of a certificate that ended meanwhile.
 */
static int
confirm(struct vm *vm, struct diag *d)
{
	bool doubt = false;
	struct diag ignored;
	int r = ERR_OK;

	for (int i = 0; i < CONFIRM_TRIES; i++) {
		r = release_confirm(vm, d);
		if (r == ERR_OK || release_is_final(r, d))
			break;
		doubt = true;
		(void)sleep(CONFIRM_PAUSE);
		control_adopt(vm);
	}
	if (r < 0 && !doubt && state_put_back(vm, &ignored) < 0)
		log_error("VM %s: %s", vm->name, ignored.text);
	return r;
}

/* This process may have stood still since it confirmed (T79). */
static int
check_lease(struct vm *vm, struct diag *d)
{
	int r;

	if (lease_holds(&vm->lease))
		return ERR_OK;
	log_warning("VM %s: the lease ended before the guest ran", vm->name);
	if ((r = release_confirm(vm, d)) < 0)
		return r;
	if (!lease_holds(&vm->lease))
		return diag_refuse(d, REASON_TransientError,
		    "the lease of %u seconds ended before the guest ran",
		    vm->lease.seconds);
	return ERR_OK;
}

static int
run(struct vm *vm, struct diag *d)
{
	int r;

	if ((r = rights_give_up_network(d)) < 0 ||
	    (r = check_lease(vm, d)) < 0 || (r = machine_run(vm, d)) < 0)
		return r;
	/* Honoured once; a second use would be refused anyway. */
	if (!vm_is_regular(vm))
		(void)unlinkat(vm->folder.fd, VM_FILE_TICKET, 0);
	vm->started = (uint64_t)time(NULL);
	return ERR_OK;
}

/* Only the first two are every VM's: then it is known what it is. */
enum whose { EVERY_VM, OWNED_VM, REGULAR_VM, VM_WITH_TPM };

static const struct {
	const char *name;
	int (*run)(struct vm *vm, struct diag *d);
	enum whose whose;
} steps[] = {
	{ "lock the VM's folder", folder_lock, EVERY_VM },
	{ "read the VM's files", folder_read, EVERY_VM },
	{ "attest the host", release_await_host, OWNED_VM },
	{ "ask the HGS for the keys", release_roll, OWNED_VM },
	{ "open the sealed secrets", state_open, OWNED_VM },
	{ "check the VM's state", state_check, OWNED_VM },
	{ "read the VM's variables", regular_open, REGULAR_VM },
	{ "start the VM's TPM", machine_start_tpm, VM_WITH_TPM },
	{ "start QEMU", machine_start_qemu, EVERY_VM },
	{ "unlock the disks", machine_unlock_disks, EVERY_VM },
	{ "write the new protector", state_write_running, OWNED_VM },
	{ "confirm to the HGS", confirm, OWNED_VM },
	{ "run the guest", run, EVERY_VM },
};

static bool
is_needed(const struct vm *vm, enum whose whose)
{
	switch (whose) {
	case OWNED_VM:
		return !vm_is_regular(vm);
	case REGULAR_VM:
		return vm_is_regular(vm);
	case VM_WITH_TPM:
		return vm_has(vm, VM_FEATURE_TPM);
	case EVERY_VM:
		break;
	}
	return true;
}

static void
clean_up(struct vm *vm)
{
	struct diag d = { 0 };

	machine_kill(vm);
	if (vm->folder.vtpm_fd >= 0 && folder_give_vtpm(vm, 0, &d) < 0)
		log_error("VM %s: %s", vm->name, d.text);
}

int
vm_start(struct vm *vm, struct diag *d)
{
	int r = ERR_OK;

	vm->phase = VM_PHASE_STARTING;
	for (size_t i = 0; i < ARRAY_LEN(steps) && r == ERR_OK; i++) {
		if (!is_needed(vm, steps[i].whose))
			continue;
		status_step(vm, steps[i].name);
		control_serve(vm);
		if (vm->stopping)
			r = diag_refuse(d, REASON_VmNotRunning,
			    "stopped before it ran");
		else
			r = steps[i].run(vm, d);
	}
	if (r < 0) {
		clean_up(vm);
		return r;
	}
	status_set(vm, VM_PHASE_RUNNING, "running");
	return ERR_OK;
}
