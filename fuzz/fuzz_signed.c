/* SPDX-License-Identifier: Apache-2.0 */
/* What is accepted as one kind is not accepted as another. */
#include "fuzz.h"

#include <stdlib.h>

#include "signed/signed.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct signed_object o;
	struct diag d;
	int accepted = 0;

	for (int kind = SIGNED_GRANT; kind <= SIGNED_CHANGE; kind++) {
		if (signed_parse((enum signed_kind)kind, bytes_of(p, n), &o,
			&d) < 0)
			continue;
		accepted++;
		if (o.content.len > n || o.ski.len == 0 || o.signature.len == 0)
			abort();
	}
	if (accepted > 1)
		abort();
	return 0;
}
