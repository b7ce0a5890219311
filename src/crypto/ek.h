/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Endorsement key certificates (TCG EK Credential Profile 2.5). TPM vendors
 * and their tools bend the rules, so OpenSSL's tolerant decoder reads them,
 * once per enrolment; what counts afterwards is the public key.
 */
#ifndef CRYPTO_EK_H
#define CRYPTO_EK_H

#include "base/base.h"
#include "crypto/key.h"

#define EK_CERT_MAX  ((size_t)8 << 10)
#define EK_CHAIN_MAX 16 /* intermediates offered */

struct ek_cert;

/*
 * DER, as read from the TPM's NV memory: padding behind it is ignored. The
 * SubjectPublicKeyInfo may name RSAES-OAEP, as some vendors do.
 */
MUST_CHECK int ek_cert_read(struct bytes in, struct ek_cert **ret,
    struct diag *d);
void ek_cert_free(struct ek_cert *cert);
DEFINE_FREE_P(struct ek_cert, ek_cert_free);
#define auto_ek_cert CLEANUP(ek_cert_free_p)

/* Owned by the certificate. */
const struct key *ek_cert_key(const struct ek_cert *cert);
struct bytes ek_cert_der(const struct ek_cert *cert); /* without padding */
/* TPM manufacturer attribute (2.23.133.2.1), e.g. "id:49465800"; or empty. */
struct bytes ek_cert_vendor(const struct ek_cert *cert);

/*
 * Chains to one of the roots (DER) the administrator registered, by way of the
 * intermediates (DER) given; valid at `now`; not a CA; made for endorsement
 * keys (EKU 2.23.133.8.1). ERR_REFUSED with REASON_EkTemplate otherwise.
 */
MUST_CHECK int ek_cert_verify(const struct ek_cert *cert,
    const struct bytes *intermediates, size_t n_intermediates,
    const struct bytes *roots, size_t n_roots, uint64_t now, struct diag *d);

#endif
