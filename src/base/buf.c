/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void
buf_free(struct buf *b)
{
	if (b == NULL)
		return;
	if (b->p != NULL) {
		explicit_bzero(b->p, b->size);
		free(b->p);
	}
	b->p = NULL;
	b->len = b->size = 0;
	b->failed = false;
}

void
buf_reset(struct buf *b)
{
	if (b->p != NULL)
		explicit_bzero(b->p, b->size);
	b->len = 0;
	b->failed = false;
}

struct bytes
buf_bytes(const struct buf *b)
{
	return (struct bytes){ b->p, b->len };
}

bool
buf_ok(const struct buf *b)
{
	return !b->failed;
}

int
buf_check(const struct buf *b, const char *what, struct diag *d)
{
	if (!b->failed)
		return ERR_OK;
	return diag_fail(d, ERR_LIMIT, "%s: larger than %zu bytes", what,
	    b->max);
}

/* Not realloc(): it would leave an unwiped copy behind. */
static bool
grow(struct buf *b, size_t need)
{
	size_t size = b->size > b->max / 2 ? b->max : b->size * 2;
	uint8_t *p;

	if (size < 64)
		size = 64;
	if (size < need)
		size = need;
	p = malloc(size);
	if (p == NULL)
		return false;
	if (b->p != NULL) {
		memcpy(p, b->p, b->len);
		explicit_bzero(b->p, b->size);
		free(b->p);
	}
	b->p = p;
	b->size = size;
	return true;
}

uint8_t *
buf_extend(struct buf *b, size_t n)
{
	uint8_t *p;

	if (b->failed || n > b->max - b->len ||
	    (b->len + n > b->size && !grow(b, b->len + n))) {
		b->failed = true;
		return NULL;
	}
	if (b->p == NULL && !grow(b, 1)) {
		b->failed = true;
		return NULL;
	}
	p = b->p + b->len;
	b->len += n;
	return p;
}

bool
buf_put(struct buf *b, struct bytes in)
{
	uint8_t *p = buf_extend(b, in.len);

	if (p == NULL)
		return false;
	if (in.len != 0)
		memcpy(p, in.p, in.len);
	return true;
}

static bool
put_number(struct buf *b, uint64_t v, size_t n, bool big)
{
	uint8_t *p = buf_extend(b, n);

	if (p == NULL)
		return false;
	for (size_t i = 0; i < n; i++)
		p[big ? n - 1 - i : i] = (uint8_t)(v >> (8 * i));
	return true;
}

bool
buf_put_u8(struct buf *b, uint8_t v)
{
	return put_number(b, v, 1, true);
}

bool
buf_put_be16(struct buf *b, uint16_t v)
{
	return put_number(b, v, 2, true);
}

bool
buf_put_be32(struct buf *b, uint32_t v)
{
	return put_number(b, v, 4, true);
}

bool
buf_put_be64(struct buf *b, uint64_t v)
{
	return put_number(b, v, 8, true);
}

bool
buf_put_le16(struct buf *b, uint16_t v)
{
	return put_number(b, v, 2, false);
}

bool
buf_put_le32(struct buf *b, uint32_t v)
{
	return put_number(b, v, 4, false);
}

bool
buf_put_le64(struct buf *b, uint64_t v)
{
	return put_number(b, v, 8, false);
}

bool
buf_put_be16_blob(struct buf *b, struct bytes in)
{
	if (in.len > UINT16_MAX) {
		b->failed = true;
		return false;
	}
	return buf_put_be16(b, (uint16_t)in.len) && buf_put(b, in);
}

bool
buf_put_be32_blob(struct buf *b, struct bytes in)
{
	if (in.len > UINT32_MAX) {
		b->failed = true;
		return false;
	}
	return buf_put_be32(b, (uint32_t)in.len) && buf_put(b, in);
}

bool
buf_put_text(struct buf *b, const char *text)
{
	return buf_put(b, bytes_of_text(text));
}

bool
buf_printf(struct buf *b, const char *fmt, ...)
{
	char small[512];
	char *big = NULL;
	va_list ap;
	bool ok;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(small, sizeof(small), fmt, ap);
	va_end(ap);
	if (n < 0) {
		b->failed = true;
		return false;
	}
	if ((size_t)n < sizeof(small))
		return buf_put(b, bytes_of(small, (size_t)n));
	va_start(ap, fmt);
	n = vasprintf(&big, fmt, ap);
	va_end(ap);
	if (n < 0) {
		b->failed = true;
		return false;
	}
	ok = buf_put(b, bytes_of(big, (size_t)n));
	explicit_bzero(big, (size_t)n);
	free(big);
	return ok;
}

void
buf_move(struct buf *b, struct buf *ret)
{
	BUG_ON(ret->p != NULL);
	*ret = *b;
	b->p = NULL;
	b->len = b->size = 0;
	b->failed = false;
}
