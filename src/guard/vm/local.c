/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Local mode (--set mode=local): the owner's `shield vm run` on a machine
 * without an HGS is at the other end of all three channels, and the VM's folder
 * is anywhere. Every check of a start, the sealing and the digests of a stop
 * are those of a host; only the seal is the owner's instead of a guardian's.
 *
 * Who starts this program by hand in this mode, on a host too, gains nothing
 * by it: no key is here, and whoever is at the other end must bring the owner's.
 * guard-tpm never asks for this mode, and answers no process that it did not
 * start itself.
 */
#include <errno.h>
#include <stdio.h>

#include "base/log.h"
#include "guard/vm/vm.h"

#define ALONE_SECONDS 60

int
local_take_folder(struct vm *vm, const char *folder, struct diag *d)
{
	int n;

	if (folder[0] != '/')
		return diag_fail(d, ERR_USAGE, "folder: not absolute");
	n = snprintf(vm->folder.path, sizeof(vm->folder.path), "%s", folder);
	if (n < 0 || (size_t)n >= sizeof(vm->folder.path))
		return diag_fail(d, ERR_LIMIT, "folder: too long");
	return ERR_OK;
}

/*
 * The owner opens every seal, so the one before is of no use here; and an HGS
 * that was shown it later would take the owner's step before last for the
 * last, and the state for tampered with, where it should ask for a ticket.
 */
int
local_drop_previous(const struct vm *vm, struct diag *d)
{
	if (unlinkat(vm->folder.fd, VM_FILE_PREVIOUS, 0) != 0 &&
	    errno != ENOENT)
		return diag_errno(d, VM_FILE_PREVIOUS);
	return ERR_OK;
}

/*
 * On a host guardd comes back and the lease is the limit. Here nobody does: the
 * guest is asked to shut down, and ended when it does not.
 */
void
local_keep(struct vm *vm)
{
	if (!vm->local || vm->relay_fd >= 0 || vm->killing)
		return;
	if (vm->local_end == 0) {
		log_warning("VM %s: shield is gone, so it ends", vm->name);
		vm->local_end = lines_now() + (uint64_t)ALONE_SECONDS * 1000;
		if (!vm->stopping)
			vm_stop_begin(vm, false, ALONE_SECONDS);
	} else if (lines_now() >= vm->local_end) {
		log_warning("VM %s: the guest does not shut down", vm->name);
		vm_stop_begin(vm, true, 0);
	}
}
