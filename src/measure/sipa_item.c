/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/sipa_item.h"

struct sipa_items
sipa_items_of(struct bytes data, unsigned depth)
{
	return (struct sipa_items){ .r = reader_of(data), .depth = depth };
}

int
sipa_item_next(struct sipa_items *it, struct sipa_item *ret, struct diag *d)
{
	struct reader t = it->r;
	struct sipa_item v = { .depth = it->depth };

	if (it->depth >= SIPA_DEPTH_MAX)
		return diag_fail(d, ERR_LIMIT,
		    "Windows events: nested more than %d deep", SIPA_DEPTH_MAX);
	if (reader_left(&t) == 0)
		return diag_fail(d, ERR_NOT_FOUND, "Windows events: end");
	if (it->n++ >= SIPA_ITEMS_MAX)
		return diag_fail(d, ERR_LIMIT, "Windows events: over %d items",
		    SIPA_ITEMS_MAX);
	if (!reader_le32(&t, &v.type) ||
	    !reader_le32_blob(&t, SIZE_MAX, &v.data))
		return diag_fail(d, ERR_FORMAT,
		    "Windows events: an item does not fit at byte %zu",
		    it->r.off);
	it->r = t;
	*ret = v;
	return ERR_OK;
}

bool
sipa_number(struct bytes data, size_t size, uint64_t *ret)
{
	uint64_t v = 0;

	if (data.len != size || size > 8)
		return false;
	for (size_t i = size; i-- > 0;)
		v = v << 8 | data.p[i];
	*ret = v;
	return true;
}

static bool
take_field(struct sipa_module *m, const struct sipa_item *item)
{
	uint64_t v = 0;

	switch (item->type) {
	case 0x00070001: /* FILEPATH */
		m->path = item->data;
		return item->data.len <= SIPA_TEXT_MAX;
	case 0x00070002: /* IMAGESIZE */
		return sipa_number(item->data, 8, &m->size);
	case 0x00070003: /* HASHALGORITHMID */
		if (!sipa_number(item->data, 4, &v))
			return false;
		m->hash_alg = (uint32_t)v & 0xff;
		return true;
	case 0x00070004: /* AUTHENTICODEHASH */
		m->hash = item->data;
		return item->data.len != 0 && item->data.len <= SIPA_DIGEST_MAX;
	case 0x00070005: /* AUTHORITYISSUER */
		m->issuer = item->data;
		return item->data.len <= SIPA_TEXT_MAX;
	case 0x00070006: /* AUTHORITYSERIAL */
		m->serial = item->data;
		return item->data.len <= SIPA_DIGEST_MAX;
	case 0x00070007: /* IMAGEBASE */
		m->n_loads++;
		return sipa_number(item->data, 8, &m->base);
	case 0x00070008: /* AUTHORITYPUBLISHER */
		m->publisher = item->data;
		return item->data.len <= SIPA_TEXT_MAX;
	case 0x00070009: /* AUTHORITYSHA1THUMBPRINT */
		m->thumbprint = item->data;
		return item->data.len == 20;
	case 0x0007000a: /* IMAGEVALIDATED */
		if (!sipa_number(item->data, 1, &v))
			return false;
		m->validated = v != 0 ? SIPA_YES : SIPA_NO;
		return true;
	default:
		return true;
	}
}

int
sipa_module_parse(const struct sipa_item *item, struct sipa_module *ret,
    struct diag *d)
{
	struct sipa_items in = sipa_items_of(item->data, item->depth + 1);
	struct sipa_module m = { 0 };
	struct sipa_item one;
	int e;

	while ((e = sipa_item_next(&in, &one, d)) == ERR_OK)
		if ((one.type & SIPA_AGGREGATE) != 0 || !take_field(&m, &one))
			return diag_fail(d, ERR_FORMAT,
			    "Windows module: item 0x%08x of %zu bytes",
			    one.type, one.data.len);
	if (e != ERR_NOT_FOUND)
		return e;
	if (m.hash.len == 0)
		return diag_fail(d, ERR_FORMAT, "Windows module: no hash");
	*ret = m;
	return ERR_OK;
}
