/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One level of the items of measure/sipa.h. A size that is larger than what is
 * left, more than SIPA_DEPTH_MAX levels and more than SIPA_ITEMS_MAX items are
 * errors; nothing is allocated by a size.
 */
#ifndef MEASURE_SIPA_ITEM_H
#define MEASURE_SIPA_ITEM_H

#include "base/reader.h"
#include "measure/sipa.h"

struct sipa_item {
	uint32_t type;
	unsigned depth; /* of the level it stands in, from 0 */
	struct bytes data;
};

struct sipa_items {
	struct reader r;
	unsigned depth;
	uint32_t n;
};

struct sipa_items sipa_items_of(struct bytes data, unsigned depth);
/* ERR_NOT_FOUND at the end. */
MUST_CHECK int sipa_item_next(struct sipa_items *it, struct sipa_item *ret,
    struct diag *d);

/* A little-endian number of exactly size bytes: 1, 2, 4 or 8. */
MUST_CHECK bool sipa_number(struct bytes data, size_t size, uint64_t *ret);
/* The items of a loaded module. */
MUST_CHECK int sipa_module_parse(const struct sipa_item *item,
    struct sipa_module *ret, struct diag *d);

#endif
