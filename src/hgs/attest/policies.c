/* SPDX-License-Identifier: Apache-2.0 */
#include "hgs/attest/policies.h"

#include <string.h>

#include "hgs/common/store_client.h"
#include "tpm/pcr.h"

static void
drop_baselines(struct policies *p)
{
	for (size_t i = 0; i < p->n_baselines; i++)
		buf_free(&p->files[i]);
	p->n_baselines = 0;
}

struct policies *
policies_new(void)
{
	struct policies *p = calloc(1, sizeof(*p));

	if (p != NULL)
		p->ci = CI_LOADED_NONE;
	return p;
}

uint32_t
policies_pcr_mask(const struct policies *p)
{
	return PCR_MASK_DEFAULT |
	    (policy_set_reads_ima(&p->set) ? (uint32_t)1 << IMA_PCR : 0);
}

void
policies_free(struct policies *p)
{
	if (p == NULL)
		return;
	drop_baselines(p);
	ci_loaded_free(&p->ci);
	free(p);
}

static int
take_baseline(struct policies *p, struct bytes value, struct diag *d)
{
	struct baseline_record rec;
	size_t i = p->n_baselines;
	int r;

	r = fields_decode(&baseline_record_fields, value, &rec, d);
	if (r < 0)
		return r;
	if (i == POLICIES_BASELINES_MAX)
		return diag_fail(d, ERR_LIMIT, "more than %d baselines",
		    POLICIES_BASELINES_MAX);
	p->files[i] = (struct buf)BUF_INIT(BASELINE_FILE_MAX);
	p->n_baselines++;
	if (!buf_put(&p->files[i], rec.file))
		return diag_nomem(d);
	r = baseline_decode(buf_bytes(&p->files[i]), &p->storage[i], d);
	if (r < 0)
		return r;
	baseline_id(buf_bytes(&p->files[i]), p->ids[i]);
	p->baselines[i] = &p->storage[i];
	return ERR_OK;
}

static int
take_policy(struct policies *p, struct bytes name, struct bytes value,
    struct diag *d)
{
	enum policy policy = builtin_find(name);
	struct policy_record rec;
	int r;

	r = policy_record_decode(value, &rec, d);
	if (r < 0)
		return r;
	if (policy == POLICY_COUNT)
		return diag_fail(d, ERR_FORMAT, "policy %.*s is unknown here",
		    (int)name.len, (const char *)name.p);
	r = policy_set_change(&p->set, policy, rec.enabled, d);
	if (r == ERR_OK && rec.parameter.len != 0)
		r = policy_set_parameter(&p->set, policy, rec.parameter, d);
	return r;
}

/* Every row of a bucket to take_policy() or take_baseline(). */
static int
read_bucket(struct policies *p, int store_fd, const char *prefix,
    struct diag *d)
{
	auto_buf struct buf storage = BUF_INIT(CHANNEL_BODY_MAX);
	static struct store_page page;
	char after_text[STORE_KEY_MAX + 1];
	struct bytes after = BYTES_NONE;
	size_t skip = strlen(prefix);
	int r;

	for (;;) {
		r = store_list(store_fd, prefix, after, &storage, &page, d);
		if (r < 0)
			return r;
		for (size_t i = 0; i < page.n_rows; i++) {
			const struct store_row *row = &page.rows[i];
			struct bytes name =
			    bytes_of(row->key.p + skip, row->key.len - skip);

			r = prefix[0] == 'b'
			    ? take_baseline(p, row->value, d)
			    : take_policy(p, name, row->value, d);
			if (r < 0) {
				diag_prefix(d, "%.*s", (int)row->key.len,
				    (const char *)row->key.p);
				return r;
			}
		}
		if (!page.more || page.n_rows == 0)
			return ERR_OK;
		after = page.rows[page.n_rows - 1].key;
		memcpy(after_text, after.p, after.len);
		after = bytes_of(after_text, after.len);
	}
}

/* A damaged one says nothing where nobody judges by it. */
static int
read_ci(struct policies *p, int store_fd, struct diag *d)
{
	int r;

	_Static_assert(CI_POLICIES_MAX == IMA_POLICIES_MAX, "one bit each");
	p->ci_names.n = 0;
	if (!policy_set_has(&p->set, POLICY_CI_POLICY)) {
		ci_loaded_free(&p->ci);
		return ERR_OK;
	}
	if ((r = ci_set_refresh(&p->ci, store_fd, d)) < 0)
		return r;
	for (size_t i = 0; i < p->ci.n; i++)
		p->ci_names.list[i] =
		    (struct ci_name){ bytes_of_text(p->ci.list[i].name),
			    p->ci.list[i].mode };
	p->ci_names.n = p->ci.n;
	return ERR_OK;
}

int
policies_refresh(struct policies *p, int store_fd, bool force, struct diag *d)
{
	auto_buf struct buf storage = BUF_INIT(CHANNEL_BODY_MAX);
	struct epoch_record epoch;
	uint64_t version;
	int r;

	r = store_read(store_fd, "epoch/floor", &epoch_record_fields, &storage,
	    &epoch, &version, d);
	if (r < 0)
		return r;
	if (p->loaded && !force && version == p->epoch_version)
		return ERR_OK;
	/* Until all is read again, nothing here may be judged by. */
	p->loaded = false;
	drop_baselines(p);
	p->set = policy_set_default();
	if ((r = read_bucket(p, store_fd, "baseline/", d)) < 0 ||
	    (r = read_bucket(p, store_fd, "policy/", d)) < 0 ||
	    (r = read_ci(p, store_fd, d)) < 0)
		return r;
	p->epoch = epoch;
	p->epoch_version = version;
	p->loaded = true;
	return ERR_OK;
}
