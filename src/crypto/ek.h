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

#define EK_CERT_MAX    ((size_t)8 << 10)
#define EK_CHAIN_MAX   16 /* intermediates offered */
#define EK_ANCHORS_MAX 128
#define EK_SUBJECT_MAX 128

struct ek_cert;

/*
 * DER, as read from the TPM's NV memory: padding behind it is ignored, and
 * certificates behind it serve as intermediates. The SubjectPublicKeyInfo may
 * name RSAES-OAEP, as some vendors do.
 */
MUST_CHECK int ek_cert_read(struct bytes in, struct ek_cert **ret,
    struct diag *d);
void ek_cert_free(struct ek_cert *cert);
DEFINE_FREE_P(struct ek_cert, ek_cert_free);
#define auto_ek_cert CLEANUP(ek_cert_free_p)

/* Owned by the certificate. */
const struct key *ek_cert_key(const struct ek_cert *cert);
struct bytes ek_cert_der(const struct ek_cert *cert); /* without padding */

/*
 * The TPM manufacturer (2.23.133.2.1) in the subject alternative name's
 * directoryName: 0x49465800 of "id:49465800". False where there is none, or
 * more than one. Of a certificate that was verified: it is walked, not judged.
 */
MUST_CHECK bool ek_vendor_find(struct bytes der, uint32_t *ret);
/* "id:" and eight hex digits. */
MUST_CHECK bool ek_vendor_parse(struct bytes text, uint32_t *ret);

/*
 * Chains to one of the authorities (DER) the administrator registered, by way
 * of the intermediates (DER) given; valid at `now`; not a CA; made for
 * endorsement keys (EKU 2.23.133.8.1) and, where it says a usage, for theirs:
 * a vendor's certificates of signing keys name the same EKU. ERR_REFUSED with
 * REASON_EkTemplate otherwise.
 */
MUST_CHECK int ek_cert_verify(const struct ek_cert *cert,
    const struct bytes *intermediates, size_t n_intermediates,
    const struct bytes *roots, size_t n_roots, uint64_t now, struct diag *d);
/* A vendor's certification authority, as an administrator may register it. */
struct ek_authority {
	uint64_t not_after;
	char subject[EK_SUBJECT_MAX]; /* printable; for people */
};
/*
 * The next one of several, DER one behind the other; *list moves behind it.
 * False at the end, or where there is none.
 */
MUST_CHECK bool ek_authority_next(struct bytes *list, struct bytes *ret);
/*
 * DER without anything behind it. ERR_FORMAT where it is no certificate,
 * ERR_REFUSED with FileInvalid where it is not an authority's.
 */
MUST_CHECK int ek_authority_read(struct bytes der, struct ek_authority *ret,
    struct diag *d);

#endif
