/* SPDX-License-Identifier: Apache-2.0 */
#include "hgs/attest/token.h"

#include <string.h>

#include "crypto/aead.h"

#define TOKEN_VERSION 1

static const struct field token_list[] = {
	FIELD_U8(struct token, version),
	FIELD_FIXED(struct token, id),
	FIELD_U64(struct token, made),
	FIELD_FIXED(struct token, host_id),
	FIELD_FIXED(struct token, nonce),
	FIELD_FIXED(struct token, activation),
	FIELD_FIXED(struct token, ak_name),
	FIELD_U32(struct token, pcr_mask),
	FIELD_U64(struct token, ima_cursor),
};
static const struct fields token_fields =
    FIELDS(struct token, "token", token_list);

void
tokens_init(struct tokens *t, const uint8_t key[static 32])
{
	memcpy(t->key, key, sizeof(t->key));
	t->n_spent = 0;
}

int
token_seal(const struct tokens *t, const struct token *in,
    const uint8_t nonce[static 12], struct buf *ret, struct diag *d)
{
	auto_buf struct buf plain = BUF_INIT(512);
	struct token copy = *in;
	int r;

	copy.version = TOKEN_VERSION;
	if ((r = fields_encode(&token_fields, &copy, &plain, d)) < 0)
		return r;
	if (!buf_put(ret, bytes_of(nonce, AEAD_NONCE_SIZE)))
		return diag_nomem(d);
	return aead_seal(t->key, nonce, BYTES_NONE, buf_bytes(&plain), ret, d);
}

/* Forgets what is too old to be accepted anyway. */
static void
forget_old(struct tokens *t, uint64_t now)
{
	size_t kept = 0;

	for (size_t i = 0; i < t->n_spent; i++)
		if (t->spent[i].made + TOKEN_SECONDS >= now)
			t->spent[kept++] = t->spent[i];
	t->n_spent = kept;
}

static int
spend(struct tokens *t, const struct token *k, uint64_t now, struct diag *d)
{
	for (size_t i = 0; i < t->n_spent; i++)
		if (bytes_equal(BYTES_OF_ARRAY(t->spent[i].id),
			BYTES_OF_ARRAY(k->id)))
			return diag_refuse(d, REASON_ChallengeSpent,
			    "challenge: used before");
	if (t->n_spent == TOKEN_SPENT_MAX)
		forget_old(t, now);
	if (t->n_spent == TOKEN_SPENT_MAX)
		return diag_refuse(d, REASON_TooManyRequests,
		    "challenge: more than %d in %d seconds", TOKEN_SPENT_MAX,
		    TOKEN_SECONDS);
	memcpy(t->spent[t->n_spent].id, k->id, sizeof(k->id));
	t->spent[t->n_spent++].made = k->made;
	return ERR_OK;
}

int
token_spend(struct tokens *t, struct bytes sealed, uint64_t now,
    struct token *ret, struct diag *d)
{
	auto_buf struct buf plain = BUF_INIT(512);
	struct bytes nonce, rest;
	struct reader r = reader_of(sealed);
	struct token k;
	int e;

	if (!reader_take(&r, AEAD_NONCE_SIZE, &nonce) ||
	    !reader_take(&r, reader_left(&r), &rest) ||
	    aead_open_buf(t->key, nonce.p, BYTES_NONE, rest, &plain, NULL) < 0)
		return diag_refuse(d, REASON_ChallengeAgain,
		    "challenge: not one of this worker's");
	if ((e = fields_decode(&token_fields, buf_bytes(&plain), &k, d)) < 0)
		return e;
	if (k.version != TOKEN_VERSION || k.made > now ||
	    now - k.made > TOKEN_SECONDS)
		return diag_refuse(d, REASON_ChallengeExpired,
		    "challenge: older than %d seconds", TOKEN_SECONDS);
	if ((e = spend(t, &k, now, d)) < 0)
		return e;
	*ret = k;
	return ERR_OK;
}
