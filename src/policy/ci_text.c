/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text of a CI policy, line by line. Strict: what is not known is refused
 * where it stands, since a rule that is passed over in silence is one that
 * somebody believes in.
 */
#include "policy/ci_text.h"

#include <string.h>

#include "base/text.h"
#include "measure/ima_signature.h"
#include "policy/ci_impl.h"

#define FIRST_LINE "shieldwall-ci 1"

struct reading {
	struct ci_draft *draft;
	struct buf *store;
	struct bytes line; /* what is left of it */
	bool begun;
	bool has_mode;
};

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

static struct bytes
trim(struct bytes line)
{
	while (line.len > 0 && is_blank(line.p[0]))
		line = bytes_of(line.p + 1, line.len - 1);
	while (line.len > 0 && is_blank(line.p[line.len - 1]))
		line.len--;
	return line;
}

/* Without its comment: a '#' at the start or behind a blank. */
static struct bytes
statement(struct bytes line)
{
	for (size_t i = 0; i < line.len; i++)
		if (line.p[i] == '#' && (i == 0 || is_blank(line.p[i - 1]))) {
			line.len = i;
			break;
		}
	return trim(line);
}

/* The next word; empty at the end. */
static struct bytes
word(struct reading *x)
{
	struct bytes w = bytes_of(x->line.p, 0);

	while (w.len < x->line.len && !is_blank(x->line.p[w.len]))
		w.len++;
	x->line = trim(bytes_of(x->line.p + w.len, x->line.len - w.len));
	return w;
}

static bool
next_is(struct reading *x, const char *expected)
{
	struct reading copy = *x;

	if (!bytes_equal_text(word(&copy), expected))
		return false;
	*x = copy;
	return true;
}

static int
nothing_left(const struct reading *x, struct diag *d)
{
	return x->line.len == 0
	    ? ERR_OK
	    : diag_refuse(d, REASON_FileInvalid, "more than it takes");
}

/* --- parts of a line -------------------------------------------------------*/

/* What was appended to the store since it had `from` bytes. */
static struct bytes
stored(const struct buf *b, size_t from)
{
	return bytes_of(b->p + from, b->len - from);
}

static int
take_path(struct reading *x, bool may_be_folder, struct bytes *ret,
    struct diag *d)
{
	struct bytes w = word(x), out;
	size_t from = x->store->len;
	bool folder = false;

	if (may_be_folder && w.len >= 2 && w.p[w.len - 1] == '*' &&
	    w.p[w.len - 2] == '/') {
		folder = true;
		w.len--;
	}
	for (size_t i = 0; i < w.len; i++) {
		uint8_t c = w.p[i];

		if (c == '*')
			return diag_refuse(d, REASON_FileInvalid,
			    "a '*' stands for the files of one folder, at the "
			    "end of allow path and allow violation only");
		if (c == '\\') {
			if (w.len - i < 4 || w.p[i + 1] != 'x' ||
			    hex_decode_fixed(bytes_of(w.p + i + 2, 2), &c, 1,
				NULL) < 0)
				return diag_refuse(d, REASON_FileInvalid,
				    "a \\ that is not \\xNN");
			i += 3;
		}
		(void)buf_put_u8(x->store, c);
	}
	if (!buf_ok(x->store))
		return diag_nomem(d);
	out = stored(x->store, from);
	if (folder ? !ci_folder_is_valid(out) : !ci_path_is_valid(out))
		return diag_refuse(d, REASON_FileInvalid,
		    "a path begins with /, is at most %d bytes long and has no "
		    "empty step, . or ..",
		    CI_PATH_MAX);
	*ret = out;
	return ERR_OK;
}

static int
take_reason(struct reading *x, struct bytes *ret, struct diag *d)
{
	if (!ci_reason_is_valid(x->line))
		return diag_refuse(d, REASON_FileInvalid,
		    "a reason is needed, of at most %d printable characters",
		    CI_REASON_MAX);
	*ret = x->line;
	return ERR_OK;
}

/* "sha256:HEX" */
static int
take_digest(struct reading *x, enum ci_alg *ret_alg, struct bytes *ret,
    struct diag *d)
{
	struct bytes w = word(x), hex;
	uint8_t digest[HASH_SIZE_MAX];
	size_t from = x->store->len;

	for (unsigned alg = 0; alg < CI_ALGS; alg++) {
		const char *name = hash_name(ci_hash((enum ci_alg)alg));
		size_t n = strlen(name), size = hash_size(ci_hash(alg));

		if (w.len <= n || w.p[n] != ':' ||
		    !bytes_equal_text(bytes_of(w.p, n), name))
			continue;
		hex = bytes_of(w.p + n + 1, w.len - n - 1);
		if (hex_decode_fixed(hex, digest, size, NULL) < 0 ||
		    bytes_all_zero(bytes_of(digest, size)))
			return diag_refuse(d, REASON_FileInvalid,
			    "%s: not %zu hex digits that are a digest", name,
			    2 * size);
		if (!buf_put(x->store, bytes_of(digest, size)))
			return diag_nomem(d);
		*ret_alg = (enum ci_alg)alg;
		*ret = stored(x->store, from);
		return ERR_OK;
	}
	return diag_refuse(d, REASON_FileInvalid,
	    "a digest is sha256:HEX, sha384:, sha512: or sm3:");
}

