/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"

#include <stdlib.h>

#include "protector/grant.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	auto_grant struct grant *g = NULL;
	struct diag d;

	if (grant_open(bytes_of(p, n), &g, &d) == ERR_OK &&
	    (g->c.suite != 1 || g->c.modes == 0 || g->owner_sign.key == NULL))
		abort();
	return 0;
}
