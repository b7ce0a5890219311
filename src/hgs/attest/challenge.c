/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POST /Attestation/v1/challenge: is this TPM registered, and a question that
 * only this TPM, with this attestation key loaded, can answer.
 */
#include <string.h>
#include <time.h>

#include "crypto/random.h"
#include "hgs/attest/cursor.h"
#include "hgs/common/outcome.h"
#include "hgs/common/refusal.h"
#include "hgs/common/registry.h"
#include "hgs/common/store_client.h"
#include "proto/hgs.h"
#include "tpm/credential.h"
#include "tpm/pcr.h"
#include "tpm/public.h"

/* An unknown host hears UnauthorizedHost, whatever else is wrong with it. */
static int
check_host(struct attestor *a, const struct challenge_request *q,
    struct buf *storage, struct host_record *ret, struct diag *d)
{
	uint8_t host_id[32];
	int r;

	tpm_host_id(q->ek_public, host_id);
	r = registry_find(a->store_fd, host_id, storage, ret, d);
	if (r < 0)
		return r;
	if (!bytes_equal(q->ek_public, ret->ek_public))
		return diag_refuse(d, REASON_EkMismatch,
		    "the endorsement key is not the registered one");
	if (!bytes_equal(q->ak_public, ret->ak_public))
		return diag_refuse(d, REASON_AkMismatch,
		    "the attestation key is not the registered one");
	if ((r = public_is_ek(q->ek_public, d)) < 0)
		return r;
	return public_is_ak(q->ak_public, d);
}

static int
make_credential(struct token *k, struct bytes ek_public, struct credential *ret,
    struct diag *d)
{
	auto_key struct key *ephemeral = NULL;
	uint8_t secret[CREDENTIAL_SECRET_SIZE], seed[32];
	struct tpm_public ek;
	int r;

	if ((r = tpm_public_parse(ek_public, &ek, d)) < 0)
		return r;
	/* Only an elliptic EK agrees on the seed; an RSA one is sent it. */
	if (ek.type == TPM_ALG_ECC &&
	    (r = key_generate(KEY_P256, 0, &ephemeral, d)) < 0)
		return r;
	random_bytes(secret, sizeof(secret));
	random_bytes(seed, sizeof(seed));
	sha256(BYTES_OF_ARRAY(secret), k->activation);
	r = credential_make(ek_public, k->ak_name, BYTES_OF_ARRAY(secret),
	    BYTES_OF_ARRAY(seed), ephemeral, ret, d);
	explicit_bzero(secret, sizeof(secret));
	explicit_bzero(seed, sizeof(seed));
	return r;
}

/* Where the host's list may be gone on with, as far as is known by now. */
static int
set_cursor(struct attestor *a, const struct host_record *host, struct token *k,
    struct diag *d)
{
	auto_buf struct buf storage = BUF_INIT(CHANNEL_BODY_MAX);
	struct status_record s;
	char key[STORE_KEY_MAX + 1];
	int r;

	if ((k->pcr_mask >> IMA_PCR & 1) == 0)
		return ERR_OK;
	if ((r = store_key_name(key, "status", host->name, d)) < 0 ||
	    (r = store_read(a->store_fd, key, &status_record_fields, &storage,
		 &s, NULL, d)) < 0)
		return r;
	k->ima_cursor = cursor_to_ask(a->policies, &s.ima, k->ak_name);
	return ERR_OK;
}

static int
make_challenge(struct attestor *a, const struct host_record *host,
    struct buf *ret, struct diag *d)
{
	auto_buf struct buf sealed = BUF_INIT(TOKEN_LIMIT);
	struct token k = { .made = (uint64_t)time(NULL),
		.pcr_mask = policies_pcr_mask(a->policies) };
	struct challenge_reply reply = { .version = PROTO_VERSION };
	struct credential cred;
	uint8_t iv[12];
	int r;

	random_bytes(k.id, sizeof(k.id));
	random_bytes(k.nonce, sizeof(k.nonce));
	random_bytes(iv, sizeof(iv));
	memcpy(k.host_id, host->host_id, sizeof(k.host_id));
	tpm_name(host->ak_public, k.ak_name);
	if ((r = set_cursor(a, host, &k, d)) < 0 ||
	    (r = make_credential(&k, host->ek_public, &cred, d)) < 0 ||
	    (r = token_seal(&a->tokens, &k, iv, &sealed, d)) < 0)
		return r;
	reply.token = buf_bytes(&sealed);
	reply.credential_blob = bytes_of(cred.blob, cred.blob_len);
	reply.encrypted_secret = bytes_of(cred.secret, cred.secret_len);
	memcpy(reply.nonce, k.nonce, sizeof(reply.nonce));
	memcpy(reply.signer, a->signer_digest, sizeof(reply.signer));
	reply.pcr_mask = k.pcr_mask;
	reply.ima_cursor = k.ima_cursor;
	return outcome_message(&challenge_reply_fields, &reply, ret, d);
}

int
attest_on_challenge(struct service_call *call, struct diag *d)
{
	auto_buf struct buf storage = BUF_INIT(CHANNEL_BODY_MAX);
	struct attestor *a = call->context;
	struct challenge_request q;
	struct host_record host = { 0 };
	struct diag why = { 0 };
	int r;

	a->n_requests++;
	r = fields_decode(&challenge_request_fields, call->in->body, &q, d);
	if (r < 0)
		return r;
	if (!a->unlocked)
		r = diag_refuse(&why, REASON_Locked, "the service is locked");
	else if (q.version != PROTO_VERSION)
		r = diag_refuse(&why, REASON_UnsupportedVersion,
		    "challenge: version %u", q.version);
	else
		r = check_host(a, &q, &storage, &host, &why);
	if (r == ERR_OK)
		r = policies_refresh(a->policies, a->store_fd, false, &why);
	if (r == ERR_OK)
		r = make_challenge(a, &host, call->reply, &why);
	if (r == ERR_OK)
		return ERR_OK;
	a->n_refusals++;
	buf_reset(call->reply);
	return refuse_host(a->store_fd,
	    &(struct refusal){ "challenge", host.name, host.host_id, BYTES_NONE,
		r, &why },
	    call->reply, d);
}
