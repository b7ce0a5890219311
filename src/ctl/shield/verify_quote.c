/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A quote by any key: of any kind that a TPM makes, of several banks. Whether
 * an HGS would take such a key is told beside it.
 */
#include <stdio.h>

#include "ctl/shield/evidence_verify.h"
#include "measure/replay_banks.h"
#include "tpm/attest_any.h"
#include "tpm/public.h"
#include "tpm/signature.h"

static void
check_key(struct input *in, struct checks *c)
{
	struct diag why = { 0 };

	if (in->known_ak.p == NULL)
		checks_open(c, "kind of key",
		    "a bare public key does not say what its TPM allows it");
	else if (public_is_ak(in->known_ak, &why) < 0)
		checks_open(c, "kind of key", "an HGS would not take it: %s",
		    why.text);
	else
		checks_good(c, "kind of key",
		    "restricted, as guard-tpm makes it");
}

static void
check_signature(struct input *in, struct checks *c)
{
	struct tpm_signature sig;
	struct diag why = { 0 };

	if (tpm_signature_parse(in->proof.quote_signature, &sig, &why) < 0 ||
	    tpm_signature_verify(&sig, in->ak, in->proof.quote, &why) < 0)
		checks_bad(c, "signature", REASON_QuoteSignature, "%s",
		    why.text);
	else
		checks_good(c, "signature", "by the key given");
}

static void
check_nonce(struct input *in, struct checks *c, struct bytes extra)
{
	if (in->proof.extra_data.p == NULL)
		checks_open(c, "freshness",
		    "without --nonce a quote may be of any age");
	else if (bytes_equal(in->proof.extra_data, extra))
		checks_good(c, "freshness", "the quote carries the nonce");
	else
		checks_differ(c, "freshness", REASON_QuoteNonce, -1,
		    in->proof.extra_data, extra);
}

/* Part 3, 18.4: over all selected values, in the order of the selections. */
static bool
expected_digest(const struct input *in, const struct attest_any *a,
    uint8_t ret[static SHA256_SIZE], char *missing, size_t size)
{
	static struct bytes values[ATTEST_BANKS_MAX * PCR_COUNT];
	enum hash_alg bank;
	size_t n = 0;

	for (size_t i = 0; i < a->n_banks; i++) {
		if (!replay_bank_hash(a->banks[i].alg, &bank)) {
			(void)snprintf(missing, size, "bank 0x%04x",
			    a->banks[i].alg);
			return false;
		}
		for (unsigned pcr = 0; pcr < PCR_COUNT; pcr++) {
			if ((a->banks[i].mask >> pcr & 1) == 0)
				continue;
			if (!pcr_file_has(&in->pcrs, bank, pcr)) {
				(void)snprintf(missing, size, "%s PCR %u",
				    hash_name(bank), pcr);
				return false;
			}
			values[n++] =
			    bytes_of(in->pcrs.v[bank][pcr], hash_size(bank));
		}
	}
	hash_parts(HASH_SHA256, values, n, ret);
	return true;
}

static void
check_values(struct input *in, struct checks *c, const struct attest_any *a)
{
	uint8_t digest[SHA256_SIZE];
	char missing[32];

	if (!in->has_pcrs)
		checks_open(c, "PCR values", "none given: --pcrs");
	else if (!expected_digest(in, a, digest, missing, sizeof(missing)))
		checks_open(c, "PCR values", "no value given of %s", missing);
	else if (bytes_equal(BYTES_OF_ARRAY(digest), a->digest))
		checks_good(c, "PCR values", "are those that are quoted");
	else
		checks_differ(c, "PCR values", REASON_QuoteDigest, -1,
		    BYTES_OF_ARRAY(digest), a->digest);
}

int
verify_quote(struct input *in, struct checks *c, struct diag *d)
{
	struct attest_any a;
	struct diag why = { 0 };

	check_key(in, c);
	check_signature(in, c);
	if (attest_any_parse(in->proof.quote, &a, &why) < 0) {
		checks_bad(c, "form", REASON_QuoteFormat, "%s", why.text);
		return checks_end(c, "quote", d);
	}
	if (a.type != TPM_ST_ATTEST_QUOTE) {
		checks_bad(c, "form", REASON_QuoteFormat, "not a quote but: %s",
		    attest_type_name(a.type));
		return checks_end(c, "quote", d);
	}
	checks_good(c, "form", "a TPM's quote");
	check_nonce(in, c, a.head.extra_data);
	check_values(in, c, &a);
	checks_open(c, "boot log", "none given");
	return checks_end(c, "quote", d);
}
