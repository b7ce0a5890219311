/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hgsctl's own commands: those that run here and not in hgs-admin.
 */
#ifndef CTL_HGSCTL_COMMANDS_H
#define CTL_HGSCTL_COMMANDS_H

#include "ctl/common/cli.h"

int cmd_init(struct cli *cli, struct diag *d);
int cmd_clear(struct cli *cli, struct diag *d);
int cmd_unlock(struct cli *cli, struct diag *d);
int cmd_audit_verify(struct cli *cli, struct diag *d);
int cmd_ci_add(struct cli *cli, struct diag *d);
int cmd_host_add(struct cli *cli, struct diag *d);
/* Everything else: hgs-admin does it. */
int cmd_remote(struct cli *cli, struct diag *d);

#endif
