/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the HGS's processes ask of each other, and who may ask: the numbers
 * and bodies of doc/PROTOCOL.ipc.
 */
#ifndef PROTO_HGS_H
#define PROTO_HGS_H

#include "base/field.h"

/* Peer kinds, for permit tables (ipc/service.h). */
enum hgs_peer {
	HGS_PEER_MONITOR = 0,
	HGS_PEER_FRONT = 1,
	HGS_PEER_MEASURE = 2,
	HGS_PEER_ATTEST = 3,
	HGS_PEER_KEY = 4,
	HGS_PEER_ADMIN = 5,
	HGS_PEER_STORE = 6
};
#define PEER_BIT(kind) ((uint32_t)1 << (kind))

enum hgs_op {
	/* front -> attest */
	HGS_OP_INFO = 0x0101,      /* -> struct attest_info */
	HGS_OP_SIGNERS = 0x0102,   /* -> PKCS#7, DER */
	HGS_OP_CHALLENGE = 0x0103, /* challenge_request -> attest_outcome */
	HGS_OP_ATTEST = 0x0104,    /* attest_parts + fd -> attest_outcome */
	/* front -> key */
	HGS_OP_METADATA = 0x0201, /* -> metadata.xml */
	HGS_OP_KEY_CALL = 0x0202, /* key_call -> attest_outcome */
	/* attest -> measure */
	HGS_OP_MEASURE =
	    0x0301, /* measure_request + 1 or 2 fds -> struct findings */
	/* attest, key, admin -> store */
	HGS_OP_GET = 0x0401,        /* store_get -> store_value */
	HGS_OP_RANGE = 0x0402,      /* store_range -> store_page */
	HGS_OP_COMMIT = 0x0403,     /* store_commit -> store_committed */
	HGS_OP_AUDIT = 0x0404,      /* audit_range -> audit_page (admin only) */
	HGS_OP_AUDIT_HEAD = 0x0405, /* -> audit_head */
	/* monitor -> attest, key, store: the passphrase, once */
	HGS_OP_UNLOCK = 0x0501, /* unlock -> empty */
	/* admin -> attest, key: read the store's policy, keys again */
	HGS_OP_RELOAD = 0x0601, /* empty -> empty */
	HGS_OP_STATUS = 0x0602  /* empty -> struct process_status */
};

/* Offsets and lengths as in struct attest_parts. */
struct measure_request {
	uint64_t boot_log_at, boot_log_len;
	uint64_t ima_log_at, ima_log_len;
	uint64_t command_line_at, command_line_len;
	uint64_t pcr15_at, pcr15_len;
	/* What the quote says, not yet verified, of which PCRs. */
	uint32_t pcr_mask;
	uint8_t pcr_digest[32];
	/* Where the IMA list goes on: struct ima_cursor */
	uint64_t ima_next;
	uint8_t ima_value[32];
	uint8_t ima_admitting;
};
extern const struct fields measure_request_fields;

struct unlock {
	struct bytes passphrase;
};
extern const struct fields unlock_fields;

struct process_status {
	bool unlocked;
	uint64_t started;
	uint64_t requests;
	uint64_t refusals;
	struct bytes text;
};
extern const struct fields process_status_fields;

/* --- store --- */

#define STORE_KEY_MAX     200
#define STORE_VALUE_MAX   ((size_t)128 << 10)
#define STORE_CHANGES_MAX 8
#define STORE_AUDITS_MAX  4
#define STORE_PAGE_MAX    64
/* expected version of a change: any. 0 means "absent". */
#define STORE_ANY UINT64_MAX

struct store_get {
	struct bytes key; /* "bucket/name" */
};
extern const struct fields store_get_fields;

struct store_value {
	uint64_t version; /* 0: absent, value empty */
	struct bytes value;
};
extern const struct fields store_value_fields;

struct store_range {
	struct bytes prefix; /* "bucket/" or longer */
	struct bytes after;  /* empty: from the start */
	uint16_t limit;      /* 1..STORE_PAGE_MAX; fewer when values are big */
};
extern const struct fields store_range_fields;

struct store_row {
	struct bytes key;
	uint64_t version;
	struct bytes value;
};
extern const struct fields store_row_fields;

struct store_page {
	struct store_row rows[STORE_PAGE_MAX];
	size_t n_rows;
	bool more;
};
extern const struct fields store_page_fields;

struct store_change {
	struct bytes key;
	uint64_t expected; /* version, 0 absent, STORE_ANY */
	bool remove;
	struct bytes value;
};
extern const struct fields store_change_fields;

/* One line of the audit log; TEXT fields are printable, escaped by writer. */
struct audit_entry {
	struct bytes actor;   /* host id hex, "uid 0", process */
	struct bytes action;  /* "attest", "release", "host add", ... */
	struct bytes subject; /* host name, VM id hex, ... */
	struct bytes outcome; /* "Passed", a reason code, "ok" */
	struct bytes detail;  /* key=value pairs, no secrets */
};
extern const struct fields audit_entry_fields;

/* All or nothing: every change and every audit record, durable at reply. */
struct store_commit {
	struct store_change changes[STORE_CHANGES_MAX];
	size_t n_changes;
	struct audit_entry audits[STORE_AUDITS_MAX];
	size_t n_audits;
};
extern const struct fields store_commit_fields;

/* Proof of the last audit record of a commit. */
struct audit_receipt {
	uint8_t log[16];
	uint64_t sequence;
	uint8_t record[32];
};
extern const struct fields audit_receipt_fields;

struct store_committed {
	struct audit_receipt receipt; /* zero when no audit was asked */
};
extern const struct fields store_committed_fields;

struct audit_range {
	uint64_t from; /* sequence, from 1 */
	uint16_t limit;
};
extern const struct fields audit_range_fields;

/* Encoded records in order: FORMAT.audit. */
struct audit_page {
	struct bytes records;
	uint64_t next; /* 0: no more */
};
extern const struct fields audit_page_fields;

struct audit_head {
	struct audit_receipt receipt;
	struct bytes public_key; /* SPKI of the audit key */
};
extern const struct fields audit_head_fields;

#endif
