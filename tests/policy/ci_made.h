/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CI policies out of text, for tests.
 */
#ifndef TESTS_POLICY_CI_MADE_H
#define TESTS_POLICY_CI_MADE_H

#include "policy/ci_text.h"
#include "t.h"

#define CI_HEAD "shieldwall-ci 1\nname test\nmode enforced\n"

static inline int
t_ci_compile(struct bytes text, struct buf *ret, struct diag *d)
{
	struct buf store = BUF_INIT(text.len + 1);
	struct ci_draft *draft = calloc(1, sizeof(*draft));
	int r;

	if (draft == NULL)
		t_bail("out of memory");
	draft->max_rows = ci_text_rows(text);
	draft->rows = calloc(draft->max_rows, sizeof(draft->rows[0]));
	draft->paths = calloc(draft->max_rows, sizeof(draft->paths[0]));
	if (draft->rows == NULL || draft->paths == NULL)
		t_bail("out of memory");
	r = ci_text_read(text, &store, draft, d);
	if (r == ERR_OK)
		r = ci_compile(draft, ret, d);
	buf_free(&store);
	free(draft->rows);
	free(draft->paths);
	free(draft);
	return r;
}

/* The compiled policy lives as long as storage. */
static inline struct ci_policy
t_ci(const char *text, struct buf *storage)
{
	struct ci_policy p = { 0 };
	struct diag d = { 0 };

	if (t_ci_compile(bytes_of_text(text), storage, &d) < 0 ||
	    ci_open(buf_bytes(storage), &p, &d) < 0)
		t_bail("%s", d.text);
	return p;
}

#endif
