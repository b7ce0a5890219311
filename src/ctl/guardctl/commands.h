/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The commands of guardctl that are more than a question to guardd.
 */
#ifndef CTL_GUARDCTL_COMMANDS_H
#define CTL_GUARDCTL_COMMANDS_H

#include "ctl/common/cli.h"

/* Everything that guardd answers by itself. */
int cmd_remote(struct cli *cli, struct diag *d);

/* setup.c */
int cmd_setup(struct cli *cli, struct diag *d);
/* enrol.c */
int cmd_enrol(struct cli *cli, struct diag *d);
int cmd_identity(struct cli *cli, struct diag *d);
int cmd_baseline_capture(struct cli *cli, struct diag *d);
/* baseline_predict.c */
int cmd_baseline_predict(struct cli *cli, struct diag *d);
/* ci_scan.c */
int cmd_ci_scan(struct cli *cli, struct diag *d);
/* ci_sign.c */
int cmd_ci_show(struct cli *cli, struct diag *d);
int cmd_ci_sign(struct cli *cli, struct diag *d);
int cmd_ci_install(struct cli *cli, struct diag *d);
/* ci_events.c */
int cmd_ci_events(struct cli *cli, struct diag *d);
/* image.c */
int cmd_image(struct cli *cli, struct diag *d);
/* diagnose.c */
int cmd_diagnose(struct cli *cli, struct diag *d);
/* vm_files.c */
int cmd_vm_import(struct cli *cli, struct diag *d);
int cmd_vm_export(struct cli *cli, struct diag *d);
int cmd_vm_remove(struct cli *cli, struct diag *d);
/* vm_show.c */
int cmd_vm_list(struct cli *cli, struct diag *d);
int cmd_vm_show(struct cli *cli, struct diag *d);
/* vm_run.c */
int cmd_vm_start(struct cli *cli, struct diag *d);
int cmd_vm_stop(struct cli *cli, struct diag *d);
int cmd_vm_kill(struct cli *cli, struct diag *d);
int cmd_vm_status(struct cli *cli, struct diag *d);
/* vm_create.c */
int cmd_vm_create(struct cli *cli, struct diag *d);
/* vm_set.c */
int cmd_vm_set(struct cli *cli, struct diag *d);
/* vm_disk.c */
int cmd_vm_disk(struct cli *cli, struct diag *d);
/* vm_console.c */
int cmd_vm_console(struct cli *cli, struct diag *d);
/* vm_ask.c */
int cmd_vm_guest(struct cli *cli, struct diag *d);
int cmd_vm_dump(struct cli *cli, struct diag *d);
/* vm_audit.c */
int cmd_vm_audit(struct cli *cli, struct diag *d);

#endif
