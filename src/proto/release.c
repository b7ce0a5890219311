/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/release.h"

static const struct field proof_list[] = {
	FIELD_TEXT(struct request_proof, label, 64),
	FIELD_TEXT(struct request_proof, method, 8),
	FIELD_TEXT(struct request_proof, path, 128),
	FIELD_U64(struct request_proof, time),
	FIELD_FIXED(struct request_proof, request),
	FIELD_FIXED(struct request_proof, body),
};
const struct fields request_proof_fields =
    FIELDS(struct request_proof, "request proof", proof_list);

static const struct field asker_list[] = {
	FIELD_BYTES(struct asker, certificate, CERTIFICATE_LIMIT),
	FIELD_BYTES(struct asker, hk_public, TPM_PUBLIC_LIMIT),
	FIELD_BYTES(struct asker, certify, TPM_BLOB_LIMIT),
	FIELD_BYTES(struct asker, certify_signature, TPM_BLOB_LIMIT),
};
const struct fields asker_fields = FIELDS(struct asker, "asker", asker_list);

static const struct field roll_request_list[] = {
	FIELD_U8(struct roll_request, version),
	FIELD_NAME(struct roll_request, purpose),
	FIELD_RECORD(struct roll_request, asker, &asker_fields),
	FIELD_BYTES(struct roll_request, core, CORE_LIMIT),
	FIELD_BYTES(struct roll_request, ticket, TICKET_LIMIT),
};
const struct fields roll_request_fields =
    FIELDS(struct roll_request, "roll", roll_request_list);

static const struct field roll_reply_list[] = {
	FIELD_U8(struct roll_reply, version),
	FIELD_BYTES(struct roll_reply, core, CORE_LIMIT),
	FIELD_BYTES(struct roll_reply, sealed, SEALED_LIMIT),
	FIELD_BOOL(struct roll_reply, known),
	FIELD_U32(struct roll_reply, lease),
};
const struct fields roll_reply_fields =
    FIELDS(struct roll_reply, "roll reply", roll_reply_list);

static const struct field release_list[] = {
	FIELD_U8(struct release, version),
	FIELD_FIXED(struct release, request),
	FIELD_FIXED(struct release, ingress),
	FIELD_FIXED(struct release, egress),
	FIELD_FIXED(struct release, grant),
	FIELD_FIXED(struct release, old_tk),
	FIELD_FIXED(struct release, new_tk),
};
const struct fields release_fields =
    FIELDS(struct release, "release", release_list);

static const struct field release_info_list[] = {
	FIELD_TEXT(struct release_info, label, 64),
	FIELD_FIXED(struct release_info, mac),
	FIELD_FIXED(struct release_info, body),
};
const struct fields release_info_fields =
    FIELDS(struct release_info, "release info", release_info_list);

static const struct field notice_list[] = {
	FIELD_U8(struct seal_notice, version),
	FIELD_RECORD(struct seal_notice, asker, &asker_fields),
	FIELD_BYTES(struct seal_notice, core, CORE_LIMIT),
	FIELD_BOOL(struct seal_notice, clean),
};
const struct fields seal_notice_fields =
    FIELDS(struct seal_notice, "notice", notice_list);

static const struct field notice_reply_list[] = {
	FIELD_U8(struct seal_notice_reply, version),
	FIELD_U32(struct seal_notice_reply, lease),
};
const struct fields seal_notice_reply_fields =
    FIELDS(struct seal_notice_reply, "notice reply", notice_reply_list);

static const struct field open_request_list[] = {
	FIELD_U8(struct open_request, version),
	FIELD_NAME(struct open_request, purpose),
	FIELD_RECORD(struct open_request, asker, &asker_fields),
	FIELD_BYTES(struct open_request, core, CORE_LIMIT),
};
const struct fields open_request_fields =
    FIELDS(struct open_request, "open", open_request_list);

static const struct field key_call_list[] = {
	FIELD_TEXT(struct key_call, path, 128),
	FIELD_U64(struct key_call, time),
	FIELD_FIXED(struct key_call, request),
	FIELD_FIXED(struct key_call, mac),
	FIELD_BYTES(struct key_call, body, CORE_LIMIT + 32768),
	FIELD_TEXT(struct key_call, peer, 64),
};
const struct fields key_call_fields =
    FIELDS(struct key_call, "key call", key_call_list);
