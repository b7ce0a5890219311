/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Walks IMA lists as a verifier does, and builds entries as a kernel does.
 */
#ifndef TESTS_MEASURE_IMA_LIST_H
#define TESTS_MEASURE_IMA_LIST_H

#include "measure/ima.h"
#include "t.h"

/* HASH_SHA1 to HASH_SM3 */
#define LIST_BANKS 5

struct list_result {
	int err; /* ERR_NOT_FOUND: read to its end */
	struct diag d;
	size_t n, n_violations, n_sigs;
	size_t n_mismatches;
	uint64_t first_mismatch;
	size_t off; /* where it ended */
	uint8_t pcr[LIST_BANKS][HASH_SIZE_MAX];
	struct ima_entry last; /* views into the list */
};

/* Takes p over, to hold it as long as the test lasts. */
static inline void *
list_keep(void *p, size_t n)
{
	static struct kept {
		struct kept *before;
		uint64_t bytes[];
	} * last;
	struct kept *k = malloc(sizeof(*k) + n);

	if (k == NULL)
		t_bail("out of memory");
	k->before = last;
	memcpy(k->bytes, p, n);
	last = k;
	free(p);
	return k->bytes;
}

static inline struct list_result
list_walk(enum ima_form form, enum hash_alg alg, struct bytes list)
{
	static struct ima_scratch scratch;
	static struct ima_iter it;
	struct list_result r = { 0 };
	struct ima_entry e;

	ima_iter_start(&it, form, alg, list, 0);
	ima_iter_scratch(&it, &scratch);
	while ((r.err = ima_next(&it, &e, &r.d)) == ERR_OK) {
		ima_check(&e);
		if (!e.violation && !e.template_ok && r.n_mismatches++ == 0)
			r.first_mismatch = e.index;
		r.n_violations += e.violation ? 1 : 0;
		r.n_sigs += e.sig.len != 0 ? 1 : 0;
		r.n++;
		for (unsigned i = 0; i < LIST_BANKS; i++)
			ima_extend((enum hash_alg)i, &e, r.pcr[i]);
		r.last = e;
	}
	r.off = it.off;
	return r;
}

/* A list or a template's data as it is put together. */
struct list_buf {
	uint8_t p[1 << 16];
	size_t len;
};

static inline void
list_put(struct list_buf *b, const void *p, size_t n)
{
	if (n > sizeof(b->p) - b->len)
		t_bail("list over %zu bytes", sizeof(b->p));
	if (n != 0)
		memcpy(b->p + b->len, p, n);
	b->len += n;
}

static inline void
list_put_le32(struct list_buf *b, size_t v)
{
	for (unsigned i = 0; i < 4; i++, v >>= 8)
		list_put(b, &(uint8_t){ (uint8_t)v }, 1);
}

/* A field of template data. */
static inline void
list_put_field(struct list_buf *b, const void *p, size_t n)
{
	list_put_le32(b, n);
	list_put(b, p, n);
}

#define LIST_PUT_TEXT(b, text) list_put_field(b, text, sizeof(text) - 1)

/* "sha256:" and the like with its NUL, and a digest of n bytes 0x11. */
static inline void
list_put_digest(struct list_buf *b, const char *head, size_t n)
{
	size_t len = strlen(head) + 1;

	list_put_le32(b, len + n);
	list_put(b, head, len);
	for (size_t i = 0; i < n; i++)
		list_put(b, "\x11", 1);
}

/* An entry of a SHA-1 list as a kernel writes it. */
static inline void
list_put_entry(struct list_buf *b, const char *template,
    const struct list_buf *data)
{
	uint8_t digest[HASH_SIZE_MAX];

	hash_bytes(HASH_SHA1, bytes_of(data->p, data->len), digest);
	list_put_le32(b, IMA_PCR);
	list_put(b, digest, hash_size(HASH_SHA1));
	list_put_field(b, template, strlen(template));
	list_put_field(b, data->p, data->len);
}

/* The same as a violation. */
static inline void
list_put_violation(struct list_buf *b, const char *template,
    const struct list_buf *data)
{
	static const uint8_t zero[20];

	list_put_le32(b, IMA_PCR);
	list_put(b, zero, sizeof(zero));
	list_put_field(b, template, strlen(template));
	list_put_field(b, data->p, data->len);
}

static inline struct list_result
list_of(const struct list_buf *b)
{
	return list_walk(IMA_BINARY, HASH_SHA1, bytes_of(b->p, b->len));
}

/* One entry of this template and these data. */
static inline struct list_result
list_one(const char *template, const struct list_buf *data)
{
	static struct list_buf list;

	list.len = 0;
	list_put_entry(&list, template, data);
	return list_of(&list);
}

#endif
