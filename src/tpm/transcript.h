/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an attestation is about. Its digest is the quote's and the certify's
 * qualifyingData and the context of the reply's encryption, so that no part
 * can be exchanged for one of another exchange. The byte form is base/field.h
 * over the members in this order, after the label "shieldwall attest 1".
 */
#ifndef TPM_TRANSCRIPT_H
#define TPM_TRANSCRIPT_H

#include "base/err.h"
#include "base/field.h"
#include "tpm/types.h"

#define TRANSCRIPT_LABEL "shieldwall attest 1"

struct transcript {
	struct bytes label; /* set by transcript_digest() */
	uint8_t
	    signer[TPM_SHA256_SIZE]; /* SHA-256 of the signer's certificate */
	uint8_t nonce[TPM_SHA256_SIZE];
	uint8_t host_id[TPM_SHA256_SIZE];
	uint8_t ak_name[TPM_NAME_SIZE];
	uint8_t hk_name[TPM_NAME_SIZE];
	uint32_t pcr_mask;
	uint64_t ima_cursor;
	/* SHA-256 of each part as sent; of nothing where a part is absent. */
	uint8_t boot_log[TPM_SHA256_SIZE];
	uint8_t ima_log[TPM_SHA256_SIZE];
	uint8_t command_line[TPM_SHA256_SIZE];
	uint8_t pcr15[TPM_SHA256_SIZE];
	uint8_t exporter[TPM_SHA256_SIZE]; /* TLS exporter; zero if none */
};

extern const struct fields transcript_fields;

MUST_CHECK int transcript_digest(const struct transcript *in,
    uint8_t ret[static TPM_SHA256_SIZE], struct diag *d);

#endif
