/* SPDX-License-Identifier: Apache-2.0 */
#include "hgs/key/asker.h"

#include <string.h>

#include "hgs/common/registry.h"
#include "hgs/common/release_key.h"
#include "hgs/common/store_client.h"
#include "tpm/public.h"
#include "tpm/quote_check.h"

void
caller_free(struct caller *c)
{
	buf_free(&c->storage);
}

static int
check_certificate(const struct keyhold *k, struct bytes der, struct health *ret,
    struct diag *d)
{
	int r;

	if ((r = health_parse(der, ret, d)) < 0)
		return r;
	for (size_t i = 0; i < k->signers.n; i++) {
		const struct keyring_key *s = &k->signers.keys[i];
		struct health_signer signer;
		struct cert cert;

		if (cert_parse(buf_bytes(&s->certificate), &cert, NULL) < 0)
			continue;
		signer =
		    (struct health_signer){ cert.subject, cert.ski, s->key };
		if (health_verify(ret, &signer, d) == ERR_OK)
			return ERR_OK;
	}
	return diag_refuse(d, REASON_CertificateInvalid,
	    "no attestation signer of this fabric signed the certificate");
}

/* Constant time: the MAC is what an impostor would search for. */
static int
check_proof(const struct keyhold *k, const struct key_call *call,
    const struct caller *c, struct diag *d)
{
	const struct keyring_key *shared =
	    keyring_primary(&k->keys, KEY_USE_SHARED);
	auto_buf struct buf b = BUF_INIT(1024);
	struct request_proof p = { .label = bytes_of_text(REQUEST_LABEL),
		.method = bytes_of_text("POST"),
		.path = call->path,
		.time = call->time };
	uint8_t release_key[RELEASE_KEY_SIZE], mac[32];
	struct bytes in;
	bool ok;
	int r;

	memcpy(p.request, call->request, sizeof(p.request));
	memcpy(p.body, c->request_digest, sizeof(p.body));
	if ((r = fields_encode(&request_proof_fields, &p, &b, d)) < 0)
		return r;
	release_key_derive(secret_bytes(&shared->shared), c->health.serial,
	    release_key);
	in = buf_bytes(&b);
	hmac_sha256(BYTES_OF_ARRAY(release_key), &in, 1, mac);
	ok = secret_equal(BYTES_OF_ARRAY(mac), BYTES_OF_ARRAY(call->mac));
	explicit_bzero(release_key, sizeof(release_key));
	explicit_bzero(mac, sizeof(mac));
	if (!ok)
		return diag_refuse(d, REASON_RequestNotAuthentic,
		    "the proof of the release key is wrong");
	return ERR_OK;
}

static int
check_times(const struct key_call *call, const struct caller *c, uint64_t now,
    struct diag *d)
{
	uint64_t apart = call->time > now ? call->time - now : now - call->time;

	if (apart > REQUEST_SKEW)
		return diag_refuse(d, REASON_RequestStale,
		    "request time and service time are %llu seconds apart, at "
		    "most %d",
		    (unsigned long long)apart, REQUEST_SKEW);
	return health_check_time(&c->health, now, d);
}

/* Whatever an administrator took away counts from this request on (T101). */
static int
check_epoch(const struct keyhold *k, const struct caller *c, struct diag *d)
{
	auto_buf struct buf storage = BUF_INIT(CHANNEL_BODY_MAX);
	struct epoch_record e;
	uint64_t version;
	int r;

	r = store_read(k->store_fd, "epoch/floor", &epoch_record_fields,
	    &storage, &e, &version, d);
	if (r < 0)
		return r;
	if (version == 0)
		return diag_fail(d, ERR_NOT_FOUND, "no policy epoch");
	if (c->health.policy_epoch < e.floor ||
	    c->health.policy_epoch > e.epoch ||
	    c->health.attested_at < e.deny_before)
		return diag_refuse(d, REASON_CertificateRevoked,
		    "certificate of policy epoch %llu, now %llu is the least",
		    (unsigned long long)c->health.policy_epoch,
		    (unsigned long long)e.floor);
	return ERR_OK;
}

/*
 * The certificate's key is in the registered TPM, whatever hgs-attest says:
 * certified by the registered host's AK, null hierarchy, our template.
 */
static int
check_host_key(const struct asker *a, const struct caller *c, struct diag *d)
{
	struct certify_evidence e = { c->host.ak_public, a->hk_public,
		a->certify, a->certify_signature, BYTES_NONE };
	uint8_t name[TPM_NAME_SIZE], point[65], ak_name[TPM_NAME_SIZE];
	int r;

	if (c->health.mode != HEALTH_MODE_TPM)
		return diag_refuse(d, REASON_ModeNotEnabled,
		    "attestation mode %u is not offered", c->health.mode);
	tpm_name(c->host.ak_public, ak_name);
	if (!bytes_equal(c->health.ak_name, BYTES_OF_ARRAY(ak_name)))
		return diag_refuse(d, REASON_AkMismatch,
		    "the certificate names another attestation key");
	if ((r = certify_verify_boot(&e, c->health.reset_count,
		 c->health.restart_count, name, d)) < 0 ||
	    (r = public_point(a->hk_public, point, d)) < 0)
		return r;
	if (!bytes_equal(c->health.hk_name, BYTES_OF_ARRAY(name)) ||
	    !bytes_equal(BYTES_OF_ARRAY(point),
		BYTES_OF_ARRAY(c->health.host_key)))
		return diag_refuse(d, REASON_HostKeyCertify,
		    "the certificate is over another key");
	return ERR_OK;
}

int
caller_check(const struct keyhold *k, const struct key_call *call,
    const struct asker *asker, uint64_t now, struct caller *ret, struct diag *d)
{
	int r;

	sha256(call->body, ret->request_digest);
	if ((r = check_certificate(k, asker->certificate, &ret->health, d)) <
		0 ||
	    (r = check_proof(k, call, ret, d)) < 0 ||
	    (r = check_times(call, ret, now, d)) < 0 ||
	    (r = check_epoch(k, ret, d)) < 0 ||
	    (r = registry_find(k->store_fd, ret->health.host_id, &ret->storage,
		 &ret->host, d)) < 0)
		return r;
	return check_host_key(asker, ret, d);
}

int
caller_check_fresh(const struct keyhold *k, const struct caller *c,
    uint64_t now, struct diag *d)
{
	uint64_t age = now - c->health.attested_at;

	if (now < c->health.attested_at || age > k->release_max_age)
		return diag_refuse(d, REASON_CertificateStale,
		    "attested %llu seconds ago, a release asks for %llu",
		    (unsigned long long)age,
		    (unsigned long long)k->release_max_age);
	return ERR_OK;
}
