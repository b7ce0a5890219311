/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Growable output with a hard maximum. Append functions return false once the
 * maximum or memory is exhausted, and from then on always (the buffer keeps
 * `failed`), so a run of them may be checked once at its end with buf_ok().
 * Contents are wiped when freed or moved.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/base.h"
#include "base/err.h"

struct buf {
	uint8_t *p;
	size_t len;
	size_t size;
	size_t max;
	bool failed;
};

/* An empty buffer on the stack: struct buf b = BUF_INIT(max). */
#define BUF_INIT(limit)        \
	{                      \
		.max = (limit) \
	}
#define BUF_DEFAULT_MAX ((size_t)16 << 20)

void buf_free(struct buf *b);  /* wipes and empties; not the struct itself */
void buf_reset(struct buf *b); /* wipes; keeps the memory, clears failed */
#define auto_buf CLEANUP(buf_free)

struct bytes buf_bytes(const struct buf *b);
bool buf_ok(const struct buf *b);
/* 0, or ERR_LIMIT/ERR_NOMEM with "what: ..." */
MUST_CHECK int buf_check(const struct buf *b, const char *what, struct diag *d);

bool buf_put(struct buf *b, struct bytes in);
bool buf_put_u8(struct buf *b, uint8_t v);
bool buf_put_be16(struct buf *b, uint16_t v);
bool buf_put_be32(struct buf *b, uint32_t v);
bool buf_put_be64(struct buf *b, uint64_t v);
bool buf_put_le16(struct buf *b, uint16_t v);
bool buf_put_le32(struct buf *b, uint32_t v);
bool buf_put_le64(struct buf *b, uint64_t v);
bool buf_put_be16_blob(struct buf *b, struct bytes in);
bool buf_put_be32_blob(struct buf *b, struct bytes in);
bool buf_put_text(struct buf *b, const char *text);
bool buf_printf(struct buf *b, const char *fmt, ...) PRINTF(2, 3);
/* Room for n bytes to be written by the caller: NULL when there is none. */
uint8_t *buf_extend(struct buf *b, size_t n);
/* Moves the contents to *ret (which must be empty). */
void buf_move(struct buf *b, struct buf *ret);

#endif
