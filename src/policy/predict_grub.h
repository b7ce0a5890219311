/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GRUB measures each command that it executes (PCR 8, its words with one space
 * between them) and each file that it reads (PCR 9). What a new grub.cfg will
 * make it execute is known only where it is the old one but for the words of
 * some lines: the sequence of commands is then the same.
 */
#ifndef POLICY_PREDICT_GRUB_H
#define POLICY_PREDICT_GRUB_H

#include "measure/tcglog.h"
#include "policy/predict.h"

#define GRUB_COMMANDS_MAX 1024
#define GRUB_CFG_MAX      ((size_t)1 << 20)

/* The texts of PCR 8's events, as far as they are known; p NULL: not. */
struct grub_commands {
	size_t n;
	struct bytes text[GRUB_COMMANDS_MAX];
};

/*
 * From the log of the boot that p is of, or (log.p NULL) from what p's baseline
 * has of them: labels that are whole, and the command line. A text is taken
 * only where it hashes to the event's digest. Texts that had to be put together
 * go to store.
 */
MUST_CHECK int grub_commands_find(const struct predict *p, struct bytes log,
    struct buf *store, struct grub_commands *ret, struct diag *d);
/*
 * PCR 8, 9 and the command line. `store` gets the command line and outlives p.
 * Refused: a grub.cfg whose commands cannot be known.
 */
MUST_CHECK int predict_grub(struct predict *p, const struct grub_commands *c,
    struct bytes old_cfg, struct bytes new_cfg, struct buf *store,
    struct diag *d);

#endif
