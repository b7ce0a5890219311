/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two statements of a TPM that the product believes: a quote by the
 * attestation key, and that key's certification of the host key. Each check
 * refuses with its own reason code; the order is fixed, so that the first
 * cause is the one told.
 */
#ifndef TPM_QUOTE_CHECK_H
#define TPM_QUOTE_CHECK_H

#include "base/err.h"
#include "tpm/attest.h"
#include "tpm/pcr.h"

struct quote_evidence {
	struct bytes ak_public;  /* TPMT_PUBLIC */
	struct bytes attest;     /* TPMS_ATTEST */
	struct bytes signature;  /* TPMT_SIGNATURE */
	struct bytes extra_data; /* expected: the transcript's digest */
	uint32_t mask;           /* expected: what the server asked for */
};

struct certify_evidence {
	struct bytes ak_public;
	struct bytes hk_public;
	struct bytes attest;
	struct bytes signature;
	struct bytes extra_data;
};

struct quote_facts {
	uint8_t ak_name[TPM_NAME_SIZE];
	struct tpm_clock clock;
	uint8_t pcr_digest[TPM_SHA256_SIZE]; /* signed; quote only */
};

/*
 * AK template, signature, head, extraData, selection; the digest is returned
 * and compared with the replayed values by quote_digest_check(), so that a
 * service may verify the signature before it spends time on a log.
 * AkTemplate, QuoteSignature, QuoteFormat, QuoteNonce, QuoteSelection,
 * QuoteCounters (clock not safe).
 */
MUST_CHECK int quote_verify(const struct quote_evidence *in,
    struct quote_facts *ret, struct diag *d);
/* QuoteDigest: the quoted digest is not that of these values. */
MUST_CHECK int quote_digest_check(const struct quote_facts *facts,
    const struct pcr_values *values, uint32_t mask, struct diag *d);

/*
 * The host key is of the right template and a primary of the null hierarchy of
 * the same TPM, in the same boot as `quote`. HostKeyTemplate, HostKeyCertify,
 * AkTemplate, QuoteNonce, QuoteCounters.
 */
MUST_CHECK int certify_verify(const struct certify_evidence *in,
    const struct quote_facts *quote, uint8_t ret_hk_name[static TPM_NAME_SIZE],
    struct diag *d);

/*
 * The same, of a statement made earlier in a known boot, for which exchange
 * does not matter: extra_data is not looked at, the counters must be these.
 */
MUST_CHECK int certify_verify_boot(const struct certify_evidence *in,
    uint32_t resets, uint32_t restarts,
    uint8_t ret_hk_name[static TPM_NAME_SIZE], struct diag *d);

/*
 * QuoteCounters unless `now` can come after `before` on the same TPM: counters
 * never fall, and the clock never falls within one boot.
 */
MUST_CHECK int clock_follows(const struct tpm_clock *before,
    const struct tpm_clock *now, struct diag *d);
/* The same boot: neither reset nor restarted in between. */
bool clock_same_boot(const struct tpm_clock *a, const struct tpm_clock *b);

#endif
