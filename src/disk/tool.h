/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs one of the programs that the product is built on (swtpm_setup) to
 * its end. It gets a fixed environment, the descriptors it is
 * given and no others, and dies with us. Secrets reach it through a pipe:
 * never by argument, environment or file.
 */
#ifndef DISK_TOOL_H
#define DISK_TOOL_H

#include "base/base.h"
#include "base/err.h"

#define TOOL_FDS_MAX 8

struct tool_fd {
	int fd; /* ours */
	int as; /* its number there, 3 to 63 */
};

struct tool {
	/* Ends with NULL; argv[0] without a path, or an absolute one. */
	const char *const *argv;
	struct tool_fd fds[TOOL_FDS_MAX];
	size_t n_fds;
	const char *tmp; /* its TMPDIR; NULL: none */
};

/*
 * ERR_IO with the last line that it said, if it does not end with 0. Not for
 * programs with several threads.
 */
MUST_CHECK int tool_run(const struct tool *tool, struct diag *d);

/* At most 4096 bytes. The read end of a pipe that holds them and is closed. */
MUST_CHECK int tool_secret_pipe(struct bytes secret, int *ret_fd,
    struct diag *d);

#endif
