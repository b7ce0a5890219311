/* SPDX-License-Identifier: Apache-2.0 */
#include "protector/seal.h"
#include "signed/signed.h"
#include "vm.h"

static const uint8_t tk[TK_SIZE] = { 7 };

static struct seal_content
first_seal(void)
{
	struct seal_content s = { .version = SEAL_VERSION,
		.suite = 1,
		.generation = 1 };

	t_fill(s.grant_digest, 32, 1);
	t_fill(s.wrap_digest, 32, 2);
	t_fill(s.vm_id, 16, 3);
	t_fill(s.recovery_digest, 32, 4);
	return s;
}

static struct seal_content
rolled_seal(void)
{
	struct seal_content s = first_seal();

	s.generation = 2;
	s.signer = 1;
	t_fill(s.previous, 32, 5);
	t_fill(s.receipt.log_id, 16, 6);
	s.receipt.sequence = 99;
	t_fill(s.receipt.record, 32, 7);
	return s;
}

static int
try_seal(const struct seal_content *s, const struct party *p, struct diag *d)
{
	struct buf der = BUF_INIT(SEAL_MAX);
	int r = seal_make(s, BYTES_OF_ARRAY(tk), p->sign, p->s.ski, &der, d);

	buf_free(&der);
	return r;
}

static void
test_round(const struct party *p)
{
	struct seal_content s = rolled_seal(), got;
	struct buf der = BUF_INIT(SEAL_MAX);
	struct signed_object o;
	uint8_t other[TK_SIZE] = { 8 };
	struct diag d;
	size_t bad = 0;
	uint8_t *copy;
	int r;

	t_need(seal_make(&s, BYTES_OF_ARRAY(tk), p->sign, p->s.ski, &der, &d),
	    &d, "seal_make");
	t_need(signed_parse(SIGNED_SEAL, buf_bytes(&der), &o, &d), &d,
	    "signed_parse");
	CHECK(seal_decode(o.content, &got, &d) == ERR_OK &&
		got.generation == 2 && got.signer == 1 &&
		memcmp(got.previous, s.previous, 32) == 0 &&
		memcmp(&got.receipt, &s.receipt, sizeof(s.receipt)) == 0,
	    "a seal is read as it was made");
	CHECK(seal_check_tag(o.content, BYTES_OF_ARRAY(tk), &d) == ERR_OK,
	    "its tag is of its transport key");
	r = seal_check_tag(o.content, BYTES_OF_ARRAY(other), &d);
	CHECK(t_said(r, &d, REASON_ProtectorNotOpenable),
	    "another transport key: not openable");
	r = seal_check_tag(o.content, bytes_of(tk, 31), &d);
	CHECK(t_said(r, &d, REASON_ProtectorNotOpenable),
	    "a short transport key: not openable");
	r = seal_check_tag(bytes_of(o.content.p, 31), BYTES_OF_ARRAY(tk), &d);
	CHECK(t_said(r, &d, REASON_ProtectorNotOpenable),
	    "content shorter than a tag: not openable");

	copy = malloc(o.content.len);
	memcpy(copy, o.content.p, o.content.len);
	for (size_t i = 0; i < o.content.len * 8; i++) {
		copy[i / 8] ^= (uint8_t)(1u << i % 8);
		bad += seal_check_tag(bytes_of(copy, o.content.len),
			   BYTES_OF_ARRAY(tk), NULL) == ERR_OK;
		copy[i / 8] ^= (uint8_t)(1u << i % 8);
	}
	CHECK(bad == 0, "T63 the tag covers every bit of the content");
	free(copy);
	buf_free(&der);
}

static void
test_rules(const struct party *p)
{
	const struct seal_content first = first_seal(), rolled = rolled_seal();
	struct seal_content s;
	struct diag d;

	CHECK(try_seal(&first, p, &d) == ERR_OK, "a first seal by the owner");
	CHECK(try_seal(&rolled, p, &d) == ERR_OK, "a rolled seal");
	s = first;
	t_fill(s.previous, 32, 5);
	s.signer = 2;
	CHECK(try_seal(&s, p, &d) == ERR_OK, "a first seal from a template");
	s = first;
	memset(s.vm_id, 0, 16);
	memset(s.recovery_digest, 0, 32);
	s.generation = 0;
	CHECK(try_seal(&s, p, &d) == ERR_OK, "a template's seal");
	s.signer = 1;
	CHECK(t_said(try_seal(&s, p, &d), &d, REASON_ProtectorInvalid),
	    "a template's seal by a guardian: refused");
	s = rolled;
	s.version = 2;
	CHECK(t_said(try_seal(&s, p, &d), &d, REASON_UnsupportedVersion),
	    "another version: refused");
	s = rolled;
	s.suite = 0;
	CHECK(t_said(try_seal(&s, p, &d), &d, REASON_SuiteUnknown),
	    "T93 an unknown suite: refused");
#define REFUSED(from, change, what)                   \
	do {                                          \
		s = from;                             \
		change;                               \
		CHECK(t_said(try_seal(&s, p, &d), &d, \
			  REASON_ProtectorInvalid),   \
		    what ": refused");                \
	} while (0)
	REFUSED(first, s.signer = 1, "a first seal by a guardian, of nothing");
	REFUSED(first, t_fill(s.previous, 32, 5),
	    "a first seal by the owner with a predecessor");
	REFUSED(first, s.generation = 0, "generation 0 of a VM");
	REFUSED(first, s.generation = 2, "T94 a first seal of generation 2");
	REFUSED(first, memset(s.vm_id, 0, 16), "generation 1 of no VM");
	REFUSED(first, memset(s.recovery_digest, 0, 32),
	    "a VM without recovery");
	REFUSED(rolled, memset(s.previous, 0, 32),
	    "a rolled seal without a predecessor");
	REFUSED(rolled, s.signer = GRANT_GUARDIANS_MAX + 1,
	    "a signer beyond all guardians");
	REFUSED(rolled, s.n_successors = 1;
		s.successors[0].guardian = 16, "a successor of no guardian");
	REFUSED(rolled, s.n_successors = 2; s.successors[0].guardian = 1;
		s.successors[1].guardian = 1, "two successors of one guardian");
	REFUSED(rolled, s.n_successors = 2; s.successors[0].guardian = 1;
		s.successors[1].guardian = 0, "successors out of order");
#undef REFUSED
	CHECK(seal_make(&first, bytes_of(tk, 16), p->sign, p->s.ski, NULL,
		  &d) == ERR_USAGE,
	    "a transport key of 16 bytes is refused");
}

int
main(void)
{
	struct party p;

	t_party(&p, "owner", T_P256, T_P256);
	test_round(&p);
	test_rules(&p);
	t_party_free(&p);
	return t_done();
}
