/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Object identifiers as struct bytes: the contents of a DER OBJECT IDENTIFIER.
 */
#ifndef CRYPTO_OID_H
#define CRYPTO_OID_H

#include "base/base.h"

#define DER_OID_OF(s) ((struct bytes){ (const uint8_t *)(s), sizeof(s) - 1 })

/* --- Keys and signatures --- */

/* 1.2.840.10045.2.1 */
#define OID_EC_PUBLIC_KEY DER_OID_OF("\x2a\x86\x48\xce\x3d\x02\x01")
/* 1.2.840.10045.3.1.7 */
#define OID_P256 DER_OID_OF("\x2a\x86\x48\xce\x3d\x03\x01\x07")
/* 1.3.132.0.34 */
#define OID_P384 DER_OID_OF("\x2b\x81\x04\x00\x22")
/* 1.2.840.113549.1.1.1 */
#define OID_RSA DER_OID_OF("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01")
/* 1.2.840.113549.1.1.10 */
#define OID_RSASSA_PSS DER_OID_OF("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a")
/* 1.2.840.113549.1.1.7 */
#define OID_RSAES_OAEP DER_OID_OF("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x07")
/* 1.2.840.113549.1.1.8 */
#define OID_MGF1 DER_OID_OF("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08")
/* 1.2.840.113549.1.1.9 */
#define OID_P_SPECIFIED DER_OID_OF("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x09")
/* 1.2.840.10045.4.3.2 */
#define OID_ECDSA_SHA256 DER_OID_OF("\x2a\x86\x48\xce\x3d\x04\x03\x02")
/* 2.16.840.1.101.3.4.2.1 */
#define OID_SHA256 DER_OID_OF("\x60\x86\x48\x01\x65\x03\x04\x02\x01")

/* --- CMS (RFC 5652, 5083, 5084, 5753) --- */

/* 1.2.840.113549.1.7.1 */
#define OID_CMS_DATA DER_OID_OF("\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01")
/* 1.2.840.113549.1.7.2 */
#define OID_CMS_SIGNED_DATA DER_OID_OF("\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02")
/* 1.2.840.113549.1.9.16.1.23 */
#define OID_CMS_AUTH_ENVELOPED \
	DER_OID_OF("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x17")
/* 1.2.840.113549.1.9.3 */
#define OID_ATTR_CONTENT_TYPE DER_OID_OF("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x03")
/* 1.2.840.113549.1.9.4 */
#define OID_ATTR_MESSAGE_DIGEST \
	DER_OID_OF("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x04")
/* 1.2.840.113549.1.9.5 */
#define OID_ATTR_SIGNING_TIME DER_OID_OF("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x05")
/* 2.16.840.1.101.3.4.1.46 */
#define OID_AES256_GCM DER_OID_OF("\x60\x86\x48\x01\x65\x03\x04\x01\x2e")
/* 2.16.840.1.101.3.4.1.45 */
#define OID_AES256_WRAP DER_OID_OF("\x60\x86\x48\x01\x65\x03\x04\x01\x2d")
/* 1.3.132.1.11.1 */
#define OID_ECDH_SHA256_KDF DER_OID_OF("\x2b\x81\x04\x01\x0b\x01")

/* --- Certificates (RFC 5280) --- */

/* 2.5.4.3 */
#define OID_COMMON_NAME DER_OID_OF("\x55\x04\x03")
/* 2.5.29.14 */
#define OID_SUBJECT_KEY_ID DER_OID_OF("\x55\x1d\x0e")
/* 2.5.29.35 */
#define OID_AUTHORITY_KEY_ID DER_OID_OF("\x55\x1d\x23")
/* 2.5.29.15 */
#define OID_KEY_USAGE DER_OID_OF("\x55\x1d\x0f")
/* 2.5.29.19 */
#define OID_BASIC_CONSTRAINTS DER_OID_OF("\x55\x1d\x13")
/* 2.5.29.37 */
#define OID_EXT_KEY_USAGE DER_OID_OF("\x55\x1d\x25")

/*
 * Our own arc: 2.25 and a random UUID (ITU-T X.667), f8f9a520-f7ea-45b6-9304-
 * 2de37e2c5d55, so that nobody needs to have assigned it:
 * 2.25.330944774082046126820577436126510079317
 *   .1.1  extended key usage "host health"
 *   .1.2  certificate extension: the facts of a host's health
 *   .2.N  content types of signed objects (signed/)
 *   .3.N  content types of sealed objects (protector/)
 */
#define OID_OWN_ARC_BYTES \
	"\x69\x83\xf1\xf9\xd2\xc8\x9e\xfe\xd2\x96\xed\x93\x82\x8b\xbc\xb7\xf1\xb1\xba\x55"
#define OID_EKU_HOST_HEALTH  DER_OID_OF(OID_OWN_ARC_BYTES "\x01\x01")
#define OID_EXT_HOST_HEALTH  DER_OID_OF(OID_OWN_ARC_BYTES "\x01\x02")
#define OID_SIGNED_OBJECT(n) DER_OID_OF(OID_OWN_ARC_BYTES "\x02" n)
#define OID_SEALED_OBJECT(n) DER_OID_OF(OID_OWN_ARC_BYTES "\x03" n)

#endif
