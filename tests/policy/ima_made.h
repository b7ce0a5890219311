/* SPDX-License-Identifier: Apache-2.0 */
/* IMA lists as a kernel under the product's IMA policy makes them. */
#ifndef TESTS_POLICY_IMA_MADE_H
#define TESTS_POLICY_IMA_MADE_H

#include "policy/ima_verdict.h"
#include "t.h"

#define IMA_LIST_LIMIT ((size_t)64 << 20)

static inline void
ima_put_le32(struct buf *b, size_t n)
{
	for (unsigned i = 0; i < 4; i++, n >>= 8)
		(void)buf_put_u8(b, (uint8_t)n);
}

static inline void
ima_put_field(struct buf *b, struct bytes in)
{
	ima_put_le32(b, in.len);
	(void)buf_put(b, in);
}

/* d-ng, n-ng of an entry; a third field where `more` is one. */
static inline void
ima_put_data(struct buf *b, const uint8_t digest[32], const char *name,
    const struct bytes *more)
{
	ima_put_le32(b, 8 + 32);
	(void)buf_put(b, bytes_of("sha256:", 8));
	(void)buf_put(b, bytes_of(digest, 32));
	ima_put_field(b, bytes_of(name, strlen(name) + 1));
	if (more != NULL)
		ima_put_field(b, *more);
}

static inline void
ima_put_entry(struct buf *list, const char *template, struct bytes data,
    bool violation)
{
	uint8_t digest[HASH_SIZE_MAX] = { 0 };

	if (!violation)
		hash_bytes(HASH_SHA1, data, digest);
	ima_put_le32(list, IMA_PCR);
	(void)buf_put(list, bytes_of(digest, 20));
	ima_put_field(list, bytes_of_text(template));
	ima_put_field(list, data);
	if (list->failed)
		t_bail("out of memory");
}

static inline void
ima_put_as(struct buf *list, const char *template, const uint8_t digest[32],
    const char *path, struct bytes third)
{
	auto_buf struct buf data = BUF_INIT(8192);

	ima_put_data(&data, digest, path, &third);
	ima_put_entry(list, template, buf_bytes(&data), false);
}

/* A file whose digest is that of `content`. */
static inline void
ima_put_file(struct buf *list, const char *path, const char *content)
{
	uint8_t digest[32];

	sha256(bytes_of_text(content), digest);
	ima_put_as(list, "ima-sig", digest, path, BYTES_NONE);
}

static inline void
ima_put_violation(struct buf *list, const char *path)
{
	static const uint8_t zero[32];
	auto_buf struct buf data = BUF_INIT(8192);

	ima_put_data(&data, zero, path, &BYTES_NONE);
	ima_put_entry(list, "ima-sig", buf_bytes(&data), true);
}

static inline void
ima_put_buffer(struct buf *list, const char *name, struct bytes buffer)
{
	uint8_t digest[32];

	sha256(buffer, digest);
	ima_put_as(list, "ima-buf", digest, name, buffer);
}

static inline void
ima_put_boot(struct buf *list, const struct pcr_values *pcrs)
{
	auto_buf struct buf data = BUF_INIT(256);
	uint8_t digest[32];

	sha256(bytes_of(pcrs->v[0], 320), digest);
	ima_put_data(&data, digest, "boot_aggregate", NULL);
	ima_put_entry(list, "ima-ng", buf_bytes(&data), false);
}

/* SHA-256 PCR 10 after it. */
static inline void
ima_value(struct bytes list, uint8_t pcr[32])
{
	struct ima_iter it;
	struct ima_entry e;

	ima_iter_start(&it, IMA_BINARY, HASH_SHA1, list, 0);
	while (ima_next(&it, &e, NULL) == ERR_OK)
		ima_extend(HASH_SHA256, &e, pcr);
}

#endif
