/* SPDX-License-Identifier: Apache-2.0 */
/* Public guardians, and private containers without their passphrase. */
#include "fuzz.h"

#include <stdlib.h>

#include "guardian/guardian.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	auto_guardian_file struct guardian_file f = { 0 }, g = { 0 };
	auto_buf struct buf again = BUF_INIT(GUARDIAN_MAX);
	struct bytes in = bytes_of(p, n);
	struct diag d;

	(void)!guardian_private_peek(in, &g, &d);
	if (guardian_decode(in, &f, &d) < 0)
		return 0;
	if (guardian_encode(&f.g, &again, &d) < 0 ||
	    !bytes_equal(buf_bytes(&again), in))
		abort();
	return 0;
}
