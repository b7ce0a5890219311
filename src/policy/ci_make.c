/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a draft to the compiled policy.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "policy/ci_impl.h"
#include "policy/ci_text.h"

static int
by_path(const void *one, const void *two)
{
	const struct ci_row *a = one, *b = two;
	int c = bytes_compare(a->path, b->path);

	if (c != 0 || a->alg != b->alg)
		return c != 0 ? c : (int)a->alg - (int)b->alg;
	return bytes_compare(a->digest, b->digest);
}

static int
by_digest(const void *one, const void *two)
{
	const struct ci_row *a = one, *b = two;
	int c = (int)a->alg - (int)b->alg;

	if (c == 0)
		c = bytes_compare(a->digest, b->digest);
	if (c != 0)
		return c;
	return (a->path_index > b->path_index) -
	    (a->path_index < b->path_index);
}

static int
signer_order(const void *one, const void *two)
{
	const struct ci_signer *a = one, *b = two;

	return bytes_compare(a->name, b->name);
}

static int
rule_order(const void *one, const void *two)
{
	const struct ci_rule *a = one, *b = two;

	if (a->kind != b->kind)
		return a->kind - b->kind;
	return bytes_compare(a->path, b->path);
}

static int
event_order(const void *one, const void *two)
{
	return ci_event_compare(one, two);
}

/* Numbers the paths; drops what is said twice. */
static void
sort_rows(struct ci_draft *c)
{
	size_t n = 0;

	qsort(c->rows, c->n_rows, sizeof(c->rows[0]), by_path);
	c->n_paths = 0;
	for (size_t i = 0; i < c->n_rows; i++) {
		struct ci_row row = c->rows[i];

		if (n > 0 && by_path(&c->rows[n - 1], &row) == 0)
			continue;
		row.path_index = CI_NO_PATH;
		if (row.path.len != 0) {
			if (c->n_paths == 0 ||
			    !bytes_equal(c->paths[c->n_paths - 1].path,
				row.path))
				c->paths[c->n_paths++] =
				    (struct ci_path){ row.path, CI_NO_PATH };
			row.path_index = (uint32_t)c->n_paths - 1;
		}
		c->rows[n++] = row;
	}
	c->n_rows = n;
	qsort(c->rows, c->n_rows, sizeof(c->rows[0]), by_digest);
	for (size_t i = 0; i < c->n_rows; i++) {
		uint32_t path = c->rows[i].path_index;

		if (path != CI_NO_PATH && c->paths[path].digest == CI_NO_PATH)
			c->paths[path].digest = (uint32_t)i;
	}
}

static int
check_twice(const struct ci_draft *c, struct diag *d)
{
	char shown[128];

	for (size_t i = 1; i < c->n_rules; i++)
		if (rule_order(&c->rules[i - 1], &c->rules[i]) == 0) {
			text_escape(c->rules[i].path, shown, sizeof(shown));
			return diag_refuse(d, REASON_FileInvalid,
			    "CI policy: two rules for %s", shown);
		}
	for (size_t i = 1; i < c->n_signers; i++)
		if (signer_order(&c->signers[i - 1], &c->signers[i]) == 0)
			return diag_refuse(d, REASON_FileInvalid,
			    "CI policy: two signers %.*s",
			    (int)c->signers[i].name.len,
			    (const char *)c->signers[i].name.p);
	return ERR_OK;
}

static void
drop_equal_events(struct ci_draft *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n_events; i++)
		if (n == 0 ||
		    event_order(&c->events[n - 1], &c->events[i]) != 0)
			c->events[n++] = c->events[i];
	c->n_events = n;
}

static void
put_header(const struct ci_draft *c, uint32_t strings, struct buf *b)
{
	static const uint8_t zero[NAME_MAX_LEN];
	uint32_t n[CI_ALGS] = { 0 };

	for (size_t i = 0; i < c->n_rows; i++)
		n[c->rows[i].alg]++;
	(void)buf_put_text(b, CI_MAGIC);
	(void)buf_put_u8(b, CI_VERSION);
	(void)buf_put_u8(b, (uint8_t)c->mode);
	(void)buf_put_u8(b, (uint8_t)c->name.len);
	(void)buf_put(b, c->name);
	(void)buf_put(b, bytes_of(zero, NAME_MAX_LEN - c->name.len));
	(void)buf_put_be16(b, (uint16_t)c->n_signers);
	for (size_t i = 0; i < CI_ALGS; i++)
		(void)buf_put_be32(b, n[i]);
	(void)buf_put_be32(b, (uint32_t)c->n_paths);
	(void)buf_put_be32(b, (uint32_t)c->n_rules);
	(void)buf_put_be32(b, (uint32_t)c->n_events);
	(void)buf_put_be32(b, strings);
}

