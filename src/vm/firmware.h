/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The firmware's code volume: read once, so that the bytes that were digested
 * are those that run, whatever happens to the file meanwhile.
 */
#ifndef VM_FIRMWARE_H
#define VM_FIRMWARE_H

#include "base/err.h"

/* ret_fd: a sealed memory file, open for reading. */
MUST_CHECK int firmware_open(const char *path, uint8_t ret_digest[static 32],
    int *ret_fd, struct diag *d);

#endif
