/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pieces of certificates that x509.c, cert.c and health.c share.
 */
#ifndef CRYPTO_X509_IMPL_H
#define CRYPTO_X509_IMPL_H

#include "crypto/der.h"
#include "crypto/x509.h"

/* The AlgorithmIdentifier of key_sign()'s signatures. */
void x509_put_signature_algorithm(struct buf *b, enum key_type type);
/* Opens SEQUENCE { extnID, [critical], extnValue ...; two marks to end. */
void x509_begin_extension(struct buf *b, struct bytes oid, bool critical,
    size_t marks[static 2]);
void x509_end_extension(struct buf *b, const size_t marks[static 2]);
void x509_put_key_usage(struct buf *b, unsigned bits);
void x509_put_authority_key_id(struct buf *b, struct bytes key_id);
void x509_put_validity(struct buf *b, uint64_t not_before, uint64_t not_after);
/* Certificate ::= SEQUENCE { tbs, algorithm, signature }. */
void x509_put_certificate(struct buf *b, struct bytes tbs, enum key_type signer,
    struct bytes signature);
/* A serial that cert_serial() can have made. */
MUST_CHECK int x509_check_serial(const uint8_t serial[static CERT_SERIAL_SIZE],
    struct diag *d);

#endif
