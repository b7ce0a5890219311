/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The local control sockets (hgs.sock, guard.sock, guard-tpm.sock): listening,
 * connecting, and who is at the other end by the kernel's word. Command
 * sockets carry one operation: a JSON request {command, args...} with the
 * files it names as descriptors, answered by a JSON reply; bulk output comes
 * as a descriptor.
 */
#ifndef IPC_CTL_H
#define IPC_CTL_H

#include <sys/types.h>

#include "ipc/channel.h"

#define CTL_OP_COMMAND 1

struct peer {
	uid_t uid;
	gid_t gid;
	pid_t pid;
};

/* A SOCK_SEQPACKET listener at path; an old socket file is replaced. */
MUST_CHECK int ctl_listen(const char *path, mode_t mode, uid_t uid, gid_t gid,
    int *ret_fd, struct diag *d);
MUST_CHECK int ctl_accept(int listen_fd, int *ret_fd, struct peer *ret,
    struct diag *d);
MUST_CHECK int ctl_connect(const char *path, int *ret_fd, struct diag *d);
/* Primary or supplementary group of the process that connected. */
bool ctl_peer_in_group(int fd, gid_t group);

#endif
