/* SPDX-License-Identifier: Apache-2.0 */
#include "base/base.h"

#include <string.h>

struct bytes
bytes_of(const void *p, size_t len)
{
	return (struct bytes){ p, len };
}

struct bytes
bytes_of_text(const char *text)
{
	return (struct bytes){ (const uint8_t *)text, strlen(text) };
}

bool
bytes_equal(struct bytes a, struct bytes b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

bool
bytes_equal_text(struct bytes a, const char *text)
{
	return bytes_equal(a, bytes_of_text(text));
}

int
bytes_compare(struct bytes a, struct bytes b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int c = n == 0 ? 0 : memcmp(a.p, b.p, n);

	if (c != 0)
		return c;
	return (a.len > b.len) - (a.len < b.len);
}

bool
bytes_all_zero(struct bytes b)
{
	uint8_t sum = 0;

	for (size_t i = 0; i < b.len; i++)
		sum |= b.p[i];
	return sum == 0;
}
