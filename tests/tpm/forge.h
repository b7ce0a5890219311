/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Statements as a TPM would sign them, by a key in memory: with this, each
 * hostile field can be tried under a signature that verifies.
 */
#ifndef TESTS_TPM_FORGE_H
#define TESTS_TPM_FORGE_H

#include "../hex.h"
#include "base/reader.h"
#include "crypto/key.h"
#include "crypto/random.h"
#include "tpm/attest.h"
#include "tpm/public.h"
#include "tpm/quote_check.h"

/* Everything a statement says; forge_good() fills it in. */
struct forge_words {
	uint32_t magic;
	uint16_t quote_type, certify_type;
	uint8_t signer[TPM_NAME_SIZE];
	uint8_t extra[TPM_SHA256_SIZE];
	size_t extra_len;
	struct tpm_clock quote_clock, certify_clock;
	uint32_t n_banks;
	uint16_t bank;
	uint8_t map_len;
	uint32_t mask;
	uint8_t digest[TPM_SHA256_SIZE];
	size_t digest_len;
	uint8_t name[TPM_NAME_SIZE];
	uint8_t qualified[TPM_NAME_SIZE];
};

struct forge {
	struct key *ak, *hk;
	struct buf ak_public, hk_public;
	struct pcr_values pcrs;
	uint8_t extra[TPM_SHA256_SIZE]; /* what the verifier expects */
	struct forge_words words;
	struct buf quote, quote_sig, certify, certify_sig;
};

#define FORGE_BUF                   \
	{                           \
		.max = (size_t)4096 \
	}

static inline void
forge_point(const struct key *key, struct bytes *x, struct bytes *y,
    uint8_t point[static P256_POINT_SIZE])
{
	key_p256_point(key, point);
	*x = bytes_of(point + 1, P256_SIZE);
	*y = bytes_of(point + 1 + P256_SIZE, P256_SIZE);
}

/* An INTEGER of a DER ECDSA-Sig-Value as TPM2B, 32 bytes. */
static inline void
forge_integer(struct reader *r, struct buf *b)
{
	uint8_t tag, len, value[P256_SIZE] = { 0 };
	struct bytes in;

	if (!reader_u8(r, &tag) || tag != 2 || !reader_u8(r, &len) ||
	    !reader_take(r, len, &in))
		t_bail("not an ECDSA signature");
	if (in.len > P256_SIZE)
		in = bytes_of(in.p + 1, P256_SIZE);
	memcpy(value + P256_SIZE - in.len, in.p, in.len);
	buf_put_be16_blob(b, BYTES_OF_ARRAY(value));
}

static inline void
forge_sign(const struct key *key, struct bytes message, struct buf *ret)
{
	struct buf der = BUF_INIT(256);
	struct reader r;
	struct diag d;

	if (key_sign(key, message, &der, &d) < 0)
		t_bail("%s", d.text);
	r = reader_of(bytes_of(der.p + 2, der.len - 2));
	buf_reset(ret);
	buf_put_be16(ret, TPM_ALG_ECDSA);
	buf_put_be16(ret, TPM_ALG_SHA256);
	forge_integer(&r, ret);
	forge_integer(&r, ret);
	buf_free(&der);
}

static inline void
forge_head(struct buf *b, const struct forge_words *w, uint16_t type,
    const struct tpm_clock *c)
{
	buf_put_be32(b, w->magic);
	buf_put_be16(b, type);
	buf_put_be16_blob(b, BYTES_OF_ARRAY(w->signer));
	buf_put_be16_blob(b, bytes_of(w->extra, w->extra_len));
	buf_put_be64(b, c->clock);
	buf_put_be32(b, c->resets);
	buf_put_be32(b, c->restarts);
	buf_put_u8(b, c->safe);
	buf_put_be64(b, c->firmware);
}

/* Writes and signs both statements anew from the words. */
static inline void
forge_make(struct forge *f)
{
	const struct forge_words *w = &f->words;
	uint8_t map[3];
	uint32_t i;

	buf_reset(&f->quote);
	forge_head(&f->quote, w, w->quote_type, &w->quote_clock);
	pcr_mask_to_bytes(w->mask, map);
	buf_put_be32(&f->quote, w->n_banks);
	for (i = 0; i < w->n_banks && i < 4; i++) {
		buf_put_be16(&f->quote, w->bank);
		buf_put_u8(&f->quote, w->map_len);
		buf_put(&f->quote, BYTES_OF_ARRAY(map));
	}
	buf_put_be16_blob(&f->quote, bytes_of(w->digest, w->digest_len));
	forge_sign(f->ak, buf_bytes(&f->quote), &f->quote_sig);

	buf_reset(&f->certify);
	forge_head(&f->certify, w, w->certify_type, &w->certify_clock);
	buf_put_be16_blob(&f->certify, BYTES_OF_ARRAY(w->name));
	buf_put_be16_blob(&f->certify, BYTES_OF_ARRAY(w->qualified));
	forge_sign(f->ak, buf_bytes(&f->certify), &f->certify_sig);
}

