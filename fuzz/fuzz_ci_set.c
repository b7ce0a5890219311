/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The CI set: every policy that it names lies within.
 */
#include "fuzz.h"

#include "proto/ci_set.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct buf head = BUF_INIT(4096);
	struct ci_set set;
	size_t size = 0;

	if (ci_set_read(bytes_of(p, n), &set, NULL) < 0)
		return 0;
	for (size_t i = 0; i < set.n_items; i++) {
		struct bytes b = ci_set_policy(bytes_of(p, n), &set.items[i]);

		if (b.len != 0 && (b.p < p || b.p + b.len > p + n))
			abort();
		size += b.len;
	}
	if (ci_set_write(&set, &head, NULL) < 0 || head.len + size != n ||
	    !bytes_equal(buf_bytes(&head), bytes_of(p, head.len)))
		abort();
	buf_free(&head);
	return 0;
}
