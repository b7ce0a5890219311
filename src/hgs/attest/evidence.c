/* SPDX-License-Identifier: Apache-2.0 */
#include "hgs/attest/evidence.h"

#include <string.h>

#include "base/log.h"
#include "hgs/attest/cursor.h"
#include "hgs/common/registry.h"
#include "hgs/common/store_client.h"
#include "proto/hgs.h"

void
attempt_free(struct attempt *t)
{
	if (t == NULL)
		return;
	buf_free(&t->host_storage);
	buf_free(&t->status_storage);
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
	int r;

	r = registry_find(a->store_fd, t->token.host_id, &t->host_storage,
	    &t->host, d);
	if (r < 0)
		return r;
	return identity_verify(&t->parts, &t->request, &t->token, &t->host, d);
}

/* A worker that died over this log is replaced by the monitor. */
static int
ask_measure(struct attestor *a, struct attempt *t, int fd, struct diag *d)
{
	const struct attest_parts *p = &t->parts;
	auto_buf struct buf body = BUF_INIT(256);
	const struct ci_loaded *ci = &a->policies->ci;
	int fds[2] = { fd, ci->fd };
	struct quote quote;
	struct measure_request q = {
		p->boot_log_at,
		p->boot_log_len,
		p->ima_log_at,
		p->ima_log_len,
		p->command_line_at,
		p->command_line_len,
		p->pcr15_at,
		p->pcr15_len,
		.pcr_mask = t->token.pcr_mask,
		.ima_next = t->cursor.next,
		.ima_admitting = t->cursor.admitting,
	};
	int r, worker = (int)(a->next_worker++ % MEASURE_WORKERS);

	if (fd < 0)
		return diag_refuse(d, REASON_BadRequest,
		    "evidence: no bulk parts");
	/*
	 * Only to find what of the IMA list it covers: proof_verify() refuses
	 * whatever is wrong with it.
	 */
	if (quote_parse(p->quote, &quote, NULL) == ERR_OK &&
	    quote.digest.len == sizeof(q.pcr_digest))
		memcpy(q.pcr_digest, quote.digest.p, sizeof(q.pcr_digest));
	memcpy(q.ima_value, t->cursor.value, sizeof(q.ima_value));
	if ((r = fields_encode(&measure_request_fields, &q, &body, d)) < 0)
		return r;
	r = channel_call(a->measure_fd[worker], HGS_OP_MEASURE,
	    buf_bytes(&body), fds, ci->loaded ? 2 : 1, MEASURE_CALL_MS,
	    &t->findings_storage, NULL, d);
	if (r < 0)
		return diag_refuse(d, REASON_TransientError,
		    "the log reader does not answer");
	return findings_decode(buf_bytes(&t->findings_storage), &t->findings,
	    d);
}

/*
 * Policies and status as they are now: what is measured is measured for them.
 * Whoever adds or removes one meanwhile has raised the epoch above the one that
 * the certificate will bear.
 */
static int
recall(struct attestor *a, struct attempt *t, struct diag *d)
{
	char key[STORE_KEY_MAX + 1];
	int r;

	r = policies_refresh(a->policies, a->store_fd, false, d);
	if (r < 0)
		return r;
	if ((r = store_key_name(key, "status", t->host.name, d)) < 0)
		return r;
	return store_read(a->store_fd, key, &status_record_fields,
	    &t->status_storage, &t->status, &t->status_version, d);
}

/* The next challenge will ask for the whole list. */
static void
forget_cursor(struct attestor *a, struct attempt *t)
{
	auto_buf struct buf value = BUF_INIT(STORE_VALUE_MAX);
	static struct store_commit c;
	char key[STORE_KEY_MAX + 1];
	struct diag d = { 0 };

	if (t->status_version == 0)
		return;
	t->status.ima = (struct ima_state){ 0 };
	if (store_key_name(key, "status", t->host.name, &d) < 0 ||
	    fields_encode(&status_record_fields, &t->status, &value, &d) < 0)
		return;
	c.n_changes = 1;
	c.changes[0] = (struct store_change){ bytes_of_text(key),
		t->status_version, false, buf_bytes(&value) };
	c.n_audits = 0;
	/* In vain when another attempt wrote: then that one's state stands. */
	if (store_write(a->store_fd, &c, NULL, &d) < 0)
		log_warning("IMA cursor: %s", d.text);
}

static int
verify(struct attestor *a, struct attempt *t, int fd, struct diag *d)
{
	int r;

	if ((r = cursor_begin(a->policies, &t->status.ima, &t->token,
		 t->parts.quote, &t->cursor, d)) < 0 ||
	    (r = ask_measure(a, t, fd, d)) < 0 ||
	    (r = proof_verify(&t->parts, &t->token, &t->findings,
		 a->signer_digest, &t->proof, d)) < 0)
		return r;
	return cursor_verify(&t->status.ima, &t->token, &t->proof, &t->findings,
	    d);
}

int
attempt_verify(struct attestor *a, struct attempt *t, struct bytes body, int fd,
    uint64_t now, struct diag *d)
{
	int r;

	if ((r = open_request(a, t, body, now, d)) < 0 ||
	    (r = check_identity(a, t, d)) < 0 || (r = recall(a, t, d)) < 0)
		return r;
	r = verify(a, t, fd, d);
	if (r < 0 && d->reason == REASON_ChallengeAgain)
		forget_cursor(a, t);
	return r;
}