/* --- statements ------------------------------------------------------------*/

static int
on_name(struct reading *x, struct diag *d)
{
	if (x->draft->name.len != 0)
		return diag_refuse(d, REASON_FileInvalid, "a second name");
	x->draft->name = word(x);
	if (!name_valid(x->draft->name))
		return diag_refuse(d, REASON_FileInvalid,
		    "a name is 1 to 63 of A-Z a-z 0-9 . _ -");
	return nothing_left(x, d);
}

static int
on_mode(struct reading *x, struct diag *d)
{
	struct bytes w = word(x);

	if (x->has_mode)
		return diag_refuse(d, REASON_FileInvalid, "a second mode");
	x->has_mode = true;
	if (bytes_equal_text(w, ci_mode_name(CI_ENFORCED)))
		x->draft->mode = CI_ENFORCED;
	else if (bytes_equal_text(w, ci_mode_name(CI_AUDIT)))
		x->draft->mode = CI_AUDIT;
	else
		return diag_refuse(d, REASON_FileInvalid,
		    "the mode is enforced or audit");
	return nothing_left(x, d);
}

/* A certificate has both; of a bare key the identifier must be said. */
static int
take_key(struct ci_signer *s, struct bytes der, bool has_keyid, struct diag *d)
{
	auto_key struct key *key = NULL;
	struct cert cert;
	int r;

	s->spki = der;
	if (cert_parse(der, &cert, NULL) == ERR_OK) {
		s->spki = cert.spki;
		if (!has_keyid && (r = ima_key_id(&cert, s->keyid, d)) < 0)
			return r;
		has_keyid = true;
	}
	if ((r = key_from_spki(s->spki, &key, d)) < 0)
		return r;
	if (!has_keyid)
		return diag_refuse(d, REASON_FileInvalid,
		    "a key without its certificate takes keyid:HEX");
	return ERR_OK;
}

static int
on_signer(struct reading *x, struct diag *d)
{
	static const char prefix[] = "keyid:";
	struct ci_draft *c = x->draft;
	struct ci_signer s = { .name = word(x) };
	struct bytes w = word(x);
	size_t skip = strlen(prefix), from = x->store->len;
	bool has_keyid = false;
	int r;

	if (!name_valid(s.name))
		return diag_refuse(d, REASON_FileInvalid,
		    "a signer's name is 1 to 63 of A-Z a-z 0-9 . _ -");
	if (c->n_signers == CI_SIGNER_MAX)
		return diag_refuse(d, REASON_FileInvalid,
		    "more than %d signers", CI_SIGNER_MAX);
	if (w.len > skip && bytes_equal_text(bytes_of(w.p, skip), prefix)) {
		if (hex_decode_fixed(bytes_of(w.p + skip, w.len - skip),
			s.keyid, CI_KEYID_SIZE, NULL) < 0)
			return diag_refuse(d, REASON_FileInvalid,
			    "keyid: not 8 hex digits");
		has_keyid = true;
		w = word(x);
	}
	if (base64_decode(w, x->store, d) < 0)
		return diag_refuse(d, REASON_FileInvalid,
		    "a signer is a certificate or public key in base64");
	r = take_key(&s, stored(x->store, from), has_keyid, d);
	if (r < 0)
		return r;
	c->signers[c->n_signers++] = s;
	return nothing_left(x, d);
}

static int
allow_signer(struct reading *x, struct diag *d)
{
	struct ci_draft *c = x->draft;
	struct bytes name = word(x);

	for (size_t i = 0; i < c->n_signers; i++)
		if (bytes_equal(c->signers[i].name, name)) {
			c->signers[i].allowed = true;
			return nothing_left(x, d);
		}
	return diag_refuse(d, REASON_FileInvalid,
	    "no signer of this name stands above");
}

static int
allow_hash(struct reading *x, struct diag *d)
{
	struct ci_draft *c = x->draft;
	struct ci_row row = { .path = BYTES_NONE };
	int r;

	if ((r = take_digest(x, &row.alg, &row.digest, d)) < 0)
		return r;
	if (x->line.len != 0 && (r = take_path(x, false, &row.path, d)) < 0)
		return r;
	if (c->n_rows == c->max_rows || c->n_rows == CI_ROWS_MAX)
		return diag_refuse(d, REASON_FileInvalid,
		    "more than %d digests", CI_ROWS_MAX);
	c->rows[c->n_rows++] = row;
	return nothing_left(x, d);
}

