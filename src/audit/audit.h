/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The audit log: a chain of records, each holding the digest of the one
 * before it, with heads signed by the node's audit key. Byte-exact in
 * doc/FORMAT.audit. Pure: reading, writing and verifying of bytes; where the
 * records are kept is store.h's part.
 */
#ifndef AUDIT_AUDIT_H
#define AUDIT_AUDIT_H

#include "base/buf.h"
#include "crypto/hash.h"
#include "crypto/key.h"

#define AUDIT_LOG_SIZE    16 /* a log's random id */
#define AUDIT_ACTOR_MAX   128
#define AUDIT_ACTION_MAX  64
#define AUDIT_SUBJECT_MAX 256
#define AUDIT_OUTCOME_MAX 64
#define AUDIT_DETAIL_MAX  1024
#define AUDIT_RECORD_MAX  4096
#define AUDIT_EXPORT_MAX  ((size_t)1 << 30)

/* What happened, as its author says it. */
struct audit_event {
	struct bytes actor;   /* "admin:0", "host:kvm1", "hgs-key" */
	struct bytes action;  /* "host.add", "key.release", "attest.refused" */
	struct bytes subject; /* what it was done to */
	struct bytes outcome; /* a reason code, or empty */
	struct bytes detail;
};

struct audit_record {
	uint64_t seq;  /* 1, 2, 3, ... */
	uint64_t time; /* seconds since 1970, by the store's clock */
	uint8_t prev[SHA256_SIZE];
	struct bytes actor;
	struct bytes action;
	struct bytes subject;
	struct bytes outcome;
	struct bytes detail;
};

/*
 * Where a chain stands: its last record. At seq 0 the digest is made of the
 * log's id, so that records of two logs never fit together.
 */
struct chain_head {
	uint64_t seq;
	uint8_t hash[SHA256_SIZE];
};

void chain_start(const uint8_t log[static AUDIT_LOG_SIZE],
    struct chain_head *ret);

/*
 * Appends the record that follows head; text that is not printable or too
 * long is escaped and cut, since an event must never be lost to its wording.
 * Moves head on.
 */
MUST_CHECK int audit_append(struct chain_head *head, uint64_t time,
    const struct audit_event *e, struct buf *ret, struct diag *d);
/* Views into the input. */
MUST_CHECK int audit_record_parse(struct bytes in, struct audit_record *ret,
    struct diag *d);

/* Appends the signature of a head. */
MUST_CHECK int chain_sign(const struct chain_head *head, const struct key *key,
    struct buf *ret, struct diag *d);
MUST_CHECK int chain_verify(const struct chain_head *head,
    const struct key *key, struct bytes signature, struct diag *d);

/*
 * Verification, record by record: each must follow the head so far; a
 * signature, where there is one, must be the key's.
 */
struct audit_check {
	struct chain_head head;
	uint64_t signed_seq; /* the last signed record */
	const struct key *key;
};
MUST_CHECK int audit_check_next(struct audit_check *c, struct bytes record,
    struct bytes signature, struct audit_record *ret, struct diag *d);

/*
 * An export: the log's id, the audit key, then all records with their signatures. A record
 * of the log that somebody else kept (a receipt) shows truncation.
 */
bool audit_export_begin(struct buf *b, const uint8_t log[static AUDIT_LOG_SIZE],
    struct bytes key_spki);
bool audit_export_record(struct buf *b, struct bytes record,
    struct bytes signature);

typedef int (*audit_visit_fn)(void *user, const struct audit_record *r,
    const struct chain_head *head, bool is_signed, struct diag *d);

struct audit_verified {
	uint8_t log[AUDIT_LOG_SIZE];
	uint64_t n_records;
	struct chain_head head;
	uint8_t key_digest[SHA256_SIZE]; /* of the export's SPKI */
};
/*
 * Verifies a whole export. key_digest: the audit key's SHA-256 by another
 * channel, or NULL to take the export's word (the result then tells it).
 * receipt: a head somebody kept, which must be in the chain, or NULL. visit
 * may be NULL.
 */
MUST_CHECK int audit_export_verify(struct bytes in, const uint8_t *key_digest,
    const struct chain_head *receipt, audit_visit_fn visit, void *user,
    struct audit_verified *ret, struct diag *d);

#endif
