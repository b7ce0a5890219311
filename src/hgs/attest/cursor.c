/* SPDX-License-Identifier: Apache-2.0 */
#include "hgs/attest/cursor.h"

#include <string.h>

#include "tpm/attest.h"

static bool
is_quoted(const struct token *token)
{
	return (token->pcr_mask >> IMA_PCR & 1) != 0;
}

/* PCR 0 to 9 as boot_aggregate has them. */
static void
boot_digest(const struct findings *f, uint8_t ret[static SHA256_SIZE])
{
	sha256(bytes_of(f->pcrs.v[0], (size_t)10 * SHA256_SIZE), ret);
}

static bool
same_rules(const struct policies *p, const struct ima_state *s,
    const uint8_t ak_name[static TPM_NAME_SIZE])
{
	return p->ci.loaded && p->set.mask == s->policies &&
	    bytes_equal(BYTES_OF_ARRAY(p->ci.digest), BYTES_OF_ARRAY(s->ci)) &&
	    bytes_equal(bytes_of(ak_name, TPM_NAME_SIZE),
		BYTES_OF_ARRAY(s->ak_name));
}

uint64_t
cursor_to_ask(const struct policies *p, const struct ima_state *s,
    const uint8_t ak_name[static TPM_NAME_SIZE])
{
	/* What is mapped is known by all that device-mapper did. */
	if (policy_set_has(&p->set, POLICY_ROOT_ENCRYPTED))
		return 0;
	return same_rules(p, s, ak_name) ? s->next : 0;
}

static int
again(const char *why, struct diag *d)
{
	return diag_refuse(d, REASON_ChallengeAgain, "IMA cursor: %s", why);
}

int
cursor_begin(const struct policies *p, const struct ima_state *s,
    const struct token *token, struct bytes quote, struct ima_cursor *ret,
    struct diag *d)
{
	struct quote q;

	*ret = IMA_CURSOR_START;
	if (!is_quoted(token) || token->ima_cursor == 0)
		return ERR_OK;
	if (s->next != token->ima_cursor || !same_rules(p, s, token->ak_name))
		return again("not where the list was left", d);
	/* One that cannot be read is refused as such by proof_verify(). */
	if (quote_parse(quote, &q, NULL) == ERR_OK &&
	    (q.head.clock.resets != s->reset_count ||
		q.head.clock.restarts != s->restart_count))
		return again("of another boot", d);
	*ret =
	    (struct ima_cursor){ .next = s->next, .admitting = s->admitting };
	memcpy(ret->value, s->value, sizeof(ret->value));
	return ERR_OK;
}

int
cursor_verify(const struct ima_state *s, const struct token *token,
    const struct proof *proof, const struct findings *f, struct diag *d)
{
	uint8_t boot[SHA256_SIZE];

	if (!is_quoted(token))
		return ERR_OK;
	/* Or what was admitted is not what was asked for. */
	if (f->ima_check.state == FINDING_GOOD &&
	    f->ima.first != token->ima_cursor)
		return diag_fail(d, ERR_PROTOCOL,
		    "IMA list: read from another entry than was asked");
	if (token->ima_cursor == 0)
		return ERR_OK;
	boot_digest(f, boot);
	if (proof->quote.clock.resets != s->reset_count ||
	    proof->quote.clock.restarts != s->restart_count ||
	    !bytes_equal(BYTES_OF_ARRAY(boot), BYTES_OF_ARRAY(s->boot)))
		return again("of another boot", d);
	return ERR_OK;
}

void
cursor_keep(const struct policies *p, const struct attempt *t,
    struct ima_state *ret)
{
	const struct ima_cursor *c = &t->findings.ima.cursor;

	*ret = (struct ima_state){ 0 };
	if (!is_quoted(&t->token))
		return;
	if (t->verdict.status != VERDICT_PASSED) {
		/* Nothing new was admitted, and what was, stays so. */
		if (t->token.ima_cursor != 0)
			*ret = t->status.ima;
		return;
	}
	if (!t->verdict.ci_judged || c->next == 0)
		return;
	memcpy(ret->ak_name, t->token.ak_name, sizeof(ret->ak_name));
	ret->reset_count = t->proof.quote.clock.resets;
	ret->restart_count = t->proof.quote.clock.restarts;
	boot_digest(&t->findings, ret->boot);
	memcpy(ret->ci, p->ci.digest, sizeof(ret->ci));
	ret->policies = p->set.mask;
	ret->next = c->next;
	memcpy(ret->value, c->value, sizeof(ret->value));
	ret->admitting = c->admitting;
}
