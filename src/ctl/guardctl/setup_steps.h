/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What has to be run when files of setup changed: the boot loader's and the
 * initramfs's own programs. On the machine itself setup runs them; below a
 * root it says what is to be run there.
 */
#ifndef CTL_GUARDCTL_SETUP_STEPS_H
#define CTL_GUARDCTL_SETUP_STEPS_H

#include "ctl/guardctl/setup_boot.h"

struct steps {
	bool grub;      /* grub.cfg lacks words */
	bool initramfs; /* made before what it takes in changed */
	bool kernel;    /* kernel-install: entries and unified images */
	uint8_t inputs[RECORD_STEPS][SHA256_SIZE];
};

/* Which are needed now, by the record and by grub.cfg. */
void steps_look(const struct boot *b, const struct record *record,
    struct steps *ret);
bool steps_any(const struct steps *s);
/* One line each: what is to be run. */
void steps_say(const struct boot *b, const struct steps *s, struct cli *cli);
/*
 * Runs them in their order and notes in the record which were run. One that
 * fails is told with what it said; the others are run all the same, and the
 * first failure is returned.
 */
MUST_CHECK int steps_run(const struct boot *b, const struct steps *s,
    struct cli *cli, struct record *record, struct diag *d);

#endif
