/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The attestation transcript; see transcript.h.
 */
#include "tpm/transcript.h"

#include "crypto/hash.h"

static const struct field transcript_list[] = {
	FIELD_BYTES(struct transcript, label, 64),
	FIELD_FIXED(struct transcript, signer),
	FIELD_FIXED(struct transcript, nonce),
	FIELD_FIXED(struct transcript, host_id),
	FIELD_FIXED(struct transcript, ak_name),
	FIELD_FIXED(struct transcript, hk_name),
	FIELD_U32(struct transcript, pcr_mask),
	FIELD_U64(struct transcript, ima_cursor),
	FIELD_FIXED(struct transcript, boot_log),
	FIELD_FIXED(struct transcript, ima_log),
	FIELD_FIXED(struct transcript, command_line),
	FIELD_FIXED(struct transcript, pcr15),
	FIELD_FIXED(struct transcript, exporter),
};

const struct fields transcript_fields =
    FIELDS(struct transcript, "transcript", transcript_list);

int
transcript_digest(const struct transcript *in,
    uint8_t ret[static TPM_SHA256_SIZE], struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(1024);
	struct transcript t = *in;
	int rc;

	t.label = bytes_of_text(TRANSCRIPT_LABEL);
	if ((rc = fields_encode(&transcript_fields, &t, &b, d)) < 0)
		return rc;
	sha256(buf_bytes(&b), ret);
	return ERR_OK;
}
