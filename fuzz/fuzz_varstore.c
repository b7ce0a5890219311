/* SPDX-License-Identifier: Apache-2.0 */
/* A firmware's blank variable volume. */
#include "fuzz.h"

#include "vm/varstore.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct varstore s;

	if (varstore_parse_blank(bytes_of(p, n), &s, NULL) == ERR_OK &&
	    (s.at >= s.end || s.end > n))
		abort();
	return 0;
}
