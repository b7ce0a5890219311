/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages of the attestation service: the JSON bodies of design.md 4 and the
 * requests that carry them from hgs-front to hgs-attest. doc/PROTOCOL.attestation.
 */
#ifndef PROTO_ATTEST_H
#define PROTO_ATTEST_H

#include "base/field.h"

#define PROTO_VERSION     1
#define TPM_PUBLIC_LIMIT  1024
#define TPM_BLOB_LIMIT    1024
#define CERTIFICATE_LIMIT 8192
#define TOKEN_LIMIT       2048
#define SEALED_LIMIT      4096
#define TEXT_LIMIT        512
/* The largest reply: a roll's, with its protector core. */
#define OUTCOME_REPLY_LIMIT ((size_t)112 << 10)

/* GET /Attestation/GetInfo */
struct attest_info {
	uint8_t version;
	struct bytes service; /* the HGS's name */
	struct bytes mode;    /* "tpm" */
	uint8_t signer[32];   /* SHA-256 of the attestation signer */
	uint32_t pcr_mask;
	uint64_t certificate_seconds;
	uint64_t release_max_age; /* seconds */
	uint64_t time;            /* the service's clock */
};
extern const struct fields attest_info_fields;

/* POST /Attestation/v1/challenge */
struct challenge_request {
	uint8_t version;
	struct bytes ek_certificate; /* DER; may be empty */
	struct bytes ek_public;      /* TPMT_PUBLIC */
	struct bytes ak_public;      /* TPMT_PUBLIC */
};
extern const struct fields challenge_request_fields;

struct challenge_reply {
	uint8_t version;
	struct bytes token; /* opaque to the host; spent at first use */
	struct bytes credential_blob;  /* TPM2B_ID_OBJECT's contents */
	struct bytes encrypted_secret; /* TPM2B_ENCRYPTED_SECRET's contents */
	uint8_t nonce[32];
	uint32_t pcr_mask;
	uint64_t ima_cursor;
	uint8_t signer[32];
};
extern const struct fields challenge_reply_fields;

/* Part 1 of the evidence bundle: POST /Attestation/v1/attest */
struct attest_request {
	uint8_t version;
	struct bytes token;
	struct bytes activation; /* the activated secret */
	uint64_t time;           /* the host's clock, for diagnosis only */
	struct bytes host_name;  /* for diagnosis only */
};
extern const struct fields attest_request_fields;

/* 200 to attest. */
struct attest_reply {
	uint8_t version;
	struct bytes attestation_status; /* "Passed" */
	struct bytes certificate;        /* health certificate, DER */
	struct bytes sealed; /* HPKE to the host key: the release key */
};
extern const struct fields attest_reply_fields;

/* One reason of a refusal; a digest is empty where it does not apply. */
struct wire_reason {
	struct bytes code;
	uint8_t pcr;    /* 255: none */
	uint32_t event; /* 0xffffffff: none */
	struct bytes expected;
	struct bytes got;
	struct bytes text;
	struct bytes remedy;
};
extern const struct fields wire_reason_fields;

#define WIRE_REASONS_MAX    16
#define WIRE_SUB_STATUS_MAX 16

struct wire_sub_status {
	struct bytes name;
};
extern const struct fields wire_sub_status_fields;

/* Body of every refusal, of either service. */
struct wire_error {
	struct bytes code;
	struct bytes message;
	struct bytes attestation_status; /* empty but for attest */
	struct wire_sub_status sub_status[WIRE_SUB_STATUS_MAX];
	size_t n_sub_status;
	struct wire_reason reasons[WIRE_REASONS_MAX];
	size_t n_reasons;
};
extern const struct fields wire_error_fields;

/* What a policy that audits did not admit of a host that passed. */
struct wire_notes {
	struct wire_reason notes[WIRE_REASONS_MAX];
	size_t n_notes;
};
extern const struct fields wire_notes_fields;

/* hgs-front to hgs-attest; the bulk parts are in the frame's descriptor. */
struct attest_parts {
	struct bytes request; /* encoded struct attest_request */
	struct bytes quote;
	struct bytes quote_signature;
	struct bytes certify;
	struct bytes certify_signature;
	struct bytes ak_public;
	struct bytes hk_public;
	uint8_t exporter[32]; /* TLS exporter, zero without TLS */
	/* Where each bulk part lies in the descriptor. */
	uint64_t boot_log_at, boot_log_len;
	uint64_t ima_log_at, ima_log_len;
	uint64_t command_line_at, command_line_len;
	uint64_t pcr15_at, pcr15_len;
	struct bytes peer; /* address of the host, for audit */
};
extern const struct fields attest_parts_fields;

/*
 * hgs-attest's answer: exactly one of the two is not empty. `reply` and
 * `error` are encoded struct attest_reply and struct wire_error.
 */
struct attest_outcome {
	uint16_t http;
	struct bytes reply;
	struct bytes error;
};
extern const struct fields attest_outcome_fields;

#endif
