/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DER (X.690, clauses 8 and 10) with one way to write anything: definite
 * minimal lengths below 16 MiB, one-byte tags, minimal positive INTEGERs, no
 * unused bits. Getters work as base/reader.h's: a whole field and on, or false
 * and not moved. Everything of ours is read by "take it apart, build it again,
 * compare": what these getters accept has one encoding.
 */
#ifndef CRYPTO_DER_H
#define CRYPTO_DER_H

#include "base/buf.h"
#include "base/reader.h"

#define DER_BOOLEAN          0x01
#define DER_INTEGER          0x02
#define DER_BIT_STRING       0x03
#define DER_OCTET_STRING     0x04
#define DER_NULL             0x05
#define DER_OID              0x06
#define DER_UTF8_STRING      0x0c
#define DER_PRINTABLE_STRING 0x13
#define DER_IA5_STRING       0x16
#define DER_UTC_TIME         0x17
#define DER_GENERALIZED_TIME 0x18
#define DER_SEQUENCE         0x30
#define DER_SET              0x31
#define DER_CONTEXT(n)       ((uint8_t)(0x80 | (n))) /* primitive [n] */
#define DER_CONSTRUCTED(n)   ((uint8_t)(0xa0 | (n))) /* constructed [n] */

/* --- reading: views into the input --- */

/* The tag that comes next; 0 at the end or where there is no valid element. */
uint8_t der_peek(const struct reader *r);
/* An element of any tag. */
MUST_CHECK bool der_any(struct reader *r, uint8_t *ret_tag,
    struct bytes *ret_value);
/* The contents of an element of this tag. */
MUST_CHECK bool der_take(struct reader *r, uint8_t tag, struct bytes *ret);
/* The same with tag and length: what is hashed, signed or compared. */
MUST_CHECK bool der_whole(struct reader *r, uint8_t tag, struct bytes *ret);
/* A reader over the contents: the caller checks that it is left empty. */
MUST_CHECK bool der_enter(struct reader *r, uint8_t tag, struct reader *ret);
/* Exactly these bytes come next, tag and length included. */
MUST_CHECK bool der_expect(struct reader *r, struct bytes whole);

/* A positive or zero INTEGER without its sign byte; zero is one byte 00. */
MUST_CHECK bool der_uint(struct reader *r, struct bytes *ret);
MUST_CHECK bool der_u64(struct reader *r, uint64_t *ret);
MUST_CHECK bool der_bool(struct reader *r, bool *ret);
MUST_CHECK bool der_null(struct reader *r);
MUST_CHECK bool der_oid(struct reader *r, struct bytes *ret);
/* This OID (contents as in crypto/oid.h). */
MUST_CHECK bool der_expect_oid(struct reader *r, struct bytes oid);
/* A whole number of bytes. */
MUST_CHECK bool der_bits(struct reader *r, struct bytes *ret);
/* UTF8String or PrintableString; printable text. */
MUST_CHECK bool der_text(struct reader *r, struct bytes *ret);
/* RFC 5280, 4.1.2.5: UTCTime to 2049, GeneralizedTime from 2050; seconds. */
MUST_CHECK bool der_time(struct reader *r, uint64_t *ret);

/* --- writing: appends; check with buf_check() at the end --- */

bool der_put(struct buf *b, uint8_t tag, struct bytes value);
/*
 *	size_t mark = der_begin(b, DER_SEQUENCE);
 *	... append the contents ...
 *	der_end(b, mark);
 */
size_t der_begin(struct buf *b, uint8_t tag);
bool der_end(struct buf *b, size_t mark);
/* A BIT STRING with contents to follow, ended by der_end(). */
size_t der_begin_bits(struct buf *b);

bool der_put_uint(struct buf *b, struct bytes magnitude);
bool der_put_u64(struct buf *b, uint64_t v);
bool der_put_bool(struct buf *b, bool v);
bool der_put_null(struct buf *b);
bool der_put_oid(struct buf *b, struct bytes oid);
bool der_put_bits(struct buf *b, struct bytes whole_bytes);
bool der_put_utf8(struct buf *b, struct bytes text);
bool der_put_time(struct buf *b, uint64_t seconds);
/* SEQUENCE { oid } or, with_null, SEQUENCE { oid, NULL }. */
bool der_put_algorithm(struct buf *b, struct bytes oid, bool with_null);
/* The elements of a SET OF in DER's order, each a whole element. */
bool der_put_set_of(struct buf *b, uint8_t tag, struct bytes *elements,
    size_t n);

/* "1.2.840.10045" as OID contents; false unless it is a valid OID. */
MUST_CHECK bool oid_from_text(const char *text, struct buf *ret);
/* The contents as dotted text; big arcs (2.25.x) as hex in angle brackets. */
bool oid_put_text(struct buf *b, struct bytes oid);

#endif