static int
allow_rule(struct reading *x, enum ci_rule_kind kind, struct diag *d)
{
	struct ci_draft *c = x->draft;
	struct ci_rule row = { .kind = (uint8_t)kind };
	int r;

	if ((r = take_path(x, true, &row.path, d)) < 0 ||
	    (r = take_reason(x, &row.reason, d)) < 0)
		return r;
	if (c->n_rules == CI_RULE_MAX)
		return diag_refuse(d, REASON_FileInvalid,
		    "more than %d paths whose content may vary", CI_RULE_MAX);
	c->rules[c->n_rules++] = row;
	return ERR_OK;
}

static int
allow_event(struct reading *x, struct diag *d)
{
	struct ci_draft *c = x->draft;
	struct ci_event row = { .name = word(x),
		.any = true,
		.alg = CI_ANY_CONTENT };
	enum ci_alg alg;
	int r;

	if (!ci_event_is_valid(row.name))
		return diag_refuse(d, REASON_FileInvalid,
		    "an event's name is printable and has no space, / or \\");
	if (x->line.len != 0) {
		if ((r = take_digest(x, &alg, &row.digest, d)) < 0)
			return r;
		row.any = false;
		row.alg = (uint8_t)alg;
	}
	if (c->n_events == CI_EVENT_MAX)
		return diag_refuse(d, REASON_FileInvalid, "more than %d events",
		    CI_EVENT_MAX);
	c->events[c->n_events++] = row;
	return nothing_left(x, d);
}

static int
on_allow(struct reading *x, struct diag *d)
{
	if (next_is(x, "hash"))
		return allow_hash(x, d);
	if (next_is(x, "signer"))
		return allow_signer(x, d);
	if (next_is(x, "path"))
		return allow_rule(x, CI_RULE_CONTENT, d);
	if (next_is(x, "violation"))
		return allow_rule(x, CI_RULE_VIOLATION, d);
	if (next_is(x, "event"))
		return allow_event(x, d);
	return diag_refuse(d, REASON_FileInvalid,
	    "allow signer, hash, path, violation or event");
}

static int
on_line(struct reading *x, struct diag *d)
{
	if (!x->begun) {
		x->begun = bytes_equal_text(x->line, FIRST_LINE);
		return x->begun ? ERR_OK
				: diag_refuse(d, REASON_FileInvalid,
				      "the first line is not " FIRST_LINE);
	}
	if (next_is(x, "allow"))
		return on_allow(x, d);
	if (next_is(x, "name"))
		return on_name(x, d);
	if (next_is(x, "mode"))
		return on_mode(x, d);
	if (next_is(x, "signer"))
		return on_signer(x, d);
	return diag_refuse(d, REASON_FileInvalid, "an unknown word");
}

size_t
ci_text_rows(struct bytes text)
{
	size_t n = 1;

	for (size_t i = 0; i < text.len; i++)
		n += text.p[i] == '\n';
	return n < CI_ROWS_MAX ? n : CI_ROWS_MAX;
}

/* Views into the store must stay where they are while it grows. */
static int
reserve(struct buf *store, size_t n, struct diag *d)
{
	BUG_ON(store->len != 0);
	if (buf_extend(store, n) == NULL)
		return buf_check(store, "CI policy", d);
	store->len = 0;
	return ERR_OK;
}

int
ci_text_read(struct bytes text, struct buf *store, struct ci_draft *ret,
    struct diag *d)
{
	struct reading x = { .draft = ret, .store = store };
	struct bytes rest = text, line;
	size_t n = 0;
	int r;

	ret->n_signers = ret->n_rules = ret->n_events = ret->n_rows = 0;
	ret->name = BYTES_NONE;
	if (text.len > CI_TEXT_MAX)
		return diag_refuse(d, REASON_FileInvalid,
		    "CI policy: a text of more than %zu bytes", CI_TEXT_MAX);
	if ((r = reserve(store, text.len, d)) < 0)
		return r;
	while (text_next_line(&rest, &line)) {
		n++;
		x.line = statement(line);
		if (x.line.len == 0 && line.len <= CI_LINE_MAX)
			continue;
		r = line.len > CI_LINE_MAX ? diag_refuse(d, REASON_FileInvalid,
						 "longer than %zu", CI_LINE_MAX)
					   : on_line(&x, d);
		if (r < 0) {
			diag_prefix(d, "line %zu", n);
			return r;
		}
	}
	if (!x.begun || !x.has_mode || ret->name.len == 0)
		return diag_refuse(d, REASON_FileInvalid,
		    "CI policy: " FIRST_LINE ", a name and a mode are needed");
	return ERR_OK;
}
