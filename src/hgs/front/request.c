/* SPDX-License-Identifier: Apache-2.0 */
#include "hgs/front/request.h"

#include <string.h>

#include "base/text.h"
#include "proto/evidence.h"
#include "json/json.h"

/* Room for any message that a client sends. */
union message {
	struct challenge_request challenge;
	struct attest_request attest;
	struct roll_request roll;
	struct seal_notice notice;
	struct open_request open;
};

int
request_message(const struct fields *f, struct bytes text, struct buf *ret,
    struct diag *d)
{
	auto_json_doc struct json_doc *doc = NULL;
	union message m;
	int r;

	BUG_ON(f->size > sizeof(m));
	if ((r = json_decode(text, f, &m, &doc, d)) < 0)
		return r;
	return fields_encode(f, &m, ret, d);
}

/* Absent and empty are the same to those who judge: no such evidence. */
static void
place(struct bytes bundle, struct bytes part, uint64_t *ret_at,
    uint64_t *ret_len)
{
	*ret_at = part.len == 0 ? 0 : (uint64_t)(part.p - bundle.p);
	*ret_len = part.len;
}

int
request_evidence(struct bytes bundle, const uint8_t exporter[32],
    const char *peer, struct buf *ret, struct diag *d)
{
	auto_buf struct buf request = BUF_INIT(2 * EVIDENCE_SMALL_MAX);
	struct attest_parts p = { 0 };
	struct evidence e;
	int r;

	if ((r = evidence_decode(bundle, &e, d)) < 0 ||
	    (r = request_message(&attest_request_fields,
		 e.part[EVIDENCE_REQUEST], &request, d)) < 0)
		return r;
	p.request = buf_bytes(&request);
	p.quote = e.part[EVIDENCE_QUOTE];
	p.quote_signature = e.part[EVIDENCE_QUOTE_SIG];
	p.certify = e.part[EVIDENCE_CERTIFY];
	p.certify_signature = e.part[EVIDENCE_CERTIFY_SIG];
	p.ak_public = e.part[EVIDENCE_AK];
	p.hk_public = e.part[EVIDENCE_HK];
	memcpy(p.exporter, exporter, sizeof(p.exporter));
	place(bundle, e.part[EVIDENCE_BOOT_LOG], &p.boot_log_at,
	    &p.boot_log_len);
	place(bundle, e.part[EVIDENCE_IMA_LOG], &p.ima_log_at, &p.ima_log_len);
	place(bundle, e.part[EVIDENCE_CMDLINE], &p.command_line_at,
	    &p.command_line_len);
	place(bundle, e.part[EVIDENCE_PCR15_RECORDS], &p.pcr15_at,
	    &p.pcr15_len);
	p.peer = bytes_of_text(peer);
	return fields_encode(&attest_parts_fields, &p, ret, d);
}

static int
read_proof(const struct request_proof_text *proof, struct key_call *ret,
    struct diag *d)
{
	int r;

	if (proof->time.p == NULL || proof->request.p == NULL ||
	    proof->mac.p == NULL)
		return diag_refuse(d, REASON_RequestNotAuthentic,
		    "request: %s, %s or %s is missing", HEADER_TIME,
		    HEADER_REQUEST, HEADER_MAC);
	if ((r = number_parse(HEADER_TIME, proof->time, 0, INT64_MAX,
		 &ret->time, d)) < 0 ||
	    (r = hex_decode_fixed(proof->request, ret->request,
		 sizeof(ret->request), d)) < 0)
		return r;
	return hex_decode_fixed(proof->mac, ret->mac, sizeof(ret->mac), d);
}

int
request_key_call(const struct fields *f, const char *path,
    const struct request_proof_text *proof, struct bytes text, const char *peer,
    struct buf *ret, struct diag *d)
{
	auto_buf struct buf body = BUF_INIT(CORE_LIMIT + 65536);
	struct key_call c = { 0 };
	int r;

	if ((r = read_proof(proof, &c, d)) < 0 ||
	    (r = request_message(f, text, &body, d)) < 0)
		return r;
	c.path = bytes_of_text(path);
	c.body = buf_bytes(&body);
	c.peer = bytes_of_text(peer);
	return fields_encode(&key_call_fields, &c, ret, d);
}
