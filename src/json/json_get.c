/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a document by hand: requests of the command lines, QEMU's answers.
 */
#include "json/json.h"

#include <string.h>

#include "base/text.h"
#include "json/json_impl.h"

const struct json *
json_root(const struct json_doc *doc)
{
	return json_of(doc->root);
}

bool
json_value_is_object(const struct json *v)
{
	return json_is_object(json_in(v));
}

bool
json_value_is_null(const struct json *v)
{
	return json_is_null(json_in(v));
}

int
json_only_keys(const struct json *object, const char *const *keys, size_t n,
    struct diag *d)
{
	const char *key;
	json_t *value;
	char shown[64];

	if (!json_value_is_object(object))
		return diag_fail(d, ERR_FORMAT, "JSON: not an object");
	json_object_foreach(json_in(object), key, value)
	{
		size_t i = 0;

		while (i < n && strcmp(keys[i], key) != 0)
			i++;
		if (i < n)
			continue;
		text_escape(bytes_of_text(key), shown, sizeof(shown));
		return diag_fail(d, ERR_FORMAT, "JSON: unknown key \"%s\"",
		    shown);
	}
	return ERR_OK;
}

bool
json_has(const struct json *object, const char *key)
{
	return json_object_get(json_in(object), key) != NULL;
}

int
json_get(const struct json *object, const char *key, const struct json **ret,
    struct diag *d)
{
	json_t *v;

	if (!json_value_is_object(object))
		return diag_fail(d, ERR_FORMAT, "JSON: not an object");
	v = json_object_get(json_in(object), key);
	if (v == NULL)
		return diag_fail(d, ERR_FORMAT, "JSON: no key \"%s\"", key);
	*ret = json_of(v);
	return ERR_OK;
}

static int
wrong(const char *key, const char *what, struct diag *d)
{
	return diag_fail(d, ERR_FORMAT, "JSON: \"%s\" is not %s", key, what);
}

int
json_get_object(const struct json *object, const char *key,
    const struct json **ret, struct diag *d)
{
	const struct json *v;
	int r;

	if ((r = json_get(object, key, &v, d)) < 0)
		return r;
	if (!json_value_is_object(v))
		return wrong(key, "an object", d);
	*ret = v;
	return ERR_OK;
}

int
json_get_array(const struct json *object, const char *key,
    const struct json **ret, size_t *ret_n, struct diag *d)
{
	const struct json *v;
	int r;

	if ((r = json_get(object, key, &v, d)) < 0)
		return r;
	if (!json_is_array(json_in(v)))
		return wrong(key, "an array", d);
	*ret = v;
	*ret_n = json_array_size(json_in(v));
	return ERR_OK;
}

int
json_get_text(const struct json *object, const char *key, struct bytes *ret,
    struct diag *d)
{
	const struct json *v;
	int r;

	if ((r = json_get(object, key, &v, d)) < 0)
		return r;
	if (!json_text(v, ret))
		return wrong(key, "a string", d);
	return ERR_OK;
}

int
json_get_number(const struct json *object, const char *key, uint64_t min,
    uint64_t max, uint64_t *ret, struct diag *d)
{
	const struct json *v;
	json_int_t n;
	int r;

	if ((r = json_get(object, key, &v, d)) < 0)
		return r;
	if (!json_is_integer(json_in(v)))
		return wrong(key, "a whole number", d);
	n = json_integer_value(json_in(v));
	if (n < 0 || (uint64_t)n < min || (uint64_t)n > max)
		return diag_fail(d, ERR_FORMAT,
		    "JSON: \"%s\": %lld is not %llu-%llu", key, (long long)n,
		    (unsigned long long)min, (unsigned long long)max);
	*ret = (uint64_t)n;
	return ERR_OK;
}

int
json_get_bool(const struct json *object, const char *key, bool *ret,
    struct diag *d)
{
	const struct json *v;
	int r;

	if ((r = json_get(object, key, &v, d)) < 0)
		return r;
	if (!json_is_boolean(json_in(v)))
		return wrong(key, "true or false", d);
	*ret = json_is_true(json_in(v));
	return ERR_OK;
}

int
json_get_base64(const struct json *object, const char *key, size_t max,
    struct buf *ret, struct diag *d)
{
	size_t before = ret->len;
	struct bytes text;
	int r;

	if ((r = json_get_text(object, key, &text, d)) < 0)
		return r;
	if (text.len / 4 * 3 > max + 2)
		return diag_fail(d, ERR_LIMIT,
		    "JSON: \"%s\" is more than %zu bytes", key, max);
	if (base64_decode(text, ret, NULL) < 0)
		return wrong(key, "base64", d);
	if (ret->len - before > max) {
		ret->len = before;
		return diag_fail(d, ERR_LIMIT,
		    "JSON: \"%s\" is more than %zu bytes", key, max);
	}
	return ERR_OK;
}

const struct json *
json_array_at(const struct json *array, size_t i)
{
	json_t *v = json_array_get(json_in(array), i);

	BUG_ON(v == NULL);
	return json_of(v);
}

bool
json_text(const struct json *v, struct bytes *ret)
{
	json_t *t = json_in(v);

	if (!json_is_string(t))
		return false;
	*ret = bytes_of(json_string_value(t), json_string_length(t));
	return true;
}

int
json_each(const struct json *object, json_member_fn fn, void *arg)
{
	const char *key;
	json_t *value;
	int r;

	if (!json_value_is_object(object))
		return 0;
	json_object_foreach(json_in(object), key, value)
	{
		r = fn(bytes_of_text(key), json_of(value), arg);
		if (r != 0)
			return r;
	}
	return 0;
}
