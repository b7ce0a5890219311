/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One entry of the IMA list against a policy. Cheap questions come first: a
 * list has a hundred thousand entries, and most are known by their digest.
 */
#include <string.h>

#include "measure/ima_signature.h"
#include "policy/ci_impl.h"

#define BOOT_AGGREGATE "boot_aggregate"

bool
ci_allows(enum ci_result r)
{
	return r >= CI_BY_SIGNER && r <= CI_BY_EVENT;
}

const char *
ci_result_name(enum ci_result r)
{
	static const char *const names[] = { [CI_UNKNOWN] = "unknown",
		[CI_CHANGED] = "changed",
		[CI_BAD_SIGNATURE] = "bad signature",
		[CI_VIOLATION] = "violation",
		[CI_NOT_A_FILE] = "unknown event",
		[CI_BY_SIGNER] = "by signer",
		[CI_BY_HASH] = "by hash",
		[CI_BY_PATH] = "by path",
		[CI_BY_EVENT] = "by event" };

	return r < ARRAY_LEN(names) ? names[r] : names[CI_UNKNOWN];
}

/* --- keys ------------------------------------------------------------------*/

int
ci_keys_open(const struct ci_policy *p, struct ci_keys *ret, struct diag *d)
{
	struct ci_keys keys = { 0 };
	struct ci_signer s;
	int r;

	for (size_t i = 0; ci_signer_at(p, i, &s); i++) {
		if (!s.allowed || keys.n == CI_SIGNER_MAX)
			continue;
		if ((r = key_from_spki(s.spki, &keys.list[keys.n].key, d)) <
		    0) {
			diag_prefix(d, "CI policy: signer %.*s",
			    (int)s.name.len, (const char *)s.name.p);
			ci_keys_free(&keys);
			return r;
		}
		memcpy(keys.list[keys.n].keyid, s.keyid, CI_KEYID_SIZE);
		keys.n++;
	}
	*ret = keys;
	return ERR_OK;
}

void
ci_keys_free(struct ci_keys *keys)
{
	for (size_t i = 0; i < keys->n; i++)
		key_free(keys->list[i].key);
	keys->n = 0;
}

/* --- digests ---------------------------------------------------------------*/

/* Of row i, which is less than n: a search looks at a dozen. */
static struct bytes
digest_of(const struct ci_table *t, size_t i)
{
	return bytes_of(t->rows.p + i * t->row, t->row - 4);
}

static uint64_t
head_of(struct bytes digest)
{
	uint64_t v = 0;

	for (size_t i = 0; i < 8; i++)
		v = v << 8 | digest.p[i];
	return v;
}

/*
 * Where in n rows a digest should stand: they are spread evenly, whoever made
 * the files. A wrong guess only costs time.
 */
static size_t
guess(const struct ci_table *t, struct bytes digest)
{
	__extension__ typedef unsigned __int128 wide;
	uint64_t head = head_of(digest), is;
	size_t at, off;

	at = (size_t)((wide)head * t->n >> 64);
	is = head_of(digest_of(t, at));
	off = (size_t)((wide)(head > is ? head - is : is - head) * t->n >> 64);
	if (head > is)
		return off < t->n - at ? at + off : t->n - 1;
	return off < at ? at - off : 0;
}

static bool
is_before(const struct ci_table *t, size_t i, struct bytes digest)
{
	return bytes_compare(digest_of(t, i), digest) < 0;
}

