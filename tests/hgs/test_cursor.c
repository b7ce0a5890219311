/* SPDX-License-Identifier: Apache-2.0 */
#include "hgs/attest/cursor.h"

#include "t.h"

static struct policies *p;
static struct attempt *t;
static struct ima_state state;

/* Passed, with entries up to 7 admitted by policies 0 and 2. */
static void
set_up(void)
{
	struct ima_cursor *c = &t->findings.ima.cursor;

	p->ci.loaded = true;
	p->ci.digest[0] = 1;
	p->set.mask = 0x3f;
	t->token = (struct token){ .pcr_mask = PCR_MASK_DEFAULT | 1u << IMA_PCR,
		.ak_name = { 0, 11, 5 } };
	t->proof.quote.clock = (struct tpm_clock){ .resets = 4, .restarts = 1 };
	t->findings.pcrs.v[9][3] = 8;
	*c = (struct ima_cursor){ .next = 7, .value = { 6 }, .admitting = 5 };
	t->verdict.status = VERDICT_PASSED;
	t->verdict.ci_judged = true;
	cursor_keep(p, t, &state);
	t->token.ima_cursor = 7;
}

static int
begin(struct ima_cursor *ret)
{
	struct diag d = { 0 };
	int r = cursor_begin(p, &state, &t->token, BYTES_NONE, ret, &d);

	return r < 0 && d.reason != REASON_ChallengeAgain ? 1 : r;
}

static int
verify(void)
{
	struct diag d = { 0 };
	int r = cursor_verify(&state, &t->token, &t->proof, &t->findings, &d);

	return r < 0 && d.reason != REASON_ChallengeAgain ? 1 : r;
}

static void
test_kept(void)
{
	struct ima_cursor c;

	CHECK(cursor_to_ask(p, &state, t->token.ak_name) == 7 &&
		begin(&c) == ERR_OK && c.next == 7 && c.value[0] == 6 &&
		c.admitting == 5 && verify() == ERR_OK,
	    "what passed is where the next list begins");
	t->token.ima_cursor = 0;
	CHECK(begin(&c) == ERR_OK && c.next == 0 && c.admitting == 0xff &&
		bytes_all_zero(BYTES_OF_ARRAY(c.value)),
	    "a whole list begins at 0 with every policy");
	t->token.ima_cursor = 7;
}

#define WITH(change, undo, what)                                           \
	do {                                                               \
		change;                                                    \
		CHECK((ask == 0) ==                                        \
			    (cursor_to_ask(p, &state, t->token.ak_name) == \
				0) &&                                      \
			begin(&c) == ERR_REFUSED,                          \
		    what);                                                 \
		undo;                                                      \
	} while (0)

static void
test_rules(void)
{
	struct ima_cursor c;
	int ask = 0;

	WITH(t->token.ak_name[2]++, t->token.ak_name[2]--,
	    "T48 another attestation key: from the beginning");
	WITH(p->ci.digest[0]++, p->ci.digest[0]--,
	    "T91 other CI policies: from the beginning");
	WITH(p->set.mask ^= 2, p->set.mask ^= 2,
	    "T91 other built-in policies: from the beginning");
	WITH(p->ci.loaded = false, p->ci.loaded = true,
	    "no CI policies: from the beginning");
	p->set.mask |= 1u << POLICY_ROOT_ENCRYPTED;
	state.policies = p->set.mask;
	CHECK(cursor_to_ask(p, &state, t->token.ak_name) == 0,
	    "RootEncrypted reads the whole list each time");
	p->set.mask &= ~(1u << POLICY_ROOT_ENCRYPTED);
	state.policies = p->set.mask;
	ask = 1;
	WITH(t->token.ima_cursor = 8, t->token.ima_cursor = 7,
	    "T48 an index ahead: ChallengeAgain");
	WITH(t->token.ima_cursor = 6, t->token.ima_cursor = 7,
	    "T48 an earlier index: ChallengeAgain");
}

static void
test_boot(void)
{
	t->proof.quote.clock.resets++;
	CHECK(verify() == ERR_REFUSED, "T48 after a reset: ChallengeAgain");
	t->proof.quote.clock.resets--;
	t->proof.quote.clock.restarts++;
	CHECK(verify() == ERR_REFUSED, "T48 after a resume: ChallengeAgain");
	t->proof.quote.clock.restarts--;
	t->findings.pcrs.v[9][3]++;
	CHECK(verify() == ERR_REFUSED,
	    "T48 with another PCR 9: ChallengeAgain");
	t->findings.pcrs.v[9][3]--;
	t->findings.ima_check.state = FINDING_GOOD;
	t->findings.ima.first = 6;
	CHECK(verify() == 1, "T48 facts from another entry on: no answer");
	t->token.ima_cursor = 0;
	CHECK(verify() == 1, "... nor where the whole list was asked for");
	t->token.ima_cursor = t->findings.ima.first = 7;
	CHECK(verify() == ERR_OK, "(and as it was it is right)");
}

static void
test_refused(void)
{
	struct ima_state now;

	t->status.ima = state;
	t->verdict.status = VERDICT_REFUSED;
	t->findings.ima.cursor.next = 9;
	cursor_keep(p, t, &now);
	CHECK(now.next == 7, "T91 a refusal does not move it");
	t->token.ima_cursor = 0;
	cursor_keep(p, t, &now);
	CHECK(now.next == 0, "that of a whole list leaves none");
	t->verdict.status = VERDICT_PASSED;
	t->verdict.ci_judged = false;
	cursor_keep(p, t, &now);
	CHECK(now.next == 0, "nor does a pass that CiPolicy had no part in");
	t->verdict.ci_judged = true;
	t->token.pcr_mask = PCR_MASK_DEFAULT;
	cursor_keep(p, t, &now);
	CHECK(now.next == 0, "nor one without PCR 10");
}

int
main(void)
{
	p = calloc(1, sizeof(*p));
	t = calloc(1, sizeof(*t));
	if (p == NULL || t == NULL)
		t_bail("out of memory");
	set_up();
	test_kept();
	test_rules();
	test_boot();
	test_refused();
	free(p);
	free(t);
	return t_done();
}
