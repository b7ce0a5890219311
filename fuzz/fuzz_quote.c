/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TPMS_ATTEST, of both types.
 */
#include "fuzz.h"
#include "tpm/attest.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct bytes in = bytes_of(p, n);
	struct certify certify;
	struct quote quote;
	struct diag d;

	if (quote_parse(in, &quote, &d) == 0)
		BUG_ON(quote.digest.len > n ||
		    certify_parse(in, &certify, &d) == 0);
	else if (certify_parse(in, &certify, &d) == 0)
		BUG_ON(certify.name.len > n);
	return 0;
}
