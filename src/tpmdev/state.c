/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The TPM's state: PCRs, clock, and the endorsement key's certificate.
 */
#include <string.h>

#include "base/reader.h"
#include "tpmdev/internal.h"

#define EK_CERTIFICATE_RSA 0x01c00002u /* TCG EK Credential Profile, 2.2.1.4 */
#define EK_CERTIFICATE_ECC 0x01c0000au
#define EK_CHAIN_FIRST     0x01c00100u /* the same, 2.2.1.5.2 */
#define EK_CHAIN_INDICES   16
#define EK_CERTIFICATE_MAX 8192

int
tpmdev_pcr_extend(struct tpmdev *t, unsigned pcr,
    const uint8_t digest[static TPM_SHA256_SIZE], struct diag *d)
{
	TPML_DIGEST_VALUES values = { .count = 1,
		.digests = { { .hashAlg = TPM2_ALG_SHA256 } } };
	TSS2_RC rc;

	BUG_ON(pcr >= PCR_COUNT);
	memcpy(values.digests[0].digest.sha256, digest, TPM_SHA256_SIZE);
	rc = Esys_PCR_Extend(t->esys, (ESYS_TR)(ESYS_TR_PCR0 + pcr),
	    ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &values);
	return rc == TSS2_RC_SUCCESS ? ERR_OK
				     : tpmdev_fail(d, rc, "PCR extend");
}

/* One TPM2_PCR_Read; returns in *ret_got what the TPM chose to answer. */
static int
read_some(struct tpmdev *t, uint32_t mask, struct pcr_values *values,
    uint32_t *ret_got, struct diag *d)
{
	TPML_PCR_SELECTION in = { .count = 1,
		.pcrSelections = {
		    { .hash = TPM2_ALG_SHA256, .sizeofSelect = 3 } } };
	TPML_PCR_SELECTION *out = NULL;
	TPML_DIGEST *digests = NULL;
	uint32_t got = 0, i, n = 0;
	bool good;
	TSS2_RC rc;

	pcr_mask_to_bytes(mask, in.pcrSelections[0].pcrSelect);
	rc = Esys_PCR_Read(t->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
	    &in, NULL, &out, &digests);
	if (rc != TSS2_RC_SUCCESS)
		return tpmdev_fail(d, rc, "PCR read");
	good = out->count == 1 && out->pcrSelections[0].sizeofSelect == 3;
	if (good)
		got =
		    pcr_mask_from_bytes(out->pcrSelections[0].pcrSelect) & mask;
	for (i = 0; good && i < PCR_COUNT; i++) {
		if ((got & 1u << i) == 0)
			continue;
		good = n < digests->count &&
		    digests->digests[n].size == TPM_SHA256_SIZE;
		if (good)
			memcpy(values->v[i], digests->digests[n].buffer,
			    TPM_SHA256_SIZE);
		n++;
	}
	Esys_Free(out);
	Esys_Free(digests);
	if (!good || got == 0)
		return diag_fail(d, ERR_TPM,
		    "PCR read: the TPM has no SHA-256 bank");
	*ret_got = got;
	return ERR_OK;
}

int
tpmdev_pcr_read(struct tpmdev *t, uint32_t mask, struct pcr_values *ret,
    struct diag *d)
{
	struct pcr_values values = *ret;
	uint32_t got = 0;
	int rc;

	/* At most eight come at once; each round brings one or more. */
	while (mask != 0) {
		if ((rc = read_some(t, mask, &values, &got, d)) < 0)
			return rc;
		mask &= ~got;
	}
	*ret = values;
	return ERR_OK;
}

int
tpmdev_clock(struct tpmdev *t, struct tpm_clock *ret, struct diag *d)
{
	TPMS_TIME_INFO *info = NULL;
	TSS2_RC rc;

	rc = Esys_ReadClock(t->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
	    &info);
	if (rc != TSS2_RC_SUCCESS)
		return tpmdev_fail(d, rc, "clock");
	*ret = (struct tpm_clock){ .clock = info->clockInfo.clock,
		.resets = info->clockInfo.resetCount,
		.restarts = info->clockInfo.restartCount,
		.safe = info->clockInfo.safe == TPM2_YES };
	Esys_Free(info);
	return ERR_OK;
}

/* The length of the DER SEQUENCE that these bytes begin with; 0: none. */
static size_t
der_length(struct bytes in)
{
	struct reader r = reader_of(in);
	uint8_t tag, first;
	uint16_t wide;
	size_t len;

	if (!reader_u8(&r, &tag) || tag != 0x30 || !reader_u8(&r, &first))
		return 0;
	if (first < 0x80)
		len = first;
	else if (first == 0x81 && reader_u8(&r, &first))
		len = first;
	else if (first == 0x82 && reader_be16(&r, &wide))
		len = wide;
	else
		return 0;
	return len <= reader_left(&r) ? r.off + len : 0;
}

