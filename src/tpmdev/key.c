/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys: endorsement, attestation and host key, and their saved form. The
 * templates are tpm/public.h's; nothing here knows an attribute.
 */
#include <string.h>
#include <tss2/tss2_mu.h>

#include "base/reader.h"
#include "tpm/public.h"
#include "tpmdev/internal.h"

#define EK_RSA_HANDLE 0x81010001u /* TCG EK Credential Profile, 2.2.1.5 */
#define EK_ECC_HANDLE 0x8101000au

void
tpmdev_key_flush(struct tpmdev_key *key)
{
	ESYS_TR object = key->object;

	if (key->dev == NULL)
		return;
	if (key->persistent != 0)
		(void)Esys_TR_Close(key->dev->esys, &object);
	else
		(void)Esys_FlushContext(key->dev->esys, object);
	key->dev = NULL;
}

struct bytes
tpmdev_key_public(const struct tpmdev_key *key)
{
	return bytes_of(key->public, key->public_len);
}

/* Fills in the public area as the TPM holds it. */
static int
fill_public(struct tpmdev_key *key, const TPMT_PUBLIC *public, struct diag *d)
{
	size_t len = 0;
	TSS2_RC rc;

	rc = Tss2_MU_TPMT_PUBLIC_Marshal(public, key->public,
	    sizeof(key->public), &len);
	if (rc != TSS2_RC_SUCCESS)
		return tpmdev_fail(d, rc, "public area");
	key->public_len = len;
	return ERR_OK;
}

static int
read_public(struct tpmdev_key *key, struct diag *d)
{
	TPM2B_PUBLIC *public = NULL;
	TSS2_RC rc;
	int err;

	rc = Esys_ReadPublic(key->dev->esys, key->object, ESYS_TR_NONE,
	    ESYS_TR_NONE, ESYS_TR_NONE, &public, NULL, NULL);
	if (rc != TSS2_RC_SUCCESS)
		return tpmdev_fail(d, rc, "reading a public area");
	err = fill_public(key, &public->publicArea, d);
	Esys_Free(public);
	return err;
}

/* The TPM2B_PUBLIC of one of our own templates. */
static int
template_of(const struct buf *template, TPM2B_PUBLIC *ret, struct diag *d)
{
	size_t off = 0;
	TSS2_RC rc;

	*ret = (TPM2B_PUBLIC){ 0 };
	rc = Tss2_MU_TPMT_PUBLIC_Unmarshal(template->p, template->len, &off,
	    &ret->publicArea);
	if (rc != TSS2_RC_SUCCESS || off != template->len)
		return tpmdev_fail(d, rc, "template");
	return ERR_OK;
}

/*
 * TPM2_CreatePrimary. auth may be NULL: empty; otherwise `session` encrypts
 * it.
 */
static int
create_primary(struct tpmdev *t, ESYS_TR hierarchy, const struct buf *template,
    const struct secret *auth, ESYS_TR session, struct tpmdev_key *ret,
    const char *what, struct diag *d)
{
	static const TPM2B_DATA no_data;
	static const TPML_PCR_SELECTION no_pcrs;
	TPM2B_SENSITIVE_CREATE sensitive = { 0 };
	TPM2B_PUBLIC in, *public = NULL;
	struct tpmdev_key key = { .dev = t };
	TSS2_RC rc;
	int err;

	if ((err = template_of(template, &in, d)) < 0)
		return err;
	if (auth != NULL) {
		BUG_ON(auth->len != TPM_SHA256_SIZE);
		sensitive.sensitive.userAuth.size = (uint16_t)auth->len;
		memcpy(sensitive.sensitive.userAuth.buffer, auth->p, auth->len);
	}
	tpmdev_deadline(t, DEADLINE_CREATE_MS);
	rc = Esys_CreatePrimary(t->esys, hierarchy, ESYS_TR_PASSWORD, session,
	    ESYS_TR_NONE, &sensitive, &in, &no_data, &no_pcrs, &key.object,
	    &public, NULL, NULL, NULL);
	tpmdev_deadline(t, DEADLINE_MS);
	explicit_bzero(&sensitive, sizeof(sensitive));
	explicit_bzero(&in, sizeof(in));
	if (rc != TSS2_RC_SUCCESS)
		return tpmdev_fail(d, rc, what);
	err = fill_public(&key, &public->publicArea, d);
	Esys_Free(public);
	if (err < 0) {
		tpmdev_key_flush(&key);
		return err;
	}
	*ret = key;
	return ERR_OK;
}

