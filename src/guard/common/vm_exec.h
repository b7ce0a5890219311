/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How guard-vm is started, whoever does: guard-tpm on a host, or the owner's
 * shield on a machine of theirs.
 */
#ifndef GUARD_COMMON_VM_EXEC_H
#define GUARD_COMMON_VM_EXEC_H

#include "base/err.h"

#define VM_EXEC_FOLDER_MAX 1024
#define VM_EXEC_ROOT_MAX   512

struct vm_exec {
	const char *name;   /* name_valid() */
	const char *folder; /* absolute, VM_EXEC_FOLDER_MAX at most */
	const char *root;   /* VM_EXEC_ROOT_MAX at most */
	bool local;         /* the owner's: guard/vm/local.c */
	int tpm_fd, control_fd, relay_fd; /* its ends */
	/* On a host with a sealed root; -1: none. */
	int host_ns_fd; /* the mount namespace of the machine's own root */
	int lock_fd;    /* keeps the kernel lock */
};

/* FileInvalid if others may write it. */
MUST_CHECK int vm_exec_open(const char *path, int *ret_fd, struct diag *d);
/*
 * In a child of its own: becomes guard-vm, or ends with 127. Nothing goes
 * along but the descriptors and 0, 1 and 2.
 */
void NORETURN vm_exec(int program_fd, const struct vm_exec *v);

#endif
