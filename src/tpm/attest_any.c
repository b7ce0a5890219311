/* SPDX-License-Identifier: Apache-2.0 */
#include "tpm/attest_any.h"

#include "base/reader.h"

const char *
attest_type_name(uint16_t type)
{
	/* Part 2, 6.9 TPM_ST */
	switch (type) {
	case 0x8014:
		return "certification of an NV index";
	case 0x8015:
		return "audit of a command";
	case 0x8016:
		return "audit of a session";
	case TPM_ST_ATTEST_CERTIFY:
		return "certification of a key";
	case TPM_ST_ATTEST_QUOTE:
		return "quote";
	case 0x8019:
		return "time";
	case TPM_ST_ATTEST_CREATION:
		return "creation of a key";
	case 0x801c:
		return "digest of an NV index";
	default:
		return NULL;
	}
}

bool
attest_any_is(struct bytes in)
{
	struct reader r = reader_of(in);
	uint32_t magic;

	return reader_be32(&r, &magic) && magic == TPM_GENERATED_VALUE;
}

/* 10.12.12, up to `attested`. */
static int
read_head(struct reader *r, struct attest_any *a, struct diag *d)
{
	uint32_t magic;
	uint8_t safe;

	if (!reader_be32(r, &magic) || !reader_be16(r, &a->type))
		return diag_fail(d, ERR_SHORT, "attestation: no header");
	if (magic != TPM_GENERATED_VALUE)
		return diag_fail(d, ERR_FORMAT, "attestation: magic 0x%08x",
		    magic);
	if (attest_type_name(a->type) == NULL)
		return diag_fail(d, ERR_FORMAT, "attestation: type 0x%04x",
		    a->type);
	if (!reader_be16_blob(r, TPM_NAME_MAX, &a->head.signer) ||
	    !reader_be16_blob(r, TPM_NAME_MAX, &a->head.extra_data) ||
	    !reader_be64(r, &a->head.clock.clock) ||
	    !reader_be32(r, &a->head.clock.resets) ||
	    !reader_be32(r, &a->head.clock.restarts) || !reader_u8(r, &safe) ||
	    safe > 1 || !reader_be64(r, &a->head.clock.firmware))
		return diag_fail(d, ERR_FORMAT,
		    "attestation: bad field at byte %zu", r->off);
	a->head.clock.safe = safe == 1;
	return ERR_OK;
}

/* TPML_PCR_SELECTION (10.9.7). */
static int
read_banks(struct reader *r, struct attest_any *a, struct diag *d)
{
	struct bytes map;
	uint32_t n;
	uint8_t size;

	if (!reader_be32(r, &n))
		return diag_fail(d, ERR_SHORT, "quote: no PCR selection");
	if (n > ATTEST_BANKS_MAX)
		return diag_fail(d, ERR_LIMIT, "quote: %u PCR banks", n);
	for (; a->n_banks < n; a->n_banks++) {
		struct attest_bank *b = &a->banks[a->n_banks];

		if (!reader_be16(r, &b->alg) || !reader_u8(r, &size) ||
		    size > sizeof(b->mask) || !reader_take(r, size, &map))
			return diag_fail(d, ERR_FORMAT,
			    "quote: bad PCR selection at byte %zu", r->off);
		for (size_t i = 0; i < map.len; i++)
			b->mask |= (uint32_t)map.p[i] << (8 * i);
	}
	return ERR_OK;
}

int
attest_any_parse(struct bytes in, struct attest_any *ret, struct diag *d)
{
	struct reader r = reader_of(in);
	struct attest_any a = { 0 };
	bool good;
	int rc;

	if (in.len > TPM_ATTEST_MAX)
		return diag_fail(d, ERR_LIMIT, "attestation: %zu bytes",
		    in.len);
	if ((rc = read_head(&r, &a, d)) < 0)
		return rc;
	if (a.type == TPM_ST_ATTEST_QUOTE) {
		if ((rc = read_banks(&r, &a, d)) < 0)
			return rc;
		good = reader_be16_blob(&r, TPM_DIGEST_MAX, &a.digest);
	} else if (a.type == TPM_ST_ATTEST_CERTIFY ||
	    a.type == TPM_ST_ATTEST_CREATION) {
		good = reader_be16_blob(&r, TPM_NAME_MAX, &a.name) &&
		    reader_be16_blob(&r, TPM_NAME_MAX, &a.second);
	} else {
		good = reader_take(&r, reader_left(&r), &a.rest);
	}
	if (!good)
		return diag_fail(d, ERR_FORMAT,
		    "attestation: bad field at byte %zu", r.off);
	if (reader_left(&r) != 0)
		return diag_fail(d, ERR_FORMAT,
		    "attestation: %zu bytes left over", reader_left(&r));
	*ret = a;
	return ERR_OK;
}
