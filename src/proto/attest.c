/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/attest.h"

static const struct field info_list[] = {
	FIELD_U8(struct attest_info, version),
	FIELD_TEXT(struct attest_info, service, 255),
	FIELD_TEXT(struct attest_info, mode, 32),
	FIELD_FIXED(struct attest_info, signer),
	FIELD_U32(struct attest_info, pcr_mask),
	FIELD_U64(struct attest_info, certificate_seconds),
	FIELD_U64(struct attest_info, release_max_age),
	FIELD_U64(struct attest_info, time),
};
const struct fields attest_info_fields =
    FIELDS(struct attest_info, "info", info_list);

static const struct field challenge_request_list[] = {
	FIELD_U8(struct challenge_request, version),
	FIELD_BYTES(struct challenge_request, ek_certificate,
	    CERTIFICATE_LIMIT),
	FIELD_BYTES(struct challenge_request, ek_public, TPM_PUBLIC_LIMIT),
	FIELD_BYTES(struct challenge_request, ak_public, TPM_PUBLIC_LIMIT),
};
const struct fields challenge_request_fields =
    FIELDS(struct challenge_request, "challenge", challenge_request_list);

static const struct field challenge_reply_list[] = {
	FIELD_U8(struct challenge_reply, version),
	FIELD_BYTES(struct challenge_reply, token, TOKEN_LIMIT),
	FIELD_BYTES(struct challenge_reply, credential_blob, TPM_BLOB_LIMIT),
	FIELD_BYTES(struct challenge_reply, encrypted_secret, TPM_BLOB_LIMIT),
	FIELD_FIXED(struct challenge_reply, nonce),
	FIELD_U32(struct challenge_reply, pcr_mask),
	FIELD_U64(struct challenge_reply, ima_cursor),
	FIELD_FIXED(struct challenge_reply, signer),
};
const struct fields challenge_reply_fields =
    FIELDS(struct challenge_reply, "challenge reply", challenge_reply_list);

static const struct field attest_request_list[] = {
	FIELD_U8(struct attest_request, version),
	FIELD_BYTES(struct attest_request, token, TOKEN_LIMIT),
	FIELD_BYTES(struct attest_request, activation, 64),
	FIELD_U64(struct attest_request, time),
	FIELD_TEXT(struct attest_request, host_name, 255),
};
const struct fields attest_request_fields =
    FIELDS(struct attest_request, "attest", attest_request_list);

static const struct field attest_reply_list[] = {
	FIELD_U8(struct attest_reply, version),
	FIELD_TEXT(struct attest_reply, attestation_status, 64),
	FIELD_BYTES(struct attest_reply, certificate, CERTIFICATE_LIMIT),
	FIELD_BYTES(struct attest_reply, sealed, SEALED_LIMIT),
};
const struct fields attest_reply_fields =
    FIELDS(struct attest_reply, "attest reply", attest_reply_list);

static const struct field wire_reason_list[] = {
	FIELD_NAME(struct wire_reason, code),
	FIELD_U8(struct wire_reason, pcr),
	FIELD_U32(struct wire_reason, event),
	FIELD_BYTES(struct wire_reason, expected, 64),
	FIELD_BYTES(struct wire_reason, got, 64),
	FIELD_TEXT(struct wire_reason, text, TEXT_LIMIT),
	FIELD_TEXT(struct wire_reason, remedy, TEXT_LIMIT),
};
const struct fields wire_reason_fields =
    FIELDS(struct wire_reason, "reason", wire_reason_list);

static const struct field wire_sub_status_list[] = {
	FIELD_NAME(struct wire_sub_status, name),
};
const struct fields wire_sub_status_fields =
    FIELDS(struct wire_sub_status, "sub-status", wire_sub_status_list);

static const struct field wire_error_list[] = {
	FIELD_NAME(struct wire_error, code),
	FIELD_TEXT(struct wire_error, message, TEXT_LIMIT),
	FIELD_NAME(struct wire_error, attestation_status),
	FIELD_LIST(struct wire_error, sub_status, n_sub_status,
	    &wire_sub_status_fields),
	FIELD_LIST(struct wire_error, reasons, n_reasons, &wire_reason_fields),
};
const struct fields wire_error_fields =
    FIELDS(struct wire_error, "error", wire_error_list);

static const struct field notes_list[] = {
	FIELD_LIST(struct wire_notes, notes, n_notes, &wire_reason_fields),
};
const struct fields wire_notes_fields =
    FIELDS(struct wire_notes, "notes", notes_list);

static const struct field attest_parts_list[] = {
	FIELD_BYTES(struct attest_parts, request, 4096),
	FIELD_BYTES(struct attest_parts, quote, TPM_BLOB_LIMIT),
	FIELD_BYTES(struct attest_parts, quote_signature, TPM_BLOB_LIMIT),
	FIELD_BYTES(struct attest_parts, certify, TPM_BLOB_LIMIT),
	FIELD_BYTES(struct attest_parts, certify_signature, TPM_BLOB_LIMIT),
	FIELD_BYTES(struct attest_parts, ak_public, TPM_PUBLIC_LIMIT),
	FIELD_BYTES(struct attest_parts, hk_public, TPM_PUBLIC_LIMIT),
	FIELD_FIXED(struct attest_parts, exporter),
	FIELD_U64(struct attest_parts, boot_log_at),
	FIELD_U64(struct attest_parts, boot_log_len),
	FIELD_U64(struct attest_parts, ima_log_at),
	FIELD_U64(struct attest_parts, ima_log_len),
	FIELD_U64(struct attest_parts, command_line_at),
	FIELD_U64(struct attest_parts, command_line_len),
	FIELD_U64(struct attest_parts, pcr15_at),
	FIELD_U64(struct attest_parts, pcr15_len),
	FIELD_TEXT(struct attest_parts, peer, 64),
};
const struct fields attest_parts_fields =
    FIELDS(struct attest_parts, "evidence", attest_parts_list);

static const struct field attest_outcome_list[] = {
	FIELD_U16(struct attest_outcome, http),
	FIELD_BYTES(struct attest_outcome, reply, OUTCOME_REPLY_LIMIT),
	FIELD_BYTES(struct attest_outcome, error, 65536),
};
const struct fields attest_outcome_fields =
    FIELDS(struct attest_outcome, "outcome", attest_outcome_list);
