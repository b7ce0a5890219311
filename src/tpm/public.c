/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TPMT_PUBLIC: the reader, names, and the key inside. What a key must be like
 * is said in template.c.
 */
#include "tpm/public.h"

#include "base/reader.h"
#include "crypto/hash.h"
#include "crypto/key.h"

/* TPMT_SYM_DEF_OBJECT (Part 2, 11.1.7): none, or AES. */
static int
parse_symmetric(struct reader *r, struct tpm_public *ret, struct diag *d)
{
	if (!reader_be16(r, &ret->sym_alg))
		return diag_fail(d, ERR_SHORT,
		    "public: no symmetric algorithm");
	if (ret->sym_alg == TPM_ALG_NULL)
		return ERR_OK;
	if (ret->sym_alg != TPM_ALG_AES)
		return diag_fail(d, ERR_UNSUPPORTED,
		    "public: symmetric algorithm 0x%04x", ret->sym_alg);
	if (!reader_be16(r, &ret->sym_bits) || !reader_be16(r, &ret->sym_mode))
		return diag_fail(d, ERR_SHORT,
		    "public: cut in the symmetric algorithm");
	return ERR_OK;
}

/* TPMT_RSA_SCHEME, TPMT_ECC_SCHEME (Part 2, 11.2.4.2 and 11.2.5.6). */
static int
parse_scheme(struct reader *r, struct tpm_public *ret, struct diag *d)
{
	bool known;

	if (!reader_be16(r, &ret->scheme))
		return diag_fail(d, ERR_SHORT, "public: no scheme");
	if (ret->scheme == TPM_ALG_NULL ||
	    (ret->type == TPM_ALG_RSA && ret->scheme == TPM_ALG_RSAES))
		return ERR_OK;
	if (ret->type == TPM_ALG_RSA)
		known = ret->scheme == TPM_ALG_RSASSA ||
		    ret->scheme == TPM_ALG_RSAPSS ||
		    ret->scheme == TPM_ALG_OAEP;
	else
		known =
		    ret->scheme == TPM_ALG_ECDSA || ret->scheme == TPM_ALG_ECDH;
	if (!known)
		return diag_fail(d, ERR_UNSUPPORTED, "public: scheme 0x%04x",
		    ret->scheme);
	if (!reader_be16(r, &ret->scheme_hash))
		return diag_fail(d, ERR_SHORT, "public: cut in the scheme");
	return ERR_OK;
}

/* TPMS_RSA_PARMS and TPM2B_PUBLIC_KEY_RSA (Part 2, 12.2.3.5, 11.2.4.5). */
static int
parse_rsa(struct reader *r, struct tpm_public *ret, struct diag *d)
{
	if (!reader_be16(r, &ret->rsa_bits) ||
	    !reader_be32(r, &ret->rsa_exponent) ||
	    !reader_be16_blob(r, 512, &ret->modulus))
		return diag_fail(d, ERR_FORMAT,
		    "public: bad RSA field at byte %zu", r->off);
	if (ret->modulus.len * 8 != ret->rsa_bits)
		return diag_fail(d, ERR_FORMAT,
		    "public: modulus of %zu bytes for %u bits",
		    ret->modulus.len, ret->rsa_bits);
	return ERR_OK;
}

/* TPMS_ECC_PARMS and TPMS_ECC_POINT (Part 2, 12.2.3.6, 11.2.5.2). */
static int
parse_ecc(struct reader *r, struct tpm_public *ret, struct diag *d)
{
	uint16_t kdf;

	if (!reader_be16(r, &ret->ecc_curve) || !reader_be16(r, &kdf))
		return diag_fail(d, ERR_SHORT, "public: cut in the curve");
	if (kdf != TPM_ALG_NULL)
		return diag_fail(d, ERR_UNSUPPORTED, "public: KDF 0x%04x", kdf);
	if (!reader_be16_blob(r, 66, &ret->x) ||
	    !reader_be16_blob(r, 66, &ret->y))
		return diag_fail(d, ERR_FORMAT,
		    "public: bad coordinate at byte %zu", r->off);
	if (ret->x.len == 0 || ret->y.len == 0)
		return diag_fail(d, ERR_FORMAT, "public: empty coordinate");
	return ERR_OK;
}

