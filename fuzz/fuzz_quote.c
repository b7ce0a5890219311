/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TPMS_ATTEST, of both types that count, and of any.
 */
#include "fuzz.h"
#include "tpm/attest_any.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct bytes in = bytes_of(p, n);
	struct attest_any any;
	struct certify certify;
	struct quote quote;
	struct diag d;

	/* What is believed is shown as well, and shown alike. */
	if (quote_parse(in, &quote, &d) == 0)
		BUG_ON(attest_any_parse(in, &any, &d) != 0 ||
		    any.n_banks != 1 || any.banks[0].mask != quote.mask ||
		    !bytes_equal(any.digest, quote.digest));
	else if (attest_any_parse(in, &any, &d) == 0)
		BUG_ON(any.n_banks > ATTEST_BANKS_MAX);
	if (quote_parse(in, &quote, &d) == 0)
		BUG_ON(quote.digest.len > n ||
		    certify_parse(in, &certify, &d) == 0);
	else if (certify_parse(in, &certify, &d) == 0)
		BUG_ON(certify.name.len > n);
	return 0;
}
