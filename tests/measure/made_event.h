/* SPDX-License-Identifier: Apache-2.0 */
/* Events made by hand, in one or more banks, and the texts of them. */
#ifndef TESTS_MEASURE_MADE_EVENT_H
#define TESTS_MEASURE_MADE_EVENT_H

#include "boot.h"
#include "measure/event.h"
#include "measure/replay_banks.h"

/* Digests of `hashed` in SHA-1 and SHA-256. */
static inline struct tcg_event
event_make(uint32_t pcr, uint32_t type, struct bytes data, struct bytes hashed)
{
	struct tcg_event e = { .pcr = pcr, .type = type, .n_digests = 2 };
	uint8_t *p = keep(52);

	e.data = data;
	hash_bytes(HASH_SHA1, hashed, p);
	hash_bytes(HASH_SHA256, hashed, p + 20);
	e.digests[0] = (struct tcg_digest){ 0x04, bytes_of(p, 20) };
	e.digests[1] = (struct tcg_digest){ 0x0b, bytes_of(p + 20, 32) };
	return e;
}

/* Little-endian pieces, put together by hand. */
static inline void
put_piece(struct buf *b, const void *p, size_t n)
{
	(void)buf_put(b, bytes_of(p, n));
}

static inline void
put_wide(struct buf *b, const char *text)
{
	for (; *text != '\0'; text++)
		(void)buf_put_le16(b, (uint8_t)*text);
}

/* UEFI_VARIABLE_DATA */
static inline void
put_variable_data(struct buf *b, const uint8_t guid[16], const char *name,
    struct bytes data)
{
	put_piece(b, guid, 16);
	(void)buf_put_le64(b, strlen(name));
	(void)buf_put_le64(b, data.len);
	put_wide(b, name);
	(void)buf_put(b, data);
}

static const uint8_t guid_global[16] = { 0x61, 0xdf, 0xe4, 0x8b, 0xca, 0x93,
	0xd2, 0x11, 0xaa, 0x0d, 0x00, 0xe0, 0x98, 0x03, 0x2b, 0x8c };
static const uint8_t guid_x509[16] = { 0xa1, 0x59, 0xc0, 0xa5, 0xe4, 0x94, 0xa7,
	0x4a, 0x87, 0xb5, 0xab, 0x15, 0x5c, 0x2b, 0xf0, 0x72 };
static const uint8_t guid_sha256[16] = { 0x26, 0x16, 0xc4, 0xc1, 0x4c, 0x50,
	0x92, 0x40, 0xac, 0xa9, 0x41, 0xf9, 0x36, 0x93, 0x43, 0x28 };

/* The text of data of a type; NUL-terminated, lives as long as the test. */
static inline const char *
text_of(uint32_t type, struct bytes data)
{
	struct tcg_event e = { .type = type, .data = data };
	struct buf b = BUF_INIT(EVENT_TEXT_MAX + 1);
	char *kept;

	if (!event_put_text(&b, &e))
		t_bail("text of an event");
	kept = keep(b.len + 1);
	if (b.len != 0)
		memcpy(kept, b.p, b.len);
	buf_free(&b);
	return kept;
}

/* Any bytes: no failure, no byte out of printable ASCII, no endless text. */
static inline bool
text_is_safe(uint32_t type, struct bytes data)
{
	struct tcg_event e = { .type = type, .data = data };
	struct buf b = BUF_INIT(EVENT_TEXT_MAX + 1);
	bool safe = event_put_text(&b, &e) && b.len <= EVENT_TEXT_MAX;

	for (size_t i = 0; i < b.len; i++)
		safe = safe && b.p[i] >= 0x20 && b.p[i] <= 0x7e;
	buf_free(&b);
	return safe;
}

#endif
