/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/records.h"

static const struct field host_list[] = {
	FIELD_U8(struct host_record, version),
	FIELD_NAME(struct host_record, name),
	FIELD_FIXED(struct host_record, host_id),
	FIELD_BYTES(struct host_record, ek_certificate, CERTIFICATE_LIMIT),
	FIELD_BYTES(struct host_record, ek_public, TPM_PUBLIC_LIMIT),
	FIELD_BYTES(struct host_record, ak_public, TPM_PUBLIC_LIMIT),
	FIELD_BOOL(struct host_record, ek_pinned),
	FIELD_U64(struct host_record, added),
};
const struct fields host_record_fields =
    FIELDS(struct host_record, "host record", host_list);

static const struct field baseline_list[] = {
	FIELD_U8(struct baseline_record, version),
	FIELD_NAME(struct baseline_record, name),
	FIELD_U64(struct baseline_record, added),
	FIELD_BYTES(struct baseline_record, file, (size_t)96 << 10),
};
const struct fields baseline_record_fields =
    FIELDS(struct baseline_record, "baseline record", baseline_list);

static const struct field ci_list[] = {
	FIELD_U8(struct ci_record, version),
	FIELD_NAME(struct ci_record, name),
	FIELD_U64(struct ci_record, added),
	FIELD_FIXED(struct ci_record, id),
	FIELD_FIXED(struct ci_record, signer),
	FIELD_U8(struct ci_record, mode),
	FIELD_U64(struct ci_record, size),
	FIELD_U16(struct ci_record, n_pieces),
};
const struct fields ci_record_fields =
    FIELDS(struct ci_record, "CI policy record", ci_list);

static const struct field policy_list[] = {
	FIELD_U8(struct policy_record, version),
	FIELD_BOOL(struct policy_record, enabled),
	FIELD_TEXT(struct policy_record, parameter, POLICY_PARAMETER_MAX),
};
const struct fields policy_record_fields =
    FIELDS(struct policy_record, "policy record", policy_list);

int
policy_record_decode(struct bytes in, struct policy_record *ret, struct diag *d)
{
	const struct bytes no_text = BYTES_OF_ARRAY(((uint8_t[4]){ 0 }));
	auto_buf struct buf whole = BUF_INIT(16);
	int r;

	if (in.len != 2)
		return fields_decode(&policy_record_fields, in, ret, d);
	/* As releases wrote it that had no parameters. */
	if (!buf_put(&whole, in) || !buf_put(&whole, no_text))
		return diag_nomem(d);
	r = fields_decode(&policy_record_fields, buf_bytes(&whole), ret, d);
	if (r == ERR_OK)
		ret->parameter = BYTES_NONE;
	return r;
}

static const struct field key_list[] = {
	FIELD_U8(struct key_record, version),
	FIELD_U8(struct key_record, use),
	FIELD_BOOL(struct key_record, primary),
	FIELD_BOOL(struct key_record, enabled),
	FIELD_BYTES(struct key_record, certificate, CERTIFICATE_LIMIT),
	FIELD_BYTES(struct key_record, container, 8192),
	FIELD_U64(struct key_record, added),
};
const struct fields key_record_fields =
    FIELDS(struct key_record, "key record", key_list);

static const struct field epoch_list[] = {
	FIELD_U8(struct epoch_record, version),
	FIELD_U64(struct epoch_record, epoch),
	FIELD_U64(struct epoch_record, floor),
	FIELD_U64(struct epoch_record, deny_before),
};
const struct fields epoch_record_fields =
    FIELDS(struct epoch_record, "epoch record", epoch_list);

static const struct field service_list[] = {
	FIELD_U8(struct service_record, version),
	FIELD_TEXT(struct service_record, name, 255),
	FIELD_NAME(struct service_record, mode),
	FIELD_FIXED(struct service_record, audit_log),
	FIELD_U64(struct service_record, created),
};
const struct fields service_record_fields =
    FIELDS(struct service_record, "service record", service_list);

static const struct field ima_state_list[] = {
	FIELD_FIXED(struct ima_state, ak_name),
	FIELD_U32(struct ima_state, reset_count),
	FIELD_U32(struct ima_state, restart_count),
	FIELD_FIXED(struct ima_state, boot),
	FIELD_FIXED(struct ima_state, ci),
	FIELD_U32(struct ima_state, policies),
	FIELD_U64(struct ima_state, next),
	FIELD_FIXED(struct ima_state, value),
	FIELD_U8(struct ima_state, admitting),
};
const struct fields ima_state_fields =
    FIELDS(struct ima_state, "IMA state", ima_state_list);

static const struct field status_list[] = {
	FIELD_U8(struct status_record, version),
	FIELD_NAME(struct status_record, name),
	FIELD_U64(struct status_record, time),
	FIELD_NAME(struct status_record, status),
	FIELD_NAME(struct status_record, baseline),
	FIELD_BOOL(struct status_record, clock_known),
	FIELD_U32(struct status_record, reset_count),
	FIELD_U32(struct status_record, restart_count),
	FIELD_U64(struct status_record, clock),
	FIELD_U64(struct status_record, firmware),
	FIELD_BYTES(struct status_record, error, 24576),
	FIELD_BYTES(struct status_record, findings, STATUS_FINDINGS_MAX),
	FIELD_NAME(struct status_record, ci),
	FIELD_BYTES(struct status_record, notes, STATUS_NOTES_MAX),
	FIELD_RECORD(struct status_record, ima, &ima_state_fields),
};
const struct fields status_record_fields =
    FIELDS(struct status_record, "status record", status_list);

static const struct field pending_list[] = {
	FIELD_FIXED(struct vm_pending, seal),
	FIELD_FIXED(struct vm_pending, host_id),
	FIELD_U64(struct vm_pending, time),
};
const struct fields vm_pending_fields =
    FIELDS(struct vm_pending, "pending seal", pending_list);

static const struct field vm_list[] = {
	FIELD_U8(struct vm_record, version),
	FIELD_FIXED(struct vm_record, owner),
	FIELD_FIXED(struct vm_record, family),
	FIELD_FIXED(struct vm_record, vm_id),
	FIELD_FIXED(struct vm_record, confirmed),
	FIELD_FIXED(struct vm_record, host_id),
	FIELD_BOOL(struct vm_record, running),
	FIELD_BOOL(struct vm_record, clean),
	FIELD_U64(struct vm_record, lease_end),
	FIELD_U64(struct vm_record, generation),
	FIELD_U64(struct vm_record, revision),
	FIELD_U64(struct vm_record, changed),
	FIELD_BOOL(struct vm_record, allow_restore),
	FIELD_LIST(struct vm_record, pending, n_pending, &vm_pending_fields),
};
const struct fields vm_record_fields =
    FIELDS(struct vm_record, "VM record", vm_list);

static const struct field request_list[] = {
	FIELD_U8(struct request_record, version),
	FIELD_U64(struct request_record, time),
};
const struct fields request_record_fields =
    FIELDS(struct request_record, "request record", request_list);
