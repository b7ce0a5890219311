/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attestation: guardd brings the challenge and takes the evidence; what comes
 * back sealed to the host key is opened and kept here.
 */
#include <string.h>

#include "crypto/hash.h"
#include "guard/tpm/guard.h"
#include "tpm/public.h"
#include "tpm/transcript.h"

#define RELEASE_KEY_SIZE 32

static int
transcript_of(const struct guard *g, const struct attest_order *o,
    uint8_t ret[static SHA256_SIZE], struct diag *d)
{
	struct transcript t = { .pcr_mask = o->pcr_mask,
		.ima_cursor = o->ima_cursor };

	memcpy(t.signer, o->signer, sizeof(t.signer));
	memcpy(t.nonce, o->nonce, sizeof(t.nonce));
	tpm_host_id(buf_bytes(&g->ek.public), t.host_id);
	memcpy(t.ak_name, g->ak.name, sizeof(t.ak_name));
	memcpy(t.hk_name, g->hk.name, sizeof(t.hk_name));
	memcpy(t.boot_log, o->boot_log, sizeof(t.boot_log));
	memcpy(t.ima_log, o->ima_log, sizeof(t.ima_log));
	memcpy(t.command_line, o->command_line, sizeof(t.command_line));
	sha256(buf_bytes(&g->pcr15), t.pcr15);
	memcpy(t.exporter, o->exporter, sizeof(t.exporter));
	return transcript_digest(&t, ret, d);
}

int
guard_on_attest(struct service_call *call, struct diag *d)
{
	auto_buf struct buf quote = BUF_INIT(TPM_BLOB_LIMIT),
			    signature = BUF_INIT(TPM_BLOB_LIMIT);
	auto_secret struct secret activation = SECRET_NONE;
	auto_guard_tpm struct guard_tpm t = { 0 };
	struct guard *g = call->context;
	uint8_t transcript[SHA256_SIZE];
	struct attest_order order;
	struct bytes digest = BYTES_OF_ARRAY(transcript);
	int rc;

	if ((rc = fields_decode(&attest_order_fields, call->in->body, &order,
		 d)) < 0 ||
	    (rc = guard_close_modules(g, d)) < 0 ||
	    (rc = transcript_of(g, &order, transcript, d)) < 0 ||
	    (rc = guard_tpm_open(g, &t, d)) < 0)
		return rc;
	g->pending = false;
	buf_reset(&g->pending_certify);
	buf_reset(&g->pending_certify_signature);
	if ((rc = tpmdev_activate(&t.ak, &t.ek, order.credential_blob,
		 order.encrypted_secret, &activation, d)) < 0 ||
	    (rc = tpmdev_quote(&t.ak, digest, order.pcr_mask, &quote,
		 &signature, d)) < 0 ||
	    (rc = tpmdev_certify(&t.ak, &t.hk, &g->auth, digest,
		 &g->pending_certify, &g->pending_certify_signature, d)) < 0)
		return rc;

	const struct attest_evidence evidence = {
		.activation = secret_bytes(&activation),
		.quote = buf_bytes(&quote),
		.quote_signature = buf_bytes(&signature),
		.certify = buf_bytes(&g->pending_certify),
		.certify_signature = buf_bytes(&g->pending_certify_signature),
		.ak_public = buf_bytes(&g->ak.public),
		.hk_public = buf_bytes(&g->hk.public),
		.pcr15 = buf_bytes(&g->pcr15),
	};
	memcpy(g->transcript, transcript, sizeof(g->transcript));
	g->pending = true;
	return fields_encode(&attest_evidence_fields, &evidence, call->reply,
	    d);
}

/*
 * The certificate is public and guardd can lie about it; the release key
 * cannot be forged into fitting this exchange, and the HGS derives it from
 * the certificate's serial: a wrong pair is refused there.
 */
int
guard_on_attested(struct service_call *call, struct diag *d)
{
	auto_secret struct secret key = SECRET_NONE;
	struct guard *g = call->context;
	struct guard_health *h = &g->health;
	struct attested in;
	int rc;

	if ((rc = fields_decode(&attested_fields, call->in->body, &in, d)) < 0)
		return rc;
	if (!g->pending)
		return diag_fail(d, ERR_PROTOCOL, "no attestation is pending");
	if (in.certificate.len == 0)
		return diag_fail(d, ERR_PROTOCOL, "no certificate");
	if ((rc = guard_open_sealed(g, BYTES_OF_ARRAY(g->transcript), in.sealed,
		 &key, d)) < 0)
		return rc;
	if (key.len != RELEASE_KEY_SIZE)
		return diag_fail(d, ERR_PROTOCOL, "release key of %zu bytes",
		    key.len);
	g->pending = false;
	secret_free(&h->release_key);
	secret_move(&key, &h->release_key);
	buf_reset(&h->certificate);
	buf_reset(&h->certify);
	buf_reset(&h->certify_signature);
	buf_put(&h->certificate, in.certificate);
	buf_put(&h->certify, buf_bytes(&g->pending_certify));
	buf_put(&h->certify_signature,
	    buf_bytes(&g->pending_certify_signature));
	return ERR_OK;
}

/* Empty while the host is not guarded. */
int
guard_on_health(struct service_call *call, struct diag *d)
{
	const struct guard *g = call->context;
	const struct guard_health *h = &g->health;
	const struct asker asker = {
		.certificate = buf_bytes(&h->certificate),
		.hk_public = buf_bytes(&g->hk.public),
		.certify = buf_bytes(&h->certify),
		.certify_signature = buf_bytes(&h->certify_signature),
	};

	if (h->certificate.len == 0)
		return ERR_OK;
	return fields_encode(&asker_fields, &asker, call->reply, d);
}
