/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Challenge tokens: what the service must remember of a challenge, encrypted
 * under a key of this run and carried by the host. A token serves once, even
 * when the attempt fails (T01-T03); a token of another run or node is
 * answered with ChallengeAgain.
 */
#ifndef HGS_ATTEST_TOKEN_H
#define HGS_ATTEST_TOKEN_H

#include "base/buf.h"
#include "base/field.h"
#include "tpm/types.h"

#define TOKEN_SECONDS   60
#define TOKEN_SPENT_MAX 65536

struct token {
	uint8_t version;
	uint8_t id[16];
	uint64_t made; /* seconds since 1970 */
	uint8_t host_id[32];
	uint8_t nonce[32];
	uint8_t activation[32]; /* SHA-256 of the secret to be activated */
	uint8_t ak_name[TPM_NAME_SIZE];
	uint32_t pcr_mask;
	uint64_t ima_cursor;
};

/* The key of this run, and the tokens that were spent while still young. */
struct tokens {
	uint8_t key[32];
	struct spent {
		uint8_t id[16];
		uint64_t made;
	} spent[TOKEN_SPENT_MAX];
	size_t n_spent;
};

/* key: 32 random bytes. */
void tokens_init(struct tokens *t, const uint8_t key[static 32]);
/* nonce: 12 random bytes, never used before. */
MUST_CHECK int token_seal(const struct tokens *t, const struct token *in,
    const uint8_t nonce[static 12], struct buf *ret, struct diag *d);
/*
 * Opens and spends a token. ChallengeAgain, ChallengeExpired, ChallengeSpent;
 * TooManyRequests when more are young than can be remembered.
 */
MUST_CHECK int token_spend(struct tokens *t, struct bytes sealed, uint64_t now,
    struct token *ret, struct diag *d);

#endif
