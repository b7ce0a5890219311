/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What root of a host can make its TPM do with a TPM client of its own.
 */
#ifndef TESTS_SERVICE_FORGE_H
#define TESTS_SERVICE_FORGE_H

#include <tss2/tss2_mu.h>

#include "host.h"

static inline void
need_tpm(TSS2_RC rc, const char *what)
{
	if (rc != TSS2_RC_SUCCESS)
		t_bail("%s: 0x%x", what, rc);
}

/* A primary key of any template, anywhere; under h->auth if with_auth. */
static inline void
forge_primary(struct host *h, ESYS_TR hierarchy, const struct buf *template,
    bool with_auth, struct tpmdev_key *ret)
{
	static const TPM2B_DATA no_data;
	static const TPML_PCR_SELECTION no_pcrs;
	TPM2B_SENSITIVE_CREATE sensitive = { 0 };
	TPM2B_PUBLIC in = { 0 }, *public = NULL;
	size_t off = 0;

	*ret = (struct tpmdev_key){ .dev = h->dev };
	if (with_auth) {
		sensitive.sensitive.userAuth.size = 32;
		memcpy(sensitive.sensitive.userAuth.buffer, h->auth.p, 32);
	}
	need_tpm(Tss2_MU_TPMT_PUBLIC_Unmarshal(template->p, template->len, &off,
		     &in.publicArea),
	    "template");
	need_tpm(Esys_CreatePrimary(h->dev->esys, hierarchy, ESYS_TR_PASSWORD,
		     ESYS_TR_NONE, ESYS_TR_NONE, &sensitive, &in, &no_data,
		     &no_pcrs, &ret->object, &public, NULL, NULL, NULL),
	    "CreatePrimary");
	need_tpm(Tss2_MU_TPMT_PUBLIC_Marshal(&public->publicArea, ret->public,
		     sizeof(ret->public), &ret->public_len),
	    "public area");
	Esys_Free(public);
}

/* The template of a host key or an AK with other attributes. */
static inline void
forge_template(bool ak, uint32_t set, uint32_t clear, uint8_t seed,
    struct buf *ret)
{
	uint8_t unique[32];
	uint32_t a;

	t_fill(unique, sizeof(unique), seed);
	*ret = (struct buf)BUF_INIT(TPM_PUBLIC_MAX);
	if (!(ak ? public_put_ak(ret, BYTES_OF_ARRAY(unique),
		       BYTES_OF_ARRAY(unique))
		 : public_put_hk(ret, BYTES_OF_ARRAY(unique),
		       BYTES_OF_ARRAY(unique))))
		t_bail("template");
	/* Behind type and nameAlg. */
	a = (uint32_t)ret->p[4] << 24 | (uint32_t)ret->p[5] << 16 |
	    (uint32_t)ret->p[6] << 8 | ret->p[7];
	a = (a | set) & ~clear;
	for (int i = 0; i < 4; i++)
		ret->p[4 + i] = (uint8_t)(a >> (24 - 8 * i));
}

static inline void
forge_put_signature(const TPMT_SIGNATURE *in, struct buf *ret)
{
	uint8_t b[TPM_SIG_MAX];
	size_t n = 0;

	need_tpm(Tss2_MU_TPMT_SIGNATURE_Marshal(in, b, sizeof(b), &n),
	    "signature");
	copy_to(ret, bytes_of(b, n));
}

/*
 * The restricted AK signs what the TPM hashed itself, if it does not begin
 * with TPM_GENERATED: a true signature over chosen bytes.
 */
static inline bool
forge_sign(struct host *h, struct bytes text, struct buf *ret)
{
	const TPMT_SIG_SCHEME own = { .scheme = TPM2_ALG_NULL };
	TPM2B_MAX_BUFFER in = { .size = (uint16_t)text.len };
	TPM2B_DIGEST *digest = NULL;
	TPMT_TK_HASHCHECK *ticket = NULL;
	TPMT_SIGNATURE *sig = NULL;
	TSS2_RC rc;

	memcpy(in.buffer, text.p, text.len);
	need_tpm(Esys_Hash(h->dev->esys, ESYS_TR_NONE, ESYS_TR_NONE,
		     ESYS_TR_NONE, &in, TPM2_ALG_SHA256, ESYS_TR_RH_ENDORSEMENT,
		     &digest, &ticket),
	    "Hash");
	rc = Esys_Sign(h->dev->esys, h->ak.object, ESYS_TR_PASSWORD,
	    ESYS_TR_NONE, ESYS_TR_NONE, digest, &own, ticket, &sig);
	Esys_Free(digest);
	Esys_Free(ticket);
	if (rc != TSS2_RC_SUCCESS)
		return false;
	forge_put_signature(sig, ret);
	Esys_Free(sig);
	return true;
}

/* TPM2_GetTime in the quote's place: TPM_GENERATED, our extraData, our AK. */
static inline void
forge_time(struct host *h, struct shown *s)
{
	const TPMT_SIG_SCHEME own = { .scheme = TPM2_ALG_NULL };
	TPM2B_DATA extra = { .size = 32 };
	TPM2B_ATTEST *attest = NULL;
	TPMT_SIGNATURE *sig = NULL;

	memcpy(extra.buffer, s->transcript, 32);
	need_tpm(Esys_GetTime(h->dev->esys, ESYS_TR_RH_ENDORSEMENT,
		     h->ak.object, ESYS_TR_PASSWORD, ESYS_TR_PASSWORD,
		     ESYS_TR_NONE, &extra, &own, &attest, &sig),
	    "GetTime");
	copy_to(&s->quote, bytes_of(attest->attestationData, attest->size));
	forge_put_signature(sig, &s->quote_signature);
	Esys_Free(attest);
	Esys_Free(sig);
}

/* TPM2_Quote of any selections over anything. */
static inline void
forge_quote(struct host *h, struct bytes extra,
    const TPML_PCR_SELECTION *selection, struct shown *s)
{
	const TPMT_SIG_SCHEME own = { .scheme = TPM2_ALG_NULL };
	TPM2B_DATA data = { .size = (uint16_t)extra.len };
	TPM2B_ATTEST *attest = NULL;
	TPMT_SIGNATURE *sig = NULL;

	memcpy(data.buffer, extra.p, extra.len);
	need_tpm(Esys_Quote(h->dev->esys, h->ak.object, ESYS_TR_PASSWORD,
		     ESYS_TR_NONE, ESYS_TR_NONE, &data, &own, selection,
		     &attest, &sig),
	    "Quote");
	copy_to(&s->quote, bytes_of(attest->attestationData, attest->size));
	forge_put_signature(sig, &s->quote_signature);
	Esys_Free(attest);
	Esys_Free(sig);
}

#endif
