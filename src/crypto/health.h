/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The health certificate: what the attestation process says about a host and
 * its host key, and what the key process believes. One fixed layout of X.509
 * (doc/FORMAT.health-certificate): whoever parses one builds it again from
 * what was understood and compares the bytes.
 */
#ifndef CRYPTO_HEALTH_H
#define CRYPTO_HEALTH_H

#include "base/buf.h"
#include "crypto/x509.h"

#define HEALTH_MAX       2048
#define HEALTH_VERSION   1
#define HEALTH_NAME_SIZE 34 /* of a TPM object: 000b || SHA-256 */

enum health_mode {
	HEALTH_MODE_TPM = 1,
	HEALTH_MODE_HOST_KEY = 2,
	HEALTH_MODE_KERBEROS = 3
};

struct health {
	uint8_t serial[CERT_SERIAL_SIZE]; /* made by cert_serial() */
	uint64_t not_before;
	uint64_t not_after;
	uint8_t host_key[P256_POINT_SIZE];

	/* the facts, a field table of their own in the certificate */
	uint8_t version; /* HEALTH_VERSION */
	uint8_t host_id[32];
	struct bytes host_name; /* a name; also the subject */
	uint8_t mode;           /* enum health_mode */
	uint8_t baseline_id[32];
	uint8_t ci_id[32];
	struct bytes ak_name; /* 34 bytes; empty but in TPM mode */
	struct bytes hk_name;
	uint32_t reset_count;
	uint32_t restart_count;
	uint64_t policy_epoch;
	uint64_t attested_at;
	uint8_t audit_head[32];

	/* set by health_parse() only; views into the certificate */
	struct bytes der;
	struct bytes tbs;
	struct bytes issuer; /* the signer's Name */
	struct bytes key_id; /* the signer's subject key identifier */
	struct bytes signature;
};

/* The attestation signer: of its certificate, and its key. */
struct health_signer {
	struct bytes name;     /* cert.subject */
	struct bytes key_id;   /* cert.ski, 20 bytes */
	const struct key *key; /* P-256; private to encode */
};

/* Appends the certificate. */
MUST_CHECK int health_encode(const struct health *health,
    const struct health_signer *signer, struct buf *ret, struct diag *d);
/*
 * REASON_CertificateInvalid unless these bytes are exactly what health_encode()
 * writes for what they say. Nothing is verified yet.
 */
MUST_CHECK int health_parse(struct bytes der, struct health *ret,
    struct diag *d);
/* Names this signer and is signed by it. REASON_CertificateInvalid. */
MUST_CHECK int health_verify(const struct health *health,
    const struct health_signer *signer, struct diag *d);
/* REASON_CertificateExpired outside [not_before, not_after]. */
MUST_CHECK int health_check_time(const struct health *health, uint64_t now,
    struct diag *d);

#endif
