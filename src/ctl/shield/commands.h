/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The commands of shield; main.c has their table.
 */
#ifndef CTL_SHIELD_COMMANDS_H
#define CTL_SHIELD_COMMANDS_H

#include "ctl/common/cli.h"

extern const struct option_spec evidence_show_options[];
extern const struct option_spec evidence_verify_options[];
MUST_CHECK int cmd_evidence_show(struct cli *cli, struct diag *d);
MUST_CHECK int cmd_evidence_verify(struct cli *cli, struct diag *d);
MUST_CHECK int cmd_guardian_create(struct cli *cli, struct diag *d);
MUST_CHECK int cmd_guardian_import(struct cli *cli, struct diag *d);
MUST_CHECK int cmd_guardian_list(struct cli *cli, struct diag *d);
MUST_CHECK int cmd_guardian_export(struct cli *cli, struct diag *d);
MUST_CHECK int cmd_guardian_remove(struct cli *cli, struct diag *d);
MUST_CHECK int cmd_guardian_backup(struct cli *cli, struct diag *d);
MUST_CHECK int cmd_guardian_restore(struct cli *cli, struct diag *d);
MUST_CHECK int cmd_protector_show(struct cli *cli, struct diag *d);
MUST_CHECK int cmd_protector_verify(struct cli *cli, struct diag *d);
MUST_CHECK int cmd_protector_grant(struct cli *cli, struct diag *d);
MUST_CHECK int cmd_protector_revoke(struct cli *cli, struct diag *d);
MUST_CHECK int cmd_vm_protect(struct cli *cli, struct diag *d);
MUST_CHECK int cmd_vm_recover(struct cli *cli, struct diag *d);
MUST_CHECK int cmd_vm_run(struct cli *cli, struct diag *d);
MUST_CHECK int cmd_vm_restore_ticket(struct cli *cli, struct diag *d);

#endif
