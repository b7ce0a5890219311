/* SPDX-License-Identifier: Apache-2.0 */
#include "hgs/attest/ci_set.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "hgs/common/ci_pieces.h"

void
ci_loaded_free(struct ci_loaded *c)
{
	close_p(&c->fd);
	*c = CI_LOADED_NONE;
}

const struct ci_known *
ci_loaded_find(const struct ci_loaded *c, const uint8_t id[static SHA256_SIZE])
{
	for (size_t i = 0; c->loaded && i < c->n; i++)
		if (bytes_equal(BYTES_OF_ARRAY(c->list[i].id),
			bytes_of(id, SHA256_SIZE)))
			return &c->list[i];
	return NULL;
}

static int
take_row(struct ci_loaded *c, const struct store_row *row, struct diag *d)
{
	struct ci_known *k = &c->list[c->n];
	struct ci_record rec;
	int r;

	if (c->n == CI_POLICIES_MAX)
		return diag_fail(d, ERR_LIMIT, "more than %d CI policies",
		    CI_POLICIES_MAX);
	r = fields_decode(&ci_record_fields, row->value, &rec, d);
	if (r < 0)
		return r;
	if (rec.version != RECORD_VERSION ||
	    (rec.mode != CI_ENFORCED && rec.mode != CI_AUDIT) ||
	    rec.size > CI_MAX || rec.n_pieces != ci_pieces_count(rec.size))
		return diag_fail(d, ERR_FORMAT, "%.*s: a damaged record",
		    (int)row->key.len, (const char *)row->key.p);
	(void)snprintf(k->name, sizeof(k->name), "%.*s", (int)rec.name.len,
	    (const char *)rec.name.p);
	memcpy(k->id, rec.id, sizeof(k->id));
	k->mode = rec.mode == CI_ENFORCED ? CI_ENFORCED : CI_AUDIT;
	k->version = row->version;
	k->size = rec.size;
	c->n++;
	return ERR_OK;
}

/* There are fewer than a page holds. */
static int
list_policies(struct ci_loaded *c, int store_fd, struct diag *d)
{
	auto_buf struct buf storage = BUF_INIT(CHANNEL_BODY_MAX);
	auto_free struct store_page *page = calloc(1, sizeof(*page));
	int r;

	if (page == NULL)
		return diag_nomem(d);
	r = store_list(store_fd, "ci/", BYTES_NONE, &storage, page, d);
	for (size_t i = 0; r == ERR_OK && i < page->n_rows; i++)
		r = take_row(c, &page->rows[i], d);
	if (r == ERR_OK && page->more)
		r = diag_fail(d, ERR_LIMIT, "too many CI policies");
	return r;
}

static bool
same(const struct ci_loaded *a, const struct ci_loaded *b)
{
	bool equal = a->loaded && a->n == b->n;

	for (size_t i = 0; equal && i < a->n; i++)
		equal = a->list[i].version == b->list[i].version &&
		    bytes_equal(BYTES_OF_ARRAY(a->list[i].id),
			BYTES_OF_ARRAY(b->list[i].id));
	return equal;
}

static int
append_policy(const struct ci_known *k, int store_fd, int fd, struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(CI_MAX);
	struct ci_record rec = { .name = bytes_of_text(k->name),
		.size = k->size,
		.n_pieces = (uint16_t)ci_pieces_count(k->size) };
	struct ci_policy p;
	int r;

	memcpy(rec.id, k->id, sizeof(rec.id));
	if ((r = ci_pieces_read(store_fd, &rec, &b, d)) < 0 ||
	    (r = ci_open(buf_bytes(&b), &p, d)) < 0)
		return r;
	if (p.mode != k->mode)
		return diag_fail(d, ERR_FORMAT, "ci/%s: another mode", k->name);
	return file_write_all(fd, buf_bytes(&b), d);
}

static int
load(struct ci_loaded *c, int store_fd, struct diag *d)
{
	auto_buf struct buf head = BUF_INIT(4096);
	struct bytes ids[CI_POLICIES_MAX];
	struct ci_set set = { .n_items = c->n };
	int r;

	for (size_t i = 0; i < c->n; i++) {
		set.items[i].name = bytes_of_text(c->list[i].name);
		memcpy(set.items[i].id, c->list[i].id, SHA256_SIZE);
		set.items[i].len = c->list[i].size;
		ids[i] = BYTES_OF_ARRAY(c->list[i].id);
	}
	hash_parts(HASH_SHA256, ids, c->n, c->digest);
	if ((r = ci_set_write(&set, &head, d)) < 0 ||
	    (r = memfd_new("ci-set", &c->fd, d)) < 0 ||
	    (r = file_write_all(c->fd, buf_bytes(&head), d)) < 0)
		return r;
	for (size_t i = 0; i < c->n; i++)
		if ((r = append_policy(&c->list[i], store_fd, c->fd, d)) < 0)
			return r;
	return memfd_seal(c->fd, d);
}

int
ci_set_refresh(struct ci_loaded *c, int store_fd, struct diag *d)
{
	struct ci_loaded now = CI_LOADED_NONE;
	int r;

	r = list_policies(&now, store_fd, d);
	if (r == ERR_OK && same(c, &now))
		return ERR_OK;
	/* Until all is read again, nothing here may be judged by. */
	ci_loaded_free(c);
	if (r == ERR_OK)
		r = load(&now, store_fd, d);
	if (r < 0) {
		ci_loaded_free(&now);
		return r;
	}
	now.loaded = true;
	*c = now;
	return ERR_OK;
}
