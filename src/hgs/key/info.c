/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Unlocking, metadata, status: requests that release nothing.
 */
#include "guardian/metadata.h"
#include "hgs/common/store_client.h"
#include "hgs/key/keyhold.h"
#include "proto/hgs.h"

#define GUARDIAN_USES (1u << KEY_USE_SIGN | 1u << KEY_USE_ENCRYPT)

/* metadata.xml of the primary pair: what tenants put into their grants. */
static int
make_metadata(struct keyhold *k, struct diag *d)
{
	const struct keyring_key *s = keyring_primary(&k->keys, KEY_USE_SIGN);
	const struct keyring_key *e =
	    keyring_primary(&k->keys, KEY_USE_ENCRYPT);
	auto_buf struct buf storage = BUF_INIT(CHANNEL_BODY_MAX);
	auto_guardian_file struct guardian_file f = { 0 };
	struct service_record service;
	int r;

	r = store_read(k->store_fd, "config/service", &service_record_fields,
	    &storage, &service, NULL, d);
	if (r < 0)
		return r;
	r = guardian_prove(service.name, buf_bytes(&s->certificate),
	    buf_bytes(&e->certificate), s->key, &f, d);
	if (r < 0)
		return r;
	buf_free(&k->metadata);
	k->metadata = (struct buf)BUF_INIT(METADATA_MAX);
	return metadata_write(&f.g, &k->metadata, d);
}

int
key_on_unlock(struct service_call *call, struct diag *d)
{
	struct keyhold *k = call->context;
	struct unlock u;
	int r;

	if ((r = fields_decode(&unlock_fields, call->in->body, &u, d)) < 0 ||
	    (r = keyring_load(k->store_fd, u.passphrase,
		 GUARDIAN_USES | 1u << KEY_USE_SHARED, &k->keys, d)) < 0 ||
	    (r = keyring_load_public(k->store_fd, 1u << KEY_USE_ATTEST,
		 &k->signers, d)) < 0 ||
	    (r = make_metadata(k, d)) < 0)
		return r;
	k->unlocked = true;
	return ERR_OK;
}

/* Everything that decides a release is read at each request; signers are not.*/
int
key_on_reload(struct service_call *call, struct diag *d)
{
	struct keyhold *k = call->context;

	return keyring_load_public(k->store_fd, 1u << KEY_USE_ATTEST,
	    &k->signers, d);
}

int
key_on_metadata(struct service_call *call, struct diag *d)
{
	struct keyhold *k = call->context;

	if (!k->unlocked)
		return diag_refuse(d, REASON_Locked, "the service is locked");
	if (!buf_put(call->reply, buf_bytes(&k->metadata)))
		return buf_check(call->reply, "metadata", d);
	return ERR_OK;
}

int
key_on_status(struct service_call *call, struct diag *d)
{
	struct keyhold *k = call->context;
	struct process_status s = { k->unlocked, k->started, k->n_requests,
		k->n_refusals, BYTES_NONE };

	return fields_encode(&process_status_fields, &s, call->reply, d);
}
