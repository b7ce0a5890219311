/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Guardians for tests: an owner or a fabric with its private keys. Keys of one
 * kind are made once per program and slot, since RSA keys take their time.
 */
#ifndef TESTS_PARTY_H
#define TESTS_PARTY_H

#include "crypto/key.h"
#include "crypto/random.h"
#include "crypto/x509.h"
#include "guardian/guardian.h"
#include "t.h"

/* 2026-01-01 and ten years on. */
#define T_NOT_BEFORE UINT64_C(1767225600)
#define T_NOT_AFTER  UINT64_C(2082758400)

enum t_kind { T_P256, T_P384, T_RSA2048, T_RSA3072, T_KINDS };

static const char *const t_kind_name[T_KINDS] = { "P-256", "P-384", "RSA-2048",
	"RSA-3072" };

struct party {
	struct key *sign, *enc; /* private, owned */
	struct guardian_file file;
	struct guardian_cert s, e;
};

static inline void
t_need(int r, const struct diag *d, const char *what)
{
	if (r < 0)
		t_bail("%s: %s: %s", what, err_name(r), d->text);
}

static inline struct key *
t_key(enum t_kind kind)
{
	static const enum key_type type[T_KINDS] = { KEY_P256, KEY_P384,
		KEY_RSA, KEY_RSA };
	static const unsigned bits[T_KINDS] = { 0, 0, 2048, 3072 };
	struct key *key = NULL;
	struct diag d = { 0 };

	t_need(key_generate(type[kind], bits[kind], &key, &d), &d, "key");
	return key;
}

static inline void
t_party(struct party *p, const char *name, enum t_kind sign, enum t_kind enc)
{
	struct guardian_new in = { .name = bytes_of_text(name),
		.not_before = T_NOT_BEFORE,
		.not_after = T_NOT_AFTER };
	struct diag d = { 0 };

	*p = (struct party){ 0 };
	p->sign = t_key(sign);
	p->enc = t_key(enc);
	in.sign = p->sign;
	in.enc = p->enc;
	random_bytes(in.serial[0], sizeof(in.serial));
	t_need(guardian_create(&in, &p->file, &d), &d, "guardian");
	t_need(guardian_cert_parse(p->file.g.sign_cert, GUARDIAN_SIGN, &p->s,
		   &d),
	    &d, "certificate");
	t_need(guardian_cert_parse(p->file.g.enc_cert, GUARDIAN_ENCRYPT, &p->e,
		   &d),
	    &d, "certificate");
}

static inline void
t_party_free(struct party *p)
{
	key_free(p->sign);
	key_free(p->enc);
	guardian_cert_free(&p->s);
	guardian_cert_free(&p->e);
	guardian_file_free(&p->file);
	*p = (struct party){ 0 };
}

/* Different bytes for each seed, the same in each run. */
static inline void
t_fill(uint8_t *p, size_t n, uint8_t seed)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(seed * 31 + i * 7 + 1);
}

/* As t_bitflips(), one bit in every `step`-th byte, each bit in its turn. */
static inline size_t
t_byteflips(struct bytes in, size_t step, t_accepts_fn accepts, void *arg)
{
	uint8_t *copy = malloc(in.len);
	size_t bad = 0;

	if (copy == NULL)
		t_bail("out of memory");
	memcpy(copy, in.p, in.len);
	for (size_t i = 0; i < in.len; i += step) {
		uint8_t bit = (uint8_t)(1u << (i / step % 8));

		copy[i] ^= bit;
		if (t_try(copy, in.len, accepts, arg)) {
			printf("# accepted with 0x%02x of byte %zu flipped\n",
			    bit, i);
			bad++;
		}
		copy[i] ^= bit;
	}
	free(copy);
	return bad;
}

/* The last refusal had this reason; if not, prints what it was. */
static inline bool
t_said(int r, const struct diag *d, enum reason reason)
{
	if (r == ERR_REFUSED && d->reason == reason)
		return true;
	printf("# got %s, %s: %s\n", err_name(r),
	    d->reason == REASON_NONE ? "no reason" : reason_name(d->reason),
	    d->text);
	return false;
}

#endif
