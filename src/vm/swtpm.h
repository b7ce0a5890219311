/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The VM's TPM 2.0: swtpm on the VM's encrypted state, its control channel a
 * socketpair whose other end QEMU gets. Both keys, or none for a state that
 * is not encrypted: with one alone an exported state would be in clear.
 */
#ifndef VM_SWTPM_H
#define VM_SWTPM_H

#include <sys/types.h>

#include "base/err.h"

#define SWTPM_KEY_SIZE 32

struct swtpm_start {
	const char *program;
	const char *state_dir; /* owned by uid; or NULL, and */
	int state_mount_fd;    /* a private_folder() of uid's */
	uid_t uid;
	struct bytes key; /* SWTPM_KEY_SIZE bytes, of the state; or none */
	struct bytes migration_key; /* the same, of exported states */
	int log_fd;
	/* Only held, as long as it lives: the folder's lock, the kernel's. */
	const int *held_fds;
	size_t n_held;
};

/* ret_fd: for QEMU's tpmdev. */
MUST_CHECK int swtpm_start(const struct swtpm_start *s, pid_t *ret_pid,
    int *ret_fd, struct diag *d);

#endif
