/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a host's TPM proves about one boot: the quote and the host key's
 * certification under one attestation key, and whether the quote is of what
 * the log replays to. The service and who checks evidence from a file call the
 * same function: what the statements must carry comes as an argument.
 */
#ifndef POLICY_PROOF_H
#define POLICY_PROOF_H

#include "policy/judge.h"
#include "tpm/quote_check.h"

struct proof_parts {
	struct bytes ak_public; /* TPMT_PUBLIC */
	struct bytes hk_public; /* TPMT_PUBLIC */
	struct bytes quote;
	struct bytes quote_signature;
	struct bytes certify;
	struct bytes certify_signature;
	struct bytes extra_data; /* what both statements must carry */
	uint32_t mask;           /* the PCRs that were asked for */
};

struct proof {
	uint8_t transcript[32]; /* for the service: proof_verify() */
	struct quote_facts quote;
	struct boot_state boot; /* what the quote and certify say of it */
	uint8_t hk_point[65];
};

/*
 * Quote* and Ak*; fills quote and boot. That the quote does not cover the
 * findings' PCRs is left for the judge: boot.quote_covers_pcrs.
 */
MUST_CHECK int proof_quote(const struct proof_parts *parts,
    const struct findings *f, struct proof *ret, struct diag *d);
/* HostKey*, in the boot of the quote, which was checked. */
MUST_CHECK int proof_host_key(const struct proof_parts *parts,
    struct proof *inout, struct diag *d);
/* Both. */
MUST_CHECK int proof_check(const struct proof_parts *parts,
    const struct findings *f, struct proof *ret, struct diag *d);
/*
 * The quote must be of the values that the log replays to, with PCR 11 as the
 * log leaves it or after one of systemd's known phases.
 */
bool proof_covers(const struct quote_facts *quote, const struct findings *f,
    uint32_t mask);

#endif
