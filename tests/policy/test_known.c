/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/known.h"

#include "t.h"

int
main(void)
{
	static const uint8_t two[][SHA256_SIZE] = { { 1 }, { 2, 3 } };
	static const uint8_t none[][SHA256_SIZE] = { { 0 } };
	static const uint8_t zero[SHA256_SIZE], other[SHA256_SIZE] = { 2 };
	struct digest_list list = { ARRAY_LEN(two), two };
	struct digest_list zeros = { 1, none };
	bool real = true;

	CHECK(digest_is_known(&list, two[0]) && digest_is_known(&list, two[1]),
	    "the locks of the list are known");
	CHECK(!digest_is_known(&list, other), "T88 another is not");
	CHECK(!digest_is_known(NULL, two[0]), "without a list, none is");
	list.n = 0;
	CHECK(!digest_is_known(&list, two[0]), "nor with an empty one");
	CHECK(!digest_is_known(&zeros, zero) &&
		!digest_is_known(&known_locks, zero),
	    "T88 \"no lock\" is never a known one");
	for (size_t i = 0; i < known_locks.n; i++)
		real = real &&
		    !bytes_all_zero(BYTES_OF_ARRAY(known_locks.digests[i]));
	CHECK(real && !digest_is_known(&known_locks, two[0]) &&
		!digest_is_known(&known_locks, two[1]),
	    "the release's own list (%zu) has no lock of tests", known_locks.n);
	CHECK(known_ima_policies.n >= 1 &&
		!digest_is_known(&known_ima_policies, zero) &&
		!digest_is_known(&known_ima_policies, two[0]),
	    "T47 the release knows its IMA policy, and \"none\" is none");
	return t_done();
}
