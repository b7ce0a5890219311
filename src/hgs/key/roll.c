/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rolltransportkey: the only place where a VM's transport key leaves the HGS.
 * The order matters: who asks, what is presented, the VM's life, the audit
 * record, and only then a private key.
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "crypto/random.h"
#include "hgs/common/outcome.h"
#include "hgs/common/store_client.h"
#include "hgs/key/ask.h"
#include "protector/ticket.h"
#include "proto/hgs.h"

static const char *const purposes[] = { "start", "recover" };

static int
check_purpose(struct bytes purpose, struct diag *d)
{
	for (size_t i = 0; i < ARRAY_LEN(purposes); i++)
		if (bytes_equal_text(purpose, purposes[i]))
			return ERR_OK;
	return diag_refuse(d, REASON_PurposeNotAllowed,
	    "this service rolls keys to start a VM only");
}

static int
check_core(const struct ask *a, struct diag *d)
{
	if (core_is_template(a->core))
		return diag_refuse(d, REASON_PurposeNotAllowed,
		    "shielding data is opened, never rolled");
	/* T100: what the certificate was issued for is what the owner allows. */
	if (!grant_accepts_mode(a->core->grant, GRANT_MODE_TPM))
		return diag_refuse(d, REASON_CertificateMode,
		    "the grant does not accept TPM attestation");
	return ERR_OK;
}

/* The owner's word that an older seal, or one that runs elsewhere, may start.*/
static int
check_ticket(struct ask *a, struct bytes der, bool *ret, struct diag *d)
{
	struct ticket_want want = { a->core->grant, a->core->seal.vm_id,
		a->core->seal_digest, a->caller.health.host_id, a->now };
	auto_buf struct buf value = BUF_INIT(STORE_VALUE_MAX);
	struct ticket t;
	struct bytes id = BYTES_OF_ARRAY(t.id);
	uint64_t version;
	int r;

	*ret = false;
	if (der.len == 0)
		return ERR_OK;
	if ((r = ticket_verify(der, &want, &t, d)) < 0)
		return r;
	store_key_hex(a->ticket_key, "ticket", &id, 1);
	r = store_read_raw(a->k->store_fd, a->ticket_key, &value, &version, d);
	if (r < 0)
		return r;
	if (version != 0)
		return diag_refuse(d, REASON_TicketInvalid,
		    "this ticket was used before");
	a->ticket_expires = t.expires;
	*ret = true;
	return ERR_OK;
}

struct roll {
	struct roll_request q;
	struct life_ask life;
	struct secret old_tk;
	struct release release;
	struct buf egress;
	uint8_t seal[32];
	bool known;
	const struct keyring_key *enc, *sign; /* the guardian's pair */
	size_t index;                         /* and its place in the core */
};

static void
roll_free(struct roll *r)
{
	secret_free(&r->old_tk);
	explicit_bzero(&r->release, sizeof(r->release));
	buf_free(&r->egress);
}

static int
admit(struct ask *a, struct roll *roll, struct diag *d)
{
	bool ticket;
	int r;

	r = fields_decode(&roll_request_fields, a->call.body, &roll->q, d);
	if (r < 0)
		return r;
	if (roll->q.version != PROTO_VERSION)
		return diag_refuse(d, REASON_UnsupportedVersion,
		    "roll: version %u", roll->q.version);
	if ((r = caller_check(a->k, &a->call, &roll->q.asker, a->now,
		 &a->caller, d)) < 0 ||
	    (r = caller_check_fresh(a->k, &a->caller, a->now, d)) < 0 ||
	    (r = check_purpose(roll->q.purpose, d)) < 0 ||
	    (r = ask_load_core(a, roll->q.core, d)) < 0 ||
	    (r = check_core(a, d)) < 0 ||
	    (r = ask_find_guardian(a, &roll->enc, &roll->sign, &roll->index,
		 d)) < 0 ||
	    (r = check_ticket(a, roll->q.ticket, &ticket, d)) < 0)
		return r;
	roll->known = a->vm_version != 0;
	roll->life = (struct life_ask){ a->core, a->caller.health.host_id,
		a->now, ticket };
	return life_admit(&a->vm, roll->known, &roll->life, d);
}

