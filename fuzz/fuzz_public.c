/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TPMT_PUBLIC: the reader, the templates, the key inside.
 */
#include "crypto/key.h"
#include "fuzz.h"
#include "tpm/public.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct bytes in = bytes_of(p, n);
	auto_key struct key *key = NULL;
	bool kinds[3];
	struct diag d;

	kinds[0] = public_is_ek(in, &d) == 0;
	kinds[1] = public_is_ak(in, &d) == 0;
	kinds[2] = public_is_hk(in, &d) == 0;
	/* No key is of two templates. */
	BUG_ON(kinds[0] + kinds[1] + kinds[2] > 1);
	if (public_key(in, &key, &d) == 0)
		BUG_ON(key_bits(key) < 256);
	return 0;
}
