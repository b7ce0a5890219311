/* SPDX-License-Identifier: Apache-2.0 */
/* A baseline file: one that is read is written again as the same bytes. */
#include "fuzz.h"

#include "policy/compare.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const struct findings nothing;
	struct buf b = BUF_INIT(BASELINE_FILE_MAX);
	struct baseline base;
	struct comparison c;

	if (baseline_decode(bytes_of(p, n), &base, NULL) == ERR_OK) {
		if (baseline_encode(&base, &b, NULL) < 0 ||
		    !bytes_equal(buf_bytes(&b), bytes_of(p, n)))
			abort();
		baseline_compare(&base, &nothing, &c);
		if (c.equal)
			abort();
	}
	buf_free(&b);
	return 0;
}
