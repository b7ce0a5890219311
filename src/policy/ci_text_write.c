/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text of a compiled CI policy.
 */
#include "base/text.h"
#include "policy/ci_impl.h"
#include "policy/ci_text.h"

bool
ci_text_put_path(struct buf *b, struct bytes path)
{
	for (size_t i = 0; i < path.len; i++) {
		uint8_t c = path.p[i];

		if (c <= ' ' || c >= 0x7f || c == '\\' || c == '#' || c == '*')
			(void)buf_printf(b, "\\x%02x", c);
		else
			(void)buf_put_u8(b, c);
	}
	return buf_ok(b);
}

static void
put_digest(struct buf *b, enum ci_alg alg, struct bytes digest)
{
	(void)buf_printf(b, "%s:", hash_name(ci_hash(alg)));
	(void)hex_put(b, digest);
}

static void
write_signers(const struct ci_policy *p, struct buf *b)
{
	struct ci_signer s;

	for (size_t i = 0; ci_signer_at(p, i, &s); i++) {
		(void)buf_printf(b, "signer %.*s keyid:", (int)s.name.len,
		    (const char *)s.name.p);
		(void)hex_put(b, BYTES_OF_ARRAY(s.keyid));
		(void)buf_put_u8(b, ' ');
		(void)base64_put(b, s.spki);
		(void)buf_put_u8(b, '\n');
		if (s.allowed)
			(void)buf_printf(b, "allow signer %.*s\n",
			    (int)s.name.len, (const char *)s.name.p);
	}
}

static void
write_rules(const struct ci_policy *p, struct buf *b)
{
	struct ci_rule rule;

	for (size_t i = 0; ci_rule_at(p, i, &rule); i++) {
		(void)buf_put_text(b,
		    rule.kind == CI_RULE_CONTENT ? "allow path "
						 : "allow violation ");
		(void)ci_text_put_path(b, rule.path);
		if (rule.path.p[rule.path.len - 1] == '/')
			(void)buf_put_u8(b, '*');
		(void)buf_put_u8(b, ' ');
		(void)buf_put(b, rule.reason);
		(void)buf_put_u8(b, '\n');
	}
}

static void
write_events(const struct ci_policy *p, struct buf *b)
{
	struct ci_event e;

	for (size_t i = 0; ci_event_at(p, i, &e); i++) {
		(void)buf_put_text(b, "allow event ");
		(void)buf_put(b, e.name);
		if (!e.any) {
			(void)buf_put_u8(b, ' ');
			put_digest(b, (enum ci_alg)e.alg, e.digest);
		}
		(void)buf_put_u8(b, '\n');
	}
}

static void
write_digests(const struct ci_policy *p, enum ci_alg alg, struct buf *b)
{
	struct ci_digest row;
	struct ci_path path;

	for (size_t i = 0; ci_digest_at(&p->digests[alg], i, &row); i++) {
		(void)buf_put_text(b, "allow hash ");
		put_digest(b, alg, row.digest);
		if (row.path != CI_NO_PATH && ci_path_at(p, row.path, &path)) {
			(void)buf_put_u8(b, ' ');
			(void)ci_text_put_path(b, path.path);
		}
		(void)buf_put_u8(b, '\n');
	}
}

int
ci_text_write(const struct ci_policy *p, struct buf *ret, struct diag *d)
{
	(void)buf_printf(ret, "shieldwall-ci 1\nname %.*s\nmode %s\n",
	    (int)p->name.len, (const char *)p->name.p, ci_mode_name(p->mode));
	write_signers(p, ret);
	write_rules(p, ret);
	write_events(p, ret);
	for (unsigned alg = 0; alg < CI_ALGS; alg++)
		write_digests(p, (enum ci_alg)alg, ret);
	return buf_check(ret, "CI policy", d);
}
