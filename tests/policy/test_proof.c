/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A quote and a certification by one key in memory over a recorded boot: what
 * the service and who reads a file both ask.
 */
#include "policy/proof.h"

#include "../tpm/forge.h"
#include "host.h"

static struct forge f;
static struct host *h;

static struct proof_parts
parts(void)
{
	return (struct proof_parts){ buf_bytes(&f.ak_public),
		buf_bytes(&f.hk_public), buf_bytes(&f.quote),
		buf_bytes(&f.quote_sig), buf_bytes(&f.certify),
		buf_bytes(&f.certify_sig), BYTES_OF_ARRAY(f.extra),
		PCR_MASK_DEFAULT };
}

static void
quote_phase(unsigned phase)
{
	replay_phase(&h->f.pcrs, phase, &f.pcrs);
	forge_good(&f);
}

static void
test_covers(void)
{
	struct proof_parts p;
	struct proof got = { 0 };
	struct diag d = { 0 };

	for (unsigned phase = 0; phase < REPLAY_PHASES; phase++) {
		quote_phase(phase);
		p = parts();
		CHECK(proof_check(&p, &h->f, &got, &d) == ERR_OK &&
			got.boot.quote_covers_pcrs &&
			got.boot.host_key_certified &&
			got.boot.locks == &known_locks &&
			got.boot.now.resets == 7,
		    "a quote after the phase words \"%s\" covers the log",
		    replay_phase_name(phase));
	}
	f.pcrs.v[7][0] ^= 1;
	forge_good(&f);
	p = parts();
	CHECK(proof_check(&p, &h->f, &got, &d) == ERR_OK &&
		!got.boot.quote_covers_pcrs,
	    "T31 one of another PCR 7 does not, and the judge hears of it");
}

static void
test_refused(void)
{
	struct proof_parts p;
	struct proof got = { 0 };
	struct diag d = { 0 };

	quote_phase(0);
	p = parts();
	p.extra_data = bytes_of("another", 7);
	CHECK(proof_check(&p, &h->f, &got, &d) < 0 &&
		d.reason == REASON_QuoteNonce && !got.boot.quote_covers_pcrs,
	    "T01 a quote of another exchange: refused, nothing is returned");
	p = parts();
	p.certify = BYTES_NONE;
	CHECK(proof_quote(&p, &h->f, &got, &d) == ERR_OK &&
		got.boot.quote_covers_pcrs && !got.boot.host_key_certified,
	    "the quote may be checked alone");
	CHECK(proof_host_key(&p, &got, &d) < 0 && !got.boot.host_key_certified,
	    "T55 without a certification no host key is certified (%s)",
	    d.text);
}

int
main(void)
{
	forge_init(&f);
	h = host_make("host-good", NULL);
	test_covers();
	test_refused();
	forge_free(&f);
	return t_done();
}
