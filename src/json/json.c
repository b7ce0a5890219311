/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text to document, and document to struct by its field table.
 */
#include "json/json.h"

#include <malloc.h>
#include <string.h>
#include <sys/random.h>

#include "base/text.h"
#include "json/json_impl.h"

/* A request can hold a passphrase: nothing of it stays in freed memory. */
static void
free_wiped(void *p)
{
	if (p != NULL)
		explicit_bzero(p, malloc_usable_size(p));
	free(p);
}

/*
 * Jansson would open /dev/urandom for its hash seed, and take the time of day
 * where a sandbox has none: then keys could be chosen to collide.
 */
static void
set_up(void)
{
	static bool done;
	size_t seed = 0;

	if (done)
		return;
	BUG_ON(getentropy(&seed, sizeof(seed)) != 0);
	json_object_seed(seed | 1);
	json_set_alloc_funcs(malloc, free_wiped);
	done = true;
}

/*
 * Before jansson, which recurses: brackets outside strings, at most
 * JSON_DEPTH_MAX deep. Whether they match is for jansson to find.
 */
static int
check_depth(struct bytes text, struct diag *d)
{
	bool in_string = false;
	unsigned depth = 0;

	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.p[i];

		if (in_string) {
			if (c == '\\')
				i++;
			else if (c == '"')
				in_string = false;
		} else if (c == '"') {
			in_string = true;
		} else if (c == '{' || c == '[') {
			if (++depth > JSON_DEPTH_MAX)
				return diag_fail(d, ERR_LIMIT,
				    "JSON: nested deeper than %d at byte %zu",
				    JSON_DEPTH_MAX, i);
		} else if ((c == '}' || c == ']') && depth > 0) {
			depth--;
		}
	}
	return ERR_OK;
}

