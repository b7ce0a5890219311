/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of a document, for src/json alone. A `struct json` is never defined:
 * it is jansson's json_t under a name that keeps jansson out of json.h.
 */
#ifndef JSON_JSON_IMPL_H
#define JSON_JSON_IMPL_H

#include <jansson.h>

#include "json/json.h"

struct json_doc {
	json_t *root;
	/* Bytes decoded from base64: no more than the text had. */
	uint8_t *arena;
	size_t used;
	size_t size;
};

/* Jansson takes no const where it walks, but changes nothing. */
static inline json_t *
json_in(const struct json *v)
{
	return (json_t *)(uintptr_t)v;
}

static inline const struct json *
json_of(json_t *v)
{
	return (const struct json *)v;
}

#endif
