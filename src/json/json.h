/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON (RFC 8259), strictly: no key twice, no unknown or missing key, exact
 * types, whole unsigned numbers, valid UTF-8, bounded size and nesting, nothing
 * behind the value. Messages are described by base/field.h's tables; the small
 * reader and writer below them are for commands and their replies.
 *
 * FIXED and BYTES are base64 strings, TEXT and NAME strings, LIST an array,
 * RECORD an object. Numbers end at 2^63 - 1.
 */
#ifndef JSON_JSON_H
#define JSON_JSON_H

#include "base/buf.h"
#include "base/field.h"

#define JSON_DEPTH_MAX 16
#define JSON_TEXT_MAX  ((size_t)4 << 20)

/* Owns what the views of a decoded message point into. */
struct json_doc;
void json_doc_free(struct json_doc *doc);
DEFINE_FREE_P(struct json_doc, json_doc_free);
#define auto_json_doc CLEANUP(json_doc_free_p)

MUST_CHECK int json_decode(struct bytes text, const struct fields *f, void *ret,
    struct json_doc **ret_owner, struct diag *d);
/* Appends; compact, ASCII only. */
MUST_CHECK int json_encode(const struct fields *f, const void *in,
    struct buf *ret, struct diag *d);

/* --- reading by hand --- */

/* A value inside a document; lives as long as the document. */
struct json;

MUST_CHECK int json_parse(struct bytes text, struct json_doc **ret,
    struct diag *d);
const struct json *json_root(const struct json_doc *doc);
bool json_value_is_object(const struct json *v);
bool json_value_is_null(const struct json *v);
/* Refuses keys that are not in the list (ERR_FORMAT). */
MUST_CHECK int json_only_keys(const struct json *object,
    const char *const *keys, size_t n, struct diag *d);
bool json_has(const struct json *object, const char *key);
/* ERR_FORMAT when the key is missing or of another type or range. */
MUST_CHECK int json_get(const struct json *object, const char *key,
    const struct json **ret, struct diag *d);
MUST_CHECK int json_get_object(const struct json *object, const char *key,
    const struct json **ret, struct diag *d);
MUST_CHECK int json_get_array(const struct json *object, const char *key,
    const struct json **ret, size_t *ret_n, struct diag *d);
/* Any valid UTF-8; the caller escapes it before showing it. */
MUST_CHECK int json_get_text(const struct json *object, const char *key,
    struct bytes *ret, struct diag *d);
MUST_CHECK int json_get_number(const struct json *object, const char *key,
    uint64_t min, uint64_t max, uint64_t *ret, struct diag *d);
MUST_CHECK int json_get_bool(const struct json *object, const char *key,
    bool *ret, struct diag *d);
/* Base64; appends the bytes, at most max. */
MUST_CHECK int json_get_base64(const struct json *object, const char *key,
    size_t max, struct buf *ret, struct diag *d);
/* i below the array's count; a string's text, false if it is none. */
const struct json *json_array_at(const struct json *array, size_t i);
bool json_text(const struct json *v, struct bytes *ret);
/* The keys of an object in their order: calls fn until it returns non-zero. */
typedef int (
    *json_member_fn)(struct bytes key, const struct json *value, void *arg);
int json_each(const struct json *object, json_member_fn fn, void *arg);

/* --- writing by hand --- */

/*
 *	struct json_out o = json_out_of(&buf);
 *	json_out_begin_object(&o);
 *	json_out_key(&o, "name");
 *	json_out_text(&o, name);
 *	json_out_end_object(&o);
 *	return buf_check(&buf, "reply", d);
 *
 * Commas put themselves. Text that is not UTF-8 shows U+FFFD in its place.
 */
struct json_out {
	struct buf *b;
	bool comma;
	unsigned depth;
};

struct json_out json_out_of(struct buf *b);
void json_out_begin_object(struct json_out *o);
void json_out_end_object(struct json_out *o);
void json_out_begin_array(struct json_out *o);
void json_out_end_array(struct json_out *o);
void json_out_key(struct json_out *o, const char *key);
void json_out_text(struct json_out *o, struct bytes text);
void json_out_string(struct json_out *o, const char *text);
void json_out_number(struct json_out *o, uint64_t v);
void json_out_bool(struct json_out *o, bool v);
void json_out_null(struct json_out *o);
void json_out_hex(struct json_out *o, struct bytes b);
void json_out_base64(struct json_out *o, struct bytes b);
/* A message of a field table as one value. */
MUST_CHECK int json_out_fields(struct json_out *o, const struct fields *f,
    const void *in, struct diag *d);
/* key and value at once */
void json_out_put_text(struct json_out *o, const char *key, struct bytes text);
void json_out_put_string(struct json_out *o, const char *key, const char *text);
void json_out_put_number(struct json_out *o, const char *key, uint64_t v);
void json_out_put_bool(struct json_out *o, const char *key, bool v);
void json_out_put_hex(struct json_out *o, const char *key, struct bytes b);

#endif
