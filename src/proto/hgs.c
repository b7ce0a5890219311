/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/hgs.h"

static const struct field measure_request_list[] = {
	FIELD_U64(struct measure_request, boot_log_at),
	FIELD_U64(struct measure_request, boot_log_len),
	FIELD_U64(struct measure_request, ima_log_at),
	FIELD_U64(struct measure_request, ima_log_len),
	FIELD_U64(struct measure_request, command_line_at),
	FIELD_U64(struct measure_request, command_line_len),
	FIELD_U64(struct measure_request, pcr15_at),
	FIELD_U64(struct measure_request, pcr15_len),
	FIELD_U32(struct measure_request, pcr_mask),
	FIELD_FIXED(struct measure_request, pcr_digest),
	FIELD_U64(struct measure_request, ima_next),
	FIELD_FIXED(struct measure_request, ima_value),
	FIELD_U8(struct measure_request, ima_admitting),
};
const struct fields measure_request_fields =
    FIELDS(struct measure_request, "measure", measure_request_list);

static const struct field unlock_list[] = {
	FIELD_BYTES(struct unlock, passphrase, 1024),
};
const struct fields unlock_fields =
    FIELDS(struct unlock, "unlock", unlock_list);

static const struct field process_status_list[] = {
	FIELD_BOOL(struct process_status, unlocked),
	FIELD_U64(struct process_status, started),
	FIELD_U64(struct process_status, requests),
	FIELD_U64(struct process_status, refusals),
	FIELD_TEXT(struct process_status, text, 256),
};
const struct fields process_status_fields =
    FIELDS(struct process_status, "status", process_status_list);

static const struct field get_list[] = {
	FIELD_TEXT(struct store_get, key, STORE_KEY_MAX),
};
const struct fields store_get_fields =
    FIELDS(struct store_get, "get", get_list);

static const struct field value_list[] = {
	FIELD_U64(struct store_value, version),
	FIELD_BYTES(struct store_value, value, STORE_VALUE_MAX),
};
const struct fields store_value_fields =
    FIELDS(struct store_value, "value", value_list);

static const struct field range_list[] = {
	FIELD_TEXT(struct store_range, prefix, STORE_KEY_MAX),
	FIELD_TEXT(struct store_range, after, STORE_KEY_MAX),
	FIELD_U16(struct store_range, limit),
};
const struct fields store_range_fields =
    FIELDS(struct store_range, "range", range_list);

static const struct field row_list[] = {
	FIELD_TEXT(struct store_row, key, STORE_KEY_MAX),
	FIELD_U64(struct store_row, version),
	FIELD_BYTES(struct store_row, value, STORE_VALUE_MAX),
};
const struct fields store_row_fields =
    FIELDS(struct store_row, "row", row_list);

static const struct field page_list[] = {
	FIELD_LIST(struct store_page, rows, n_rows, &store_row_fields),
	FIELD_BOOL(struct store_page, more),
};
const struct fields store_page_fields =
    FIELDS(struct store_page, "page", page_list);

static const struct field change_list[] = {
	FIELD_TEXT(struct store_change, key, STORE_KEY_MAX),
	FIELD_U64(struct store_change, expected),
	FIELD_BOOL(struct store_change, remove),
	FIELD_BYTES(struct store_change, value, STORE_VALUE_MAX),
};
const struct fields store_change_fields =
    FIELDS(struct store_change, "change", change_list);

static const struct field audit_entry_list[] = {
	FIELD_TEXT(struct audit_entry, actor, 128),
	FIELD_TEXT(struct audit_entry, action, 64),
	FIELD_TEXT(struct audit_entry, subject, 256),
	FIELD_TEXT(struct audit_entry, outcome, 64),
	FIELD_TEXT(struct audit_entry, detail, 1024),
};
const struct fields audit_entry_fields =
    FIELDS(struct audit_entry, "audit entry", audit_entry_list);

static const struct field commit_list[] = {
	FIELD_LIST(struct store_commit, changes, n_changes,
	    &store_change_fields),
	FIELD_LIST(struct store_commit, audits, n_audits, &audit_entry_fields),
};
const struct fields store_commit_fields =
    FIELDS(struct store_commit, "commit", commit_list);

static const struct field receipt_list[] = {
	FIELD_FIXED(struct audit_receipt, log),
	FIELD_U64(struct audit_receipt, sequence),
	FIELD_FIXED(struct audit_receipt, record),
};
const struct fields audit_receipt_fields =
    FIELDS(struct audit_receipt, "receipt", receipt_list);

static const struct field committed_list[] = {
	FIELD_RECORD(struct store_committed, receipt, &audit_receipt_fields),
};
const struct fields store_committed_fields =
    FIELDS(struct store_committed, "committed", committed_list);

static const struct field audit_range_list[] = {
	FIELD_U64(struct audit_range, from),
	FIELD_U16(struct audit_range, limit),
};
const struct fields audit_range_fields =
    FIELDS(struct audit_range, "audit range", audit_range_list);

static const struct field audit_page_list[] = {
	FIELD_BYTES(struct audit_page, records, (size_t)160 << 10),
	FIELD_U64(struct audit_page, next),
};
const struct fields audit_page_fields =
    FIELDS(struct audit_page, "audit page", audit_page_list);

static const struct field audit_head_list[] = {
	FIELD_RECORD(struct audit_head, receipt, &audit_receipt_fields),
	FIELD_BYTES(struct audit_head, public_key, 512),
};
const struct fields audit_head_fields =
    FIELDS(struct audit_head, "audit head", audit_head_list);
