/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A VM of this host by its name: its folder, and whether it runs.
 */
#ifndef CTL_GUARDCTL_VM_LOCAL_H
#define CTL_GUARDCTL_VM_LOCAL_H

#include "ctl/guardctl/host.h"

struct vm_local {
	int dir_fd;  /* the folder of all VMs */
	int fd;      /* this one's */
	int lock_fd; /* -1: not locked */
};

#define VM_LOCAL_NONE                                 \
	{                                             \
		.dir_fd = -1, .fd = -1, .lock_fd = -1 \
	}

void vm_local_close(struct vm_local *v);
#define auto_vm_local CLEANUP(vm_local_close)

/* VmNotFound. */
MUST_CHECK int vm_local_open(const struct host *h, const char *name,
    struct vm_local *ret, struct diag *d);
/*
 * VmRunning if it runs or is about to; otherwise it cannot start before
 * vm_local_close().
 */
MUST_CHECK int vm_local_lock(const struct cli *cli, const char *name,
    struct vm_local *v, struct diag *d);
/* VmNotFound if there certainly is no such folder. Needs no rights on it. */
MUST_CHECK int vm_local_check(const struct host *h, const char *name,
    struct diag *d);
/* Whether a guard-vm holds it; false where this caller may not look. */
bool vm_local_is_held(const struct host *h, const char *name);

#endif