/* Where the next string is to lie; they follow in the order of this. */
static void
put_at(struct buf *b, struct bytes s, uint32_t *at)
{
	(void)buf_put_be32(b, *at);
	*at += (uint32_t)s.len + 2;
}

static uint32_t
put_tables(const struct ci_draft *c, struct buf *b)
{
	static const uint8_t zero[HASH_SIZE_MAX];
	uint32_t at = 0;

	for (size_t i = 0; i < c->n_signers; i++) {
		put_at(b, c->signers[i].name, &at);
		put_at(b, c->signers[i].spki, &at);
		(void)buf_put(b, BYTES_OF_ARRAY(c->signers[i].keyid));
		(void)buf_put_u8(b, c->signers[i].allowed ? 1 : 0);
	}
	for (size_t i = 0; i < c->n_rows; i++) {
		(void)buf_put(b, c->rows[i].digest);
		(void)buf_put_be32(b, c->rows[i].path_index);
	}
	for (size_t i = 0; i < c->n_paths; i++) {
		put_at(b, c->paths[i].path, &at);
		(void)buf_put_be32(b, c->paths[i].digest);
	}
	for (size_t i = 0; i < c->n_rules; i++) {
		(void)buf_put_u8(b, c->rules[i].kind);
		put_at(b, c->rules[i].path, &at);
		put_at(b, c->rules[i].reason, &at);
	}
	for (size_t i = 0; i < c->n_events; i++) {
		const struct ci_event *e = &c->events[i];

		put_at(b, e->name, &at);
		(void)buf_put_u8(b, e->any ? CI_ANY_CONTENT : e->alg);
		(void)buf_put(b, e->digest);
		(void)buf_put(b, bytes_of(zero, HASH_SIZE_MAX - e->digest.len));
	}
	return at;
}

static void
put_strings(const struct ci_draft *c, struct buf *b)
{
	for (size_t i = 0; i < c->n_signers; i++) {
		(void)buf_put_be16_blob(b, c->signers[i].name);
		(void)buf_put_be16_blob(b, c->signers[i].spki);
	}
	for (size_t i = 0; i < c->n_paths; i++)
		(void)buf_put_be16_blob(b, c->paths[i].path);
	for (size_t i = 0; i < c->n_rules; i++) {
		(void)buf_put_be16_blob(b, c->rules[i].path);
		(void)buf_put_be16_blob(b, c->rules[i].reason);
	}
	for (size_t i = 0; i < c->n_events; i++)
		(void)buf_put_be16_blob(b, c->events[i].name);
}

/* The bytes of all strings: they come behind, their length comes first. */
static uint32_t
strings_length(const struct ci_draft *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n_signers; i++)
		n += c->signers[i].name.len + c->signers[i].spki.len + 4;
	for (size_t i = 0; i < c->n_paths; i++)
		n += c->paths[i].path.len + 2;
	for (size_t i = 0; i < c->n_rules; i++)
		n += c->rules[i].path.len + c->rules[i].reason.len + 4;
	for (size_t i = 0; i < c->n_events; i++)
		n += c->events[i].name.len + 2;
	return n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
}

int
ci_compile(struct ci_draft *c, struct buf *ret, struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(CI_MAX);
	struct ci_policy check;
	uint32_t strings;
	int r;

	sort_rows(c);
	qsort(c->signers, c->n_signers, sizeof(c->signers[0]), signer_order);
	qsort(c->rules, c->n_rules, sizeof(c->rules[0]), rule_order);
	qsort(c->events, c->n_events, sizeof(c->events[0]), event_order);
	drop_equal_events(c);
	if ((r = check_twice(c, d)) < 0)
		return r;
	strings = strings_length(c);
	put_header(c, strings, &b);
	if (put_tables(c, &b) != strings || strings > CI_MAX)
		return diag_fail(d, ERR_LIMIT, "CI policy: too many texts");
	put_strings(c, &b);
	if (!buf_ok(&b))
		return diag_fail(d, ERR_LIMIT,
		    "CI policy: larger than %zu bytes; digests at any path "
		    "take less than digests with a path",
		    CI_MAX);
	if ((r = ci_open(buf_bytes(&b), &check, d)) < 0)
		return r;
	if (!buf_put(ret, buf_bytes(&b)))
		return buf_check(ret, "CI policy", d);
	return ERR_OK;
}
