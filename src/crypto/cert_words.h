/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A certificate in words, for people. TPM vendors bend the rules of X.509, so
 * OpenSSL's tolerant decoder reads it; nothing is verified, and nothing that
 * is judged goes through here.
 */
#ifndef CRYPTO_CERT_WORDS_H
#define CRYPTO_CERT_WORDS_H

#include "base/base.h"
#include "base/err.h"

#define CERT_WORDS_MAX 512

struct cert_words {
	/* Printable ASCII, as RFC 2253 writes names; cut where too long. */
	char subject[CERT_WORDS_MAX];
	char issuer[CERT_WORDS_MAX];
	char alternative[CERT_WORDS_MAX]; /* of the directory kind; or "" */
	char serial[2 * 32 + 1];          /* hex */
	char key[32];                     /* "RSA of 2048 bits" */
	char signature[64];               /* "sha256WithRSAEncryption" */
	bool has_times; /* both are well formed and not before 1970 */
	uint64_t not_before;
	uint64_t not_after;
	bool is_ca;
	bool is_ek; /* extended key usage 2.23.133.8.1 */
	size_t len; /* bytes of it; what follows is padding */
};

MUST_CHECK int cert_words_read(struct bytes der, struct cert_words *ret,
    struct diag *d);

#endif
