/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The requests that need no host: what the service is, its signers, and the
 * monitor's and administrators' words.
 */
#include <string.h>
#include <time.h>

#include "crypto/x509.h"
#include "hgs/attest/attest.h"
#include "hgs/common/store_client.h"
#include "proto/attest.h"
#include "proto/hgs.h"
#include "tpm/pcr.h"

int
attest_on_info(struct service_call *call, struct diag *d)
{
	auto_buf struct buf storage = BUF_INIT(CHANNEL_BODY_MAX);
	struct attestor *a = call->context;
	struct service_record s;
	struct attest_info info = { .version = PROTO_VERSION };
	int r;

	if (!a->unlocked)
		return diag_refuse(d, REASON_Locked, "the service is locked");
	r = store_read(a->store_fd, "config/service", &service_record_fields,
	    &storage, &s, NULL, d);
	if (r < 0)
		return r;
	info.service = s.name;
	info.mode = s.mode;
	memcpy(info.signer, a->signer_digest, sizeof(info.signer));
	info.pcr_mask = policies_pcr_mask(a->policies);
	info.certificate_seconds = a->certificate_seconds;
	info.release_max_age = a->release_max_age;
	info.time = (uint64_t)time(NULL);
	return fields_encode(&attest_info_fields, &info, call->reply, d);
}

int
attest_on_signers(struct service_call *call, struct diag *d)
{
	struct attestor *a = call->context;
	struct bytes certs[KEYRING_MAX];
	size_t n = 0;

	for (size_t i = 0; i < a->keys.n; i++)
		if (a->keys.keys[i].use == KEY_USE_ATTEST)
			certs[n++] = buf_bytes(&a->keys.keys[i].certificate);
	return pkcs7_bag(certs, n, call->reply, d);
}

int
attest_on_unlock(struct service_call *call, struct diag *d)
{
	struct attestor *a = call->context;
	const struct keyring_key *signer;
	struct unlock u;
	int r;

	if ((r = fields_decode(&unlock_fields, call->in->body, &u, d)) < 0)
		return r;
	r = keyring_load(a->store_fd, u.passphrase,
	    1u << KEY_USE_ATTEST | 1u << KEY_USE_SHARED, &a->keys, d);
	if (r < 0)
		return r;
	signer = keyring_primary(&a->keys, KEY_USE_ATTEST);
	sha256(buf_bytes(&signer->certificate), a->signer_digest);
	if ((r = policies_refresh(a->policies, a->store_fd, true, d)) < 0)
		return r;
	a->unlocked = true;
	return ERR_OK;
}

int
attest_on_reload(struct service_call *call, struct diag *d)
{
	struct attestor *a = call->context;

	return policies_refresh(a->policies, a->store_fd, true, d);
}

int
attest_on_status(struct service_call *call, struct diag *d)
{
	struct attestor *a = call->context;
	struct process_status s = { a->unlocked, a->started, a->n_requests,
		a->n_refusals, BYTES_NONE };

	return fields_encode(&process_status_fields, &s, call->reply, d);
}
