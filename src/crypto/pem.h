/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PEM (RFC 7468) for files that people handle. Services never read it per
 * request.
 */
#ifndef CRYPTO_PEM_H
#define CRYPTO_PEM_H

#include "base/buf.h"

#define PEM_CERTIFICATE "CERTIFICATE"
#define PEM_PUBLIC_KEY  "PUBLIC KEY"
#define PEM_PRIVATE_KEY "PRIVATE KEY"

/* Appends a block with lines of 64 characters. */
bool pem_put(struct buf *b, const char *label, struct bytes der);
/* True if the text holds a line "-----BEGIN ". */
bool pem_is(struct bytes text);
/*
 * Appends the contents of the next block with this label and moves *text
 * behind it; text before it, and blocks of other labels, are passed over.
 * ERR_NOT_FOUND when there is none.
 */
MUST_CHECK int pem_next(struct bytes *text, const char *label, struct buf *ret,
    struct diag *d);
/* PEM or DER in a file, one object: appends its DER. */
MUST_CHECK int pem_or_der(struct bytes file, const char *label, struct buf *ret,
    struct diag *d);

#endif
