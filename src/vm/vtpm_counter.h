/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The counter in a VM's TPM (vtpm_wire.h), by which an older state of it is
 * told from a newer one: read and counted through an swtpm that was started
 * for this alone, over its control channel (swtpm_ioctl(8), tpm_ioctl.h).
 *
 *	vtpm_counter_open(), _find(), _add(), _close(), in this order
 */
#ifndef VM_VTPM_COUNTER_H
#define VM_VTPM_COUNTER_H

#include "vm/vtpm_wire.h"

struct vtpm_counter {
	int control_fd; /* the caller's */
	int data_fd;
	uint64_t deadline; /* of lines_now(); ERR_TIMEOUT behind it */
	bool defined;
	uint64_t count;
};

/* Starts the TPM. VmStateTampered when it does not start on its state. */
MUST_CHECK int vtpm_counter_open(struct vtpm_counter *c, int control_fd,
    uint64_t deadline, struct diag *d);
/* 0: it never counted. VmStateTampered if another index is in its place. */
MUST_CHECK int vtpm_counter_find(struct vtpm_counter *c, uint64_t *ret,
    struct diag *d);
/* One more than was found; a new counter begins where the TPM says. */
MUST_CHECK int vtpm_counter_add(struct vtpm_counter *c, uint64_t *ret,
    struct diag *d);
/* Stops the TPM in order: swtpm ends by itself then. */
MUST_CHECK int vtpm_counter_close(struct vtpm_counter *c, struct diag *d);
void vtpm_counter_free(struct vtpm_counter *c);
#define auto_vtpm_counter CLEANUP(vtpm_counter_free)

#endif
