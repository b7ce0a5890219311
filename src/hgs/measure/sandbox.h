/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a log reader that fell to its input can still do: compute, answer its
 * one channel, and end.
 */
#ifndef HGS_MEASURE_SANDBOX_H
#define HGS_MEASURE_SANDBOX_H

#include "base/err.h"

/* Once, before the first request; there is no way back. */
MUST_CHECK int sandbox_enter(struct diag *d);
/*
 * Before each request: the process is ended by the kernel when the request
 * takes longer than this.
 */
MUST_CHECK int sandbox_start_clock(unsigned wall_seconds, unsigned cpu_seconds,
    struct diag *d);
MUST_CHECK int sandbox_stop_clock(struct diag *d);

#endif
