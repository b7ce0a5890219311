/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/known.h"

/* A row of zeros ends each, so that it is a table even where none is known. */
static const uint8_t locks[][SHA256_SIZE] = {
#include "policy/known_locks.inc"
	{ 0 },
};
static const uint8_t ima_policies[][SHA256_SIZE] = {
#include "policy/known_ima_policies.inc"
	{ 0 },
};

const struct digest_list known_locks = { ARRAY_LEN(locks) - 1, locks };
const struct digest_list known_ima_policies = { ARRAY_LEN(ima_policies) - 1,
	ima_policies };

bool
digest_is_known(const struct digest_list *list,
    const uint8_t digest[static SHA256_SIZE])
{
	struct bytes want = bytes_of(digest, SHA256_SIZE);

	if (list == NULL || bytes_all_zero(want))
		return false;
	for (size_t i = 0; i < list->n; i++)
		if (bytes_equal(BYTES_OF_ARRAY(list->digests[i]), want))
			return true;
	return false;
}
