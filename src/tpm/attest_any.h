/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TPMS_ATTEST (TPM 2.0 Part 2, 10.12.12) of any type and any banks, for tools
 * that say what a file is. What is believed goes through tpm/attest.h, which
 * takes two types and one bank.
 */
#ifndef TPM_ATTEST_ANY_H
#define TPM_ATTEST_ANY_H

#include "tpm/attest.h"

#define TPM_ST_ATTEST_CREATION 0x801a
#define ATTEST_BANKS_MAX       16

struct attest_bank {
	uint16_t alg;
	uint32_t mask; /* bit n: PCR n */
};

struct attest_any {
	uint16_t type; /* TPM_ST_ATTEST_* */
	struct attest head;
	/* quote */
	size_t n_banks;
	struct attest_bank banks[ATTEST_BANKS_MAX];
	struct bytes digest;
	/* certify: Name and Qualified Name; creation: Name and creationHash */
	struct bytes name;
	struct bytes second;
	struct bytes rest; /* of other types, not taken apart */
};

/* Whether the bytes begin as what a TPM signs does. */
bool attest_any_is(struct bytes in);
/* All views point into the input. */
MUST_CHECK int attest_any_parse(struct bytes in, struct attest_any *ret,
    struct diag *d);
/* "quote", "certify", ...; NULL for what is no TPM_ST_ATTEST. */
const char *attest_type_name(uint16_t type);

#endif
