/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The three things that `shield evidence verify` does, by what it is given.
 */
#ifndef CTL_SHIELD_EVIDENCE_VERIFY_H
#define CTL_SHIELD_EVIDENCE_VERIFY_H

#include "ctl/shield/evidence_checks.h"
#include "ctl/shield/evidence_input.h"

/* A boot log and a quote: the judgement of an HGS. */
MUST_CHECK int verify_host(struct input *in, struct checks *c, struct diag *d);
/* A quote alone: its signature, and the values that it is of. */
MUST_CHECK int verify_quote(struct input *in, struct checks *c, struct diag *d);
/* Logs without a quote: what they replay to, against values given. */
MUST_CHECK int verify_logs(struct input *in, struct checks *c, struct diag *d);

#endif
