/* SPDX-License-Identifier: Apache-2.0 */
/* What a baseline is, in lines for whoever made it. */
#ifndef CTL_GUARDCTL_BASELINE_TELL_H
#define CTL_GUARDCTL_BASELINE_TELL_H

#include "ctl/common/cli.h"
#include "policy/baseline.h"

/* Its id, and which policies a host of this baseline fails. */
void baseline_tell(struct cli *cli, struct bytes file,
    const struct baseline *b);

#endif
