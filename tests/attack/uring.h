/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opens a file and reads from it by io_uring; as pread(2).
 */
#ifndef ATTACK_URING_H
#define ATTACK_URING_H

#include <sys/types.h>

#include "base/base.h"

ssize_t uring_read_file(const char *path, uint64_t at, void *p, size_t n);

#endif
