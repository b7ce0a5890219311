/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TPMS_ATTEST; see attest.h. Parsing decides on the format alone.
 */
#include "tpm/attest.h"

#include "base/reader.h"
#include "tpm/pcr.h"

/* TPMS_ATTEST up to `attested` (Part 2, 10.12.12). */
static int
parse_head(struct reader *r, const char *what, uint16_t want,
    struct attest *ret, struct diag *d)
{
	uint32_t magic;
	uint16_t type;
	uint8_t safe;

	if (!reader_be32(r, &magic) || !reader_be16(r, &type))
		return diag_fail(d, ERR_SHORT, "%s: no header", what);
	/* Only the TPM itself signs what starts so: T10. */
	if (magic != TPM_GENERATED_VALUE)
		return diag_fail(d, ERR_FORMAT, "%s: magic 0x%08x", what,
		    magic);
	/* Other types let their asker choose signed bytes: T11. */
	if (type != want)
		return diag_fail(d, ERR_FORMAT, "%s: type 0x%04x", what, type);

	if (!reader_be16_blob(r, TPM_NAME_MAX, &ret->signer) ||
	    !reader_be16_blob(r, TPM_DIGEST_MAX, &ret->extra_data) ||
	    !reader_be64(r, &ret->clock.clock) ||    /* clockInfo.clock */
	    !reader_be32(r, &ret->clock.resets) ||   /* .resetCount */
	    !reader_be32(r, &ret->clock.restarts) || /* .restartCount */
	    !reader_u8(r, &safe) ||                  /* .safe */
	    safe > 1 || !reader_be64(r, &ret->clock.firmware))
		return diag_fail(d, ERR_FORMAT, "%s: bad field at byte %zu",
		    what, r->off);
	ret->clock.safe = safe == 1;
	return ERR_OK;
}

/* TPMS_QUOTE_INFO (Part 2, 10.12.4). */
int
quote_parse(struct bytes in, struct quote *ret, struct diag *d)
{
	struct reader r = reader_of(in);
	struct quote q = { 0 };
	uint32_t n_banks;
	uint8_t size, map[3];
	int rc;

	if (in.len > TPM_ATTEST_MAX)
		return diag_fail(d, ERR_LIMIT, "quote: %zu bytes", in.len);
	if ((rc = parse_head(&r, "quote", TPM_ST_ATTEST_QUOTE, &q.head, d)) < 0)
		return rc;
	if (!reader_be32(&r, &n_banks))
		return diag_fail(d, ERR_SHORT, "quote: no PCR selection");
	/* A second bank would let a host mix PCRs of different strengths. */
	if (n_banks != 1)
		return diag_fail(d, ERR_UNSUPPORTED, "quote: %u PCR banks",
		    n_banks);
	if (!reader_be16(&r, &q.bank) || !reader_u8(&r, &size))
		return diag_fail(d, ERR_SHORT, "quote: cut in the selection");
	if (size != sizeof(map))
		return diag_fail(d, ERR_FORMAT,
		    "quote: PCR selection of %u bytes", size);
	if (!reader_copy(&r, map, sizeof(map)) ||
	    !reader_be16_blob(&r, TPM_DIGEST_MAX, &q.digest))
		return diag_fail(d, ERR_FORMAT, "quote: bad field at byte %zu",
		    r.off);
	q.mask = pcr_mask_from_bytes(map);
	if (reader_left(&r) != 0)
		return diag_fail(d, ERR_FORMAT, "quote: %zu bytes left over",
		    reader_left(&r));
	*ret = q;
	return ERR_OK;
}

/* TPMS_CERTIFY_INFO (Part 2, 10.12.3). */
int
certify_parse(struct bytes in, struct certify *ret, struct diag *d)
{
	struct reader r = reader_of(in);
	struct certify c = { 0 };
	int rc;

	if (in.len > TPM_ATTEST_MAX)
		return diag_fail(d, ERR_LIMIT, "certify: %zu bytes", in.len);
	if ((rc = parse_head(&r, "certify", TPM_ST_ATTEST_CERTIFY, &c.head,
		 d)) < 0)
		return rc;
	if (!reader_be16_blob(&r, TPM_NAME_MAX, &c.name) ||
	    !reader_be16_blob(&r, TPM_NAME_MAX, &c.qualified_name))
		return diag_fail(d, ERR_FORMAT,
		    "certify: bad field at byte %zu", r.off);
	if (reader_left(&r) != 0)
		return diag_fail(d, ERR_FORMAT, "certify: %zu bytes left over",
		    reader_left(&r));
	*ret = c;
	return ERR_OK;
}