/* Opens the ingress and makes the egress, whose seal carries the receipt. */
static int
make_egress(struct ask *a, struct roll *roll,
    const struct audit_receipt *receipt, struct diag *d)
{
	auto_core struct core *made = NULL;
	struct wrap_random random;
	struct core_new n = { .random = &random };
	int r;

	r = core_open(a->core, roll->enc->key, roll->index, &roll->old_tk, d);
	if (r < 0)
		return r;
	random_bytes(random.cek, sizeof(random.cek));
	random_bytes(random.nonce, sizeof(random.nonce));
	random_bytes(roll->release.new_tk, sizeof(roll->release.new_tk));
	n.tk = BYTES_OF_ARRAY(roll->release.new_tk);
	n.signer = roll->sign->key;
	n.signer_index = roll->index;
	memcpy(n.receipt.log_id, receipt->log, sizeof(n.receipt.log_id));
	n.receipt.sequence = receipt->sequence;
	memcpy(n.receipt.record, receipt->record, sizeof(n.receipt.record));
	r = core_roll(a->core, secret_bytes(&roll->old_tk), &n, &roll->egress,
	    d);
	explicit_bzero(&random, sizeof(random));
	if (r < 0)
		return r;
	/* Read back what was made: its name, and that it verifies. */
	r = core_parse(buf_bytes(&roll->egress), a->core->grant, &made, d);
	if (r < 0)
		return r;
	memcpy(roll->seal, made->seal_digest, sizeof(roll->seal));
	return ERR_OK;
}

static int
reply(struct ask *a, struct roll *roll, struct buf *ret, struct diag *d)
{
	auto_buf struct buf sealed = BUF_INIT(SEALED_LIMIT);
	struct release *rel = &roll->release;
	struct roll_reply out = { .version = PROTO_VERSION,
		.known = roll->known,
		.lease = a->k->lease_seconds };
	int r;

	rel->version = PROTO_VERSION;
	memcpy(rel->request, a->caller.request_digest, sizeof(rel->request));
	sha256(roll->q.core, rel->ingress);
	sha256(buf_bytes(&roll->egress), rel->egress);
	memcpy(rel->grant, a->core->grant->digest, sizeof(rel->grant));
	BUG_ON(roll->old_tk.len != sizeof(rel->old_tk));
	memcpy(rel->old_tk, roll->old_tk.p, sizeof(rel->old_tk));
	if ((r = ask_seal_release(a, rel, &sealed, d)) < 0)
		return r;
	out.core = buf_bytes(&roll->egress);
	out.sealed = buf_bytes(&sealed);
	return outcome_message(&roll_reply_fields, &out, ret, d);
}

static int
roll_steps(struct ask *a, struct roll *roll, struct buf *ret, struct diag *d)
{
	struct audit_receipt receipt = { 0 };
	char detail[192], digest[65];
	int r;

	if ((r = admit(a, roll, d)) < 0)
		return r;
	hex_format(bytes_of(a->core->seal_digest, 32), digest);
	(void)snprintf(detail, sizeof(detail),
	    "seal=%s generation=%llu known=%s", digest,
	    (unsigned long long)a->core->seal.generation,
	    roll->known ? "yes" : "no");
	/* T86: on disk before any key is touched, let alone leaves. */
	r = ask_commit(a, true, false, "granted", detail, &receipt, d);
	if (r < 0 || (r = make_egress(a, roll, &receipt, d)) < 0)
		return r;
	life_offer(&a->vm, roll->seal, &roll->life);
	hex_format(BYTES_OF_ARRAY(roll->seal), digest);
	(void)snprintf(detail, sizeof(detail), "seal=%s", digest);
	if ((r = ask_commit(a, false, true, "offered", detail, NULL, d)) < 0)
		return r;
	return reply(a, roll, ret, d);
}

int
ask_roll(struct ask *a, struct buf *ret, struct diag *d)
{
	struct roll roll = { .old_tk = SECRET_NONE,
		.egress = BUF_INIT(CORE_LIMIT) };
	int r = roll_steps(a, &roll, ret, d);

	roll_free(&roll);
	return r;
}
