/* SPDX-License-Identifier: Apache-2.0 */
/* A firmware's variable volume in use. */
#include "fuzz.h"

#include "vm/nvkeys.h"
#include "vm/varstore.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct buf out = BUF_INIT(VARSTORE_MAX);
	uint8_t digest[32];

	if (nvram_keys_digest(bytes_of(p, n), digest, NULL) == ERR_OK &&
	    bytes_all_zero(bytes_of(digest, sizeof(digest))))
		abort();
	if (varstore_settle(bytes_of(p, n), &out, NULL) == ERR_OK &&
	    out.len != n)
		abort();
	buf_free(&out);
	return 0;
}
