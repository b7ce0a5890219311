/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PCR values in a text: lines "N HEX" or "sha256:N HEX", and what tpm2_pcrread
 * prints ("sha256:" alone, then "  N : 0xHEX").
 */
#ifndef CTL_SHIELD_PCR_FILE_H
#define CTL_SHIELD_PCR_FILE_H

#include "base/err.h"
#include "crypto/hash.h"
#include "tpm/pcr.h"

#define PCR_FILE_MAX   ((size_t)64 << 10)
#define PCR_FILE_BANKS ((size_t)HASH_SM3 + 1)

struct pcr_file {
	uint32_t given[PCR_FILE_BANKS]; /* by enum hash_alg; bit n: PCR n */
	uint8_t v[PCR_FILE_BANKS][PCR_COUNT][HASH_SIZE_MAX];
};

/*
 * Without a bank's name the length says which. A value twice, one of another
 * length than its bank's, a word too much: ERR_FORMAT with the line's number.
 */
MUST_CHECK int pcr_file_parse(struct bytes text, struct pcr_file *ret,
    struct diag *d);
bool pcr_file_has(const struct pcr_file *f, enum hash_alg bank, unsigned pcr);

#endif
