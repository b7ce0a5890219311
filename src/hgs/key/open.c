/* SPDX-License-Identifier: Apache-2.0 */
/*
 * open: the transport key of shielding data, which never rolls.
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "hgs/common/outcome.h"
#include "hgs/key/ask.h"

static int
admit(struct ask *a, struct open_request *q, struct diag *d)
{
	int r;

	if ((r = fields_decode(&open_request_fields, a->call.body, q, d)) < 0)
		return r;
	if (q->version != PROTO_VERSION)
		return diag_refuse(d, REASON_UnsupportedVersion,
		    "open: version %u", q->version);
	if ((r = caller_check(a->k, &a->call, &q->asker, a->now, &a->caller,
		 d)) < 0 ||
	    (r = caller_check_fresh(a->k, &a->caller, a->now, d)) < 0 ||
	    (r = ask_load_core(a, q->core, d)) < 0)
		return r;
	/* A VM's own key is handed out by a roll alone, which is remembered. */
	if (!core_is_template(a->core) ||
	    (!bytes_equal_text(q->purpose, "provision") &&
		!bytes_equal_text(q->purpose, "open")))
		return diag_refuse(d, REASON_PurposeNotAllowed,
		    "only shielding data is opened without rolling");
	if (!grant_accepts_mode(a->core->grant, GRANT_MODE_TPM))
		return diag_refuse(d, REASON_CertificateMode,
		    "the grant does not accept TPM attestation");
	return ERR_OK;
}

static int
release_key_of(struct ask *a, const struct open_request *q, struct release *rel,
    struct diag *d)
{
	auto_secret struct secret tk = SECRET_NONE;
	const struct keyring_key *enc, *sign;
	size_t index;
	int r;

	if ((r = ask_find_guardian(a, &enc, &sign, &index, d)) < 0 ||
	    (r = core_open(a->core, enc->key, index, &tk, d)) < 0)
		return r;
	BUG_ON(tk.len != sizeof(rel->old_tk));
	rel->version = PROTO_VERSION;
	memcpy(rel->request, a->caller.request_digest, sizeof(rel->request));
	sha256(q->core, rel->ingress);
	memcpy(rel->grant, a->core->grant->digest, sizeof(rel->grant));
	memcpy(rel->old_tk, tk.p, sizeof(rel->old_tk));
	return ERR_OK;
}

int
ask_open(struct ask *a, struct buf *ret, struct diag *d)
{
	auto_buf struct buf sealed = BUF_INIT(SEALED_LIMIT);
	struct roll_reply reply = { .version = PROTO_VERSION };
	struct release rel = { 0 };
	struct open_request q;
	char detail[96], digest[65];
	int r;

	if ((r = admit(a, &q, d)) < 0)
		return r;
	hex_format(bytes_of(a->core->seal_digest, 32), digest);
	(void)snprintf(detail, sizeof(detail), "seal=%s", digest);
	r = ask_commit(a, true, false, "granted", detail, NULL, d);
	if (r < 0)
		return r;
	if ((r = release_key_of(a, &q, &rel, d)) == ERR_OK)
		r = ask_seal_release(a, &rel, &sealed, d);
	explicit_bzero(&rel, sizeof(rel));
	if (r < 0)
		return r;
	reply.sealed = buf_bytes(&sealed);
	return outcome_message(&roll_reply_fields, &reply, ret, d);
}
