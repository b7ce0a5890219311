/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one container for signed things: CMS SignedData (RFC 5652) in DER, one
 * content type per kind, one signer named by key identifier, signed attributes
 * contentType and messageDigest (signingTime is allowed and ignored), nothing
 * else. doc/FORMAT.signed-object has it byte by byte.
 *
 * Reading is two steps, because a grant names its signer itself:
 * signed_parse() finds the parts, builds what they should have been written
 * as and compares; signed_verify() checks the signature with a certificate
 * that the caller took from a place it trusts. Nothing in a parsed object is
 * true before signed_verify() has returned 0.
 */
#ifndef SIGNED_SIGNED_H
#define SIGNED_SIGNED_H

#include "base/buf.h"

struct key;

enum signed_kind {
	SIGNED_GRANT = 1,
	SIGNED_SEAL = 2,
	SIGNED_PDK = 3,
	SIGNED_CATALOGUE = 4,
	SIGNED_BASELINE = 5,
	SIGNED_CI_POLICY = 6,
	SIGNED_TICKET = 7,
	SIGNED_CHANGE = 8
};

/* The only suite: see doc/FORMAT.signed-object. Others are SuiteUnknown. */
#define SUITE_1 1

#define SIGNED_CONTENT_MAX ((size_t)15 << 20)
#define SIGNED_MAX         (SIGNED_CONTENT_MAX + 4096)
#define SIGNED_SKI_MAX     32
/* RSA-4096 */
#define SIGNED_SIGNATURE_MAX 512

enum signed_alg { SIGNED_ECDSA_SHA256, SIGNED_RSA_PSS_SHA256 };

/* Views into the object. */
struct signed_object {
	enum signed_kind kind;
	enum signed_alg alg;
	struct bytes der; /* all of it */
	struct bytes content;
	struct bytes ski;   /* of the signer's certificate */
	struct bytes time;  /* signingTime: UTCTime as written, or empty */
	struct bytes attrs; /* signed attributes, content of the SET */
	struct bytes signature;
};

const char *signed_kind_name(enum signed_kind kind); /* "grant" */
/* "2.25.<arc>.1.<kind>", for openssl cms -econtent_type */
const char *signed_kind_oid(enum signed_kind kind);

/*
 * ski is the subject key identifier of the signer's certificate. The key must
 * be P-256, P-384 or RSA 2048 to 4096. Appends the object to ret.
 */
MUST_CHECK int signed_make(enum signed_kind kind, struct bytes content,
    const struct key *signer, struct bytes ski, struct buf *ret,
    struct diag *d);

/* FileInvalid unless `der` is exactly the one form of an object of this kind.*/
MUST_CHECK int signed_parse(enum signed_kind kind, struct bytes der,
    struct signed_object *ret, struct diag *d);
/* SignatureInvalid unless this key, known by this identifier, signed it. */
MUST_CHECK int signed_verify(const struct signed_object *object,
    const struct key *signer, struct bytes ski, struct diag *d);
/* Both, with a certificate in DER; *ret is a view of the content. */
MUST_CHECK int signed_open(enum signed_kind kind, struct bytes der,
    struct bytes signer_cert, struct bytes *ret, struct diag *d);

#endif
