/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What keys are used for: activation, quote, certification, key agreement.
 */
#include <string.h>
#include <tss2/tss2_mu.h>

#include "tpmdev/internal.h"

/* A policy session in which PolicySecret(endorsement) holds: the EK's. */
static int
ek_session(struct tpmdev *t, ESYS_TR *ret, struct diag *d)
{
	ESYS_TR session = ESYS_TR_NONE;
	TSS2_RC rc;
	int err;

	err = session_start(t, TPM2_SE_POLICY, ESYS_TR_NONE, &session, d);
	if (err < 0)
		return err;
	rc = Esys_PolicySecret(t->esys, ESYS_TR_RH_ENDORSEMENT, session,
	    ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, NULL, NULL, NULL, 0,
	    NULL, NULL);
	if (rc != TSS2_RC_SUCCESS) {
		session_end(t, session);
		return tpmdev_fail(d, rc, "endorsement policy");
	}
	*ret = session;
	return ERR_OK;
}

int
tpmdev_activate(const struct tpmdev_key *ak, const struct tpmdev_key *ek,
    struct bytes blob, struct bytes encrypted, struct secret *ret,
    struct diag *d)
{
	TPM2B_ID_OBJECT id = { .size = (uint16_t)blob.len };
	TPM2B_ENCRYPTED_SECRET seed = { .size = (uint16_t)encrypted.len };
	struct tpmdev *t = ak->dev;
	ESYS_TR session = ESYS_TR_NONE;
	TPM2B_DIGEST *info = NULL;
	TSS2_RC rc;
	int err;

	if (blob.len > sizeof(id.credential) ||
	    encrypted.len > sizeof(seed.secret) || blob.len == 0 ||
	    encrypted.len == 0)
		return diag_fail(d, ERR_LIMIT, "credential: %zu and %zu bytes",
		    blob.len, encrypted.len);
	memcpy(id.credential, blob.p, blob.len);
	memcpy(seed.secret, encrypted.p, encrypted.len);
	if ((err = ek_session(t, &session, d)) < 0)
		return err;
	rc = Esys_ActivateCredential(t->esys, ak->object, ek->object,
	    ESYS_TR_PASSWORD, session, ESYS_TR_NONE, &id, &seed, &info);
	session_end(t, session);
	if (rc != TSS2_RC_SUCCESS)
		return tpmdev_fail(d, rc, "activation of the credential");
	err = secret_copy(ret, bytes_of(info->buffer, info->size), d);
	explicit_bzero(info, sizeof(*info));
	Esys_Free(info);
	return err;
}

/* Appends a statement and the signature over it. */
static int
put_statement(const TPM2B_ATTEST *attest, const TPMT_SIGNATURE *signature,
    struct buf *ret_attest, struct buf *ret_signature, struct diag *d)
{
	uint8_t bytes[sizeof(TPMT_SIGNATURE)];
	size_t len = 0;
	TSS2_RC rc;

	rc = Tss2_MU_TPMT_SIGNATURE_Marshal(signature, bytes, sizeof(bytes),
	    &len);
	if (rc != TSS2_RC_SUCCESS)
		return tpmdev_fail(d, rc, "signature");
	if (!buf_put(ret_attest,
		bytes_of(attest->attestationData, attest->size)) ||
	    !buf_put(ret_signature, bytes_of(bytes, len)))
		return diag_fail(d, ERR_LIMIT,
		    "statement of the TPM: too long");
	return ERR_OK;
}

static int
qualifying_data(struct bytes in, TPM2B_DATA *ret, struct diag *d)
{
	*ret = (TPM2B_DATA){ .size = (uint16_t)in.len };
	if (in.len != TPM_SHA256_SIZE)
		return diag_fail(d, ERR_USAGE, "qualifying data of %zu bytes",
		    in.len);
	memcpy(ret->buffer, in.p, in.len);
	return ERR_OK;
}

/* The attestation key's own scheme. */
static const TPMT_SIG_SCHEME own_scheme = { .scheme = TPM2_ALG_NULL };

int
tpmdev_quote(const struct tpmdev_key *ak, struct bytes extra_data,
    uint32_t mask, struct buf *ret_attest, struct buf *ret_signature,
    struct diag *d)
{
	TPML_PCR_SELECTION selection = { .count = 1,
		.pcrSelections = {
		    { .hash = TPM2_ALG_SHA256, .sizeofSelect = 3 } } };
	TPM2B_ATTEST *attest = NULL;
	TPMT_SIGNATURE *signature = NULL;
	TPM2B_DATA data;
	TSS2_RC rc;
	int err;

