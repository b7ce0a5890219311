/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text in and out: hex, base64, strict numbers, names, and escaping of
 * outside strings before they reach a terminal or a log.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "base/buf.h"

/* Appends lower-case hex. */
bool hex_put(struct buf *b, struct bytes in);
/* Even number of hex digits, either case, nothing else. */
MUST_CHECK int hex_decode(struct bytes text, struct buf *ret, struct diag *d);
/* Exactly n bytes of hex into ret. */
MUST_CHECK int hex_decode_fixed(struct bytes text, uint8_t *ret, size_t n,
    struct diag *d);
/* Writes 2 * in.len characters and a NUL into text. */
void hex_format(struct bytes in, char *text);

/*
 * Takes the next line off *rest, without its newline; the last one may have
 * none. False at the end.
 */
bool text_next_line(struct bytes *rest, struct bytes *ret);

/* RFC 4648 section 4, with padding, no line breaks; strict: canonical only. */
bool base64_put(struct buf *b, struct bytes in);
MUST_CHECK int base64_decode(struct bytes text, struct buf *ret,
    struct diag *d);

/* Decimal digits only, no sign, no leading zero; within [min, max]. */
MUST_CHECK int number_parse(const char *what, struct bytes text, uint64_t min,
    uint64_t max, uint64_t *ret, struct diag *d);
/* "8h", "5m", "30s", "2d" to seconds. */
MUST_CHECK int duration_parse(const char *what, struct bytes text,
    uint64_t *ret_seconds, struct diag *d);

#define NAME_MAX_LEN 63
/* [A-Za-z0-9._-]{1,63}, not starting with a dot: safe as a file name. */
bool name_valid(struct bytes name);
MUST_CHECK int name_check(const char *what, struct bytes name, struct diag *d);

/* Valid UTF-8 without control characters (C0, DEL, C1). */
bool text_printable(struct bytes text);
/*
 * Appends outside text so that it can do no harm on a terminal or in a log:
 * bytes outside printable ASCII and the backslash become \xNN; at most max
 * characters, then "...".
 */
bool text_put_escaped(struct buf *b, struct bytes text, size_t max);
/* The same into a fixed array, always NUL-terminated. */
void text_escape(struct bytes text, char *ret, size_t size);

/* "2026-01-31T12:00:00Z" (20 characters) and back. Seconds since 1970. */
#define TIME_TEXT_SIZE 21
void time_format(uint64_t seconds, char ret[static TIME_TEXT_SIZE]);
MUST_CHECK int time_parse(struct bytes text, uint64_t *ret, struct diag *d);

/* An owned, NUL-terminated copy; NULL when out of memory or NUL inside. */
char *text_dup(struct bytes text);

#endif
