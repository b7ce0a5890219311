/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Test data as hex in the source of a test.
 */
#ifndef TESTS_HEX_H
#define TESTS_HEX_H

#include "base/buf.h"
#include "base/text.h"
#include "t.h"

/* Appends; ends the test where the text is not hex. */
static inline void
t_hex(struct buf *b, const char *text)
{
	if (hex_decode(bytes_of_text(text), b, NULL) < 0)
		t_bail("not hex: %s", text);
}

/* True if b is this hex. */
static inline bool
t_is_hex(struct bytes b, const char *text)
{
	struct buf want = BUF_INIT(65536);
	bool same;

	t_hex(&want, text);
	same = bytes_equal(b, buf_bytes(&want));
	buf_free(&want);
	return same;
}

#endif
