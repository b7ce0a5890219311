/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The three templates; see public.h. A key is accepted by building what it
 * should be and comparing bytes, so that no attribute, scheme or policy can be
 * forgotten.
 */
#include "tpm/public.h"

/*
 * PolicySecret(TPM_RH_ENDORSEMENT): the authPolicy of templates L-1 and L-2
 * (TCG EK Credential Profile 2.5, B.3.3 and B.3.4).
 */
static const uint8_t ek_policy[TPM_SHA256_SIZE] = { 0x83, 0x71, 0x97, 0x67,
	0x44, 0x84, 0xb3, 0xf8, 0x1a, 0x90, 0xcc, 0x8d, 0x46, 0xa5, 0xd7, 0x24,
	0xfd, 0x52, 0xd7, 0x6e, 0x06, 0x52, 0x0b, 0x64, 0xf2, 0xa1, 0xda, 0x1b,
	0x33, 0x14, 0x69, 0xaa };

static bool
put_head(struct buf *b, uint16_t type, uint32_t attributes, struct bytes policy)
{
	return buf_put_be16(b, type) && buf_put_be16(b, TPM_ALG_SHA256) &&
	    buf_put_be32(b, attributes) && buf_put_be16_blob(b, policy);
}

static bool
put_point(struct buf *b, struct bytes x, struct bytes y)
{
	return buf_put_be16(b, TPM_ECC_NIST_P256) &&
	    buf_put_be16(b, TPM_ALG_NULL) && /* kdf */
	    buf_put_be16_blob(b, x) && buf_put_be16_blob(b, y);
}

bool
public_put_ak(struct buf *b, struct bytes x, struct bytes y)
{
	return put_head(b, TPM_ALG_ECC, TPM_AK_ATTRIBUTES, BYTES_NONE) &&
	    buf_put_be16(b, TPM_ALG_NULL) && /* symmetric */
	    buf_put_be16(b, TPM_ALG_ECDSA) && buf_put_be16(b, TPM_ALG_SHA256) &&
	    put_point(b, x, y);
}

bool
public_put_hk(struct buf *b, struct bytes x, struct bytes y)
{
	return put_head(b, TPM_ALG_ECC, TPM_HK_ATTRIBUTES, BYTES_NONE) &&
	    buf_put_be16(b, TPM_ALG_NULL) && /* symmetric */
	    buf_put_be16(b, TPM_ALG_ECDH) && buf_put_be16(b, TPM_ALG_SHA256) &&
	    put_point(b, x, y);
}

/* What both EK templates say after the policy: AES-128-CFB, no scheme. */
static bool
put_ek_symmetric(struct buf *b)
{
	return buf_put_be16(b, TPM_ALG_AES) && buf_put_be16(b, 128) &&
	    buf_put_be16(b, TPM_ALG_CFB) && buf_put_be16(b, TPM_ALG_NULL);
}

bool
public_put_ek_ecc(struct buf *b, struct bytes x, struct bytes y)
{
	return put_head(b, TPM_ALG_ECC, TPM_EK_ATTRIBUTES,
		   BYTES_OF_ARRAY(ek_policy)) &&
	    put_ek_symmetric(b) && put_point(b, x, y);
}

bool
public_put_ek_rsa(struct buf *b, struct bytes modulus)
{
	return put_head(b, TPM_ALG_RSA, TPM_EK_ATTRIBUTES,
		   BYTES_OF_ARRAY(ek_policy)) &&
	    put_ek_symmetric(b) && buf_put_be16(b, 2048) &&
	    buf_put_be32(b, 0) && buf_put_be16_blob(b, modulus);
}

/* The first field that differs, for a message; the verdict is the bytes'. */
static const char *
first_difference(const struct tpm_public *a, const struct tpm_public *b)
{
	if (a->type != b->type)
		return "type";
	if (a->attributes != b->attributes)
		return "attributes";
	if (!bytes_equal(a->auth_policy, b->auth_policy))
		return "policy";
	if (a->sym_alg != b->sym_alg || a->sym_bits != b->sym_bits ||
	    a->sym_mode != b->sym_mode)
		return "symmetric algorithm";
	if (a->scheme != b->scheme || a->scheme_hash != b->scheme_hash)
		return "scheme";
	if (a->ecc_curve != b->ecc_curve)
		return "curve";
	if (a->rsa_bits != b->rsa_bits)
		return "size";
	if (a->rsa_exponent != b->rsa_exponent)
		return "exponent";
	return "bytes";
}

enum kind { KIND_EK, KIND_AK, KIND_HK };

/* The template of this kind, with the key's own point or modulus. */
static bool
put_expected(struct buf *b, enum kind kind, const struct tpm_public *p)
{
	if (kind == KIND_AK)
		return public_put_ak(b, p->x, p->y);
	if (kind == KIND_HK)
		return public_put_hk(b, p->x, p->y);
	if (p->type == TPM_ALG_RSA)
		return public_put_ek_rsa(b, p->modulus);
	return public_put_ek_ecc(b, p->x, p->y);
}

static int
check_kind(struct bytes public, enum kind kind, enum reason reason,
    const char *what, struct diag *d)
{
	auto_buf struct buf expected = BUF_INIT(TPM_PUBLIC_MAX);
	struct tpm_public p, want;
	struct diag inner = { 0 };

	if (tpm_public_parse(public, &p, &inner) < 0)
		return diag_refuse(d, reason, "%s: %s", what, inner.text);
	/* An AK or HK of another type has no point to build the template of. */
	if (kind != KIND_EK && p.type != TPM_ALG_ECC)
		return diag_refuse(d, reason,
		    "%s: type is not that of the "
		    "template",
		    what);
	if (p.type == TPM_ALG_ECC &&
	    (p.x.len > TPM_COORD_SIZE || p.y.len > TPM_COORD_SIZE))
		return diag_refuse(d, reason,
		    "%s: coordinates of %zu and %zu "
		    "bytes",
		    what, p.x.len, p.y.len);
	if (!put_expected(&expected, kind, &p))
		return buf_check(&expected, what, d);
	if (bytes_equal(public, buf_bytes(&expected)))
		return ERR_OK;
	if (tpm_public_parse(buf_bytes(&expected), &want, &inner) < 0)
		return diag_refuse(d, reason,
		    "%s: size is not that of the "
		    "template",
		    what);
	return diag_refuse(d, reason,
	    "%s: field %s is not that of the template", what,
	    first_difference(&p, &want));
}

int
public_is_ek(struct bytes public, struct diag *d)
{
	return check_kind(public, KIND_EK, REASON_EkTemplate, "endorsement key",
	    d);
}

int
public_is_ak(struct bytes public, struct diag *d)
{
	return check_kind(public, KIND_AK, REASON_AkTemplate, "attestation key",
	    d);
}

int
public_is_hk(struct bytes public, struct diag *d)
{
	return check_kind(public, KIND_HK, REASON_HostKeyTemplate, "host key",
	    d);
}
