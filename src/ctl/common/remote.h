/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands that a daemon carries out: one frame of CTL_OP_COMMAND (ipc/ctl.h)
 *
 *   {"command": "host add", "args": {"NAME": "kvm1", "with-policies": true},
 *    "files": ["FILE"]}
 *
 * with one sealed memory file for each of "files", answered by
 *
 *   {"ok": true, "code": "ok", "message": "...", "undo": "...",
 *    "lines": [...], "reasons": [...], "data": {...}}
 *
 * and, where the answer is a file, its descriptor; an answer too long for a
 * frame is itself that file, beside an empty frame. The answer goes into the
 * cli, from where it is printed.
 */
#ifndef CTL_COMMON_REMOTE_H
#define CTL_COMMON_REMOTE_H

#include "ctl/common/cli.h"

/* Sockets, before --root. */
#define REMOTE_HGS_SOCKET   "/run/shieldwall/hgs.sock"
#define REMOTE_GUARD_SOCKET "/run/shieldwall/guard.sock"
#define REMOTE_FILE_MAX     ((size_t)64 << 20)

struct remote_request {
	const char *socket;  /* before --root */
	const char *command; /* "host add" */
	struct json_t *args; /* moved; NULL: none */
	const char *file;    /* FILE to send, or NULL; "-": standard input */
	const int *fd;       /* instead: sent as it is, to be written to */
	int timeout_ms;      /* -1: for ever */
};

/*
 * Sends the cli's own command: each positional argument under its name in the
 * table, each option that is not common as its value or true; an argument
 * called FILE travels as a file. Answers -o by the file that comes back.
 */
MUST_CHECK int remote_command(struct cli *cli, const char *socket,
    struct diag *d);
/* ret_fd: the answer's file, -1 where there is none; NULL: not wanted. */
MUST_CHECK int remote_call(struct cli *cli, const struct remote_request *q,
    int *ret_fd, struct diag *d);
/* The answer's JSON into the cli; ERR_REFUSED etc. as it says. For tests. */
MUST_CHECK int remote_answer(struct cli *cli, struct bytes json,
    struct diag *d);

#endif
