/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What readers of EK certificates share, by OpenSSL's decoder.
 */
#ifndef CRYPTO_EK_IMPL_H
#define CRYPTO_EK_IMPL_H

#include <openssl/x509.h>

#include "base/base.h"

/* tcg-kp-EKCertificate: TCG EK Credential Profile 2.5, 3.2.16. */
#define EK_PURPOSE "2.23.133.8.1"

/* The extended key usage names it. */
bool ek_is_purpose(X509 *x509);

#endif