/* The first row that is not before the digest; n when all are. */
static size_t
lower_bound(const struct ci_table *t, struct bytes digest)
{
	size_t low = guess(t, digest), high, step = 4;

	high = low;
	while (low > 0 && !is_before(t, low, digest)) {
		high = low;
		low = low > step ? low - step : 0;
		step *= 2;
	}
	while (high < t->n && is_before(t, high, digest)) {
		low = high;
		high = t->n - high > step ? high + step : t->n;
		step *= 2;
	}
	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (is_before(t, mid, digest))
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* Whether a digest is allowed at any path, or at this one. */
static bool
by_hash(const struct ci_policy *p, const struct ima_entry *e)
{
	const struct ima_digest *is = &e->digest;
	enum ci_alg alg = ci_alg_of(is->alg);
	const struct ci_table *t;
	struct ci_digest row;
	struct ci_path path;

	/* A digest of fs-verity is not that of the file's bytes. */
	if (!is->known || is->verity || alg == CI_ALGS)
		return false;
	t = &p->digests[alg];
	if (t->n == 0 || is->value.len != hash_size(is->alg))
		return false;
	for (size_t i = lower_bound(t, is->value);
	     ci_digest_at(t, i, &row) && bytes_equal(row.digest, is->value);
	     i++)
		if (row.path == CI_NO_PATH ||
		    (ci_path_at(p, row.path, &path) &&
			bytes_equal(path.path, e->name)))
			return true;
	return false;
}

/* --- paths -----------------------------------------------------------------*/

static bool
find_rule(const struct ci_policy *p, enum ci_rule_kind kind, struct bytes path)
{
	size_t low = 0, high = p->rules.n;
	struct ci_rule row;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int c;

		if (!ci_rule_at(p, mid, &row))
			return false;
		c = row.kind != kind ? row.kind - (int)kind
				     : bytes_compare(row.path, path);
		if (c == 0)
			return true;
		if (c < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return false;
}

/* The path itself, or the folder that it stands in. */
static bool
has_rule(const struct ci_policy *p, enum ci_rule_kind kind, struct bytes path)
{
	size_t n = path.len;

	if (!ci_path_is_valid(path))
		return false;
	while (path.p[n - 1] != '/')
		n--;
	return find_rule(p, kind, path) ||
	    find_rule(p, kind, bytes_of(path.p, n));
}

bool
ci_expected(const struct ci_policy *p, struct bytes path, enum ci_alg *ret_alg,
    struct bytes *ret_digest)
{
	size_t low = 0, high = p->paths.n;
	struct ci_digest digest;
	struct ci_path row;
	enum ci_alg alg;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int c;

		if (!ci_path_at(p, mid, &row))
			return false;
		c = bytes_compare(row.path, path);
		if (c == 0) {
			if (!ci_digest_nth(p, row.digest, &alg, &digest))
				return false;
			*ret_alg = alg;
			*ret_digest = digest.digest;
			return true;
		}
		if (c < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return false;
}

/* --- signatures ------------------------------------------------------------*/

enum signature { SIGNATURE_NONE, SIGNATURE_BAD, SIGNATURE_GOOD };

/*
 * Four bytes name a key and are easily met by another (T46): every key of that
 * name is tried, and only the signature counts.
 */
static enum signature
by_signer(const struct ci_keys *keys, const struct ima_entry *e)
{
	enum signature is = SIGNATURE_NONE;
	struct ima_signature s;

	if (keys == NULL || keys->n == 0 || e->sig.len == 0 ||
	    ima_signature_parse(e->sig, &s, NULL) < 0)
		return SIGNATURE_NONE;
	for (size_t i = 0; i < keys->n; i++) {
		if (!bytes_equal(BYTES_OF_ARRAY(keys->list[i].keyid),
			BYTES_OF_ARRAY(s.keyid)))
			continue;
		if (ima_signature_verify(&s, e, keys->list[i].key, NULL) ==
		    ERR_OK)
			return SIGNATURE_GOOD;
		is = SIGNATURE_BAD;
	}
	return is;
}

/* --- events ----------------------------------------------------------------*/

static bool
event_matches(const struct ci_event *rule, const struct ima_entry *e)
{
	if (!bytes_equal(rule->name, e->name))
		return false;
	if (rule->any)
		return true;
	return e->digest.known && !e->digest.verity &&
	    ci_alg_of(e->digest.alg) == (enum ci_alg)rule->alg &&
	    bytes_equal(rule->digest, e->digest.value);
}

static enum ci_result
judge_event(const struct ci_policy *p, const struct ima_entry *e)
{
	size_t low = 0, high = p->events.n;
	struct ci_event row;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (!ci_event_at(p, mid, &row))
			return CI_NOT_A_FILE;
		if (bytes_compare(row.name, e->name) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	for (; ci_event_at(p, low, &row) && bytes_equal(row.name, e->name);
	     low++)
		if (event_matches(&row, e))
			return CI_BY_EVENT;
	return CI_NOT_A_FILE;
}

enum ci_result
ci_judge(const struct ci_policy *p, const struct ci_keys *keys,
    const struct ima_entry *e)
{
	enum signature signature;
	struct bytes digest;
	enum ci_alg alg;

	if (e->violation)
		return has_rule(p, CI_RULE_VIOLATION, e->name) ? CI_BY_PATH
							       : CI_VIOLATION;
	if ((e->fields & IMA_F_BUF) != 0)
		return judge_event(p, e);
	/* A later one is another kernel's, started by kexec. */
	if (bytes_equal_text(e->name, BOOT_AGGREGATE))
		return e->index == 0 ? CI_BY_EVENT : CI_NOT_A_FILE;
	if (by_hash(p, e))
		return CI_BY_HASH;
	signature = by_signer(keys, e);
	if (signature == SIGNATURE_GOOD)
		return CI_BY_SIGNER;
	if (has_rule(p, CI_RULE_CONTENT, e->name))
		return CI_BY_PATH;
	if (signature == SIGNATURE_BAD)
		return CI_BAD_SIGNATURE;
	return ci_expected(p, e->name, &alg, &digest) ? CI_CHANGED : CI_UNKNOWN;
}