/* Not jansson's own text, which quotes the input: it may hold a secret. */
static const char *
problem(enum json_error_code code)
{
	static const struct {
		enum json_error_code code;
		const char *text;
	} texts[] = {
		{ json_error_duplicate_key, "duplicate key" },
		{ json_error_invalid_utf8, "invalid UTF-8" },
		{ json_error_null_character, "NUL character" },
		{ json_error_null_byte_in_key, "NUL character in a key" },
		{ json_error_numeric_overflow, "number too large" },
		{ json_error_premature_end_of_input, "ends early" },
		{ json_error_end_of_input_expected, "bytes left over" },
		{ json_error_out_of_memory, "out of memory" },
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (texts[i].code == code)
			return texts[i].text;
	return "syntax error";
}

int
json_parse(struct bytes text, struct json_doc **ret, struct diag *d)
{
	auto_json_doc struct json_doc *doc = NULL;
	json_error_t e;
	int r;

	if (text.len > JSON_TEXT_MAX)
		return diag_fail(d, ERR_LIMIT, "JSON: %zu bytes, at most %zu",
		    text.len, JSON_TEXT_MAX);
	if ((r = check_depth(text, d)) < 0)
		return r;
	set_up();
	doc = calloc(1, sizeof(*doc));
	if (doc == NULL)
		return diag_nomem(d);
	/* A null pointer is jansson's word for a wrong argument. */
	doc->root = json_loadb(text.len != 0 ? (const char *)text.p : "",
	    text.len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &e);
	if (doc->root == NULL)
		return diag_fail(d, ERR_FORMAT, "JSON: %s at byte %d",
		    problem(json_error_code(&e)), e.position);
	doc->size = text.len;
	*ret = TAKE_PTR(&doc);
	return ERR_OK;
}

void
json_doc_free(struct json_doc *doc)
{
	if (doc == NULL)
		return;
	json_decref(doc->root);
	if (doc->arena != NULL)
		explicit_bzero(doc->arena, doc->size);
	free(doc->arena);
	free(doc);
}

static int
wrong(const struct fields *of, const struct field *f, const char *what,
    struct diag *d)
{
	return diag_fail(d, ERR_FORMAT, "%s.%s: not %s", of->name, f->name,
	    what);
}

static int
get_number(const struct fields *of, const struct field *f, json_t *v,
    uint64_t max, uint64_t *ret, struct diag *d)
{
	json_int_t n = json_integer_value(v);

	if (!json_is_integer(v))
		return wrong(of, f, "a whole number", d);
	if (n < 0 || (uint64_t)n > max)
		return diag_fail(d, ERR_FORMAT, "%s.%s: number out of range",
		    of->name, f->name);
	*ret = (uint64_t)n;
	return ERR_OK;
}

/* Base64 of at most max bytes into the document's arena. */
static int
get_bytes(const struct fields *of, const struct field *f, json_t *v,
    struct json_doc *doc, struct bytes *ret, struct diag *d)
{
	struct buf b;
	size_t len = json_string_length(v);

	if (!json_is_string(v))
		return wrong(of, f, "a base64 string", d);
	if (len / 4 * 3 > f->max + 2)
		return diag_fail(d, ERR_LIMIT, "%s.%s: more than %zu bytes",
		    of->name, f->name, f->max);
	if (doc->arena == NULL && (doc->arena = malloc(doc->size)) == NULL)
		return diag_nomem(d);
	/* Borrowed memory: it has room, so the buffer does not grow it. */
	b = (struct buf){ .p = doc->arena + doc->used,
		.size = doc->size - doc->used,
		.max = doc->size - doc->used };
	if (base64_decode(bytes_of(json_string_value(v), len), &b, d) < 0)
		return wrong(of, f, "base64", d);
	if (b.len > f->max || (f->type == FIELD_TYPE_FIXED && b.len != f->max))
		return diag_fail(d, ERR_FORMAT, "%s.%s: %zu bytes, not %s%zu",
		    of->name, f->name, b.len,
		    f->type == FIELD_TYPE_FIXED ? "" : "up to ", f->max);
	doc->used += b.len;
	*ret = bytes_of(b.p, b.len);
	return ERR_OK;
}

static int
get_text(const struct fields *of, const struct field *f, json_t *v,
    struct bytes *ret, struct diag *d)
{
	struct bytes b;

	if (!json_is_string(v))
		return wrong(of, f, "a string", d);
	b = bytes_of(json_string_value(v), json_string_length(v));
	if (b.len > f->max)
		return diag_fail(d, ERR_LIMIT, "%s.%s: %zu bytes, at most %zu",
		    of->name, f->name, b.len, f->max);
	if (f->type == FIELD_TYPE_TEXT && !text_printable(b))
		return wrong(of, f, "printable text", d);
	if (f->type == FIELD_TYPE_NAME && b.len != 0 && !name_valid(b))
		return wrong(of, f, "a name", d);
	*ret = b;
	return ERR_OK;
}

static int decode_object(const struct fields *f, json_t *v,
    struct json_doc *doc, void *ret, struct diag *d);

static int
decode_list(const struct fields *of, const struct field *f, json_t *v,
    struct json_doc *doc, void *ret, struct diag *d)
{
	size_t n = json_array_size(v);
	int r;

	if (!json_is_array(v))
		return wrong(of, f, "an array", d);
	if (n > f->max)
		return diag_fail(d, ERR_LIMIT, "%s.%s: %zu items, at most %zu",
		    of->name, f->name, n, f->max);
	for (size_t i = 0; i < n; i++) {
		void *item = (char *)ret + f->offset + i * f->sub->size;

		r = decode_object(f->sub, json_array_get(v, i), doc, item, d);
		if (r < 0) {
			diag_prefix(d, "%s.%s[%zu]", of->name, f->name, i);
			return r;
		}
	}
	memcpy((char *)ret + f->count_offset, &n, sizeof(n));
	return ERR_OK;
}

static int
decode_number(const struct fields *of, const struct field *f, json_t *v,
    void *p, struct diag *d)
{
	uint64_t max = f->type == FIELD_TYPE_U8 ? UINT8_MAX
	    : f->type == FIELD_TYPE_U16         ? UINT16_MAX
	    : f->type == FIELD_TYPE_U32         ? UINT32_MAX
						: INT64_MAX;
	uint64_t n;
	int r;

	if ((r = get_number(of, f, v, max, &n, d)) < 0)
		return r;
	if (f->type == FIELD_TYPE_U8)
		memcpy(p, &(uint8_t){ (uint8_t)n }, 1);
	else if (f->type == FIELD_TYPE_U16)
		memcpy(p, &(uint16_t){ (uint16_t)n }, 2);
	else if (f->type == FIELD_TYPE_U32)
		memcpy(p, &(uint32_t){ (uint32_t)n }, 4);
	else
		memcpy(p, &n, sizeof(n));
	return ERR_OK;
}

static int
decode_one(const struct fields *of, const struct field *f, json_t *v,
    struct json_doc *doc, void *ret, struct diag *d)
{
	void *p = (char *)ret + f->offset;
	struct bytes b;
	bool flag;
	int r;

	switch (f->type) {
	case FIELD_TYPE_U8:
	case FIELD_TYPE_U16:
	case FIELD_TYPE_U32:
	case FIELD_TYPE_U64:
		return decode_number(of, f, v, p, d);
	case FIELD_TYPE_BOOL:
		if (!json_is_boolean(v))
			return wrong(of, f, "true or false", d);
		flag = json_is_true(v);
		memcpy(p, &flag, sizeof(flag));
		return ERR_OK;
	case FIELD_TYPE_FIXED:
		if ((r = get_bytes(of, f, v, doc, &b, d)) < 0)
			return r;
		memcpy(p, b.p, b.len);
		return ERR_OK;
	case FIELD_TYPE_BYTES:
		if ((r = get_bytes(of, f, v, doc, &b, d)) < 0)
			return r;
		memcpy(p, &b, sizeof(b));
		return ERR_OK;
	case FIELD_TYPE_TEXT:
	case FIELD_TYPE_NAME:
		if ((r = get_text(of, f, v, &b, d)) < 0)
			return r;
		memcpy(p, &b, sizeof(b));
		return ERR_OK;
	case FIELD_TYPE_RECORD:
		r = decode_object(f->sub, v, doc, p, d);
		if (r < 0)
			diag_prefix(d, "%s.%s", of->name, f->name);
		return r;
	case FIELD_TYPE_LIST:
		return decode_list(of, f, v, doc, ret, d);
	}
	BUG_ON(true);
}

/* Names the key that the table does not have: outside text, escaped. */
static int
unknown_key(const struct fields *f, json_t *v, struct diag *d)
{
	const char *key;
	json_t *value;
	char shown[64];

	json_object_foreach(v, key, value)
	{
		size_t i = 0;

		while (i < f->n && strcmp(f->list[i].name, key) != 0)
			i++;
		if (i < f->n)
			continue;
		text_escape(bytes_of_text(key), shown, sizeof(shown));
		return diag_fail(d, ERR_FORMAT, "%s: unknown key \"%s\"",
		    f->name, shown);
	}
	BUG_ON(true);
}

static int
decode_object(const struct fields *f, json_t *v, struct json_doc *doc,
    void *ret, struct diag *d)
{
	int r;

	if (!json_is_object(v))
		return diag_fail(d, ERR_FORMAT, "%s: not an object", f->name);
	for (size_t i = 0; i < f->n; i++) {
		json_t *one = json_object_get(v, f->list[i].name);

		if (one == NULL)
			return diag_fail(d, ERR_FORMAT, "%s: no key \"%s\"",
			    f->name, f->list[i].name);
		if ((r = decode_one(f, &f->list[i], one, doc, ret, d)) < 0)
			return r;
	}
	/* Every key of ours was there, and no key is there twice. */
	if (json_object_size(v) != f->n)
		return unknown_key(f, v, d);
	return ERR_OK;
}

int
json_decode(struct bytes text, const struct fields *f, void *ret,
    struct json_doc **ret_owner, struct diag *d)
{
	auto_json_doc struct json_doc *doc = NULL;
	int r;

	for (size_t i = 0; i < f->size; i++)
		((uint8_t *)ret)[i] = 0;
	if ((r = json_parse(text, &doc, d)) < 0)
		return r;
	if ((r = decode_object(f, doc->root, doc, ret, d)) < 0) {
		/* What was decoded so far points into the document. */
		for (size_t i = 0; i < f->size; i++)
			((uint8_t *)ret)[i] = 0;
		return r;
	}
	*ret_owner = TAKE_PTR(&doc);
	return ERR_OK;
}
