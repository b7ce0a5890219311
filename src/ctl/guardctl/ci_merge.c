/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/guardctl/ci_merge.h"

#include <string.h>

#include "base/text.h"
#include "measure/ima_event.h"
#include "policy/ci_text.h"

/* Digests that are there already, in order. */
struct known {
	struct bytes *list;
	size_t n;
};

struct merge {
	const struct ci_files *files;
	struct known known;
	struct buf *text;
	bool paths;
	struct ci_merged n;
};

enum ima_form
ci_ima_form(struct bytes list)
{
	/* The PCR: two digits, or a number of 32 bits. */
	return list.len >= 3 && bytes_equal_text(bytes_of(list.p, 3), "10 ")
	    ? IMA_ASCII
	    : IMA_BINARY;
}

int
ci_ima_each(struct bytes list, ci_entry_fn fn, void *user, struct diag *d)
{
	auto_free struct ima_scratch *scratch = calloc(1, sizeof(*scratch));
	auto_free struct ima_iter *it = calloc(1, sizeof(*it));
	struct diag why = { 0 };
	struct ima_entry e;
	int r;

	if (scratch == NULL || it == NULL)
		return diag_nomem(d);
	ima_iter_start(it, ci_ima_form(list), HASH_SHA1, list, 0);
	ima_iter_scratch(it, scratch);
	while ((r = ima_next(it, &e, d)) == ERR_OK) {
		if (ima_event_check_kind(&e, &why) < 0)
			return diag_refuse(d, REASON_FileInvalid,
			    "IMA list: entry %llu: %s",
			    (unsigned long long)e.index, why.text);
		if ((r = fn(user, &e, d)) < 0)
			return r;
	}
	if (r == ERR_NOT_FOUND)
		return ERR_OK;
	diag_prefix(d, "IMA list");
	return r;
}

static int
compare(const void *a, const void *b)
{
	const struct bytes *x = a, *y = b;

	return bytes_compare(*x, *y);
}

static int
collect(const struct ci_files *f, struct known *ret, struct diag *d)
{
	ret->list = calloc(f->n + 1, sizeof(ret->list[0]));
	if (ret->list == NULL)
		return diag_nomem(d);
	for (size_t i = 0; i < f->n; i++)
		if (f->list[i].state == CI_FILE_TAKEN)
			ret->list[ret->n++] = bytes_of(f->list[i].digest,
			    hash_size(ci_hash(f->list[i].alg)));
	if (ret->n > 0)
		qsort(ret->list, ret->n, sizeof(ret->list[0]), compare);
	return ERR_OK;
}

static void
put_digest(struct buf *b, const struct ima_entry *e)
{
	(void)buf_printf(b, " %s:", hash_name(e->digest.alg));
	(void)hex_put(b, e->digest.value);
}

static void
add_event(struct merge *m, const struct ima_entry *e)
{
	(void)buf_put_text(m->text, "allow event ");
	(void)buf_put(m->text, e->name);
	put_digest(m->text, e);
	(void)buf_put_u8(m->text, '\n');
	m->n.events++;
}

static void
add_file(struct merge *m, const struct ima_entry *e)
{
	struct bytes digest = e->digest.value;

	if (m->known.n > 0 &&
	    bsearch(&digest, m->known.list, m->known.n,
		sizeof(m->known.list[0]), compare) != NULL)
		return;
	(void)buf_put_text(m->text, "allow hash");
	put_digest(m->text, e);
	(void)buf_put_text(m->text,
	    m->paths && ci_path_is_valid(e->name) ? " " : " # ");
	(void)ci_text_put_path(m->text, e->name);
	(void)buf_put_u8(m->text, '\n');
	m->n.files++;
}

static int
take_entry(void *user, const struct ima_entry *e, struct diag *d)
{
	struct merge *m = user;

	if (e->violation) {
		m->n.violations++;
		(void)buf_put_text(m->text, "# violation: ");
		(void)ci_text_put_path(m->text, e->name);
		(void)buf_put_u8(m->text, '\n');
	} else if ((e->fields & IMA_F_BUF) == 0 &&
	    bytes_equal_text(e->name, "boot_aggregate")) {
		return ERR_OK;
	} else if (!e->digest.known || e->digest.verity ||
	    ci_alg_of(e->digest.alg) == CI_ALGS ||
	    bytes_all_zero(e->digest.value) ||
	    ((e->fields & IMA_F_BUF) != 0 && !ci_event_is_valid(e->name))) {
		m->n.sha1++;
	} else if ((e->fields & IMA_F_BUF) != 0) {
		add_event(m, e);
	} else {
		add_file(m, e);
	}
	return buf_check(m->text, "CI policy", d);
}

int
ci_merge(struct bytes list, const struct ci_files *f, bool paths,
    struct buf *text, struct ci_merged *ret, struct diag *d)
{
	struct merge m = { .files = f, .text = text, .paths = paths };
	int r = collect(f, &m.known, d);

	if (r == ERR_OK) {
		(void)buf_put_text(text,
		    "\n# From the kernel's own list of measurements.\n");
		r = ci_ima_each(list, take_entry, &m, d);
	}
	free(m.known.list);
	if (r == ERR_OK)
		*ret = m.n;
	return r;
}
