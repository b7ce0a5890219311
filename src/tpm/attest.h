/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TPMS_ATTEST (TPM 2.0 Part 2, 10.12.12) of types quote and certify. Nothing
 * in the result is trusted before the signature over these bytes is verified:
 * tpm/quote_check.h.
 */
#ifndef TPM_ATTEST_H
#define TPM_ATTEST_H

#include "base/err.h"
#include "tpm/types.h"

/* TPMS_CLOCK_INFO (Part 2, 10.11.1), and firmwareVersion. */
struct tpm_clock {
	uint64_t clock; /* milliseconds */
	uint32_t resets;
	uint32_t restarts;
	bool safe;
	uint64_t firmware;
};

struct attest {
	struct bytes signer;     /* qualifiedSigner: a Name */
	struct bytes extra_data; /* qualifyingData of the caller */
	struct tpm_clock clock;
};

struct quote {
	struct attest head;
	uint16_t bank; /* hash algorithm of the one bank */
	uint32_t mask; /* bit n: PCR n */
	struct bytes digest;
};

struct certify {
	struct attest head;
	struct bytes name;
	struct bytes qualified_name;
};

/* All views point into the input. */
MUST_CHECK int quote_parse(struct bytes in, struct quote *ret, struct diag *d);
MUST_CHECK int certify_parse(struct bytes in, struct certify *ret,
    struct diag *d);

#endif
