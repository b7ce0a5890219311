/* SPDX-License-Identifier: Apache-2.0 */
/* The events of PCR 15. */
#include "fuzz.h"

#include "measure/pcr15.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct pcr15_facts f;

	if ((pcr15_examine(bytes_of(p, n), &f, NULL) == ERR_OK) != f.recorded)
		abort();
	return 0;
}
