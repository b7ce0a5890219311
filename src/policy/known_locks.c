/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/known_locks.h"

/* A row of zeros ends it, so that it is a table even where no lock is known. */
static const uint8_t table[][SHA256_SIZE] = {
#include "policy/known_locks.inc"
	{ 0 },
};

const struct lock_list known_locks = { ARRAY_LEN(table) - 1, table };

bool
lock_is_known(const struct lock_list *list,
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
