/* SPDX-License-Identifier: Apache-2.0 */
#include "hgs/attest/evidence.h"

#include "hgs/common/registry.h"
#include "proto/hgs.h"

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

int
attempt_verify(struct attestor *a, struct attempt *t, struct bytes body, int fd,
    uint64_t now, struct diag *d)
{
	int r;

	if ((r = open_request(a, t, body, now, d)) < 0 ||
	    (r = check_identity(a, t, d)) < 0 ||
	    (r = ask_measure(a, t, fd, d)) < 0)
		return r;
	return proof_verify(&t->parts, &t->token, &t->findings,
	    a->signer_digest, &t->proof, d);
}
