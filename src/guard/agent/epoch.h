/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An HGS never goes back: its policy epoch grows with each change that takes
 * something away, through restored backups too. One that answers by an older
 * epoch than before is a replica that has not heard of it (T84).
 */
#ifndef GUARD_AGENT_EPOCH_H
#define GUARD_AGENT_EPOCH_H

#include "base/err.h"

/*
 * before: the last health certificate, or nothing. REASON_PolicyOlder when the
 * new one is of the same signer and of an older epoch.
 */
MUST_CHECK int epoch_check(struct bytes before, struct bytes now,
    struct diag *d);

#endif
