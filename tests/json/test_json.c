/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The field tables as JSON, in both directions, and what is refused.
 */
#include "json/json.h"

#include "hex.h"

struct item {
	struct bytes name;
	uint8_t small;
};

struct message {
	uint8_t u8;
	uint16_t u16;
	uint32_t u32;
	uint64_t u64;
	bool flag;
	uint8_t id[4];
	struct bytes blob;
	struct bytes text;
	struct bytes name;
	struct item one;
	struct item many[3];
	size_t n_many;
};

static const struct field item_list[] = {
	FIELD_NAME(struct item, name),
	FIELD_U8(struct item, small),
};
static const struct fields item_fields = FIELDS(struct item, "item", item_list);

static const struct field message_list[] = {
	FIELD_U8(struct message, u8),
	FIELD_U16(struct message, u16),
	FIELD_U32(struct message, u32),
	FIELD_U64(struct message, u64),
	FIELD_BOOL(struct message, flag),
	FIELD_FIXED(struct message, id),
	FIELD_BYTES(struct message, blob, 8),
	FIELD_TEXT(struct message, text, 12),
	FIELD_NAME(struct message, name),
	FIELD_RECORD(struct message, one, &item_fields),
	FIELD_LIST(struct message, many, n_many, &item_fields),
};
static const struct fields message_fields =
    FIELDS(struct message, "message", message_list);

static const char good[] =
    "{\"u8\":255,\"u16\":65535,\"u32\":4294967295,"
    "\"u64\":9223372036854775807,\"flag\":true,\"id\":\"AQIDBA==\","
    "\"blob\":\"AAE=\",\"text\":\"h\\u00e9\\\"\\\\ \\ud83d\\ude00\","
    "\"name\":\"host-1\",\"one\":{\"name\":\"a\",\"small\":1},"
    "\"many\":[{\"name\":\"b\",\"small\":2},{\"name\":\"\",\"small\":0}]}";

static bool
accepts(const uint8_t *p, size_t n, void *arg)
{
	struct json_doc *doc = NULL;
	struct message m;
	int r = json_decode(bytes_of(p, n), &message_fields, &m, &doc, arg);

	json_doc_free(doc);
	return r == 0;
}

static void
test_round_trip(void)
{
	struct bytes in = bytes_of_text(good);
	struct json_doc *doc = NULL;
	struct buf b = BUF_INIT(1000);
	struct diag d = { 0 };
	struct message m;

	CHECK(json_decode(in, &message_fields, &m, &doc, &d) == 0,
	    "a message with every type is read: %s", d.text);
	CHECK(m.u8 == 255 && m.u16 == 65535 && m.u32 == UINT32_MAX &&
		m.u64 == INT64_MAX && m.flag,
	    "numbers at their limits");
	CHECK(bytes_equal(BYTES_OF_ARRAY(m.id),
		  bytes_of("\x01\x02\x03\x04", 4)) &&
		bytes_equal(m.blob, bytes_of("\0\x01", 2)),
	    "bytes come from base64");
	CHECK(bytes_equal_text(m.text, "h\xc3\xa9\"\\ \xf0\x9f\x98\x80"),
	    "text comes with its escapes undone");
	CHECK(m.n_many == 2 && bytes_equal_text(m.many[0].name, "b") &&
		m.many[0].small == 2 && m.many[1].name.len == 0 &&
		bytes_equal_text(m.one.name, "a"),
	    "records and lists");
	CHECK(json_encode(&message_fields, &m, &b, &d) == 0 &&
		bytes_equal(buf_bytes(&b), in),
	    "it is written as it was read");
	CHECK(t_truncations(in.p, in.len, accepts, NULL) == 0,
	    "every truncation is refused");
	CHECK(!t_trailing(in.p, in.len, accepts, NULL),
	    "a trailing byte is refused");
	json_doc_free(doc);
	buf_free(&b);
}

/* The good message with one part replaced. */
static void
refuses(const char *from, const char *to, int err, const char *what)
{
	struct buf b = BUF_INIT(4000);
	const char *at = strstr(good, from);
	struct json_doc *doc = NULL;
	struct diag d = { 0 };
	struct message m;
	int r;

	if (at == NULL)
		t_bail("no %s", from);
	buf_put(&b, bytes_of(good, (size_t)(at - good)));
	buf_put_text(&b, to);
	buf_put_text(&b, at + strlen(from));
	r = json_decode(buf_bytes(&b), &message_fields, &m, &doc, &d);
	CHECK(r == err && doc == NULL &&
		bytes_all_zero(bytes_of(&m, sizeof(m))),
	    "%s: %s", what, d.text);
	json_doc_free(doc);
	buf_free(&b);
}

