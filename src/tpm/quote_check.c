/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verification of quote and certify; see quote_check.h. Views are parsed
 * first, but no field is believed before the signature over it verified.
 */
#include "tpm/quote_check.h"

#include <string.h>

#include "crypto/key.h"
#include "tpm/public.h"
#include "tpm/signature.h"

/* Quote and certify of one exchange are made within this time. */
#define CLOCK_SPREAD_MS 60000u

/* The AK is of the template, and its signature over `attest` verifies. */
static int
check_signature(struct bytes ak_public, struct bytes attest,
    struct bytes signature, const char *what,
    uint8_t ret_name[static TPM_NAME_SIZE], struct diag *d)
{
	auto_key struct key *ak = NULL;
	struct tpm_signature sig;
	struct diag inner = { 0 };
	int rc;

	if ((rc = public_is_ak(ak_public, d)) < 0)
		return rc;
	if (public_key(ak_public, &ak, &inner) < 0)
		return diag_refuse(d, REASON_AkTemplate, "attestation key: %s",
		    inner.text);
	if (tpm_signature_parse(signature, &sig, &inner) < 0 ||
	    tpm_signature_verify(&sig, ak, attest, &inner) < 0)
		return diag_refuse(d, REASON_QuoteSignature, "%s: %s", what,
		    inner.text);
	tpm_name(ak_public, ret_name);
	return ERR_OK;
}

/*
 * qualifiedSigner. Counters are in clear for keys of the endorsement hierarchy
 * only; a key of the same template elsewhere is another key.
 */
static int
check_signer(const struct attest *head,
    const uint8_t ak_name[static TPM_NAME_SIZE], enum reason reason,
    const char *what, struct diag *d)
{
	uint8_t signer[TPM_NAME_SIZE];

	tpm_qualified_name(TPM_RH_ENDORSEMENT, ak_name, signer);
	if (!bytes_equal(head->signer, BYTES_OF_ARRAY(signer)))
		return diag_refuse(d, reason,
		    "%s: signer is not this key in the endorsement hierarchy",
		    what);
	return ERR_OK;
}

/* Who signed, and for whom: qualifiedSigner and extraData. */
static int
check_head(const struct attest *head, struct bytes extra_data,
    const uint8_t ak_name[static TPM_NAME_SIZE], enum reason reason,
    const char *what, struct diag *d)
{
	int rc;

	if ((rc = check_signer(head, ak_name, reason, what, d)) < 0)
		return rc;
	/* An empty expectation would be met by any quote made without one. */
	if (extra_data.len != TPM_SHA256_SIZE ||
	    !bytes_equal(head->extra_data, extra_data))
		return diag_refuse(d, REASON_QuoteNonce,
		    "%s: qualifying data is not of this exchange", what);
	return ERR_OK;
}

int
quote_verify(const struct quote_evidence *in, struct quote_facts *ret,
    struct diag *d)
{
	struct quote_facts f = { 0 };
	struct diag inner = { 0 };
	struct quote q;
	int rc;

	if ((rc = check_signature(in->ak_public, in->attest, in->signature,
		 "quote", f.ak_name, d)) < 0)
		return rc;
	if (quote_parse(in->attest, &q, &inner) < 0)
		return diag_refuse(d, REASON_QuoteFormat, "%s", inner.text);
	if ((rc = check_head(&q.head, in->extra_data, f.ak_name,
		 REASON_QuoteFormat, "quote", d)) < 0 ||
	    (rc = pcr_mask_check(in->mask, d)) < 0)
		return rc;
	if (q.bank != TPM_ALG_SHA256)
		return diag_refuse(d, REASON_QuoteSelection,
		    "quote: bank 0x%04x is not SHA-256", q.bank);
	if (q.mask != in->mask)
		return diag_refuse(d, REASON_QuoteSelection,
		    "quote: PCRs 0x%06x, asked for 0x%06x", q.mask, in->mask);
	if (q.digest.len != TPM_SHA256_SIZE)
		return diag_refuse(d, REASON_QuoteFormat,
		    "quote: PCR digest of %zu bytes", q.digest.len);
	/* The clock may have been set back by a cut of power: T16. */
	if (!q.head.clock.safe)
		return diag_refuse(d, REASON_QuoteCounters,
		    "quote: the TPM says that its clock is not safe");
	f.clock = q.head.clock;
	memcpy(f.pcr_digest, q.digest.p, TPM_SHA256_SIZE);
	*ret = f;
	return ERR_OK;
}

int
quote_digest_check(const struct quote_facts *facts,
    const struct pcr_values *values, uint32_t mask, struct diag *d)
{
	uint8_t digest[TPM_SHA256_SIZE];
	int rc;

	if ((rc = pcr_digest(values, mask, digest, d)) < 0)
		return rc;
	if (!bytes_equal(BYTES_OF_ARRAY(digest),
		BYTES_OF_ARRAY(facts->pcr_digest)))
		return diag_refuse(d, REASON_QuoteDigest,
		    "quote: PCR digest is not that of the replayed values");
	return ERR_OK;
}

bool
clock_same_boot(const struct tpm_clock *a, const struct tpm_clock *b)
{
	return a->resets == b->resets && a->restarts == b->restarts;
}

/* Both statements come from one moment of one boot. */
static int
check_together(const struct tpm_clock *quote, const struct tpm_clock *certify,
    struct diag *d)
{
	uint64_t apart = quote->clock > certify->clock
	    ? quote->clock - certify->clock
	    : certify->clock - quote->clock;

