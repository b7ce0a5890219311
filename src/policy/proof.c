/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/proof.h"

#include "measure/replay.h"
#include "tpm/public.h"

bool
proof_covers(const struct quote_facts *quote, const struct findings *f,
    uint32_t mask)
{
	for (unsigned phase = 0; phase < REPLAY_PHASES; phase++) {
		struct pcr_values v;

		replay_phase(&f->pcrs, phase, &v);
		if (quote_digest_check(quote, &v, mask, NULL) == ERR_OK)
			return true;
	}
	return false;
}

int
proof_quote(const struct proof_parts *parts, const struct findings *f,
    struct proof *ret, struct diag *d)
{
	const struct quote_evidence q = { parts->ak_public, parts->quote,
		parts->quote_signature, parts->extra_data, parts->mask };
	struct proof p = { 0 };
	int r;

	if ((r = quote_verify(&q, &p.quote, d)) < 0)
		return r;
	p.boot.now = p.quote.clock;
	p.boot.locks = &known_locks;
	p.boot.ima_policies = &known_ima_policies;
	p.boot.quote_has_ima = (parts->mask >> IMA_PCR & 1) != 0;
	p.boot.quote_covers_pcrs = proof_covers(&p.quote, f, parts->mask);
	*ret = p;
	return ERR_OK;
}

int
proof_host_key(const struct proof_parts *parts, struct proof *inout,
    struct diag *d)
{
	const struct certify_evidence c = { parts->ak_public, parts->hk_public,
		parts->certify, parts->certify_signature, parts->extra_data };
	struct proof p = *inout;
	int r;

	if ((r = certify_verify(&c, &p.quote, p.boot.hk_name, d)) < 0 ||
	    (r = public_point(parts->hk_public, p.hk_point, d)) < 0)
		return r;
	p.boot.host_key_certified = true;
	*inout = p;
	return ERR_OK;
}

int
proof_check(const struct proof_parts *parts, const struct findings *f,
    struct proof *ret, struct diag *d)
{
	struct proof p;
	int r;

	if ((r = proof_quote(parts, f, &p, d)) < 0 ||
	    (r = proof_host_key(parts, &p, d)) < 0)
		return r;
	*ret = p;
	return ERR_OK;
}
