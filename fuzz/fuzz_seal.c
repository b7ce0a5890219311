/* SPDX-License-Identifier: Apache-2.0 */
/* The content of a seal, before its signature is known to be good. */
#include "fuzz.h"

#include <stdlib.h>

#include "protector/seal.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const uint8_t tk[TK_SIZE];
	struct seal_content s;
	struct diag d;

	if (seal_decode(bytes_of(p, n), &s, &d) == ERR_OK &&
	    (s.signer > GRANT_GUARDIANS_MAX ||
		s.n_successors > GRANT_GUARDIANS_MAX))
		abort();
	(void)!seal_check_tag(bytes_of(p, n), BYTES_OF_ARRAY(tk), &d);
	return 0;
}
