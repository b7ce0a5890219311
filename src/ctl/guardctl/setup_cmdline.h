/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files that give a machine its command line; boot_plan_cmdline() of
 * setup_boot.h is here, too.
 */
#ifndef CTL_GUARDCTL_SETUP_CMDLINE_H
#define CTL_GUARDCTL_SETUP_CMDLINE_H

#include "ctl/guardctl/grub_conf.h"
#include "ctl/guardctl/setup_boot.h"

#define CMDLINE_DROPIN "50-shieldwall.conf"

#endif
