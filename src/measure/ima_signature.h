/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What security.ima holds of a signed file and an IMA list repeats: a header
 * and a signature (doc/FORMAT.ima). Version 2 signs the file's digest, version
 * 3 the digest of fs-verity with its kind. Whether a signer may sign is the
 * policy's question.
 */
#ifndef MEASURE_IMA_SIGNATURE_H
#define MEASURE_IMA_SIGNATURE_H

#include "crypto/key.h"
#include "crypto/x509.h"
#include "measure/ima.h"

#define IMA_KEY_ID_SIZE 4

/* enum evm_ima_xattr_type: the two that are signatures of files. */
#define IMA_XATTR_DIGSIG        3
#define IMA_XATTR_VERITY_DIGSIG 6

struct ima_signature {
	uint8_t type;
	uint8_t version; /* 2 with DIGSIG, 3 with VERITY_DIGSIG */
	enum hash_alg alg;
	uint8_t keyid[IMA_KEY_ID_SIZE];
	struct bytes sig; /* RSA, or DER of two numbers */
};

/* A key and the id under which the kernel looks for it. */
struct ima_signer {
	uint8_t keyid[IMA_KEY_ID_SIZE];
	const struct key *key;
};

/*
 * Version 1, and what is no signature at all, is refused (ERR_UNSUPPORTED). The
 * view points into xattr.
 */
MUST_CHECK int ima_signature_parse(struct bytes xattr,
    struct ima_signature *ret, struct diag *d);
/*
 * Over the entry's digest, whose algorithm and kind are the signature's.
 * ERR_CRYPTO with REASON_SignatureInvalid when it does not verify; SHA-1 is
 * ERR_UNSUPPORTED. The entry itself must have been found ok by ima_check().
 */
MUST_CHECK int ima_signature_verify(const struct ima_signature *s,
    const struct ima_entry *e, const struct key *k, struct diag *d);
/*
 * By one of these: an id of four bytes is no proof, so that all keys of the
 * signature's id are tried. ERR_NOT_FOUND when none has it.
 */
MUST_CHECK int ima_signature_verify_any(const struct ima_signature *s,
    const struct ima_entry *e, const struct ima_signer *signers, size_t n,
    size_t *ret_signer, struct diag *d);

/*
 * The last bytes of the subject key identifier, or, without one, of SHA-1 over
 * the key's bits.
 */
MUST_CHECK int ima_key_id(const struct cert *cert,
    uint8_t ret[static IMA_KEY_ID_SIZE], struct diag *d);

#endif
