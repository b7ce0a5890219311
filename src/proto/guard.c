/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/guard.h"

#define PCR15_LIMIT 8192

static const struct field early_list[] = {
	FIELD_FIXED(struct early_record, lock_digest),
	FIELD_FIXED(struct early_record, ima_policy),
};
const struct fields early_record_fields =
    FIELDS(struct early_record, "early record", early_list);

static const struct field identity_list[] = {
	FIELD_BYTES(struct tpm_identity, ek_certificate, CERTIFICATE_LIMIT),
	FIELD_BYTES(struct tpm_identity, ek_public, TPM_PUBLIC_LIMIT),
	FIELD_BYTES(struct tpm_identity, ak_public, TPM_PUBLIC_LIMIT),
	FIELD_BYTES(struct tpm_identity, hk_public, TPM_PUBLIC_LIMIT),
	FIELD_BYTES(struct tpm_identity, pcr15, PCR15_LIMIT),
};
const struct fields tpm_identity_fields =
    FIELDS(struct tpm_identity, "identity", identity_list);

static const struct field order_list[] = {
	FIELD_BYTES(struct attest_order, credential_blob, TPM_BLOB_LIMIT),
	FIELD_BYTES(struct attest_order, encrypted_secret, TPM_BLOB_LIMIT),
	FIELD_FIXED(struct attest_order, nonce),
	FIELD_U32(struct attest_order, pcr_mask),
	FIELD_U64(struct attest_order, ima_cursor),
	FIELD_FIXED(struct attest_order, signer),
	FIELD_FIXED(struct attest_order, boot_log),
	FIELD_FIXED(struct attest_order, ima_log),
	FIELD_FIXED(struct attest_order, command_line),
	FIELD_FIXED(struct attest_order, exporter),
};
const struct fields attest_order_fields =
    FIELDS(struct attest_order, "attest order", order_list);

static const struct field evidence_list[] = {
	FIELD_BYTES(struct attest_evidence, activation, 64),
	FIELD_BYTES(struct attest_evidence, quote, TPM_BLOB_LIMIT),
	FIELD_BYTES(struct attest_evidence, quote_signature, TPM_BLOB_LIMIT),
	FIELD_BYTES(struct attest_evidence, certify, TPM_BLOB_LIMIT),
	FIELD_BYTES(struct attest_evidence, certify_signature, TPM_BLOB_LIMIT),
	FIELD_BYTES(struct attest_evidence, ak_public, TPM_PUBLIC_LIMIT),
	FIELD_BYTES(struct attest_evidence, hk_public, TPM_PUBLIC_LIMIT),
	FIELD_BYTES(struct attest_evidence, pcr15, PCR15_LIMIT),
};
const struct fields attest_evidence_fields =
    FIELDS(struct attest_evidence, "attest evidence", evidence_list);

static const struct field attested_list[] = {
	FIELD_BYTES(struct attested, certificate, CERTIFICATE_LIMIT),
	FIELD_BYTES(struct attested, sealed, SEALED_LIMIT),
};
const struct fields attested_fields =
    FIELDS(struct attested, "attested", attested_list);

static const struct field start_list[] = {
	FIELD_NAME(struct vm_start, name),
	FIELD_TEXT(struct vm_start, folder, 1024),
};
const struct fields vm_start_fields =
    FIELDS(struct vm_start, "VM start", start_list);

static const struct field started_list[] = {
	FIELD_U32(struct vm_started, pid),
};
const struct fields vm_started_fields =
    FIELDS(struct vm_started, "VM started", started_list);

static const struct field lock_list[] = {
	FIELD_BOOL(struct host_lock, sealed),
	FIELD_BOOL(struct host_lock, locked),
	FIELD_BOOL(struct host_lock, modules_closed),
	FIELD_U64(struct host_lock, bpf),
	FIELD_U64(struct host_lock, perf),
	FIELD_U64(struct host_lock, ptrace),
	FIELD_U64(struct host_lock, kill),
	FIELD_U64(struct host_lock, sigio),
	FIELD_U64(struct host_lock, rlimit),
	FIELD_U64(struct host_lock, pins),
	FIELD_U64(struct host_lock, mounts),
	FIELD_U64(struct host_lock, modules),
	FIELD_U64(struct host_lock, kexec),
	FIELD_U64(struct host_lock, sysctl),
	FIELD_U64(struct host_lock, exec),
	FIELD_U64(struct host_lock, nsfs),
	FIELD_U64(struct host_lock, sysrq),
	FIELD_U64(struct host_lock, swapon),
	FIELD_U64(struct host_lock, binfmt),
	FIELD_U64(struct host_lock, dm),
};
const struct fields host_lock_fields =
    FIELDS(struct host_lock, "host lock", lock_list);

static const struct field adopt_list[] = {
	FIELD_U32(struct vm_adopt, slot),
};
const struct fields vm_adopt_fields =
    FIELDS(struct vm_adopt, "VM adopt", adopt_list);

