/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guard-vm of a local run: where its program is, and its channels.
 */
#ifndef CTL_SHIELD_RUN_CHILD_H
#define CTL_SHIELD_RUN_CHILD_H

#include <sys/types.h>

#include "base/err.h"

struct run_child {
	pid_t pid;                        /* 0: none */
	int end_fd;                       /* readable when it has ended */
	int tpm_fd, control_fd, relay_fd; /* our ends */
};
#define RUN_CHILD_NONE                                                        \
	{                                                                     \
		.end_fd = -1, .tpm_fd = -1, .control_fd = -1, .relay_fd = -1, \
	}

/* folder: absolute. says: its own log goes to standard error. */
MUST_CHECK int run_child_start(const char *root, const char *folder, bool says,
    struct run_child *ret, struct diag *d);
/* Its status, as waitpid() has it; it has ended. */
MUST_CHECK int run_child_collect(struct run_child *c, int *ret_status,
    struct diag *d);
/* If it lives it is killed, and the VM with it. */
void run_child_free(struct run_child *c);
#define auto_run_child CLEANUP(run_child_free)

#endif
