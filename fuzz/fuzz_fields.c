/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every message of src/proto: the first byte selects it, the rest is its byte
 * form. What is accepted is encoded again to the same bytes, and says the same
 * in JSON.
 */
#include "../tests/proto/messages.h"
#include "fuzz.h"
#include "json/json.h"

#define ROOM ((size_t)4 << 20)

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_buf struct buf again = BUF_INIT(ROOM), text = BUF_INIT(ROOM);
	auto_buf struct buf third = BUF_INIT(ROOM);
	auto_json_doc struct json_doc *doc = NULL;
	auto_free void *x = NULL, *y = NULL;
	const struct fields *f;
	struct bytes in;

	if (size < 1)
		return 0;
	f = messages[data[0] % ARRAY_LEN(messages)].fields;
	in = bytes_of(data + 1, size - 1);
	x = malloc(f->size);
	y = malloc(f->size);
	BUG_ON(x == NULL || y == NULL);
	if (fields_decode(f, in, x, NULL) < 0)
		return 0;
	BUG_ON(fields_encode(f, x, &again, NULL) < 0);
	BUG_ON(!bytes_equal(in, buf_bytes(&again)));
	/* Numbers above 2^63 - 1 have no JSON. */
	if (json_encode(f, x, &text, NULL) < 0)
		return 0;
	BUG_ON(json_decode(buf_bytes(&text), f, y, &doc, NULL) < 0);
	BUG_ON(fields_encode(f, y, &third, NULL) < 0);
	BUG_ON(!bytes_equal(in, buf_bytes(&third)));
	return 0;
}
