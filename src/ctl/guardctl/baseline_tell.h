/* SPDX-License-Identifier: Apache-2.0 */
/* What a baseline is, in lines for whoever made it. */
#ifndef CTL_GUARDCTL_BASELINE_TELL_H
#define CTL_GUARDCTL_BASELINE_TELL_H

#include "ctl/common/cli.h"
#include "ctl/guardctl/host.h"
#include "policy/baseline.h"

/* Item by item, what speaks against a baseline of this boot. */
void baseline_tell_boot(struct cli *cli, const struct host_boot *boot);
/* Its id, and which policies a host of this baseline fails. */
void baseline_tell(struct cli *cli, struct bytes file,
    const struct baseline *b);

#endif
