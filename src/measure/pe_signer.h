/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who signed an EFI program, as its signatures say: PKCS #7 SignedData (RFC
 * 2315, 9) in the certificate table. Not verified. It serves to tell whether
 * two programs are let in by the same entry of the firmware's database, which
 * is what PCR 7 records.
 */
#ifndef MEASURE_PE_SIGNER_H
#define MEASURE_PE_SIGNER_H

#include "measure/pe.h"

struct pe_signer {
	struct bytes issuer; /* Name, whole */
	struct bytes serial; /* INTEGER, whole */
	bool self_issued;    /* the certificate came with it and says so */
};

#define PE_SIGNERS_MAX 8
/* In the order of the table; *ret_n is 0 for a program without signatures. */
MUST_CHECK int pe_signers(const struct pe *pe,
    struct pe_signer ret[static PE_SIGNERS_MAX], size_t *ret_n, struct diag *d);
/*
 * Refused unless one entry of the firmware's (or shim's) list that let in the
 * old program lets in the new one: the same certificates, or others of the
 * same issuers.
 */
MUST_CHECK int pe_same_authority(const struct pe *old, const struct pe *new,
    struct diag *d);

#endif
