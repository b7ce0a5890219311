/* SPDX-License-Identifier: Apache-2.0 */
#include "hgs/attest/evidence.h"

#include <string.h>

#include "hgs/common/registry.h"
#include "measure/replay.h"
#include "proto/hgs.h"
#include "tpm/public.h"
#include "tpm/transcript.h"

void
attempt_free(struct attempt *t)
{
	if (t == NULL)
		return;
	buf_free(&t->host_storage);
	buf_free(&t->findings_storage);
	free(t);
}

/* The token first: it is spent whatever else is wrong (T02). */
static int
open_request(struct attestor *a, struct attempt *t, struct bytes body,
    uint64_t now, struct diag *d)
{
	int r;

	r = fields_decode(&attest_parts_fields, body, &t->parts, d);
	if (r < 0)
		return r;
	r = fields_decode(&attest_request_fields, t->parts.request, &t->request,
	    d);
	if (r < 0)
		return r;
	if (t->request.version != PROTO_VERSION)
		return diag_refuse(d, REASON_UnsupportedVersion,
		    "attest: version %u", t->request.version);
	return token_spend(&a->tokens, t->request.token, now, &t->token, d);
}

static int
check_identity(struct attestor *a, struct attempt *t, struct diag *d)
{
	uint8_t proof[32], ak_name[TPM_NAME_SIZE];
	int r;

	r = registry_find(a->store_fd, t->token.host_id, &t->host_storage,
	    &t->host, d);
	if (r < 0)
		return r;
	if (!bytes_equal(t->parts.ak_public, t->host.ak_public))
		return diag_refuse(d, REASON_AkMismatch,
		    "the attestation key is not the registered one");
	/* The registration may have changed since the challenge was made. */
	tpm_name(t->host.ak_public, ak_name);
	if (memcmp(ak_name, t->token.ak_name, sizeof(ak_name)) != 0)
		return diag_refuse(d, REASON_AkMismatch,
		    "the registration changed since the challenge");
	sha256(t->request.activation, proof);
	if (!secret_equal(BYTES_OF_ARRAY(proof),
		BYTES_OF_ARRAY(t->token.activation)))
		return diag_refuse(d, REASON_ActivationFailed,
		    "the activated secret is wrong");
	return ERR_OK;
}

/* A worker that died over this log is replaced by the monitor. */
static int
ask_measure(struct attestor *a, struct attempt *t, int fd, struct diag *d)
{
	const struct attest_parts *p = &t->parts;
	auto_buf struct buf body = BUF_INIT(256);
	struct measure_request q = {
		p->boot_log_at,
		p->boot_log_len,
		p->ima_log_at,
		p->ima_log_len,
		p->command_line_at,
		p->command_line_len,
		p->pcr15_at,
		p->pcr15_len,
	};
	int r, worker = (int)(a->next_worker++ % MEASURE_WORKERS);

	if (fd < 0)
		return diag_refuse(d, REASON_BadRequest,
		    "evidence: no bulk parts");
	if ((r = fields_encode(&measure_request_fields, &q, &body, d)) < 0)
		return r;
	r = channel_call(a->measure_fd[worker], HGS_OP_MEASURE,
	    buf_bytes(&body), &fd, 1, MEASURE_CALL_MS, &t->findings_storage,
	    NULL, d);
	if (r < 0)
		return diag_refuse(d, REASON_TransientError,
		    "the log reader does not answer");
	return findings_decode(buf_bytes(&t->findings_storage), &t->findings,
	    d);
}

static int
make_transcript(struct attestor *a, struct attempt *t, struct diag *d)
{
	const struct findings *f = &t->findings;
	struct transcript in = { .pcr_mask = t->token.pcr_mask,
		.ima_cursor = t->token.ima_cursor };

	memcpy(in.signer, a->signer_digest, sizeof(in.signer));
	memcpy(in.nonce, t->token.nonce, sizeof(in.nonce));
	memcpy(in.host_id, t->token.host_id, sizeof(in.host_id));
	memcpy(in.ak_name, t->token.ak_name, sizeof(in.ak_name));
	tpm_name(t->parts.hk_public, in.hk_name);
	memcpy(in.boot_log, f->boot_log, sizeof(in.boot_log));
	memcpy(in.ima_log, f->ima_log, sizeof(in.ima_log));
	memcpy(in.command_line, f->command_line, sizeof(in.command_line));
	memcpy(in.pcr15, f->pcr15_list, sizeof(in.pcr15));
	memcpy(in.exporter, t->parts.exporter, sizeof(in.exporter));
	return transcript_digest(&in, t->transcript, d);
}

/*
 * The quote must be of the values that the log replays to, with PCR 11 as the
 * log leaves it or after one of systemd's known phases.
 */
static void
check_coverage(struct attempt *t)
{
	for (unsigned phase = 0; phase < REPLAY_PHASES; phase++) {
		struct pcr_values v;

		replay_phase(&t->findings.pcrs, phase, &v);
		if (quote_digest_check(&t->quote, &v, t->token.pcr_mask,
			NULL) == ERR_OK) {
			t->boot.quote_covers_pcrs = true;
			return;
		}
	}
}

static int
check_tpm(struct attempt *t, struct diag *d)
{
	const struct attest_parts *p = &t->parts;
	struct quote_evidence q = { p->ak_public, p->quote, p->quote_signature,
		BYTES_OF_ARRAY(t->transcript), t->token.pcr_mask };
	struct certify_evidence c = { p->ak_public, p->hk_public, p->certify,
		p->certify_signature, BYTES_OF_ARRAY(t->transcript) };
	int r;

	if ((r = quote_verify(&q, &t->quote, d)) < 0 ||
	    (r = certify_verify(&c, &t->quote, t->boot.hk_name, d)) < 0 ||
	    (r = public_point(p->hk_public, t->hk_point, d)) < 0)
		return r;
	t->boot.host_key_certified = true;
	t->boot.now = t->quote.clock;
	check_coverage(t);
	return ERR_OK;
}

int
attempt_verify(struct attestor *a, struct attempt *t, struct bytes body, int fd,
    uint64_t now, struct diag *d)
{
	int r;

	if ((r = open_request(a, t, body, now, d)) < 0 ||
	    (r = check_identity(a, t, d)) < 0 ||
	    (r = ask_measure(a, t, fd, d)) < 0 ||
	    (r = make_transcript(a, t, d)) < 0)
		return r;
	return check_tpm(t, d);
}
