/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PCR selections and their digest; see pcr.h.
 */
#include "tpm/pcr.h"

#include "crypto/hash.h"

int
pcr_mask_check(uint32_t mask, struct diag *d)
{
	if (mask == 0)
		return diag_refuse(d, REASON_QuoteSelection,
		    "PCR selection: empty");
	if ((mask & ~PCR_MASK_STICKY) != 0)
		return diag_refuse(d, REASON_QuoteSelection,
		    "PCR selection: 0x%06x has PCRs that can be reset", mask);
	return ERR_OK;
}

void
pcr_mask_to_bytes(uint32_t mask, uint8_t ret[static 3])
{
	ret[0] = (uint8_t)mask;
	ret[1] = (uint8_t)(mask >> 8);
	ret[2] = (uint8_t)(mask >> 16);
}

uint32_t
pcr_mask_from_bytes(const uint8_t in[static 3])
{
	return in[0] | (uint32_t)in[1] << 8 | (uint32_t)in[2] << 16;
}

bool
pcr_selection_put(struct buf *b, uint32_t mask)
{
	uint8_t map[3];

	pcr_mask_to_bytes(mask, map);
	return buf_put_be32(b, 1) && buf_put_be16(b, TPM_ALG_SHA256) &&
	    buf_put_u8(b, sizeof(map)) && buf_put(b, BYTES_OF_ARRAY(map));
}

int
pcr_digest(const struct pcr_values *values, uint32_t mask,
    uint8_t ret[static TPM_SHA256_SIZE], struct diag *d)
{
	struct bytes parts[PCR_COUNT];
	size_t i, n = 0;
	int rc;

	if ((rc = pcr_mask_check(mask, d)) < 0)
		return rc;
	for (i = 0; i < PCR_COUNT; i++)
		if ((mask & 1u << i) != 0)
			parts[n++] = BYTES_OF_ARRAY(values->v[i]);
	hash_parts(HASH_SHA256, parts, n, ret);
	return ERR_OK;
}
