/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The compiled policy (doc/FORMAT.ci-policy, section 2): rows by their number,
 * and the check of all of them.
 */
#include "policy/ci.h"

#include <string.h>

#include "base/reader.h"
#include "base/text.h"
#include "policy/ci_impl.h"

static const enum hash_alg algs[CI_ALGS] = { [CI_SHA256] = HASH_SHA256,
	[CI_SHA384] = HASH_SHA384,
	[CI_SHA512] = HASH_SHA512,
	[CI_SM3] = HASH_SM3 };

enum hash_alg
ci_hash(enum ci_alg alg)
{
	return algs[alg];
}

enum ci_alg
ci_alg_of(enum hash_alg alg)
{
	unsigned i = 0;

	while (i < CI_ALGS && algs[i] != alg)
		i++;
	return (enum ci_alg)i;
}

const char *
ci_mode_name(enum ci_mode mode)
{
	return mode == CI_ENFORCED ? "enforced" : "audit";
}

void
ci_id(struct bytes compiled, uint8_t ret[static SHA256_SIZE])
{
	sha256(compiled, ret);
}

/* --- rows ------------------------------------------------------------------*/

static bool
row_at(const struct ci_table *t, size_t i, struct reader *ret)
{
	struct reader r = reader_of(t->rows);
	struct bytes row;

	if (i >= t->n || !reader_skip(&r, i * t->row) ||
	    !reader_take(&r, t->row, &row))
		return false;
	*ret = reader_of(row);
	return true;
}

static bool
string_at(const struct ci_policy *p, uint32_t off, struct bytes *ret)
{
	struct reader r = reader_of(p->strings);

	return reader_skip(&r, off) && reader_be16_blob(&r, CI_PATH_MAX, ret);
}

bool
ci_signer_at(const struct ci_policy *p, size_t i, struct ci_signer *ret)
{
	uint32_t name, spki;
	struct ci_signer s;
	struct reader r;
	uint8_t allowed;

	if (!row_at(&p->signers, i, &r) || !reader_be32(&r, &name) ||
	    !reader_be32(&r, &spki) ||
	    !reader_copy(&r, s.keyid, sizeof(s.keyid)) ||
	    !reader_u8(&r, &allowed) || allowed > 1 ||
	    !string_at(p, name, &s.name) || !string_at(p, spki, &s.spki))
		return false;
	s.allowed = allowed == 1;
	*ret = s;
	return true;
}

bool
ci_digest_at(const struct ci_table *t, size_t i, struct ci_digest *ret)
{
	struct ci_digest row;
	struct reader r;

	if (!row_at(t, i, &r) || !reader_take(&r, t->row - 4, &row.digest) ||
	    !reader_be32(&r, &row.path))
		return false;
	*ret = row;
	return true;
}

bool
ci_path_at(const struct ci_policy *p, size_t i, struct ci_path *ret)
{
	struct ci_path row;
	struct reader r;
	uint32_t path;

	if (!row_at(&p->paths, i, &r) || !reader_be32(&r, &path) ||
	    !reader_be32(&r, &row.digest) || !string_at(p, path, &row.path))
		return false;
	*ret = row;
	return true;
}

bool
ci_rule_at(const struct ci_policy *p, size_t i, struct ci_rule *ret)
{
	uint32_t path, reason;
	struct ci_rule row;
	struct reader r;

	if (!row_at(&p->rules, i, &r) || !reader_u8(&r, &row.kind) ||
	    !reader_be32(&r, &path) || !reader_be32(&r, &reason) ||
	    !string_at(p, path, &row.path) ||
	    !string_at(p, reason, &row.reason))
		return false;
	*ret = row;
	return true;
}

bool
ci_event_at(const struct ci_policy *p, size_t i, struct ci_event *ret)
{
	struct ci_event row;
	struct reader r;
	uint32_t name;

	if (!row_at(&p->events, i, &r) || !reader_be32(&r, &name) ||
	    !reader_u8(&r, &row.alg) || !string_at(p, name, &row.name))
		return false;
	row.any = row.alg == CI_ANY_CONTENT;
	if (!row.any && row.alg >= CI_ALGS)
		return false;
	if (!reader_take(&r, row.any ? 0 : hash_size(algs[row.alg]),
		&row.digest))
		return false;
	*ret = row;
	return true;
}

/* --- the whole -------------------------------------------------------------*/

static bool
take_table(struct reader *r, uint32_t n, size_t row, struct ci_table *ret)
{
	ret->n = n;
	ret->row = row;
	return n <= CI_ROWS_MAX && reader_take(r, n * row, &ret->rows);
}

static bool
take_header(struct reader *r, struct ci_policy *ret, uint32_t n[static 8])
{
	uint8_t mode, name_len;
	struct bytes name;
	uint16_t signers;

	if (!reader_u8(r, &mode) || !reader_u8(r, &name_len) ||
	    !reader_take(r, NAME_MAX_LEN, &name) || !reader_be16(r, &signers))
		return false;
	for (size_t i = 0; i < 8; i++)
		if (!reader_be32(r, &n[i]))
			return false;
	if ((mode != CI_ENFORCED && mode != CI_AUDIT) ||
	    name_len > NAME_MAX_LEN || signers > CI_SIGNER_MAX ||
	    !bytes_all_zero(bytes_of(name.p + name_len, name.len - name_len)))
		return false;
	ret->mode = mode == CI_ENFORCED ? CI_ENFORCED : CI_AUDIT;
	ret->name = bytes_of(name.p, name_len);
	ret->signers.n = signers;
	return name_valid(ret->name);
}

int
ci_view(struct bytes compiled, struct ci_policy *ret, struct diag *d)
{
	struct reader r = reader_of(compiled);
	struct ci_policy p = { 0 };
	struct bytes magic;
	uint32_t n[8];
	uint8_t version;

	if (compiled.len > CI_MAX || !reader_take(&r, 4, &magic) ||
	    !bytes_equal_text(magic, CI_MAGIC) || !reader_u8(&r, &version))
		return diag_refuse(d, REASON_FileInvalid, "not a CI policy");
	if (version != CI_VERSION)
		return diag_fail(d, ERR_UNSUPPORTED, "CI policy: version %u",
		    version);
	if (!take_header(&r, &p, n) ||
	    !take_table(&r, (uint32_t)p.signers.n, CI_SIGNER_ROW, &p.signers))
		return diag_refuse(d, REASON_FileInvalid,
		    "CI policy: damaged at byte %zu", r.off);
	for (size_t i = 0; i < CI_ALGS; i++)
		if (!take_table(&r, n[i], hash_size(algs[i]) + 4,
			&p.digests[i]))
			return diag_refuse(d, REASON_FileInvalid,
			    "CI policy: damaged at byte %zu", r.off);
	if (!take_table(&r, n[4], CI_PATH_ROW, &p.paths) ||
	    !take_table(&r, n[5], CI_RULE_ROW, &p.rules) ||
	    !take_table(&r, n[6], CI_EVENT_ROW, &p.events) ||
	    !reader_take(&r, n[7], &p.strings) || reader_left(&r) != 0)
		return diag_refuse(d, REASON_FileInvalid,
		    "CI policy: damaged at byte %zu", r.off);
	*ret = p;
	return ERR_OK;
}

int
ci_open(struct bytes compiled, struct ci_policy *ret, struct diag *d)
{
	struct ci_policy p;
	int r;

	if ((r = ci_view(compiled, &p, d)) < 0 || (r = ci_check(&p, d)) < 0)
		return r;
	*ret = p;
	return ERR_OK;
}
