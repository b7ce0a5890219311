/* SPDX-License-Identifier: Apache-2.0 */
#include "hgs/attest/verify.h"

#include <string.h>

#include "base/secret.h"
#include "crypto/hash.h"
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

int
proof_verify(const struct attest_parts *parts, const struct token *token,
    const struct findings *f, const uint8_t signer[static 32],
    struct proof *ret, struct diag *d)
{
	uint8_t transcript[32];
	const struct proof_parts in = {
		.ak_public = parts->ak_public,
		.hk_public = parts->hk_public,
		.quote = parts->quote,
		.quote_signature = parts->quote_signature,
		.certify = parts->certify,
		.certify_signature = parts->certify_signature,
		.extra_data = BYTES_OF_ARRAY(transcript),
		.mask = token->pcr_mask,
	};
	int r;

	if ((r = make_transcript(parts, token, f, signer, transcript, d)) < 0 ||
	    (r = proof_check(&in, f, ret, d)) < 0)
		return r;
	memcpy(ret->transcript, transcript, sizeof(ret->transcript));
	return ERR_OK;
}
