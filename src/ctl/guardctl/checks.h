/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What can be wrong with a host, one function each: 'guardctl diagnose' and
 * 'guardctl setup --check' run them in order.
 */
#ifndef CTL_GUARDCTL_CHECKS_H
#define CTL_GUARDCTL_CHECKS_H

#include "ctl/guardctl/host.h"
#include "ctl/guardctl/report.h"

/* False when the other checks make no sense without it. */
bool check_config(const struct cli *cli, struct report *r, struct host *ret);
/* QEMU, swtpm, firmware; KVM where it is asked for. */
void check_programs(const struct host *h, struct report *r);
/* The record of guard-early, and the lock it tells of. */
void check_early(const struct host *h, struct report *r);
/* guard-tpm answers, with keys of the right kind. */
void check_tpm(const struct host *h, struct report *r);
/* This boot's log and command line, as the HGS will see them. */
void check_boot(const struct host *h, struct report *r);
/* The HGS and its fallback answer; the clocks agree. */
void check_hgs(const struct host *h, struct report *r);
/* guardd answers; the last attestation. */
void check_guardd(const struct cli *cli, struct report *r);
/* One VM's folder, and what guardd knows of its last start. */
void check_vm(const struct cli *cli, const struct host *h, const char *name,
    struct report *r);

#endif
