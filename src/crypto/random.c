/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/random.h"

#include <openssl/rand.h>

#include "base/err.h"

void
random_bytes(uint8_t *ret, size_t n)
{
	BUG_ON(RAND_priv_bytes_ex(NULL, ret, n, 0) != 1);
}
