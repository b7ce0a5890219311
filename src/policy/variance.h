/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What of a boot may differ from its baseline, by name and with a reason: given
 * when a baseline is captured, told when it is registered.
 */
#ifndef POLICY_VARIANCE_H
#define POLICY_VARIANCE_H

#include "policy/baseline.h"

/* The reason of the command line's own event, where its template is open. */
#define VARIANCE_CMDLINE "the command line, by its template"

/*
 * "PCR=REASON": the PCR is ignored; "PCR:EVENT=REASON": this event of it, from
 * 0, may have another digest. ERR_USAGE in words; what is allowed is
 * baseline_check()'s to say. The reason is a view.
 */
MUST_CHECK int variance_read(const char *text, struct baseline_variance *ret,
    struct diag *d);
/*
 * The command line as a template: each argument NAME=VALUE of these names
 * becomes NAME=*. ERR_USAGE where one is not there.
 */
MUST_CHECK int variance_open(struct bytes cmdline, const char *const *names,
    size_t n, struct buf *ret, struct diag *d);
/* A line for each variance, ended by newlines; nothing for the default. */
bool variance_put(struct buf *b, const struct baseline *baseline);

#endif
