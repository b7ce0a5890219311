/* SPDX-License-Identifier: Apache-2.0 */
#include "protector/ticket.h"
#include "signed/signed.h"
#include "vm.h"

static const uint8_t host[32] = { 1 }, other_host[32] = { 2 };
static const uint8_t seal[32] = { 3 }, other_seal[32] = { 4 };

static struct ticket
good_ticket(const struct grant *g)
{
	struct ticket t = { .version = TICKET_VERSION,
		.suite = 1,
		.expires = 1000 };

	t_fill(t.id, 16, 1);
	memcpy(t.family, g->c.family, 16);
	memcpy(t.vm_id, t_vm_id, 16);
	memcpy(t.seal_digest, seal, 32);
	return t;
}

static struct ticket_want
good_want(const struct grant *g)
{
	return (struct ticket_want){ .grant = g,
		.vm_id = t_vm_id,
		.seal_digest = seal,
		.host_id = host,
		.now = 999 };
}

static bool
accepts(const uint8_t *p, size_t n, void *arg)
{
	struct ticket t;

	return ticket_verify(bytes_of(p, n), arg, &t, NULL) == ERR_OK;
}

static int
issue_and_verify(const struct ticket *t, const struct party *signer,
    const struct ticket_want *want, struct diag *d)
{
	struct buf der = BUF_INIT(TICKET_MAX);
	struct ticket got;
	int r;

	t_need(ticket_make(t, signer->sign, signer->s.ski, &der, d), d,
	    "ticket_make");
	r = ticket_verify(buf_bytes(&der), want, &got, d);
	buf_free(&der);
	return r;
}

static void
test_fit(const struct party *owner, const struct party *thief,
    const struct grant *g)
{
	static const uint8_t vm_2[16] = { 5 };
	struct ticket_want want = good_want(g);
	struct ticket t = good_ticket(g);
	struct diag d = { 0 };

	CHECK(issue_and_verify(&t, owner, &want, &d) == ERR_OK,
	    "a ticket for any host");
	memcpy(t.host_id, host, 32);
	CHECK(issue_and_verify(&t, owner, &want, &d) == ERR_OK,
	    "a ticket for this host");
	want.host_id = other_host;
	CHECK(t_said(issue_and_verify(&t, owner, &want, &d), &d,
		  REASON_TicketInvalid),
	    "a ticket for another host: refused");
	want = good_want(g);
	want.now = 1000;
	CHECK(t_said(issue_and_verify(&t, owner, &want, &d), &d,
		  REASON_TicketInvalid),
	    "an expired ticket: refused");
	want = good_want(g);
	want.vm_id = vm_2;
	CHECK(t_said(issue_and_verify(&t, owner, &want, &d), &d,
		  REASON_TicketInvalid),
	    "T94 a ticket for another VM: refused");
	want = good_want(g);
	want.seal_digest = other_seal;
	CHECK(t_said(issue_and_verify(&t, owner, &want, &d), &d,
		  REASON_TicketInvalid),
	    "T66 a ticket for another seal: refused");
	want = good_want(g);
	t.family[0] ^= 1;
	CHECK(t_said(issue_and_verify(&t, owner, &want, &d), &d,
		  REASON_TicketInvalid),
	    "T94 a ticket for another family: refused");
	t = good_ticket(g);
	CHECK(t_said(issue_and_verify(&t, thief, &want, &d), &d,
		  REASON_SignatureInvalid),
	    "T66 a ticket by another than the owner: refused");
}

static void
test_form(const struct party *owner, const struct grant *g)
{
	struct ticket_want want = good_want(g);
	struct ticket t = good_ticket(g), got;
	struct buf der = BUF_INIT(TICKET_MAX), other = BUF_INIT(TICKET_MAX);
	struct signed_object o;
	struct diag d = { 0 };
	int r;

	t_need(ticket_make(&t, owner->sign, owner->s.ski, &der, &d), &d,
	    "ticket_make");
	CHECK(t_bitflips(der.p, der.len, accepts, &want) == 0,
	    "T63 no flipped bit of a ticket is accepted");
	CHECK(t_truncations(der.p, der.len, accepts, &want) == 0,
	    "T63 no truncation is accepted");
	CHECK(!t_trailing(der.p, der.len, accepts, &want),
	    "T63 a trailing byte is refused");
	t_need(signed_parse(SIGNED_TICKET, buf_bytes(&der), &o, &d), &d,
	    "signed_parse");
	t_need(signed_make(SIGNED_CHANGE, o.content, owner->sign, owner->s.ski,
		   &other, &d),
	    &d, "signed_make");
	r = ticket_verify(buf_bytes(&other), &want, &got, &d);
	CHECK(t_said(r, &d, REASON_TicketInvalid),
	    "T93 the owner's change offered as a ticket: refused");
	t.suite = 2;
	r = ticket_make(&t, owner->sign, owner->s.ski, &der, &d);
	CHECK(t_said(r, &d, REASON_SuiteUnknown),
	    "T93 an unknown suite: refused");
	t = good_ticket(g);
	memset(t.seal_digest, 0, 32);
	r = ticket_make(&t, owner->sign, owner->s.ski, &der, &d);
	CHECK(t_said(r, &d, REASON_TicketInvalid),
	    "a ticket for no seal: refused");
	buf_free(&der);
	buf_free(&other);
}

int
main(void)
{
	struct grant_content content;
	struct party owner, thief;
	struct grant *g;

	t_party(&owner, "owner", T_P256, T_P256);
	t_party(&thief, "owner", T_P256, T_P256);
	t_grant_content(&owner, NULL, 0, &content);
	g = t_grant(&content, &owner);
	test_fit(&owner, &thief, g);
	test_form(&owner, g);
	grant_free(g);
	t_party_free(&owner);
	t_party_free(&thief);
	return t_done();
}
