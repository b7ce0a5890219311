/* SPDX-License-Identifier: Apache-2.0 */
/* Windows' items, made by hand. */
#ifndef TESTS_MEASURE_MADE_SIPA_H
#define TESTS_MEASURE_MADE_SIPA_H

#include "made_event.h"
#include "measure/sipa.h"

static inline void
put_item(struct buf *b, uint32_t type, const void *p, size_t n)
{
	(void)buf_put_le32(b, type);
	(void)buf_put_le32(b, (uint32_t)n);
	put_piece(b, p, n);
}

/* An item inside `levels` aggregations. */
static inline void
put_nested(struct buf *b, uint32_t outer, unsigned levels, uint32_t type,
    const void *p, size_t n)
{
	for (unsigned i = 0; i < levels; i++) {
		(void)buf_put_le32(b, outer);
		(void)buf_put_le32(b, (uint32_t)((levels - i) * 8 + n));
	}
	put_item(b, type, p, n);
}

#endif
