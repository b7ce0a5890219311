/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/evidence.h"

#include "base/reader.h"

static const uint8_t magic[4] = { 'S', 'W', 'E', 'V' };

static const char *const names[EVIDENCE_PARTS] = {
	[EVIDENCE_REQUEST] = "request",
	[EVIDENCE_QUOTE] = "quote",
	[EVIDENCE_QUOTE_SIG] = "quote signature",
	[EVIDENCE_CERTIFY] = "certify",
	[EVIDENCE_CERTIFY_SIG] = "certify signature",
	[EVIDENCE_AK] = "attestation key",
	[EVIDENCE_HK] = "host key",
	[EVIDENCE_BOOT_LOG] = "boot log",
	[EVIDENCE_IMA_LOG] = "IMA log",
	[EVIDENCE_CMDLINE] = "command line",
	[EVIDENCE_PCR15_RECORDS] = "PCR 15 records",
};

const char *
evidence_part_name(unsigned type)
{
	if (type >= EVIDENCE_PARTS || names[type] == NULL)
		return "unknown part";
	return names[type];
}

size_t
evidence_part_max(unsigned type)
{
	if (type < EVIDENCE_FIRST_BULK)
		return EVIDENCE_SMALL_MAX;
	if (type == EVIDENCE_CMDLINE)
		return EVIDENCE_CMDLINE_MAX;
	if (type == EVIDENCE_PCR15_RECORDS)
		return EVIDENCE_PCR15_MAX;
	return EVIDENCE_MAX;
}

int
evidence_decode(struct bytes in, struct evidence *ret, struct diag *d)
{
	struct reader r = reader_of(in);
	struct evidence e = { 0 };
	struct bytes start;
	uint16_t count, type, last = 0;
	uint8_t version;

	if (in.len > EVIDENCE_MAX)
		return diag_fail(d, ERR_LIMIT, "evidence: %zu bytes, over %zu",
		    in.len, EVIDENCE_MAX);
	if (!reader_take(&r, sizeof(magic), &start) ||
	    !bytes_equal(start, BYTES_OF_ARRAY(magic)))
		return diag_fail(d, ERR_FORMAT, "evidence: no bundle");
	if (!reader_u8(&r, &version) || !reader_be16(&r, &count))
		return diag_fail(d, ERR_SHORT, "evidence: no header");
	if (version != EVIDENCE_VERSION)
		return diag_fail(d, ERR_UNSUPPORTED, "evidence: version %u",
		    version);
	if (count == 0 || count >= EVIDENCE_PARTS)
		return diag_fail(d, ERR_LIMIT, "evidence: %u parts", count);

	for (unsigned i = 0; i < count; i++) {
		if (!reader_be16(&r, &type))
			return diag_fail(d, ERR_SHORT,
			    "evidence: %u of %u parts", i, count);
		/* Ascending: one encoding of a bundle, and no part twice. */
		if (type <= last || type >= EVIDENCE_PARTS)
			return diag_fail(d, ERR_FORMAT,
			    "evidence: part %u after part %u", type, last);
		if (!reader_be32_blob(&r, evidence_part_max(type),
			&e.part[type]))
			return diag_fail(d, ERR_FORMAT,
			    "evidence: %s: cut short or over %zu bytes",
			    names[type], evidence_part_max(type));
		last = type;
	}
	if (reader_left(&r) != 0)
		return diag_fail(d, ERR_FORMAT, "evidence: %zu bytes left over",
		    reader_left(&r));
	*ret = e;
	return ERR_OK;
}

int
evidence_encode(const struct evidence *e, struct buf *ret, struct diag *d)
{
	size_t total = sizeof(magic) + 3;
	uint16_t count = 0;

	for (unsigned i = 1; i < EVIDENCE_PARTS; i++) {
		if (e->part[i].p == NULL)
			continue;
		count++;
		if (e->part[i].len > evidence_part_max(i))
			return diag_fail(d, ERR_LIMIT,
			    "evidence: %s: %zu bytes, over %zu", names[i],
			    e->part[i].len, evidence_part_max(i));
		total += 6 + e->part[i].len;
	}
	if (count == 0)
		return diag_fail(d, ERR_FORMAT, "evidence: no part");
	if (total > EVIDENCE_MAX)
		return diag_fail(d, ERR_LIMIT, "evidence: %zu bytes, over %zu",
		    total, EVIDENCE_MAX);

	buf_put(ret, BYTES_OF_ARRAY(magic));
	buf_put_u8(ret, EVIDENCE_VERSION);
	buf_put_be16(ret, count);
	for (uint16_t i = 1; i < EVIDENCE_PARTS; i++) {
		if (e->part[i].p == NULL)
			continue;
		buf_put_be16(ret, i);
		buf_put_be32_blob(ret, e->part[i]);
	}
	return buf_check(ret, "evidence", d);
}
