/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text of a CI policy: what is read compiles or says why, and what was
 * compiled opens.
 */
#include "fuzz.h"

#include "policy/ci_text.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static struct ci_draft draft;
	struct bytes text = bytes_of(p, n);
	struct buf store = BUF_INIT(n + 1), out = BUF_INIT(CI_MAX);
	struct ci_policy policy;

	draft.max_rows = ci_text_rows(text);
	draft.rows = calloc(draft.max_rows, sizeof(draft.rows[0]));
	draft.paths = calloc(draft.max_rows, sizeof(draft.paths[0]));
	if (ci_text_read(text, &store, &draft, NULL) == ERR_OK &&
	    ci_compile(&draft, &out, NULL) == ERR_OK &&
	    ci_open(buf_bytes(&out), &policy, NULL) < 0)
		abort();
	free(draft.rows);
	free(draft.paths);
	buf_free(&store);
	buf_free(&out);
	return 0;
}
