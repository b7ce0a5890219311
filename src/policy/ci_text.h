/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A CI policy as people write it, and its way into compiled bytes and back
 * (doc/FORMAT.ci-policy, sections 1 and 2).
 */
#ifndef POLICY_CI_TEXT_H
#define POLICY_CI_TEXT_H

#include "policy/ci.h"

#define CI_TEXT_MAX ((size_t)64 << 20)
#define CI_LINE_MAX ((size_t)20 << 10)

/* One digest, at a path or, where that is empty, at any. */
struct ci_row {
	enum ci_alg alg;
	uint32_t path_index; /* set by ci_compile() */
	struct bytes digest;
	struct bytes path;
};

/*
 * What a text says, taken apart. The caller gives `rows` and `paths`, both of
 * max_rows: as many as the text has lines are enough.
 */
struct ci_draft {
	enum ci_mode mode;
	struct bytes name;
	size_t n_signers;
	struct ci_signer signers[CI_SIGNER_MAX];
	size_t n_rules;
	struct ci_rule rules[CI_RULE_MAX];
	size_t n_events;
	struct ci_event events[CI_EVENT_MAX];
	size_t n_rows, max_rows;
	struct ci_row *rows;
	size_t n_paths; /* set by ci_compile() */
	struct ci_path *paths;
};

/* How many rows a text needs at most. */
size_t ci_text_rows(struct bytes text);
/*
 * Views of ret point into the text and into store, an empty buffer whose
 * maximum is the text's length or more. A word that is not known, or anything
 * else, is refused with its line.
 */
MUST_CHECK int ci_text_read(struct bytes text, struct buf *store,
    struct ci_draft *ret, struct diag *d);
/* Sorts the draft; what it says twice it says once. Appends the policy. */
MUST_CHECK int ci_compile(struct ci_draft *draft, struct buf *ret,
    struct diag *d);
/* The text of a compiled policy, comments apart; appends. */
MUST_CHECK int ci_text_write(const struct ci_policy *p, struct buf *ret,
    struct diag *d);

/* A path as a text has it: what could be misread is \xNN. */
bool ci_text_put_path(struct buf *b, struct bytes path);

#endif
