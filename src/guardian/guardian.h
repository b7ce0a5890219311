/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A guardian: a name, a signing and an encryption certificate, and the
 * signing key's two statements that these belong together. The same thing
 * for an owner (a tenant) and for a fabric (an HGS). doc/FORMAT.guardian.
 */
#ifndef GUARDIAN_GUARDIAN_H
#define GUARDIAN_GUARDIAN_H

#include "base/buf.h"
#include "base/secret.h"
#include "base/text.h"
#include "crypto/pbe.h"

struct key;

#define GUARDIAN_CERT_MAX         8192
#define GUARDIAN_FINGERPRINT_SIZE 32
#define GUARDIAN_SERIAL_SIZE      16
/* An encoded public guardian; an encoded private container. */
#define GUARDIAN_MAX         20480
#define GUARDIAN_PRIVATE_MAX 40960

/* Views; struct guardian_file owns what they point into. */
struct guardian {
	struct bytes name; /* name_valid() */
	struct bytes sign_cert;
	struct bytes enc_cert;
	/* By the signing key, over sign_cert and enc_cert: guardian_prove(). */
	struct bytes sign_proof;
	struct bytes enc_proof;
};

struct guardian_file {
	struct guardian g;
	struct buf bytes;
};

/* One certificate as this product uses it. */
struct guardian_cert {
	struct bytes der; /* view */
	struct bytes ski; /* view into der, 1 to 32 bytes */
	struct key *key;  /* public */
};

enum guardian_use { GUARDIAN_SIGN, GUARDIAN_ENCRYPT };

void guardian_file_free(struct guardian_file *f);
#define auto_guardian_file CLEANUP(guardian_file_free)

/*
 * Accepts P-256, P-384, RSA 2048 to 4096, a subject key identifier, and a key
 * usage (if any) that fits. Dates are not looked at: a key does not stop being
 * its owner's because its certificate expired.
 */
MUST_CHECK int guardian_cert_parse(struct bytes der, enum guardian_use use,
    struct guardian_cert *ret, struct diag *d);
void guardian_cert_free(struct guardian_cert *c);

/* SHA-256 over u32 length || certificate, signing first. */
void guardian_pair_digest(struct bytes sign_cert, struct bytes enc_cert,
    uint8_t ret[static GUARDIAN_FINGERPRINT_SIZE]);
void guardian_fingerprint(const struct guardian *g,
    uint8_t ret[static GUARDIAN_FINGERPRINT_SIZE]);

/* Both certificates usable, different keys, both proofs hold. */
MUST_CHECK int guardian_check(const struct guardian *g, struct diag *d);

/* Public guardian as bytes ("SWGP", for the store) and back, checked. */
MUST_CHECK int guardian_encode(const struct guardian *g, struct buf *ret,
    struct diag *d);
MUST_CHECK int guardian_decode(struct bytes in, struct guardian_file *ret,
    struct diag *d);

struct guardian_new {
	struct bytes name;
	const struct key *sign;                  /* private */
	const struct key *enc;                   /* private */
	uint8_t serial[2][GUARDIAN_SERIAL_SIZE]; /* random */
	uint64_t not_before, not_after;
};

/* Self-signed certificates over two keys that the caller generated. */
MUST_CHECK int guardian_create(const struct guardian_new *in,
    struct guardian_file *ret, struct diag *d);
/* With certificates from elsewhere: makes the two proofs. */
MUST_CHECK int guardian_prove(struct bytes name, struct bytes sign_cert,
    struct bytes enc_cert, const struct key *sign, struct guardian_file *ret,
    struct diag *d);

/* FileInvalid unless these are the private keys of g's certificates. */
MUST_CHECK int guardian_check_keys(const struct guardian *g,
    const struct key *sign, const struct key *enc, struct diag *d);

/*
 * The private container ("SWGK"): both keys as PKCS#8 under a passphrase.
 * salt and nonce are random and used once.
 */
MUST_CHECK int guardian_private_write(const struct guardian *g,
    const struct key *sign, const struct key *enc, struct bytes passphrase,
    const uint8_t salt[static PBE_SALT_SIZE],
    const uint8_t nonce[static PBE_NONCE_SIZE], struct buf *ret,
    struct diag *d);
/*
 * The public part alone, without the passphrase: not protected by it, so it
 * serves to list, never to decide.
 */
MUST_CHECK int guardian_private_peek(struct bytes in, struct guardian_file *ret,
    struct diag *d);
/* PassphraseWrong; keys are checked against the certificates. */
MUST_CHECK int guardian_private_open(struct bytes in, struct bytes passphrase,
    struct guardian_file *ret, struct key **ret_sign, struct key **ret_enc,
    struct diag *d);

#endif
