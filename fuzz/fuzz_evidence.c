/* SPDX-License-Identifier: Apache-2.0 */
/* A bundle that is accepted encodes to the same bytes. */
#include "fuzz.h"

#include <stdlib.h>

#include "proto/evidence.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	auto_buf struct buf again = BUF_INIT(EVIDENCE_MAX);
	struct evidence e;
	struct diag d;

	if (evidence_decode(bytes_of(p, n), &e, &d) < 0)
		return 0;
	if (evidence_encode(&e, &again, &d) < 0 ||
	    !bytes_equal(buf_bytes(&again), bytes_of(p, n)))
		abort();
	return 0;
}
