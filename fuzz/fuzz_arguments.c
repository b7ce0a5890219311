/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A command line before the policies that read it: one that a strict policy
 * takes is not taken with one more word that weakens it, at either end.
 */
#include "fuzz.h"

#include <string.h>

#include "measure/cmdline.h"
#include "policy/argument_rules.h"
#include "policy/arguments.h"

static void
join(struct buf *b, struct bytes left, struct bytes right)
{
	buf_reset(b);
	if (!buf_put(b, left) || !buf_put(b, bytes_of_text(" ")) ||
	    !buf_put(b, right))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	const struct bytes weak = bytes_of_text("lsm=landlock");
	struct buf b = BUF_INIT(2 * CMDLINE_MAX);
	struct bytes text;

	if (cmdline_text(bytes_of(p, n), &text, NULL) < 0)
		return 0;
	for (unsigned i = 0; i < POLICY_COUNT; i++) {
		const struct argument_policy *c =
		    argument_policy((enum policy)i);

		if (c == NULL ||
		    arguments_judge((enum policy)i, text, NULL) < 0 ||
		    !c->strict)
			continue;
		join(&b, text, weak);
		if (arguments_judge((enum policy)i, buf_bytes(&b), NULL) == 0)
			abort();
		join(&b, weak, text);
		if (arguments_judge((enum policy)i, buf_bytes(&b), NULL) == 0)
			abort();
	}
	buf_free(&b);
	return 0;
}