/* The NV buffer of real chips is 768 bytes or more; 512 fits all. */
#define NV_CHUNK 512

/* All of an index that its own empty authorisation reads. */
static int
nv_read(struct tpmdev *t, ESYS_TR index, struct buf *ret, struct diag *d)
{
	TPM2B_NV_PUBLIC *public = NULL;
	TPM2B_MAX_NV_BUFFER *data = NULL;
	uint16_t size, off = 0, n;
	TSS2_RC rc;

	rc = Esys_NV_ReadPublic(t->esys, index, ESYS_TR_NONE, ESYS_TR_NONE,
	    ESYS_TR_NONE, &public, NULL);
	if (rc != TSS2_RC_SUCCESS)
		return tpmdev_fail(d, rc, "EK certificate");
	size = public->nvPublic.dataSize;
	Esys_Free(public);
	while (off < size) {
		n = size - off < NV_CHUNK ? (uint16_t)(size - off) : NV_CHUNK;
		rc = Esys_NV_Read(t->esys, index, index, ESYS_TR_PASSWORD,
		    ESYS_TR_NONE, ESYS_TR_NONE, n, off, &data);
		if (rc != TSS2_RC_SUCCESS)
			return tpmdev_fail(d, rc, "EK certificate");
		n = data->size;
		buf_put(ret, bytes_of(data->buffer, n));
		Esys_Free(data);
		if (n == 0)
			break;
		off = (uint16_t)(off + n);
	}
	return buf_check(ret, "EK certificate", d);
}

static ESYS_TR
nv_open(struct tpmdev *t, uint32_t index)
{
	ESYS_TR tr = ESYS_TR_NONE;

	if (Esys_TR_FromTPMPublic(t->esys, index, ESYS_TR_NONE, ESYS_TR_NONE,
		ESYS_TR_NONE, &tr) != TSS2_RC_SUCCESS)
		return ESYS_TR_NONE;
	return tr;
}

/*
 * The intermediate certificates that the vendor left beside the EK's: DER one
 * behind the other, over indices that follow each other. They are an offer, so
 * one that cannot be read, or has no room, is left out.
 */
static void
put_chain(struct tpmdev *t, struct buf *ret)
{
	auto_buf struct buf all = BUF_INIT(EK_CERTIFICATE_MAX);
	struct bytes rest;
	int rc = ERR_OK;
	size_t len;

	for (uint32_t i = 0; i < EK_CHAIN_INDICES && rc == ERR_OK; i++) {
		ESYS_TR index = nv_open(t, EK_CHAIN_FIRST + i);

		if (index == ESYS_TR_NONE)
			break;
		rc = nv_read(t, index, &all, NULL);
		(void)Esys_TR_Close(t->esys, &index);
	}
	rest = buf_bytes(&all);
	while (rc == ERR_OK && (len = der_length(rest)) != 0 &&
	    len <= ret->max - ret->len) {
		if (!buf_put(ret, bytes_of(rest.p, len)))
			break;
		rest = bytes_of(rest.p + len, rest.len - len);
	}
}

int
tpmdev_ek_certificate(struct tpmdev *t, struct buf *ret, struct diag *d)
{
	static const uint32_t indices[] = { EK_CERTIFICATE_RSA,
		EK_CERTIFICATE_ECC };
	auto_buf struct buf all = BUF_INIT(EK_CERTIFICATE_MAX);
	ESYS_TR index = ESYS_TR_NONE;
	size_t i, len;
	int rc;

	for (i = 0; i < ARRAY_LEN(indices) && index == ESYS_TR_NONE; i++)
		index = nv_open(t, indices[i]);
	if (index == ESYS_TR_NONE)
		return diag_fail(d, ERR_NOT_FOUND,
		    "the TPM holds no EK certificate");
	rc = nv_read(t, index, &all, d);
	(void)Esys_TR_Close(t->esys, &index);
	if (rc < 0)
		return rc;
	/* Real chips pad the index; the certificate says how long it is. */
	if ((len = der_length(buf_bytes(&all))) == 0)
		return diag_fail(d, ERR_FORMAT,
		    "EK certificate: not a DER sequence");
	buf_put(ret, bytes_of(all.p, len));
	put_chain(t, ret);
	return buf_check(ret, "EK certificate", d);
}
