/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GRUB measures each command that it executes (PCR 8, its words with one space
 * between them) and each file that it reads (PCR 9). What a new grub.cfg will
 * make it execute is known where it is as many commands as with the old one,
 * and what they depend on did not change (policy/grub_follow.h).
 */
#ifndef POLICY_PREDICT_GRUB_H
#define POLICY_PREDICT_GRUB_H

#include "measure/tcglog.h"
#include "policy/grub_follow.h"
#include "policy/predict.h"

/*
 * The texts of PCR 8's events to ret->events, from the log of the boot that p
 * is of, or (log.p NULL) from what p's baseline has of them: labels that are
 * whole, and the command line. A text is taken only where it hashes to the
 * event's digest. Texts that had to be put together go to store.
 */
MUST_CHECK int grub_commands_find(const struct predict *p, struct bytes log,
    struct buf *store, struct grub_follow *ret, struct diag *d);
/*
 * PCR 8, 9 and the command line. `store` gets the command line and outlives p.
 * Refused: a grub.cfg whose commands cannot be known.
 */
MUST_CHECK int predict_grub(struct predict *p, struct grub_follow *f,
    struct bytes old_cfg, struct bytes new_cfg, struct buf *store,
    struct diag *d);

#endif
