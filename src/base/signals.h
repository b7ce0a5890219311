/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signals as descriptors, and as a new program should find them.
 */
#ifndef BASE_SIGNALS_H
#define BASE_SIGNALS_H

#include "base/err.h"

/*
 * SIGTERM and SIGINT no longer end this process: ret_fd is readable when one
 * has come, and gives a struct signalfd_siginfo for each.
 */
MUST_CHECK int signals_take(int *ret_fd, struct diag *d);
/* In a child before it runs another program: none blocked, none ignored. */
void signals_reset(void);

#endif
