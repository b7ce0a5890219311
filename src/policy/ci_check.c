/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a compiled policy is written as it must be: what is searched in is
 * sorted, what is said twice is said once, no text leads elsewhere. A policy
 * has one compiled form, so two files that say the same have one id.
 */
#include <string.h>

#include "base/text.h"
#include "policy/ci_impl.h"

static bool
step_valid(struct bytes step)
{
	return step.len != 0 && !bytes_equal_text(step, ".") &&
	    !bytes_equal_text(step, "..");
}

bool
ci_path_is_valid(struct bytes path)
{
	size_t start = 1;

	if (path.len < 2 || path.len > CI_PATH_MAX || path.p[0] != '/')
		return false;
	for (size_t i = 1; i < path.len; i++) {
		if (path.p[i] == '\0' || path.p[i] == '\n')
			return false;
		if (path.p[i] != '/')
			continue;
		if (!step_valid(bytes_of(path.p + start, i - start)))
			return false;
		start = i + 1;
	}
	return step_valid(bytes_of(path.p + start, path.len - start));
}

bool
ci_folder_is_valid(struct bytes path)
{
	if (path.len == 0 || path.p[path.len - 1] != '/')
		return false;
	return path.len == 1 ||
	    ci_path_is_valid(bytes_of(path.p, path.len - 1));
}

bool
ci_event_is_valid(struct bytes name)
{
	for (size_t i = 0; i < name.len; i++)
		if (name.p[i] <= ' ' || name.p[i] >= 0x7f || name.p[i] == '/' ||
		    name.p[i] == '\\' || name.p[i] == '#')
			return false;
	return name.len != 0 && name.len <= CI_REASON_MAX;
}

bool
ci_reason_is_valid(struct bytes reason)
{
	return reason.len != 0 && reason.len <= CI_REASON_MAX &&
	    reason.p[0] != ' ' && reason.p[reason.len - 1] != ' ' &&
	    text_printable(reason) && memchr(reason.p, '#', reason.len) == NULL;
}

/*
 * Strings lie in the order of the rows that name them, each once, without
 * gaps: *at is where the next one must be.
 */
static bool
string_is_next(const struct ci_policy *p, struct bytes s, size_t *at)
{
	if (*at > p->strings.len || p->strings.len - *at < s.len + 2 ||
	    s.p != p->strings.p + *at + 2)
		return false;
	*at += s.len + 2;
	return true;
}

static bool
check_signers(const struct ci_policy *p, size_t *at)
{
	struct bytes before = BYTES_NONE;
	struct ci_signer s;

	for (size_t i = 0; i < p->signers.n; i++) {
		if (!ci_signer_at(p, i, &s) || !string_is_next(p, s.name, at) ||
		    !string_is_next(p, s.spki, at) || !name_valid(s.name) ||
		    s.spki.len == 0 || s.spki.len > KEY_SPKI_MAX ||
		    (i > 0 && bytes_compare(before, s.name) >= 0))
			return false;
		before = s.name;
	}
	return true;
}

/* The path is there, and names no later row as its first. */
static bool
path_fits(const struct ci_policy *p, uint32_t path, size_t nth)
{
	struct ci_path row;

	return path == CI_NO_PATH ||
	    (ci_path_at(p, path, &row) && row.digest <= nth);
}

/* before: how many rows the tables before this one have. */
static bool
check_digests(const struct ci_policy *p, const struct ci_table *t,
    size_t before)
{
	struct ci_digest last = { 0 }, row;

	for (size_t i = 0; i < t->n; i++) {
		int c = -1;

		if (!ci_digest_at(t, i, &row) || bytes_all_zero(row.digest) ||
		    !path_fits(p, row.path, before + i))
			return false;
		if (i > 0)
			c = bytes_compare(last.digest, row.digest);
		if (c > 0 || (c == 0 && last.path >= row.path))
			return false;
		last = row;
	}
	return true;
}

bool
ci_digest_nth(const struct ci_policy *p, uint32_t nth, enum ci_alg *ret_alg,
    struct ci_digest *ret)
{
	size_t left = nth;

