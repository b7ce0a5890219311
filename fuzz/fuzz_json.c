/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json/json.c: what is decoded encodes to text that decodes to the same bytes.
 */
#include "fuzz.h"

#include "json/json.h"

struct item {
	struct bytes name;
	uint32_t number;
};

struct message {
	uint8_t u8;
	uint64_t u64;
	bool flag;
	uint8_t id[4];
	struct bytes blob;
	struct bytes text;
	struct item one;
	struct item many[3];
	size_t n_many;
};

static const struct field item_list[] = {
	FIELD_NAME(struct item, name),
	FIELD_U32(struct item, number),
};
static const struct fields item_fields = FIELDS(struct item, "item", item_list);

static const struct field message_list[] = {
	FIELD_U8(struct message, u8),
	FIELD_U64(struct message, u64),
	FIELD_BOOL(struct message, flag),
	FIELD_FIXED(struct message, id),
	FIELD_BYTES(struct message, blob, 64),
	FIELD_TEXT(struct message, text, 64),
	FIELD_RECORD(struct message, one, &item_fields),
	FIELD_LIST(struct message, many, n_many, &item_fields),
};
static const struct fields message_fields =
    FIELDS(struct message, "message", message_list);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct buf first = BUF_INIT(65536), second = BUF_INIT(65536);
	struct buf bytes[2] = { BUF_INIT(65536), BUF_INIT(65536) };
	struct json_doc *doc = NULL, *again = NULL;
	struct message m, m2;

	if (json_decode(bytes_of(p, n), &message_fields, &m, &doc, NULL) == 0) {
		BUG_ON(json_encode(&message_fields, &m, &first, NULL) < 0);
		BUG_ON(json_decode(buf_bytes(&first), &message_fields, &m2,
			   &again, NULL) < 0);
		BUG_ON(json_encode(&message_fields, &m2, &second, NULL) < 0);
		BUG_ON(!bytes_equal(buf_bytes(&first), buf_bytes(&second)));
		BUG_ON(fields_encode(&message_fields, &m, &bytes[0], NULL) < 0);
		BUG_ON(
		    fields_encode(&message_fields, &m2, &bytes[1], NULL) < 0);
		BUG_ON(
		    !bytes_equal(buf_bytes(&bytes[0]), buf_bytes(&bytes[1])));
	}
	json_doc_free(doc);
	json_doc_free(again);
	buf_free(&first);
	buf_free(&second);
	buf_free(&bytes[0]);
	buf_free(&bytes[1]);
	return 0;
}