/* ERR_NOT_FOUND where there is none at this handle. */
static int
open_persistent(struct tpmdev *t, uint32_t handle, struct tpmdev_key *ret,
    struct diag *d)
{
	struct tpmdev_key key = { .dev = t, .persistent = handle };
	TSS2_RC rc;
	int err;

	rc = Esys_TR_FromTPMPublic(t->esys, handle, ESYS_TR_NONE, ESYS_TR_NONE,
	    ESYS_TR_NONE, &key.object);
	if ((rc & 0xff) == 0x8b)
		return diag_fail(d, ERR_NOT_FOUND, "no key at 0x%08x", handle);
	if (rc != TSS2_RC_SUCCESS)
		return tpmdev_fail(d, rc, "opening a persistent key");
	if ((err = read_public(&key, d)) < 0) {
		tpmdev_key_flush(&key);
		return err;
	}
	*ret = key;
	return ERR_OK;
}

static bool
has_nv_index(struct tpmdev *t, uint32_t index)
{
	ESYS_TR object = ESYS_TR_NONE;

	if (Esys_TR_FromTPMPublic(t->esys, index, ESYS_TR_NONE, ESYS_TR_NONE,
		ESYS_TR_NONE, &object) != TSS2_RC_SUCCESS)
		return false;
	(void)Esys_TR_Close(t->esys, &object);
	return true;
}

int
tpmdev_ek(struct tpmdev *t, struct tpmdev_key *ret, struct diag *d)
{
	static const uint8_t zero[256];
	auto_buf struct buf template = BUF_INIT(TPM_PUBLIC_MAX);
	struct bytes coordinate = bytes_of(zero, TPM_COORD_SIZE);
	bool rsa = has_nv_index(t, 0x01c00002) || !has_nv_index(t, 0x01c0000a);
	int rc;

	rc = open_persistent(t, rsa ? EK_RSA_HANDLE : EK_ECC_HANDLE, ret, d);
	if (rc == 0) {
		/* Somebody's other key may sit there: then make our own. */
		if (public_is_ek(tpmdev_key_public(ret), NULL) == 0)
			return ERR_OK;
		tpmdev_key_flush(ret);
	} else if (rc != ERR_NOT_FOUND) {
		return rc;
	}
	if (rsa ? !public_put_ek_rsa(&template, BYTES_OF_ARRAY(zero))
		: !public_put_ek_ecc(&template, coordinate, coordinate))
		return buf_check(&template, "template", d);
	return create_primary(t, ESYS_TR_RH_ENDORSEMENT, &template, NULL,
	    ESYS_TR_NONE, ret, "making the endorsement key", d);
}

int
tpmdev_ak(struct tpmdev *t, struct tpmdev_key *ret, struct diag *d)
{
	static const uint8_t zero[TPM_COORD_SIZE];
	auto_buf struct buf template = BUF_INIT(TPM_PUBLIC_MAX);

	if (!public_put_ak(&template, BYTES_OF_ARRAY(zero),
		BYTES_OF_ARRAY(zero)))
		return buf_check(&template, "template", d);
	return create_primary(t, ESYS_TR_RH_ENDORSEMENT, &template, NULL,
	    ESYS_TR_NONE, ret, "making the attestation key", d);
}

int
tpmdev_hk_create(struct tpmdev *t, const struct tpmdev_key *ek,
    const struct secret *unique, const struct secret *auth,
    struct tpmdev_key *ret, struct diag *d)
{
	auto_buf struct buf template = BUF_INIT(TPM_PUBLIC_MAX);
	ESYS_TR session = ESYS_TR_NONE;
	int rc;