	for (unsigned alg = 0; alg < CI_ALGS; alg++) {
		if (left < p->digests[alg].n) {
			*ret_alg = (enum ci_alg)alg;
			return ci_digest_at(&p->digests[alg], left, ret);
		}
		left -= p->digests[alg].n;
	}
	return false;
}

static bool
check_paths(const struct ci_policy *p, size_t *at)
{
	struct bytes before = BYTES_NONE;
	struct ci_digest digest;
	struct ci_path row;
	enum ci_alg alg;

	for (size_t i = 0; i < p->paths.n; i++) {
		if (!ci_path_at(p, i, &row) ||
		    !string_is_next(p, row.path, at) ||
		    !ci_path_is_valid(row.path) ||
		    !ci_digest_nth(p, row.digest, &alg, &digest) ||
		    digest.path != i ||
		    (i > 0 && bytes_compare(before, row.path) >= 0))
			return false;
		before = row.path;
	}
	return true;
}

static bool
check_rules(const struct ci_policy *p, size_t *at)
{
	struct ci_rule before = { 0 }, row;

	for (size_t i = 0; i < p->rules.n; i++) {
		if (!ci_rule_at(p, i, &row) ||
		    !string_is_next(p, row.path, at) ||
		    !string_is_next(p, row.reason, at) ||
		    (row.kind != CI_RULE_CONTENT &&
			row.kind != CI_RULE_VIOLATION) ||
		    (!ci_path_is_valid(row.path) &&
			!ci_folder_is_valid(row.path)) ||
		    !ci_reason_is_valid(row.reason))
			return false;
		if (i > 0 &&
		    (before.kind > row.kind ||
			(before.kind == row.kind &&
			    bytes_compare(before.path, row.path) >= 0)))
			return false;
		before = row;
	}
	return true;
}

int
ci_event_compare(const struct ci_event *a, const struct ci_event *b)
{
	int c = bytes_compare(a->name, b->name);

	if (c != 0 || a->alg != b->alg)
		return c != 0 ? c : a->alg - b->alg;
	return bytes_compare(a->digest, b->digest);
}

/* What follows a shorter digest in its row is zero. */
static bool
event_padded(const struct ci_policy *p, size_t i, const struct ci_event *e)
{
	size_t skip = i * CI_EVENT_ROW + 5 + e->digest.len;

	return bytes_all_zero(
	    bytes_of(p->events.rows.p + skip, HASH_SIZE_MAX - e->digest.len));
}

static bool
check_events(const struct ci_policy *p, size_t *at)
{
	struct ci_event before = { 0 }, row;

	for (size_t i = 0; i < p->events.n; i++) {
		if (!ci_event_at(p, i, &row) ||
		    !string_is_next(p, row.name, at) ||
		    !ci_event_is_valid(row.name) || !event_padded(p, i, &row) ||
		    (i > 0 && ci_event_compare(&before, &row) >= 0))
			return false;
		before = row;
	}
	return true;
}

int
ci_check(const struct ci_policy *p, struct diag *d)
{
	size_t n = 0, at = 0;
	const char *bad = NULL;

	for (size_t i = 0; i < CI_ALGS; i++) {
		if (!check_digests(p, &p->digests[i], n))
			bad = "digests";
		n += p->digests[i].n;
	}
	if (n > CI_ROWS_MAX || p->rules.n > CI_RULE_MAX ||
	    p->events.n > CI_EVENT_MAX)
		return diag_refuse(d, REASON_FileInvalid,
		    "CI policy: more rows than a policy may have");
	if (bad == NULL && !check_signers(p, &at))
		bad = "signers";
	if (bad == NULL && !check_paths(p, &at))
		bad = "paths";
	if (bad == NULL && !check_rules(p, &at))
		bad = "rules";
	if (bad == NULL && !check_events(p, &at))
		bad = "events";
	if (bad == NULL && at != p->strings.len)
		bad = "strings";
	if (bad != NULL)
		return diag_refuse(d, REASON_FileInvalid,
		    "CI policy: its %s are not as they must be", bad);
	return ERR_OK;
}
