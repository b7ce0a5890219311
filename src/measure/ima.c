/* SPDX-License-Identifier: Apache-2.0 */
/*
 * security/integrity/ima/ima_fs.c, ima_measurements_show(): the binary list.
 * All integers are little-endian (doc/FORMAT.ima).
 */
#include "measure/ima.h"

#include <string.h>

#include "base/reader.h"
#include "measure/ima_impl.h"
#include "tpm/pcr.h"

void
ima_iter_start(struct ima_iter *it, enum ima_form form,
    enum hash_alg template_alg, struct bytes window, uint64_t first_index)
{
	it->form = form;
	it->template_alg = template_alg;
	it->window = window;
	it->off = 0;
	it->next = first_index;
	it->scratch = NULL;
	it->template.name_len = 0;
}

void
ima_iter_scratch(struct ima_iter *it, struct ima_scratch *scratch)
{
	it->scratch = scratch;
}

/* A list has one template or two, so that the last one mostly serves. */
int
ima_use_template(struct ima_iter *it, struct bytes name, struct diag *d)
{
	struct bytes last = bytes_of(it->template.name, it->template.name_len);

	if (last.len != 0 && bytes_equal(name, last))
		return ERR_OK;
	it->template.name_len = 0;
	return ima_template_parse(name, &it->template, d);
}

static int
cut(struct diag *d)
{
	return diag_fail(d, ERR_SHORT, "cut short");
}

/* The template "ima": its data have no length, nor has its digest. */
static int
read_old(struct ima_iter *it, struct reader *r, struct ima_entry *e,
    struct diag *d)
{
	struct bytes digest, name;
	uint32_t n;

	if (!reader_take(r, IMA_SHA1_SIZE, &digest) || /* file digest */
	    !reader_le32(r, &n))                       /* name's length */
		return cut(d);
	if (n >= IMA_OLD_NAME_SIZE)
		return diag_fail(d, ERR_LIMIT, "name of %u bytes, 255 allowed",
		    n);
	if (!reader_take(r, n, &name)) /* name, without NUL */
		return cut(d);
	return ima_template_read_old(digest, name, it->old, e, d);
}

static int
read_data(struct ima_iter *it, struct reader *r, struct ima_entry *e,
    struct diag *d)
{
	uint32_t n;

	if (!reader_le32(r, &n)) /* template data's length */
		return cut(d);
	if (n > IMA_TEMPLATE_DATA_MAX)
		return diag_fail(d, ERR_LIMIT, "%u bytes of data, %zu allowed",
		    n, IMA_TEMPLATE_DATA_MAX);
	if (!reader_take(r, n, &e->template_data)) /* template data */
		return cut(d);
	return ima_template_read(&it->template, e, d);
}

static int
read_binary(struct ima_iter *it, struct ima_entry *e, struct diag *d)
{
	struct reader r = reader_of(it->window);
	uint32_t n;
	int err;

	r.off = it->off;
	if (!reader_le32(&r, &e->pcr)) /* PCR index */
		return cut(d);
	/* Before what may be missing: garbage is not waited for. */
	if (e->pcr >= PCR_COUNT)
		return diag_fail(d, ERR_FORMAT, "PCR %u does not exist",
		    e->pcr);
	if (!reader_take(&r, hash_size(it->template_alg),
		&e->template_digest) || /* template digest */
	    !reader_le32(&r, &n))       /* template name's length */
		return cut(d);
	if (n == 0 || n > IMA_TEMPLATE_NAME_MAX)
		return diag_fail(d, ERR_LIMIT,
		    "template name of %u bytes, 1-%d allowed", n,
		    IMA_TEMPLATE_NAME_MAX);
	if (!reader_take(&r, n, &e->template_name)) /* template name */
		return cut(d);
	e->violation =
	    e->template_digest.p[0] == 0 && bytes_all_zero(e->template_digest);
	if ((err = ima_use_template(it, e->template_name, d)) < 0)
		return err;
	if (it->template.old)
		err = read_old(it, &r, e, d);
	else
		err = read_data(it, &r, e, d);
	if (err < 0)
		return err;
	e->raw = bytes_of(it->window.p + it->off, r.off - it->off);
	return ERR_OK;
}

int
ima_next(struct ima_iter *it, struct ima_entry *ret, struct diag *d)
{
	struct ima_entry e = { .index = it->next,
		.offset = it->off,
		.template_alg = it->template_alg };
	int err;

	if (it->off >= it->window.len)
		return diag_fail(d, ERR_NOT_FOUND, "IMA list: end");
	if (it->form == IMA_BINARY)
		err = read_binary(it, &e, d);
	else
		err = ima_read_ascii(it, &e, d);
	if (err < 0) {
		diag_prefix(d, "IMA list: entry %llu at byte %zu",
		    (unsigned long long)e.index, e.offset);
		return err;
	}
	it->off += e.raw.len;
	it->next++;
	*ret = e;
	return ERR_OK;
}

void
ima_check(struct ima_entry *e)
{
	uint8_t digest[HASH_SIZE_MAX];

	hash_bytes(e->template_alg, e->template_data, digest);
	e->template_ok = !e->violation &&
	    bytes_equal(e->template_digest,
		bytes_of(digest, hash_size(e->template_alg)));
}

/* The bank of all our hosts, which a long list spends its time in. */
static void
extend_sha256(const struct ima_entry *e, uint8_t *pcr)
{
	uint8_t digest[SHA256_SIZE];

	if (e->violation)
		memset(digest, 0xff, sizeof(digest));
	else
		sha256(e->template_data, digest);
	sha256_extend(pcr, digest, pcr);
}

void
ima_extend(enum hash_alg bank, const struct ima_entry *e, uint8_t *pcr)
{
	uint8_t both[2 * HASH_SIZE_MAX];
	size_t n = hash_size(bank);

	if (bank == HASH_SHA256) {
		extend_sha256(e, pcr);
		return;
	}
	memcpy(both, pcr, n);
	if (e->violation)
		memset(both + n, 0xff, n);
	else
		hash_bytes(bank, e->template_data, both + n);
	hash_bytes(bank, bytes_of(both, 2 * n), pcr);
}

/* ima_calc_boot_aggregate_tfm(): a SHA-1 bank's is as it was in 2009. */
int
ima_boot_aggregate_check(const struct ima_entry *e, enum hash_alg alg,
    struct bytes pcrs, struct diag *d)
{
	size_t n = hash_size(alg), n_pcrs = alg == HASH_SHA1 ? 8 : 10;
	uint8_t digest[HASH_SIZE_MAX];

	BUG_ON(pcrs.len < n * n_pcrs);
	if (e->index != 0 || e->violation ||
	    !bytes_equal_text(e->name, "boot_aggregate"))
		return diag_fail(d, ERR_REFUSED,
		    "IMA list: does not begin with boot_aggregate");
	if (!e->digest.known || e->digest.alg != alg)
		return diag_fail(d, ERR_REFUSED,
		    "IMA list: boot_aggregate is not of the %s bank",
		    hash_name(alg));
	hash_bytes(alg, bytes_of(pcrs.p, n * n_pcrs), digest);
	if (!bytes_equal(e->digest.value, bytes_of(digest, n)))
		return diag_fail(d, ERR_REFUSED,
		    "IMA list: boot_aggregate is not of the boot's PCRs");
	return ERR_OK;
}
