/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The seal: one state of one VM's protector, signed by the owner or by a
 * guardian of the grant. It binds grant, wrap and recovery blob by digest.
 * The tag, made with the transport key, is last in the content and covers all
 * before it. doc/FORMAT.protector.
 */
#ifndef PROTECTOR_SEAL_H
#define PROTECTOR_SEAL_H

#include "protector/grant.h"

#define SEAL_VERSION 1
#define SEAL_MAX     (320 * 1024)
#define TK_SIZE      32
#define VM_ID_SIZE   16

/* Which audit record admitted the release that made this seal. */
struct seal_receipt {
	uint8_t log_id[16];
	uint64_t sequence;
	uint8_t record[32];
};

/* The pair that took guardians[index]'s place; its digest is in the grant. */
struct seal_successor {
	uint16_t guardian; /* index in the grant */
	struct bytes sign_cert;
	struct bytes enc_cert;
};

struct seal_content {
	uint16_t version;
	uint16_t suite;
	uint8_t grant_digest[32]; /* SHA-256 of the grant's DER */
	uint8_t wrap_digest[32];
	uint8_t vm_id[VM_ID_SIZE]; /* zero: a template (of a PDK) */
	uint64_t generation;
	uint8_t previous[32]; /* seal digest, zero for the first */
	uint8_t recovery_digest[32];
	struct seal_receipt receipt;
	uint16_t signer; /* 0 owner, i: guardian i - 1 of the grant */
	struct seal_successor successors[GRANT_GUARDIANS_MAX];
	size_t n_successors;
	uint8_t tag[32];
};

/* Encodes all but the tag, tags with tk, signs. Appends the object to ret. */
MUST_CHECK int seal_make(const struct seal_content *in, struct bytes tk,
    const struct key *signer, struct bytes ski, struct buf *ret,
    struct diag *d);
/* Only the content's form and fixed rules; no signature, no tag. */
MUST_CHECK int seal_decode(struct bytes content, struct seal_content *ret,
    struct diag *d);
/* ProtectorNotOpenable unless tk made this content's tag. */
MUST_CHECK int seal_check_tag(struct bytes content, struct bytes tk,
    struct diag *d);

#endif
