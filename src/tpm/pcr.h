/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PCR selections and the digest a quote carries, for the SHA-256 bank. Bit n
 * of a mask is PCR n.
 */
#ifndef TPM_PCR_H
#define TPM_PCR_H

#include "base/buf.h"
#include "base/err.h"
#include "tpm/types.h"

#define PCR_COUNT 24
/*
 * 0 to 15 only start again with the machine. 16 and 23 are reset by anyone,
 * 17 to 22 by a dynamic launch: none of them is evidence.
 */
#define PCR_MASK_STICKY  0x00ffffu
#define PCR_MASK_DEFAULT 0x00fbffu /* 0-9, 11-15 */
#define PCR_HOST_KEY     15

struct pcr_values {
	uint8_t v[PCR_COUNT][TPM_SHA256_SIZE];
};

/* Not empty and within PCR_MASK_STICKY. */
MUST_CHECK int pcr_mask_check(uint32_t mask, struct diag *d);
/* TPMS_PCR_SELECTION's three bytes (Part 2, 10.6.2), and back. */
void pcr_mask_to_bytes(uint32_t mask, uint8_t ret[static 3]);
uint32_t pcr_mask_from_bytes(const uint8_t in[static 3]);
/* TPML_PCR_SELECTION (Part 2, 10.9.7) with this mask in the SHA-256 bank. */
bool pcr_selection_put(struct buf *b, uint32_t mask);

/* SHA-256 over the selected values, lowest first; mask as pcr_mask_check(). */
MUST_CHECK int pcr_digest(const struct pcr_values *values, uint32_t mask,
    uint8_t ret[static TPM_SHA256_SIZE], struct diag *d);
#endif