	if ((err = pcr_mask_check(mask, d)) < 0 ||
	    (err = qualifying_data(extra_data, &data, d)) < 0)
		return err;
	pcr_mask_to_bytes(mask, selection.pcrSelections[0].pcrSelect);
	rc = Esys_Quote(ak->dev->esys, ak->object, ESYS_TR_PASSWORD,
	    ESYS_TR_NONE, ESYS_TR_NONE, &data, &own_scheme, &selection, &attest,
	    &signature);
	if (rc != TSS2_RC_SUCCESS)
		return tpmdev_fail(d, rc, "quote");
	err = put_statement(attest, signature, ret_attest, ret_signature, d);
	Esys_Free(attest);
	Esys_Free(signature);
	return err;
}

/*
 * Certify takes the certified key's ADMIN role, so its authValue: by HMAC,
 * never as a password on the bus.
 */
int
tpmdev_certify(const struct tpmdev_key *ak, const struct tpmdev_key *key,
    const struct secret *auth, struct bytes extra_data, struct buf *ret_attest,
    struct buf *ret_signature, struct diag *d)
{
	TPM2B_ATTEST *attest = NULL;
	TPMT_SIGNATURE *signature = NULL;
	ESYS_TR session = ESYS_TR_NONE;
	struct tpmdev *t = ak->dev;
	TPM2B_DATA data;
	TSS2_RC rc;
	int err;

	if ((err = qualifying_data(extra_data, &data, d)) < 0 ||
	    (err = session_start(t, TPM2_SE_HMAC, ESYS_TR_NONE, &session, d)) <
		0)
		return err;
	err = key_auth_set(key, auth, d);
	if (err == 0) {
		rc = Esys_Certify(t->esys, key->object, ak->object, session,
		    ESYS_TR_PASSWORD, ESYS_TR_NONE, &data, &own_scheme, &attest,
		    &signature);
		if (rc != TSS2_RC_SUCCESS)
			err = tpmdev_fail(d, rc, "certify");
	}
	key_auth_clear(key);
	session_end(t, session);
	if (err < 0)
		return err;
	err = put_statement(attest, signature, ret_attest, ret_signature, d);
	Esys_Free(attest);
	Esys_Free(signature);
	return err;
}

/* Left-padded: firmware may strip leading zeros. */
static int
take_x(const TPM2B_ECC_POINT *point, struct secret *ret, struct diag *d)
{
	const TPM2B_ECC_PARAMETER *x = &point->point.x;
	int rc;

	if (x->size == 0 || x->size > TPM_COORD_SIZE)
		return diag_fail(d, ERR_TPM, "key agreement: %u bytes",
		    x->size);
	if ((rc = secret_alloc(ret, TPM_COORD_SIZE, d)) < 0)
		return rc;
	memcpy(ret->p + TPM_COORD_SIZE - x->size, x->buffer, x->size);
	return ERR_OK;
}

int
tpmdev_ecdh(const struct tpmdev_key *hk, const struct tpmdev_key *ek,
    const struct secret *auth, const uint8_t point[static 65],
    struct secret *ret, struct diag *d)
{
	TPM2B_ECC_POINT in = { .point.x.size = TPM_COORD_SIZE,
		.point.y.size = TPM_COORD_SIZE };
	TPM2B_ECC_POINT *out = NULL;
	ESYS_TR session = ESYS_TR_NONE;
	struct tpmdev *t = hk->dev;
	TSS2_RC rc;
	int err;

	if (point[0] != 4)
		return diag_fail(d, ERR_FORMAT,
		    "key agreement: not an uncompressed point");
	memcpy(in.point.x.buffer, point + 1, TPM_COORD_SIZE);
	memcpy(in.point.y.buffer, point + 1 + TPM_COORD_SIZE, TPM_COORD_SIZE);
	if ((err = session_start(t, TPM2_SE_HMAC, ek->object, &session, d)) < 0)
		return err;
	err = key_auth_set(hk, auth, d);
	if (err == 0) {
		rc = Esys_ECDH_ZGen(t->esys, hk->object, session, ESYS_TR_NONE,
		    ESYS_TR_NONE, &in, &out);
		if (rc != TSS2_RC_SUCCESS)
			err = tpmdev_fail(d, rc, "key agreement");
	}
	key_auth_clear(hk);
	session_end(t, session);
	if (err < 0)
		return err;
	err = take_x(out, ret, d);
	explicit_bzero(out, sizeof(*out));
	Esys_Free(out);
	return err;
}