/* TPMT_PUBLIC (Part 2, 12.2.4). */
int
tpm_public_parse(struct bytes in, struct tpm_public *ret, struct diag *d)
{
	struct reader r = reader_of(in);
	struct tpm_public p = { 0 };
	int rc;

	if (in.len > TPM_PUBLIC_MAX)
		return diag_fail(d, ERR_LIMIT, "public: %zu bytes", in.len);
	if (!reader_be16(&r, &p.type) || !reader_be16(&r, &p.name_alg) ||
	    !reader_be32(&r, &p.attributes) ||
	    !reader_be16_blob(&r, TPM_DIGEST_MAX, &p.auth_policy))
		return diag_fail(d, ERR_FORMAT, "public: bad field at byte %zu",
		    r.off);
	if (p.type != TPM_ALG_RSA && p.type != TPM_ALG_ECC)
		return diag_fail(d, ERR_UNSUPPORTED, "public: type 0x%04x",
		    p.type);
	if (p.name_alg != TPM_ALG_SHA256)
		return diag_fail(d, ERR_UNSUPPORTED,
		    "public: name algorithm 0x%04x", p.name_alg);
	if ((rc = parse_symmetric(&r, &p, d)) < 0 ||
	    (rc = parse_scheme(&r, &p, d)) < 0)
		return rc;
	rc =
	    p.type == TPM_ALG_RSA ? parse_rsa(&r, &p, d) : parse_ecc(&r, &p, d);
	if (rc < 0)
		return rc;
	if (reader_left(&r) != 0)
		return diag_fail(d, ERR_FORMAT, "public: %zu bytes left over",
		    reader_left(&r));
	*ret = p;
	return ERR_OK;
}

void
tpm_name(struct bytes public, uint8_t ret[static TPM_NAME_SIZE])
{
	ret[0] = TPM_ALG_SHA256 >> 8;
	ret[1] = TPM_ALG_SHA256 & 0xff;
	sha256(public, ret + 2);
}

void
tpm_qualified_name(uint32_t hierarchy, const uint8_t name[static TPM_NAME_SIZE],
    uint8_t ret[static TPM_NAME_SIZE])
{
	const uint8_t handle[4] = { (uint8_t)(hierarchy >> 24),
		(uint8_t)(hierarchy >> 16), (uint8_t)(hierarchy >> 8),
		(uint8_t)hierarchy };
	const struct bytes parts[] = { BYTES_OF_ARRAY(handle),
		bytes_of(name, TPM_NAME_SIZE) };

	ret[0] = TPM_ALG_SHA256 >> 8;
	ret[1] = TPM_ALG_SHA256 & 0xff;
	hash_parts(HASH_SHA256, parts, ARRAY_LEN(parts), ret + 2);
}

void
tpm_host_id(struct bytes ek_public, uint8_t ret[static TPM_SHA256_SIZE])
{
	sha256(ek_public, ret);
}

int
tpm_public_key(const struct tpm_public *public, struct key **ret,
    struct diag *d)
{
	if (public->type == TPM_ALG_RSA)
		return key_from_rsa(public->modulus,
		    public->rsa_exponent == 0 ? 65537 : public->rsa_exponent,
		    ret, d);
	if (public->ecc_curve == TPM_ECC_NIST_P256)
		return key_from_point(KEY_P256, public->x, public->y, ret, d);
	if (public->ecc_curve == TPM_ECC_NIST_P384)
		return key_from_point(KEY_P384, public->x, public->y, ret, d);
	return diag_fail(d, ERR_UNSUPPORTED, "public: curve 0x%04x",
	    public->ecc_curve);
}

int
public_key(struct bytes public, struct key **ret, struct diag *d)
{
	struct tpm_public p;
	int rc;

	if ((rc = tpm_public_parse(public, &p, d)) < 0)
		return rc;
	return tpm_public_key(&p, ret, d);
}

int
public_point(struct bytes public, uint8_t ret[static P256_POINT_SIZE],
    struct diag *d)
{
	auto_key struct key *key = NULL;
	int rc;

	if ((rc = public_key(public, &key, d)) < 0)
		return rc;
	if (key_type(key) != KEY_P256)
		return diag_fail(d, ERR_UNSUPPORTED, "public: not a P-256 key");
	key_p256_point(key, ret);
	return ERR_OK;
}
