/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Constants of the TPM 2.0 library specification (Part 2, "Structures"), by
 * the specification's own names, and the bounds we hold its structures to.
 */
#ifndef TPM_TYPES_H
#define TPM_TYPES_H

#include "base/base.h"

/* Part 2, 6.3 TPM_ALG_ID */
#define TPM_ALG_RSA     0x0001
#define TPM_ALG_SHA1    0x0004
#define TPM_ALG_HMAC    0x0005
#define TPM_ALG_AES     0x0006
#define TPM_ALG_SHA256  0x000b
#define TPM_ALG_SHA384  0x000c
#define TPM_ALG_SHA512  0x000d
#define TPM_ALG_NULL    0x0010
#define TPM_ALG_SM3_256 0x0012
#define TPM_ALG_RSASSA  0x0014
#define TPM_ALG_RSAES   0x0015
#define TPM_ALG_RSAPSS  0x0016
#define TPM_ALG_OAEP    0x0017
#define TPM_ALG_ECDSA   0x0018
#define TPM_ALG_ECDH    0x0019
#define TPM_ALG_ECC     0x0023
#define TPM_ALG_CFB     0x0043

/* Part 2, 6.4 TPM_ECC_CURVE */
#define TPM_ECC_NIST_P256 0x0003
#define TPM_ECC_NIST_P384 0x0004

/* Part 2, 6.2 TPM_GENERATED and 6.9 TPM_ST */
#define TPM_GENERATED_VALUE   0xff544347u
#define TPM_ST_ATTEST_CERTIFY 0x8017
#define TPM_ST_ATTEST_QUOTE   0x8018

/* Part 2, 7.4 TPM_HANDLE of the hierarchies */
#define TPM_RH_OWNER       0x40000001u
#define TPM_RH_NULL        0x40000007u
#define TPM_RH_ENDORSEMENT 0x4000000bu

/* Part 2, 8.3 TPMA_OBJECT */
#define TPMA_FIXED_TPM             0x00000002u
#define TPMA_ST_CLEAR              0x00000004u
#define TPMA_FIXED_PARENT          0x00000010u
#define TPMA_SENSITIVE_ORIGIN      0x00000020u
#define TPMA_USER_WITH_AUTH        0x00000040u
#define TPMA_ADMIN_WITH_POLICY     0x00000080u
#define TPMA_NO_DA                 0x00000400u
#define TPMA_ENCRYPTED_DUPLICATION 0x00000800u
#define TPMA_RESTRICTED            0x00010000u
#define TPMA_DECRYPT               0x00020000u
#define TPMA_SIGN_ENCRYPT          0x00040000u

/* The attestation key and the host key: see tpm/public.h. */
#define TPM_AK_ATTRIBUTES                                             \
	(TPMA_FIXED_TPM | TPMA_FIXED_PARENT | TPMA_SENSITIVE_ORIGIN | \
	    TPMA_USER_WITH_AUTH | TPMA_NO_DA | TPMA_RESTRICTED |      \
	    TPMA_SIGN_ENCRYPT)
#define TPM_HK_ATTRIBUTES                                             \
	(TPMA_FIXED_TPM | TPMA_FIXED_PARENT | TPMA_SENSITIVE_ORIGIN | \
	    TPMA_USER_WITH_AUTH | TPMA_NO_DA | TPMA_DECRYPT)
#define TPM_EK_ATTRIBUTES                                             \
	(TPMA_FIXED_TPM | TPMA_FIXED_PARENT | TPMA_SENSITIVE_ORIGIN | \
	    TPMA_ADMIN_WITH_POLICY | TPMA_RESTRICTED | TPMA_DECRYPT)

#define TPM_SHA256_SIZE 32
#define TPM_NAME_SIZE   34 /* nameAlg SHA-256, then the digest */
#define TPM_DIGEST_MAX  64
#define TPM_NAME_MAX    66
#define TPM_COORD_SIZE  32 /* P-256 */
#define TPM_PUBLIC_MAX  1024
#define TPM_ATTEST_MAX  1024
#define TPM_SIG_MAX     1024

#endif