	if (!certify->safe)
		return diag_refuse(d, REASON_QuoteCounters,
		    "certify: the TPM says that its clock is not safe");
	if (!clock_same_boot(quote, certify) ||
	    quote->firmware != certify->firmware)
		return diag_refuse(d, REASON_QuoteCounters,
		    "certify: counters or firmware are not the quote's");
	if (apart > CLOCK_SPREAD_MS)
		return diag_refuse(d, REASON_QuoteCounters,
		    "certify: made %llu ms apart from the quote",
		    (unsigned long long)apart);
	return ERR_OK;
}

/* Name and place of the host key, both as the TPM names them. */
static int
check_names(const struct certify *c, const uint8_t name[static TPM_NAME_SIZE],
    struct diag *d)
{
	uint8_t qualified[TPM_NAME_SIZE];

	if (!bytes_equal(c->name, bytes_of(name, TPM_NAME_SIZE)))
		return diag_refuse(d, REASON_HostKeyCertify,
		    "certify: is about another key");
	tpm_qualified_name(TPM_RH_NULL, name, qualified);
	if (!bytes_equal(c->qualified_name, BYTES_OF_ARRAY(qualified)))
		return diag_refuse(d, REASON_HostKeyCertify,
		    "certify: the key is not a primary of the null hierarchy");
	return ERR_OK;
}

/* The key itself: of the template, and a point of the curve. */
static int
check_host_key(struct bytes hk_public, struct diag *d)
{
	auto_key struct key *hk = NULL;
	struct diag inner = { 0 };
	int rc;

	if ((rc = public_is_hk(hk_public, d)) < 0)
		return rc;
	if (public_key(hk_public, &hk, &inner) < 0)
		return diag_refuse(d, REASON_HostKeyTemplate, "host key: %s",
		    inner.text);
	return ERR_OK;
}

/* Signature and structure; ret points into in->attest. */
static int
open_certify(const struct certify_evidence *in,
    uint8_t ret_ak_name[static TPM_NAME_SIZE], struct certify *ret,
    struct diag *d)
{
	struct diag inner = { 0 };
	int rc;

	if ((rc = check_signature(in->ak_public, in->attest, in->signature,
		 "certify", ret_ak_name, d)) < 0)
		return rc;
	if (certify_parse(in->attest, ret, &inner) < 0)
		return diag_refuse(d, REASON_HostKeyCertify, "%s", inner.text);
	return ERR_OK;
}

int
certify_verify(const struct certify_evidence *in,
    const struct quote_facts *quote, uint8_t ret_hk_name[static TPM_NAME_SIZE],
    struct diag *d)
{
	uint8_t ak_name[TPM_NAME_SIZE], hk_name[TPM_NAME_SIZE];
	struct certify c;
	int rc;

	if ((rc = open_certify(in, ak_name, &c, d)) < 0)
		return rc;
	if (!bytes_equal(BYTES_OF_ARRAY(ak_name),
		BYTES_OF_ARRAY(quote->ak_name)))
		return diag_refuse(d, REASON_AkMismatch,
		    "certify: signed by another key than the quote");
	tpm_name(in->hk_public, hk_name);
	if ((rc = check_head(&c.head, in->extra_data, ak_name,
		 REASON_HostKeyCertify, "certify", d)) < 0 ||
	    (rc = check_names(&c, hk_name, d)) < 0 ||
	    (rc = check_together(&quote->clock, &c.head.clock, d)) < 0 ||
	    (rc = check_host_key(in->hk_public, d)) < 0)
		return rc;
	memcpy(ret_hk_name, hk_name, sizeof(hk_name));
	return ERR_OK;
}

int
certify_verify_boot(const struct certify_evidence *in, uint32_t resets,
    uint32_t restarts, uint8_t ret_hk_name[static TPM_NAME_SIZE],
    struct diag *d)
{
	uint8_t ak_name[TPM_NAME_SIZE], hk_name[TPM_NAME_SIZE];
	struct certify c;
	int rc;

	if ((rc = open_certify(in, ak_name, &c, d)) < 0)
		return rc;
	tpm_name(in->hk_public, hk_name);
	if ((rc = check_signer(&c.head, ak_name, REASON_HostKeyCertify,
		 "certify", d)) < 0 ||
	    (rc = check_names(&c, hk_name, d)) < 0 ||
	    (rc = check_host_key(in->hk_public, d)) < 0)
		return rc;
	if (c.head.clock.resets != resets || c.head.clock.restarts != restarts)
		return diag_refuse(d, REASON_QuoteCounters,
		    "certify: of another boot (%u.%u, not %u.%u)",
		    c.head.clock.resets, c.head.clock.restarts, resets,
		    restarts);
	memcpy(ret_hk_name, hk_name, sizeof(hk_name));
	return ERR_OK;
}

int
clock_follows(const struct tpm_clock *before, const struct tpm_clock *now,
    struct diag *d)
{
	if (now->resets < before->resets)
		return diag_refuse(d, REASON_QuoteCounters,
		    "quote: reset count %u after %u", now->resets,
		    before->resets);
	/* restartCount starts at 0 with every reset. */
	if (now->resets == before->resets && now->restarts < before->restarts)
		return diag_refuse(d, REASON_QuoteCounters,
		    "quote: restart count %u after %u", now->restarts,
		    before->restarts);
	if (clock_same_boot(before, now) && now->clock < before->clock)
		return diag_refuse(d, REASON_QuoteCounters,
		    "quote: clock %llu after %llu",
		    (unsigned long long)now->clock,
		    (unsigned long long)before->clock);
	return ERR_OK;
}