/* The names and digest that belong to the present keys and values. */
static inline void
forge_names(struct forge *f)
{
	struct forge_words *w = &f->words;
	uint8_t ak_name[TPM_NAME_SIZE];

	tpm_name(buf_bytes(&f->ak_public), ak_name);
	tpm_qualified_name(TPM_RH_ENDORSEMENT, ak_name, w->signer);
	tpm_name(buf_bytes(&f->hk_public), w->name);
	tpm_qualified_name(TPM_RH_NULL, w->name, w->qualified);
	if (pcr_digest(&f->pcrs, PCR_MASK_DEFAULT, w->digest, NULL) < 0)
		t_bail("pcr_digest");
}

static inline void
forge_good(struct forge *f)
{
	const struct tpm_clock clock = { 5000, 7, 2, true, 0x1122334455667788 };
	struct forge_words *w = &f->words;

	*w = (struct forge_words){ .magic = TPM_GENERATED_VALUE,
		.quote_type = TPM_ST_ATTEST_QUOTE,
		.certify_type = TPM_ST_ATTEST_CERTIFY,
		.extra_len = TPM_SHA256_SIZE,
		.quote_clock = clock,
		.certify_clock = clock,
		.n_banks = 1,
		.bank = TPM_ALG_SHA256,
		.map_len = 3,
		.mask = PCR_MASK_DEFAULT,
		.digest_len = TPM_SHA256_SIZE };
	w->certify_clock.clock += 12;
	memcpy(w->extra, f->extra, sizeof(f->extra));
	forge_names(f);
	forge_make(f);
}

static inline void
forge_init(struct forge *f)
{
	uint8_t point[P256_POINT_SIZE];
	struct bytes x, y;
	struct diag d;

	*f = (struct forge){ .ak_public = FORGE_BUF,
		.hk_public = FORGE_BUF,
		.quote = FORGE_BUF,
		.quote_sig = FORGE_BUF,
		.certify = FORGE_BUF,
		.certify_sig = FORGE_BUF };
	if (key_generate(KEY_P256, 0, &f->ak, &d) < 0 ||
	    key_generate(KEY_P256, 0, &f->hk, &d) < 0)
		t_bail("%s", d.text);
	forge_point(f->ak, &x, &y, point);
	if (!public_put_ak(&f->ak_public, x, y))
		t_bail("template");
	forge_point(f->hk, &x, &y, point);
	if (!public_put_hk(&f->hk_public, x, y))
		t_bail("template");
	random_bytes(f->pcrs.v[0], sizeof(f->pcrs.v));
	random_bytes(f->extra, sizeof(f->extra));
	forge_good(f);
}

static inline void
forge_free(struct forge *f)
{
	key_free(f->ak);
	key_free(f->hk);
	buf_free(&f->ak_public);
	buf_free(&f->hk_public);
	buf_free(&f->quote);
	buf_free(&f->quote_sig);
	buf_free(&f->certify);
	buf_free(&f->certify_sig);
}

static inline int
forge_verify_quote(const struct forge *f, uint32_t mask,
    struct quote_facts *ret, struct diag *d)
{
	const struct quote_evidence e = { buf_bytes(&f->ak_public),
		buf_bytes(&f->quote), buf_bytes(&f->quote_sig),
		BYTES_OF_ARRAY(f->extra), mask };

	return quote_verify(&e, ret, d);
}

/* Quote, digest, certify: 0 or the first refusal. */
static inline int
forge_verify(const struct forge *f, struct diag *d)
{
	const struct certify_evidence c = { buf_bytes(&f->ak_public),
		buf_bytes(&f->hk_public), buf_bytes(&f->certify),
		buf_bytes(&f->certify_sig), BYTES_OF_ARRAY(f->extra) };
	uint8_t name[TPM_NAME_SIZE];
	struct quote_facts facts;
	int rc;

	*d = (struct diag){ 0 };
	if ((rc = forge_verify_quote(f, PCR_MASK_DEFAULT, &facts, d)) < 0 ||
	    (rc = quote_digest_check(&facts, &f->pcrs, PCR_MASK_DEFAULT, d)) <
		0)
		return rc;
	return certify_verify(&c, &facts, name, d);
}

#endif
