/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/known_locks.h"

#include "t.h"

int
main(void)
{
	static const uint8_t two[][SHA256_SIZE] = { { 1 }, { 2, 3 } };
	static const uint8_t none[][SHA256_SIZE] = { { 0 } };
	static const uint8_t zero[SHA256_SIZE], other[SHA256_SIZE] = { 2 };
	struct lock_list list = { ARRAY_LEN(two), two };
	struct lock_list zeros = { 1, none };
	bool real = true;

	CHECK(lock_is_known(&list, two[0]) && lock_is_known(&list, two[1]),
	    "the locks of the list are known");
	CHECK(!lock_is_known(&list, other), "T88 another is not");
	CHECK(!lock_is_known(NULL, two[0]), "without a list, none is");
	list.n = 0;
	CHECK(!lock_is_known(&list, two[0]), "nor with an empty one");
	CHECK(!lock_is_known(&zeros, zero) &&
		!lock_is_known(&known_locks, zero),
	    "T88 \"no lock\" is never a known one");
	for (size_t i = 0; i < known_locks.n; i++)
		real = real &&
		    !bytes_all_zero(BYTES_OF_ARRAY(known_locks.digests[i]));
	CHECK(real && !lock_is_known(&known_locks, two[0]) &&
		!lock_is_known(&known_locks, two[1]),
	    "the release's own list (%zu) has no lock of tests", known_locks.n);
	return t_done();
}
