/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stands in the HGS's store, one field table per bucket. Every record
 * begins with a version byte.
 */
#ifndef PROTO_RECORDS_H
#define PROTO_RECORDS_H

#include "proto/attest.h"
#include "tpm/types.h"

#define RECORD_VERSION 1

/* host/NAME. hostid/HEX(host_id) holds the bare NAME. */
struct host_record {
	uint8_t version;
	struct bytes name;
	uint8_t host_id[32]; /* SHA-256 of the EK's TPMT_PUBLIC */
	struct bytes ek_certificate;
	struct bytes ek_public;
	struct bytes ak_public;
	bool ek_pinned; /* accepted without a vendor's chain */
	uint64_t added;
};
extern const struct fields host_record_fields;

/* baseline/NAME: the baseline file as registered; hgs-attest holds them all. */
#define BASELINES_MAX 256
struct baseline_record {
	uint8_t version;
	struct bytes name;
	uint64_t added;
	struct bytes file; /* FORMAT.baseline */
};
extern const struct fields baseline_record_fields;

/*
 * ci/NAME: a code integrity policy whose signature was verified when it was
 * added. cidata/HEX(id).NNNN holds its compiled bytes in pieces, NNNN from 0000
 * on, each but the last CI_PIECE_SIZE bytes; the record is written after them
 * and removed before them.
 */
#define CI_POLICIES_MAX 8
#define CI_PIECE_SIZE   ((size_t)120 << 10)
struct ci_record {
	uint8_t version;
	struct bytes name;
	uint64_t added;
	uint8_t id[32];     /* SHA-256 of the compiled bytes */
	uint8_t signer[32]; /* SHA-256 of the signer's certificate */
	uint8_t mode;       /* enum ci_mode */
	uint64_t size;
	uint16_t n_pieces;
};
extern const struct fields ci_record_fields;

/* policy/NAME: only where it differs from its default. */
#define POLICY_PARAMETER_MAX 512
struct policy_record {
	uint8_t version;
	bool enabled;
	struct bytes parameter; /* as policy/tpm_rules.h; may be empty */
};
extern const struct fields policy_record_fields;
/* Also takes the record of two bytes, without a parameter. */
MUST_CHECK int policy_record_decode(struct bytes in, struct policy_record *ret,
    struct diag *d);

/* key/ID. Private parts are passphrase containers. */
enum key_use {
	KEY_USE_SIGN = 1,    /* guardian signing */
	KEY_USE_ENCRYPT = 2, /* guardian encryption */
	KEY_USE_ATTEST = 3,  /* attestation signer */
	KEY_USE_AUDIT = 4,
	KEY_USE_SHARED = 5 /* 32 bytes shared by hgs-attest and hgs-key */
};
struct key_record {
	uint8_t version;
	uint8_t use;
	bool primary;
	bool enabled;
	struct bytes certificate; /* DER; SPKI for audit, empty for shared */
	struct bytes container;   /* crypto/pbe.h; aad = the store key's name */
	uint64_t added;
};
extern const struct fields key_record_fields;

/* epoch/floor */
struct epoch_record {
	uint8_t version;
	uint64_t epoch;       /* current policy epoch */
	uint64_t floor;       /* certificates of a lower epoch are refused */
	uint64_t deny_before; /* attested_at before this is refused */
};
extern const struct fields epoch_record_fields;

/* config/service */
struct service_record {
	uint8_t version;
	struct bytes name; /* FQDN */
	struct bytes mode; /* "tpm" */
	uint8_t audit_log[16];
	uint64_t created;
};
extern const struct fields service_record_fields;

/*
 * Up to where a host's IMA list was admitted, in which boot, by which policies;
 * next 0: nowhere.
 */
struct ima_state {
	uint8_t ak_name[TPM_NAME_SIZE];
	uint32_t reset_count;
	uint32_t restart_count;
	uint8_t boot[32];  /* SHA-256 of PCR 0 to 9 */
	uint8_t ci[32];    /* SHA-256 of the CI policies' ids in order */
	uint32_t policies; /* the enabled built-in ones */
	uint64_t next;     /* entry */
	uint8_t value[32]; /* PCR 10 before it */
	uint8_t admitting; /* bit n: CI policy n admits all before it */
};
extern const struct fields ima_state_fields;

/* status/NAME: a host's last attestation. */
#define STATUS_FINDINGS_MAX ((size_t)80 << 10)
#define STATUS_NOTES_MAX    ((size_t)16 << 10)
struct status_record {
	uint8_t version;
	struct bytes name;
	uint64_t time;
	struct bytes status;   /* "Passed", "InsecureHostConfiguration" */
	struct bytes baseline; /* its name, when one matched */
	bool clock_known;      /* a quote was accepted: its counters (T16) */
	uint32_t reset_count;
	uint32_t restart_count;
	uint64_t clock;
	uint64_t firmware;
	struct bytes error;    /* encoded struct wire_error, when refused */
	struct bytes findings; /* encoded, when refused: for baseline diff */
	struct bytes ci;       /* name of the CI policy that passed it */
	struct bytes notes;    /* encoded struct wire_notes, when there are */
	struct ima_state ima;
};
extern const struct fields status_record_fields;

/* vm/HEX(owner digest)HEX(family)HEX(vm id): the life of a protector. */
#define VM_PENDING_MAX 16
struct vm_pending {
	uint8_t seal[32];
	uint8_t host_id[32];
	uint64_t time;
};
extern const struct fields vm_pending_fields;

struct vm_record {
	uint8_t version;
	uint8_t owner[32]; /* SHA-256 of the owner's signing certificate */
	uint8_t family[16];
	uint8_t vm_id[16];
	uint8_t confirmed[32]; /* seal digest; zero: none yet */
	uint8_t host_id[32];   /* who confirmed it */
	bool running;
	bool clean;
	uint64_t lease_end;
	uint64_t generation; /* for people */
	uint64_t revision;   /* the newest grant's: older ones are refused */
	uint64_t changed;
	bool allow_restore; /* set by 'hgsctl vm allow', spent once */
	struct vm_pending pending[VM_PENDING_MAX];
	size_t n_pending;
};
extern const struct fields vm_record_fields;

/* request/HEX: a request id that was seen; removed when stale. */
struct request_record {
	uint8_t version;
	uint64_t time;
};
extern const struct fields request_record_fields;

#endif