static void
test_refusals(void)
{
	const int f = ERR_FORMAT, l = ERR_LIMIT;

	refuses("\"u8\":255", "\"u8\":255,\"u8\":255", f, "T59 a key twice");
	refuses("\"small\":1", "\"small\":1,\"small\":1", f,
	    "T59 a key twice, nested");
	refuses("\"u8\":255", "\"u9\":255", f, "a missing key");
	refuses("\"u8\":255", "\"u8\":255,\"\\u001b[1m\":1", f,
	    "an unknown key");
	refuses("255", "256", f, "too large for U8");
	refuses("65535", "65536", f, "too large for U16");
	refuses("4294967295", "4294967296", f, "too large for U32");
	refuses("9223372036854775807", "9223372036854775808", f,
	    "T59 too large for any number");
	refuses("9223372036854775807", "1e400", f, "T59 a huge number");
	refuses("255", "-1", f, "a negative number");
	refuses("255", "1.0", f, "a fraction");
	refuses("255", "\"255\"", f, "a number as text");
	refuses("true", "1", f, "a boolean as number");
	refuses("AQIDBA==", "AQID", f, "FIXED too short");
	refuses("AQIDBA==", "AQIDBAU=", f, "FIXED too long");
	refuses("AAE=", "AAF=", f, "base64 that is not canonical");
	refuses("AAE=", "AAE", f, "base64 without padding");
	refuses("AAE=", "AAECAwQFBgcI", f, "BYTES over its limit by one");
	refuses("AAE=", "AAECAwQFBgcICQoL", l, "BYTES over its limit");
	refuses("h\\u00e9", "0123456789", l, "TEXT over its limit");
	refuses("h\\u00e9", "\\u001b", f, "a control character in TEXT");
	refuses("h\\u00e9", "\\u0000", f, "T59 NUL in text");
	refuses("h\\u00e9", "\xc3\x28", f, "T59 invalid UTF-8");
	refuses("h\\u00e9", "\xed\xa0\x80", f, "T59 a surrogate in UTF-8");
	refuses("\\ud83d\\ude00", "\\ud83d", f, "T59 half a pair");
	refuses("host-1", "../x", f, "a NAME with a slash");
	refuses("{\"name\":\"a\",\"small\":1}", "[]", f, "RECORD as array");
	refuses("\"many\":[",
	    "\"many\":[{\"name\":\"b\",\"small\":2},"
	    "{\"name\":\"b\",\"small\":2},",
	    l, "LIST over its limit");
	refuses("[{", "[1,{", f, "a list's item of another type");
	refuses("255", "255,", f, "two commas");
	refuses("255", "NaN", f, "NaN");
}

static void
test_depth(void)
{
	struct buf b = BUF_INIT((size_t)5 << 20);
	struct json_doc *doc = NULL;
	struct diag d = { 0 };

	for (int i = 0; i < JSON_DEPTH_MAX; i++)
		buf_put_u8(&b, '[');
	for (int i = 0; i < JSON_DEPTH_MAX; i++)
		buf_put_u8(&b, ']');
	CHECK(json_parse(buf_bytes(&b), &doc, &d) == 0,
	    "nesting at its limit is read");
	json_doc_free(doc);
	doc = NULL;
	buf_reset(&b);
	for (int i = 0; i <= JSON_DEPTH_MAX; i++)
		buf_put_u8(&b, '[');
	for (int i = 0; i <= JSON_DEPTH_MAX; i++)
		buf_put_u8(&b, ']');
	CHECK(json_parse(buf_bytes(&b), &doc, &d) == ERR_LIMIT,
	    "T59 nesting beyond it: %s", d.text);
	buf_reset(&b);
	for (int i = 0; i < 1000000; i++)
		buf_put_u8(&b, '[');
	CHECK(json_parse(buf_bytes(&b), &doc, &d) == ERR_LIMIT,
	    "T59 a million brackets: %s", d.text);
	buf_reset(&b);
	buf_put_text(&b, "\"\\\"[[[[[[[[[[[[[[[[[[[[[[[[[[\"");
	CHECK(json_parse(buf_bytes(&b), &doc, &d) == 0,
	    "brackets inside a string do not count");
	json_doc_free(doc);
	doc = NULL;
	buf_reset(&b);
	for (size_t i = 0; i <= JSON_TEXT_MAX; i++)
		buf_put_u8(&b, ' ');
	CHECK(json_parse(buf_bytes(&b), &doc, &d) == ERR_LIMIT,
	    "T59 a text over the limit: %s", d.text);
	CHECK(json_parse(bytes_of_text("{\"p\": \"hunter2\"]"), &doc, &d) ==
		    ERR_FORMAT &&
		strstr(d.text, "hunter2") == NULL,
	    "an error does not quote the text: %s", d.text);
	CHECK(json_parse(BYTES_NONE, &doc, &d) == ERR_FORMAT, "nothing: %s",
	    d.text);
	CHECK(json_parse(bytes_of_text("1 2"), &doc, &d) == ERR_FORMAT,
	    "two values: %s", d.text);
	buf_free(&b);
}

