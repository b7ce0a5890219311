/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands that a daemon carries out: sends {command, args, files} to its
 * control socket and moves the answer {ok, code, message, reasons[], lines[],
 * data} into the cli, from where it is printed.
 */
#ifndef CTL_COMMON_REMOTE_H
#define CTL_COMMON_REMOTE_H

#include "ctl/common/cli.h"

/* Sockets, before --root. */
#define REMOTE_HGS_SOCKET   "/run/shieldwall/hgs.sock"
#define REMOTE_GUARD_SOCKET "/run/shieldwall/guard.sock"

/*
 * Sends the cli's command with all arguments and options as given:
 *   {"command": "host add", "args": {"NAME": ..., "FILE": <contents>,
 *    "with-policies": true, ...}}
 * Arguments called FILE are read here (at most CLI_INPUT_MAX) and travel in
 * "files" as base64. Returns 0, or the daemon's refusal as ERR_REFUSED.
 */
MUST_CHECK int remote_command(struct cli *cli, const char *socket_path,
    struct diag *d);
/* The same with a command and arguments of the caller's; args is moved. */
MUST_CHECK int remote_call(struct cli *cli, const char *socket_path,
    const char *command, json_t *args, struct diag *d);

#endif
