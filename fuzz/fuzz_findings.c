/* SPDX-License-Identifier: Apache-2.0 */
/* What a subverted hgs-measure could tell hgs-attest. */
#include "fuzz.h"

#include "measure/findings.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct buf b = BUF_INIT(1 << 18);
	struct findings f;

	if (findings_decode(bytes_of(p, n), &f, NULL) == ERR_OK &&
	    (findings_encode(&f, &b, NULL) < 0 ||
		!bytes_equal(buf_bytes(&b), bytes_of(p, n))))
		abort();
	buf_free(&b);
	return 0;
}
