/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages by table: one array of `struct field` describes a struct, and
 * serves to encode and decode it as bytes (here) and as JSON (json/json.h),
 * so that the two directions and the two notations cannot drift apart.
 *
 * Byte form, in table order, big-endian:
 *   U8 U16 U32 U64   1, 2, 4, 8 bytes
 *   BOOL             1 byte, 0 or 1
 *   FIXED            exactly `max` bytes
 *   BYTES TEXT NAME  u32 length, then the bytes (at most `max`);
 *                    TEXT is printable UTF-8, NAME is as name_valid()
 *   RECORD           the nested struct's fields
 *   LIST             u16 count (at most `max`), then that many records
 * Decoded BYTES, TEXT and NAME are views into the input.
 */
#ifndef BASE_FIELD_H
#define BASE_FIELD_H

#include "base/buf.h"
#include "base/reader.h"

enum field_type {
	FIELD_TYPE_U8,
	FIELD_TYPE_U16,
	FIELD_TYPE_U32,
	FIELD_TYPE_U64,
	FIELD_TYPE_BOOL,
	FIELD_TYPE_FIXED,
	FIELD_TYPE_BYTES,
	FIELD_TYPE_TEXT,
	FIELD_TYPE_NAME,
	FIELD_TYPE_RECORD,
	FIELD_TYPE_LIST
};

struct fields;

struct field {
	const char *name; /* also the JSON key */
	enum field_type type;
	size_t offset;            /* in the struct; of the array for LIST */
	size_t max;               /* bytes, or records of a LIST */
	const struct fields *sub; /* RECORD, LIST */
	size_t count_offset;      /* LIST: of the size_t that counts records */
};

struct fields {
	const char *name; /* of the message, for errors */
	const struct field *list;
	size_t n;
	size_t size; /* of the struct */
};

#define FIELDS(struct_type, title, array)                           \
	{                                                           \
		title, array, ARRAY_LEN(array), sizeof(struct_type) \
	}

#define FIELD_U8(t, m)                                        \
	{                                                     \
#m, FIELD_TYPE_U8, offsetof(t, m), 0, NULL, 0 \
	}
#define FIELD_U16(t, m)                                        \
	{                                                      \
#m, FIELD_TYPE_U16, offsetof(t, m), 0, NULL, 0 \
	}
#define FIELD_U32(t, m)                                        \
	{                                                      \
#m, FIELD_TYPE_U32, offsetof(t, m), 0, NULL, 0 \
	}
#define FIELD_U64(t, m)                                        \
	{                                                      \
#m, FIELD_TYPE_U64, offsetof(t, m), 0, NULL, 0 \
	}
#define FIELD_BOOL(t, m)                                        \
	{                                                       \
#m, FIELD_TYPE_BOOL, offsetof(t, m), 0, NULL, 0 \
	}
#define FIELD_FIXED(t, m)                                                      \
	{                                                                      \
#m, FIELD_TYPE_FIXED, offsetof(t, m), MEMBER_SIZE(t, m), NULL, \
		    0                                                          \
	}
#define FIELD_BYTES(t, m, max)                                     \
	{                                                          \
#m, FIELD_TYPE_BYTES, offsetof(t, m), max, NULL, 0 \
	}
#define FIELD_TEXT(t, m, max)                                     \
	{                                                         \
#m, FIELD_TYPE_TEXT, offsetof(t, m), max, NULL, 0 \
	}
#define FIELD_NAME(t, m)                                         \
	{                                                        \
#m, FIELD_TYPE_NAME, offsetof(t, m), 63, NULL, 0 \
	}
#define FIELD_RECORD(t, m, sub)                                  \
	{                                                        \
#m, FIELD_TYPE_RECORD, offsetof(t, m), 0, sub, 0 \
	}
/* struct item m[max]; size_t n_m; */
#define FIELD_LIST(t, m, count, sub)                               \
	{                                                          \
#m, FIELD_TYPE_LIST, offsetof(t, m),               \
		    MEMBER_SIZE(t, m) / MEMBER_SIZE(t, m[0]), sub, \
		    offsetof(t, count)                             \
	}

/* A name may be empty where the protocol has "none": see each message. */
MUST_CHECK int fields_encode(const struct fields *f, const void *in,
    struct buf *ret, struct diag *d);
/* The whole input: bytes left over are an error. ret is zeroed first. */
MUST_CHECK int fields_decode(const struct fields *f, struct bytes in, void *ret,
    struct diag *d);
/* Continues at r and leaves it behind the last field. */
MUST_CHECK int fields_read(const struct fields *f, struct reader *r, void *ret,
    struct diag *d);

#endif
