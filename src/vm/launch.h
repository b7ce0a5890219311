/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starts the two programs that read what a guest writes (QEMU, swtpm), each
 * as the VM's own user, in namespaces of its own, with nothing of the host's
 * files but /usr read-only, no network, no capability, and exactly the
 * descriptors it is given. It dies with its starter.
 */
#ifndef VM_LAUNCH_H
#define VM_LAUNCH_H

#include <sys/types.h>

#include "base/err.h"

#define LAUNCH_FDS_MAX  32
#define LAUNCH_FIRST_FD 3

/* Where the child finds things. */
#define LAUNCH_STATE_DIR "/state"

struct launch {
	/*
	 * Absolute. One that is not as private as it shall run (debuggable) is
	 * copied first: program_keep() saves that.
	 */
	const char *program;
	/* Without the program's name, NULL at the end. */
	const char *const *args;
	uid_t uid; /* never 0; the group has the same number */
	/* Descriptor i becomes LAUNCH_FIRST_FD + i. They stay the caller's. */
	const int *fds;
	size_t n_fds;
	int log_fd; /* its standard output and error */
	/* Shown to it at LAUNCH_STATE_DIR, writable; NULL: none. */
	const char *state_dir;
	/* Instead: the last of fds is a private_folder(), moved there. */
	bool state_is_last_fd;
	bool kvm; /* it may open /dev/kvm */
	/* Its own user may read the program, so that a debugger may look. */
	bool debuggable;
};

/* ERR_IO with the step that failed; no process is left then. */
MUST_CHECK int launch(const struct launch *l, pid_t *ret, struct diag *d);
/* Waits at most timeout_ms for its end; -1 in *ret_status if it was killed. */
MUST_CHECK int launch_wait(pid_t pid, int timeout_ms, int *ret_status,
    struct diag *d);
/* Kills it and reaps it. */
void launch_kill(pid_t pid);

#endif
