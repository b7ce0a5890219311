/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TPMS_ATTEST is read to the byte; what is judged of it is tested with
 * test_quote_check.c.
 */
#include "tpm/attest.h"

#include "forge.h"

static bool
reads_quote(const uint8_t *p, size_t n, void *arg)
{
	struct quote q;

	return quote_parse(bytes_of(p, n), &q, arg) == 0;
}

static bool
reads_certify(const uint8_t *p, size_t n, void *arg)
{
	struct certify c;

	return certify_parse(bytes_of(p, n), &c, arg) == 0;
}

int
main(void)
{
	static uint8_t big[TPM_ATTEST_MAX + 1];
	struct forge f;
	struct quote q;
	struct certify c;
	struct diag d;

	forge_init(&f);
	CHECK(quote_parse(buf_bytes(&f.quote), &q, &d) == 0 &&
		q.mask == PCR_MASK_DEFAULT && q.bank == TPM_ALG_SHA256 &&
		q.digest.len == 32 && q.head.clock.resets == 7 &&
		q.head.clock.restarts == 2 && q.head.clock.clock == 5000 &&
		q.head.clock.safe &&
		q.head.clock.firmware == 0x1122334455667788,
	    "a quote's fields are read");
	CHECK(certify_parse(buf_bytes(&f.certify), &c, &d) == 0 &&
		bytes_equal(c.name, BYTES_OF_ARRAY(f.words.name)) &&
		bytes_equal(c.qualified_name,
		    BYTES_OF_ARRAY(f.words.qualified)),
	    "a certify's fields are read");
	CHECK(t_truncations(f.quote.p, f.quote.len, reads_quote, &d) == 0,
	    "T17 a quote cut anywhere: refused (%s)", d.text);
	CHECK(!t_trailing(f.quote.p, f.quote.len, reads_quote, &d),
	    "T17 a quote with one byte more: refused (%s)", d.text);
	CHECK(t_truncations(f.certify.p, f.certify.len, reads_certify, &d) == 0,
	    "T17 a certify cut anywhere: refused (%s)", d.text);
	CHECK(!t_trailing(f.certify.p, f.certify.len, reads_certify, &d),
	    "T17 a certify with one byte more: refused (%s)", d.text);
	/* qualifiedSigner's and extraData's length */
	f.quote.p[6] = 0xff;
	CHECK(!reads_quote(f.quote.p, f.quote.len, &d),
	    "T17 a length beyond the end: refused (%s)", d.text);
	f.quote.p[6] = 0;
	f.quote.p[6 + 2 + 34 + 2 + 32 + 16] = 2;
	CHECK(!reads_quote(f.quote.p, f.quote.len, &d),
	    "safe is neither 0 nor 1: refused (%s)", d.text);
	CHECK(quote_parse(BYTES_OF_ARRAY(big), &q, &d) == ERR_LIMIT &&
		certify_parse(BYTES_OF_ARRAY(big), &c, &d) == ERR_LIMIT,
	    "longer than any statement: refused (%s)", d.text);
	forge_free(&f);
	return t_done();
}
