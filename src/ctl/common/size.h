/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sizes as people write them: "512M", "10G".
 */
#ifndef CTL_COMMON_SIZE_H
#define CTL_COMMON_SIZE_H

#include "base/err.h"

/* Room for any size in MiB with its unit. */
#define SIZE_TEXT_MAX 32

/*
 * A number with M, G or T into MiB, from min to max. ERR_USAGE, with what
 * ("--memory").
 */
MUST_CHECK int size_parse(const char *what, const char *text, uint64_t min,
    uint64_t max, uint64_t *ret, struct diag *d);
/* The same for a VM's memory. */
MUST_CHECK int size_memory(const char *what, const char *text, uint32_t *ret,
    struct diag *d);
/* A disk's: 1 MiB to 64 TiB, in bytes. */
MUST_CHECK int size_disk(const char *what, const char *text, uint64_t *ret,
    struct diag *d);
/* As size_parse() reads it: the largest unit that leaves no rest. */
void size_format(uint64_t mib, char ret[static SIZE_TEXT_MAX]);

#endif
