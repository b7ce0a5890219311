/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An enrolment file; one that is read is written again with the same bytes.
 */
#include "fuzz.h"
#include "proto/enrol.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	auto_buf struct buf again = BUF_INIT(ENROL_MAX);
	struct enrolment e;
	struct diag d;

	if (enrolment_decode(bytes_of(p, n), &e, &d) < 0)
		return 0;
	BUG_ON(enrolment_encode(&e, &again, &d) < 0);
	BUG_ON(!bytes_equal(buf_bytes(&again), bytes_of(p, n)));
	return 0;
}