static int
count_members(struct bytes key, const struct json *value, void *arg)
{
	(void)value;
	*(size_t *)arg += key.len;
	return 0;
}

static void
test_by_hand(void)
{
	static const char *const keys[] = { "t", "n", "b", "a", "o", "x" };
	struct buf b = BUF_INIT(1000), bytes = BUF_INIT(100);
	struct json_out o = json_out_of(&b);
	const struct json *root, *v;
	struct json_doc *doc = NULL;
	struct diag d = { 0 };
	struct bytes text;
	uint64_t n = 0;
	size_t count = 0;
	bool flag = false;

	json_out_begin_object(&o);
	json_out_put_text(&o, "t", bytes_of("a\xff\x1b\x7f", 4));
	json_out_put_number(&o, "n", 7);
	json_out_put_bool(&o, "b", true);
	json_out_key(&o, "a");
	json_out_begin_array(&o);
	json_out_string(&o, "x");
	json_out_null(&o);
	json_out_end_array(&o);
	json_out_key(&o, "o");
	json_out_begin_object(&o);
	json_out_put_hex(&o, "h", bytes_of("\x01\xff", 2));
	json_out_end_object(&o);
	json_out_key(&o, "x");
	json_out_base64(&o, bytes_of("\x01\xff", 2));
	json_out_end_object(&o);
	CHECK(bytes_equal_text(buf_bytes(&b),
		  "{\"t\":\"a\\ufffd\\u001b\\u007f\",\"n\":7,\"b\":true,"
		  "\"a\":[\"x\",null],\"o\":{\"h\":\"01ff\"},\"x\":\"Af8=\"}"),
	    "written by hand, in ASCII: %.*s", (int)b.len, (char *)b.p);

	CHECK(json_parse(buf_bytes(&b), &doc, &d) == 0, "it is read again");
	root = json_root(doc);
	CHECK(json_get_number(root, "n", 0, 7, &n, &d) == 0 && n == 7,
	    "a number");
	CHECK(json_get_number(root, "n", 0, 6, &n, &d) == ERR_FORMAT, "%s",
	    d.text);
	CHECK(json_get_number(root, "t", 0, 6, &n, &d) == ERR_FORMAT, "%s",
	    d.text);
	CHECK(json_get_text(root, "zz", &text, &d) == ERR_FORMAT, "%s", d.text);
	CHECK(json_get_text(root, "n", &text, &d) == ERR_FORMAT, "%s", d.text);
	CHECK(json_get_bool(root, "b", &flag, &d) == 0 && flag, "a boolean");
	CHECK(json_get_array(root, "a", &v, &count, &d) == 0 && count == 2 &&
		json_text(json_array_at(v, 0), &text) &&
		bytes_equal_text(text, "x") &&
		json_value_is_null(json_array_at(v, 1)),
	    "an array");
	CHECK(json_get_object(root, "o", &v, &d) == 0 && json_has(v, "h") &&
		!json_has(v, "i"),
	    "an object");
	CHECK(json_get_base64(root, "x", 2, &bytes, &d) == 0 &&
		t_is_hex(buf_bytes(&bytes), "01ff"),
	    "bytes");
	CHECK(json_get_base64(root, "x", 1, &bytes, &d) == ERR_LIMIT &&
		bytes.len == 2,
	    "%s", d.text);
	CHECK(json_only_keys(root, keys, 6, &d) == 0, "all keys are known");
	CHECK(json_only_keys(root, keys, 5, &d) == ERR_FORMAT, "%s", d.text);
	count = 0;
	CHECK(json_each(root, count_members, &count) == 0 && count == 6,
	    "each member is visited");
	json_doc_free(doc);
	buf_free(&b);
	buf_free(&bytes);
}

static void
test_encode_refusals(void)
{
	struct buf b = BUF_INIT(1000);
	struct message m = { .u64 = UINT64_MAX };
	struct diag d = { 0 };

	CHECK(json_encode(&message_fields, &m, &b, &d) < 0,
	    "a number that the reader would refuse is not written");
	buf_reset(&b);
	m.u64 = 0;
	m.text = bytes_of("\x1b", 1);
	CHECK(json_encode(&message_fields, &m, &b, &d) == ERR_FORMAT, "%s",
	    d.text);
	buf_free(&b);
}

int
main(void)
{
	test_round_trip();
	test_refusals();
	test_depth();
	test_by_hand();
	test_encode_refusals();
	return t_done();
}
