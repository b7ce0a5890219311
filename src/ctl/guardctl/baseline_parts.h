/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of a boot chain that an update may replace: options, where the old
 * file is looked for, and what is predicted of the two. Which file was started
 * is found by digest, never by its name.
 */
#ifndef CTL_GUARDCTL_BASELINE_PARTS_H
#define CTL_GUARDCTL_BASELINE_PARTS_H

#include "ctl/guardctl/host.h"
#include "policy/predict_grub.h"

#define BASELINE_PARTS 8

/* A prediction on its way; the new files' bytes live as long. */
struct prediction {
	struct host_boot *boot; /* of --from-running, else NULL */
	struct buf file;        /* of --from */
	struct buf captured;    /* events of --from-running */
	struct baseline from;
	struct predict *p;
	struct grub_follow *commands;
	struct buf texts[2]; /* GRUB's old and new ones */
	struct buf new[BASELINE_PARTS];
	char name[NAME_MAX_LEN + 1];
	char source[BASELINE_TEXT_MAX + 1];
};

/* Every part that the user named; each is added to j->source. */
MUST_CHECK int baseline_parts_predict(struct cli *cli, struct prediction *j,
    struct diag *d);

#endif