	BUG_ON(unique->len != (size_t)2 * TPM_COORD_SIZE);
	if (!public_put_hk(&template, bytes_of(unique->p, TPM_COORD_SIZE),
		bytes_of(unique->p + TPM_COORD_SIZE, TPM_COORD_SIZE)))
		return buf_check(&template, "template", d);
	if ((rc = session_start(t, TPM2_SE_HMAC, ek->object, &session, d)) < 0)
		return rc;
	rc = create_primary(t, ESYS_TR_RH_NULL, &template, auth, session, ret,
	    "making the host key", d);
	session_end(t, session);
	return rc;
}

/* Saved form: u32 persistent handle, or 0 and the marshalled TPMS_CONTEXT. */
int
tpmdev_key_save(const struct tpmdev_key *key, struct buf *ret, struct diag *d)
{
	uint8_t bytes[sizeof(TPMS_CONTEXT)];
	TPMS_CONTEXT *context = NULL;
	size_t len = 0;
	TSS2_RC rc;

	if (!buf_put_be32(ret, key->persistent))
		return buf_check(ret, "saved key", d);
	if (key->persistent != 0)
		return ERR_OK;
	rc = Esys_ContextSave(key->dev->esys, key->object, &context);
	if (rc != TSS2_RC_SUCCESS)
		return tpmdev_fail(d, rc, "saving a key");
	rc = Tss2_MU_TPMS_CONTEXT_Marshal(context, bytes, sizeof(bytes), &len);
	Esys_Free(context);
	if (rc != TSS2_RC_SUCCESS)
		return tpmdev_fail(d, rc, "saving a key");
	buf_put(ret, bytes_of(bytes, len));
	return buf_check(ret, "saved key", d);
}

int
tpmdev_key_load(struct tpmdev *t, struct bytes saved, struct tpmdev_key *ret,
    struct diag *d)
{
	struct tpmdev_key key = { .dev = t };
	struct reader r = reader_of(saved);
	TPMS_CONTEXT context = { 0 };
	struct bytes rest;
	uint32_t handle;
	size_t off = 0;
	TSS2_RC rc;
	int err;

	if (!reader_be32(&r, &handle) ||
	    !reader_take(&r, reader_left(&r), &rest))
		return diag_fail(d, ERR_FORMAT, "saved key: cut");
	if (handle != 0)
		return open_persistent(t, handle, ret, d);
	rc = Tss2_MU_TPMS_CONTEXT_Unmarshal(rest.p, rest.len, &off, &context);
	if (rc == TSS2_RC_SUCCESS)
		rc = Esys_ContextLoad(t->esys, &context, &key.object);
	if (rc != TSS2_RC_SUCCESS)
		return tpmdev_fail(d, rc, "loading a key");
	if ((err = read_public(&key, d)) < 0) {
		tpmdev_key_flush(&key);
		return err;
	}
	*ret = key;
	return ERR_OK;
}

int
key_auth_set(const struct tpmdev_key *key, const struct secret *auth,
    struct diag *d)
{
	TPM2B_AUTH value = { .size = (uint16_t)auth->len };
	TSS2_RC rc;

	BUG_ON(auth->len > sizeof(value.buffer));
	memcpy(value.buffer, auth->p, auth->len);
	rc = Esys_TR_SetAuth(key->dev->esys, key->object, &value);
	explicit_bzero(&value, sizeof(value));
	return rc == TSS2_RC_SUCCESS ? ERR_OK : tpmdev_fail(d, rc, "auth");
}

/* ESYS keeps the value inside its own memory otherwise, and frees it unwiped. */
void
key_auth_clear(const struct tpmdev_key *key)
{
	static const TPM2B_AUTH none = { .size = TPM_SHA256_SIZE };

	(void)Esys_TR_SetAuth(key->dev->esys, key->object, &none);
}
