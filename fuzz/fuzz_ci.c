/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The compiled CI policy: what opens has one text, which compiles to the same
 * bytes. What does not open may still be looked into (ci_view()).
 */
#include "fuzz.h"

#include "policy/ci_text.h"

static void
check_text(struct bytes in, const struct ci_policy *p)
{
	static struct ci_draft draft;
	struct buf text = BUF_INIT(CI_TEXT_MAX), again = BUF_INIT(CI_MAX);
	struct buf store = BUF_INIT(CI_TEXT_MAX);
	struct diag d = { 0 };

	if (ci_text_write(p, &text, NULL) < 0)
		abort();
	draft.max_rows = ci_text_rows(buf_bytes(&text));
	draft.rows = calloc(draft.max_rows, sizeof(draft.rows[0]));
	draft.paths = calloc(draft.max_rows, sizeof(draft.paths[0]));
	/* A signer's key is looked at in a text only. */
	if (ci_text_read(buf_bytes(&text), &store, &draft, &d) == ERR_OK &&
	    (ci_compile(&draft, &again, &d) < 0 ||
		!bytes_equal(buf_bytes(&again), in)))
		abort();
	free(draft.rows);
	free(draft.paths);
	buf_free(&text);
	buf_free(&again);
	buf_free(&store);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const uint8_t digest[32] = { 0x22, 0x22 };
	struct ima_entry e = {
		.fields = IMA_F_DIGEST | IMA_F_NAME,
		.digest = { bytes_of_text("sha256"), true, HASH_SHA256, false,
		    BYTES_OF_ARRAY(digest) },
		.name = bytes_of_text("/usr/bin/true"),
	};
	struct ci_policy policy;

	if (ci_view(bytes_of(p, n), &policy, NULL) < 0)
		return 0;
	(void)ci_judge(&policy, NULL, &e);
	e.fields |= IMA_F_BUF;
	(void)ci_judge(&policy, NULL, &e);
	e.violation = true;
	(void)ci_judge(&policy, NULL, &e);
	if (ci_open(bytes_of(p, n), &policy, NULL) == ERR_OK)
		check_text(bytes_of(p, n), &policy);
	return 0;
}
