/* SPDX-License-Identifier: Apache-2.0 */
#include "hgs/attest/verify.h"

#include <string.h>

#include "base/secret.h"
#include "crypto/hash.h"
#include "measure/replay.h"
#include "tpm/public.h"
#include "tpm/transcript.h"

int
identity_verify(const struct attest_parts *parts,
    const struct attest_request *request, const struct token *token,
    const struct host_record *host, struct diag *d)
{
	uint8_t proof[32], ak_name[TPM_NAME_SIZE];

	if (!bytes_equal(parts->ak_public, host->ak_public))
		return diag_refuse(d, REASON_AkMismatch,
		    "the attestation key is not the registered one");
	/* The registration may have changed since the challenge was made. */
	tpm_name(host->ak_public, ak_name);
	if (!bytes_equal(BYTES_OF_ARRAY(ak_name),
		BYTES_OF_ARRAY(token->ak_name)))
		return diag_refuse(d, REASON_AkMismatch,
		    "the registration changed since the challenge");
	sha256(request->activation, proof);
	if (!secret_equal(BYTES_OF_ARRAY(proof),
		BYTES_OF_ARRAY(token->activation)))
		return diag_refuse(d, REASON_ActivationFailed,
		    "the activated secret is wrong");
	return ERR_OK;
}

static int
make_transcript(const struct attest_parts *parts, const struct token *token,
    const struct findings *f, const uint8_t signer[static 32],
    uint8_t ret[static 32], struct diag *d)
{
	struct transcript in = { .pcr_mask = token->pcr_mask,
		.ima_cursor = token->ima_cursor };

	memcpy(in.signer, signer, sizeof(in.signer));
	memcpy(in.nonce, token->nonce, sizeof(in.nonce));
	memcpy(in.host_id, token->host_id, sizeof(in.host_id));
	memcpy(in.ak_name, token->ak_name, sizeof(in.ak_name));
	tpm_name(parts->hk_public, in.hk_name);
	memcpy(in.boot_log, f->boot_log, sizeof(in.boot_log));
	memcpy(in.ima_log, f->ima_log, sizeof(in.ima_log));
	memcpy(in.command_line, f->command_line, sizeof(in.command_line));
	memcpy(in.pcr15, f->pcr15_list, sizeof(in.pcr15));
	memcpy(in.exporter, parts->exporter, sizeof(in.exporter));
	return transcript_digest(&in, ret, d);
}

/*
 * The quote must be of the values that the log replays to, with PCR 11 as the
 * log leaves it or after one of systemd's known phases.
 */
static bool
covers(const struct quote_facts *quote, const struct findings *f, uint32_t mask)
{
	for (unsigned phase = 0; phase < REPLAY_PHASES; phase++) {
		struct pcr_values v;

		replay_phase(&f->pcrs, phase, &v);
		if (quote_digest_check(quote, &v, mask, NULL) == ERR_OK)
			return true;
	}
	return false;
}

int
proof_verify(const struct attest_parts *parts, const struct token *token,
    const struct findings *f, const uint8_t signer[static 32],
    struct proof *ret, struct diag *d)
{
	struct proof p = { 0 };
	struct quote_evidence q = { parts->ak_public, parts->quote,
		parts->quote_signature, BYTES_OF_ARRAY(p.transcript),
		token->pcr_mask };
	struct certify_evidence c = { parts->ak_public, parts->hk_public,
		parts->certify, parts->certify_signature,
		BYTES_OF_ARRAY(p.transcript) };
	int r;

	if ((r = make_transcript(parts, token, f, signer, p.transcript, d)) <
		0 ||
	    (r = quote_verify(&q, &p.quote, d)) < 0 ||
	    (r = certify_verify(&c, &p.quote, p.boot.hk_name, d)) < 0 ||
	    (r = public_point(parts->hk_public, p.hk_point, d)) < 0)
		return r;
	p.boot.host_key_certified = true;
	p.boot.now = p.quote.clock;
	p.boot.locks = &known_locks;
	p.boot.ima_policies = &known_ima_policies;
	p.boot.quote_has_ima = (token->pcr_mask >> IMA_PCR & 1) != 0;
	p.boot.quote_covers_pcrs = covers(&p.quote, f, token->pcr_mask);
	*ret = p;
	return ERR_OK;
}
