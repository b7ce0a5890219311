/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/enrol.h"

#define ENROL_MAGIC   "SWEN"
#define ENROL_VERSION 1

static const struct field enrol_list[] = {
	FIELD_NAME(struct enrolment, name),
	FIELD_BYTES(struct enrolment, ek_certificate, CERTIFICATE_LIMIT),
	FIELD_BYTES(struct enrolment, ek_public, TPM_PUBLIC_LIMIT),
	FIELD_BYTES(struct enrolment, ak_public, TPM_PUBLIC_LIMIT),
	FIELD_BYTES(struct enrolment, baseline, ENROL_BASELINE_MAX),
	FIELD_BYTES(struct enrolment, ci_policy, ENROL_CI_MAX),
};
static const struct fields enrol_fields =
    FIELDS(struct enrolment, "enrolment", enrol_list);

int
enrolment_encode(const struct enrolment *e, struct buf *ret, struct diag *d)
{
	(void)buf_put_text(ret, ENROL_MAGIC);
	(void)buf_put_u8(ret, ENROL_VERSION);
	return fields_encode(&enrol_fields, e, ret, d);
}

int
enrolment_decode(struct bytes in, struct enrolment *ret, struct diag *d)
{
	struct reader r = reader_of(in);
	struct enrolment e;
	struct bytes magic;
	uint8_t version;

	if (!reader_take(&r, 4, &magic) || !reader_u8(&r, &version) ||
	    !bytes_equal_text(magic, ENROL_MAGIC))
		return diag_refuse(d, REASON_FileInvalid,
		    "enrolment: not an enrolment file");
	if (version != ENROL_VERSION)
		return diag_refuse(d, REASON_UnsupportedVersion,
		    "enrolment: version %u", version);
	if (fields_read(&enrol_fields, &r, &e, d) < 0)
		return diag_refuse(d, REASON_FileInvalid,
		    "enrolment: bad or short field");
	if (reader_left(&r) != 0)
		return diag_refuse(d, REASON_FileInvalid,
		    "enrolment: %zu bytes left over", reader_left(&r));
	if (e.name.len == 0 || e.ek_public.len == 0 || e.ak_public.len == 0)
		return diag_refuse(d, REASON_FileInvalid,
		    "enrolment: no name or no keys");
	*ret = e;
	return ERR_OK;
}
