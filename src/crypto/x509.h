/* SPDX-License-Identifier: Apache-2.0 */
/*
 * X.509 certificates (RFC 5280) as guardians and services use them. Written by
 * one template; read by a strict walk of our own, which costs a hundredth of
 * OpenSSL's decoder and sees the same bytes that are signed. Endorsement key
 * certificates, made by others, are in crypto/ek.h; health certificates in
 * crypto/health.h.
 */
#ifndef CRYPTO_X509_H
#define CRYPTO_X509_H

#include "base/buf.h"
#include "crypto/key.h"

#define CERT_MAX         ((size_t)16 << 10)
#define CERT_NAME_MAX    64 /* of a common name */
#define CERT_SERIAL_SIZE 16
#define CERT_SKI_SIZE    20
#define CERT_EXT_MAX     32

enum cert_usage {
	CERT_USAGE_SIGN,    /* digitalSignature */
	CERT_USAGE_ENCRYPT, /* keyAgreement, or keyEncipherment for RSA */
	CERT_USAGE_ISSUE    /* signs certificates: CA, path length 0 */
};

struct x509_profile {
	struct bytes common_name; /* printable UTF-8, 1-64 bytes */
	uint8_t serial[CERT_SERIAL_SIZE];
	uint64_t not_before; /* seconds since 1970 */
	uint64_t not_after;
	enum cert_usage usage;
};

/* keyUsage bits as in RFC 5280, 4.2.1.3: bit n is 1 << n. */
#define CERT_KU_DIGITAL_SIGNATURE (1U << 0)
#define CERT_KU_KEY_ENCIPHERMENT  (1U << 2)
#define CERT_KU_KEY_AGREEMENT     (1U << 4)
#define CERT_KU_CERT_SIGN         (1U << 5)

/* A certificate taken apart; views into `der`, whose owner outlives it. */
struct cert {
	struct bytes der;
	struct bytes tbs;         /* what is signed, with tag and length */
	struct bytes serial;      /* magnitude, 1-20 bytes */
	struct bytes issuer;      /* whole Name */
	struct bytes subject;     /* whole Name */
	struct bytes common_name; /* of the subject; empty if none */
	struct bytes spki;        /* whole SubjectPublicKeyInfo */
	struct bytes ski;         /* subject key identifier; empty if none */
	struct bytes signature_algorithm; /* whole AlgorithmIdentifier */
	struct bytes signature;
	uint64_t not_before;
	uint64_t not_after;
	unsigned key_usage; /* CERT_KU_*; 0 if there is no such extension */
	bool is_ca;
};

/* 16 bytes whose number is positive and 16 bytes long: the top bits are 01. */
void cert_serial(const uint8_t random[static CERT_SERIAL_SIZE],
    uint8_t ret[static CERT_SERIAL_SIZE]);
/* Appends the certificate. */
MUST_CHECK int x509_self_signed(const struct x509_profile *profile,
    const struct key *key, struct buf *ret, struct diag *d);
/* First 20 bytes of SHA-256 over the key's bits (RFC 7093, method 1). */
MUST_CHECK int x509_key_id(const struct key *key,
    uint8_t ret[static CERT_SKI_SIZE], struct diag *d);

/*
 * Version 3, canonical DER, no unique identifiers, no extension twice, no
 * critical extension that is not understood here. Nothing is verified.
 */
MUST_CHECK int cert_parse(struct bytes der, struct cert *ret, struct diag *d);
/* ERR_UNSUPPORTED for keys that crypto/key.h refuses. */
MUST_CHECK int cert_public_key(const struct cert *cert, struct key **ret,
    struct diag *d);
/* By the key alone; names and times are the caller's business. */
MUST_CHECK int cert_verify_signature(const struct cert *cert,
    const struct key *issuer, struct diag *d);
/* Subject is issuer, and it verifies with its own key. */
MUST_CHECK int cert_verify_self_signed(const struct cert *cert, struct diag *d);
bool cert_valid_at(const struct cert *cert, uint64_t now);
void cert_fingerprint(const struct cert *cert, uint8_t ret[static 32]);

/* A Name of one commonName, as UTF8String; appends. */
MUST_CHECK int name_put(struct buf *b, struct bytes common_name,
    struct diag *d);

/* PKCS#7 SignedData without signers: a bag of certificates (DER each). */
MUST_CHECK int pkcs7_bag(const struct bytes *certs, size_t n, struct buf *ret,
    struct diag *d);

#endif