static const struct field adopted_list[] = {
	FIELD_NAME(struct vm_adopted, name),
	FIELD_U32(struct vm_adopted, pid),
	FIELD_U32(struct vm_adopted, slots),
};
const struct fields vm_adopted_fields =
    FIELDS(struct vm_adopted, "VM adopted", adopted_list);

static const struct field authorise_list[] = {
	FIELD_TEXT(struct authorise, path, 128),
	FIELD_FIXED(struct authorise, body),
	FIELD_FIXED(struct authorise, vm),
};
const struct fields authorise_fields =
    FIELDS(struct authorise, "authorise", authorise_list);

static const struct field authorised_list[] = {
	FIELD_U64(struct authorised, time),
	FIELD_FIXED(struct authorised, request),
	FIELD_FIXED(struct authorised, mac),
};
const struct fields authorised_fields =
    FIELDS(struct authorised, "authorised", authorised_list);

static const struct field unwrap_list[] = {
	FIELD_FIXED(struct unwrap, mac),
	FIELD_FIXED(struct unwrap, body),
	FIELD_BYTES(struct unwrap, sealed, SEALED_LIMIT),
};
const struct fields unwrap_fields =
    FIELDS(struct unwrap, "unwrap", unwrap_list);

static const struct field relay_list[] = {
	FIELD_TEXT(struct relay, path, 128),
	FIELD_U64(struct relay, time),
	FIELD_FIXED(struct relay, request),
	FIELD_FIXED(struct relay, mac),
	FIELD_BYTES(struct relay, body, RELAY_BODY_MAX),
};
const struct fields relay_fields = FIELDS(struct relay, "relay", relay_list);

static const struct field relayed_list[] = {
	FIELD_U16(struct relayed, http),
	FIELD_BYTES(struct relayed, body, RELAY_BODY_MAX),
};
const struct fields relayed_fields =
    FIELDS(struct relayed, "relayed", relayed_list);

static const struct field status_list[] = {
	FIELD_NAME(struct vm_status, name),
	FIELD_U8(struct vm_status, phase),
	FIELD_TEXT(struct vm_status, step, 128),
	FIELD_NAME(struct vm_status, reason),
	FIELD_TEXT(struct vm_status, text, TEXT_LIMIT),
	FIELD_TEXT(struct vm_status, accel, 16),
	FIELD_BOOL(struct vm_status, unclean),
	FIELD_BOOL(struct vm_status, hgs_knew),
	FIELD_U64(struct vm_status, generation),
	FIELD_U64(struct vm_status, started),
	FIELD_U32(struct vm_status, pid),
	FIELD_TEXT(struct vm_status, remedy, TEXT_LIMIT),
	FIELD_TEXT(struct vm_status, level, 32),
	FIELD_TEXT(struct vm_status, accel_why, TEXT_LIMIT),
};
const struct fields vm_status_fields =
    FIELDS(struct vm_status, "VM status", status_list);

static const struct field stop_list[] = {
	FIELD_BOOL(struct vm_stop, kill),
	FIELD_U32(struct vm_stop, seconds),
};
const struct fields vm_stop_fields =
    FIELDS(struct vm_stop, "VM stop", stop_list);

static const struct field guest_list[] = {
	FIELD_NAME(struct vm_guest, verb),
	FIELD_TEXT(struct vm_guest, command, VM_COMMAND_MAX),
	FIELD_U32(struct vm_guest, uid),
};
const struct fields vm_guest_fields =
    FIELDS(struct vm_guest, "guest verb", guest_list);

static const struct field guest_reply_list[] = {
	FIELD_BYTES(struct vm_guest_reply, json, 65536),
};
const struct fields vm_guest_reply_fields =
    FIELDS(struct vm_guest_reply, "guest reply", guest_reply_list);

static const struct field console_list[] = {
	FIELD_NAME(struct vm_console, kind),
	FIELD_U32(struct vm_console, uid),
};
const struct fields vm_console_fields =
    FIELDS(struct vm_console, "console", console_list);

static const struct field disk_list[] = {
	FIELD_NAME(struct vm_disk, verb),
	FIELD_NAME(struct vm_disk, file),
	FIELD_U64(struct vm_disk, size),
	FIELD_U32(struct vm_disk, uid),
};
const struct fields vm_disk_fields = FIELDS(struct vm_disk, "disk", disk_list);

static const struct field disk_reply_list[] = {
	FIELD_U64(struct vm_disk_reply, size),
	FIELD_BOOL(struct vm_disk_reply, made),
};
const struct fields vm_disk_reply_fields =
    FIELDS(struct vm_disk_reply, "disk reply", disk_reply_list);

static const struct field dump_list[] = {
	FIELD_U32(struct vm_dump, uid),
};
const struct fields vm_dump_fields = FIELDS(struct vm_dump, "dump", dump_list);
