/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the running kernel was started with and how it is set, against what a
 * guarded host needs; for 'guardctl setup --check'.
 */
#ifndef CTL_GUARDCTL_CHECK_SETTINGS_H
#define CTL_GUARDCTL_CHECK_SETTINGS_H

#include "ctl/guardctl/report.h"
#include "ctl/guardctl/setup_boot.h"

/* Each word on the running command line, exactly once, and none against it. */
void check_command_line(const struct boot *b, struct report *r);
/* The kernel, lockdown, LSMs, Secure Boot, TPM, IOMMU, secretmem, modules. */
void check_kernel(const struct boot *b, struct report *r);

#endif
