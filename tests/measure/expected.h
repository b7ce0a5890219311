/* SPDX-License-Identifier: Apache-2.0 */
/* Just enough of the corpus' expected/FILE.json: objects of objects of hex. */
#ifndef TESTS_MEASURE_EXPECTED_H
#define TESTS_MEASURE_EXPECTED_H

#include "boot.h"

/* A whole corpus file as text; "" (and a counted skip) where it is absent. */
static inline const char *
expected_load(const char *name)
{
	size_t len;
	uint8_t *p = t_corpus(name, &len);
	char *text;

	if (p == NULL)
		return "";
	text = keep(len + 1);
	memcpy(text, p, len);
	free(p);
	return text;
}

/* The members of the object under this key; empty where there is none. */
static inline struct bytes
expected_object(struct bytes in, const char *key)
{
	char quoted[48];
	const char *at, *p, *end = (const char *)in.p + in.len;
	int depth = 0;

	(void)snprintf(quoted, sizeof(quoted), "\"%s\": {", key);
	if (in.len == 0 ||
	    (at = memmem(in.p, in.len, quoted, strlen(quoted))) == NULL)
		return BYTES_NONE;
	at += strlen(quoted);
	for (p = at; p < end; p++) {
		if (*p == '{')
			depth++;
		else if (*p == '}' && depth-- == 0)
			break;
	}
	return bytes_of(at, (size_t)(p - at));
}

/* "key": "hex" of exactly n bytes. */
static inline bool
expected_hex(struct bytes in, const char *key, uint8_t *ret, size_t n)
{
	char quoted[48];
	const char *at;

	(void)snprintf(quoted, sizeof(quoted), "\"%s\": \"", key);
	if (in.len == 0 ||
	    (at = memmem(in.p, in.len, quoted, strlen(quoted))) == NULL)
		return false;
	at += strlen(quoted);
	return (size_t)((const char *)in.p + in.len - at) > 2 * n &&
	    hex_decode_fixed(bytes_of(at, 2 * n), ret, n, NULL) == ERR_OK;
}

/* "key": number; -1 where it is null or absent. */
static inline int
expected_number(const char *json, const char *key)
{
	char quoted[48];
	const char *at;

	(void)snprintf(quoted, sizeof(quoted), "\"%s\": ", key);
	if ((at = strstr(json, quoted)) == NULL)
		return -1;
	at += strlen(quoted);
	return *at >= '0' && *at <= '9' ? (int)strtol(at, NULL, 10) : -1;
}

#endif
