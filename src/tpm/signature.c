/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TPMT_SIGNATURE; see signature.h. The scheme is read from the signature and
 * must be one the key can have: a signature cannot choose weaker rules.
 */
#include "tpm/signature.h"

#include "base/reader.h"
#include "crypto/key.h"

/* TPMT_SIGNATURE (Part 2, 11.3.4); TPMS_SIGNATURE_* (11.3.1 to 11.3.2). */
int
tpm_signature_parse(struct bytes in, struct tpm_signature *ret, struct diag *d)
{
	struct reader r = reader_of(in);
	struct tpm_signature s = { 0 };
	bool good;

	if (in.len > TPM_SIG_MAX)
		return diag_fail(d, ERR_LIMIT, "signature: %zu bytes", in.len);
	if (!reader_be16(&r, &s.scheme))
		return diag_fail(d, ERR_SHORT, "signature: no scheme");
	/* A null "signature" is two bytes long, an HMAC's key is no secret. */
	if (s.scheme != TPM_ALG_ECDSA && s.scheme != TPM_ALG_RSASSA &&
	    s.scheme != TPM_ALG_RSAPSS)
		return diag_fail(d, ERR_UNSUPPORTED, "signature: scheme 0x%04x",
		    s.scheme);
	if (!reader_be16(&r, &s.hash))
		return diag_fail(d, ERR_SHORT, "signature: no hash");
	if (s.hash != TPM_ALG_SHA256)
		return diag_fail(d, ERR_UNSUPPORTED, "signature: hash 0x%04x",
		    s.hash);
	if (s.scheme == TPM_ALG_ECDSA)
		good = reader_be16_blob(&r, KEY_COORDINATE_MAX, &s.r) &&
		    reader_be16_blob(&r, KEY_COORDINATE_MAX, &s.s) &&
		    s.r.len != 0 && s.s.len != 0;
	else
		good = reader_be16_blob(&r, KEY_RSA_MODULUS_MAX, &s.rsa) &&
		    s.rsa.len != 0;
	if (!good)
		return diag_fail(d, ERR_FORMAT,
		    "signature: bad field at byte %zu", r.off);
	if (reader_left(&r) != 0)
		return diag_fail(d, ERR_FORMAT,
		    "signature: %zu bytes left over", reader_left(&r));
	*ret = s;
	return ERR_OK;
}

int
tpm_signature_verify(const struct tpm_signature *sig, const struct key *key,
    struct bytes message, struct diag *d)
{
	uint8_t digest[SHA256_SIZE];
	bool rsa = key_type(key) == KEY_RSA;

	if (rsa != (sig->scheme != TPM_ALG_ECDSA))
		return diag_fail(d, ERR_UNSUPPORTED,
		    "signature: scheme 0x%04x for a key of type %s",
		    sig->scheme, key_type_name(key_type(key)));
	sha256(message, digest);
	if (sig->scheme == TPM_ALG_ECDSA)
		return key_verify_ecdsa_raw(key, HASH_SHA256,
		    BYTES_OF_ARRAY(digest), sig->r, sig->s, d);
	if (sig->scheme == TPM_ALG_RSASSA)
		return key_verify_rsassa(key, HASH_SHA256,
		    BYTES_OF_ARRAY(digest), sig->rsa, d);
	return key_verify_rsapss(key, HASH_SHA256, BYTES_OF_ARRAY(digest),
	    sig->rsa, d);
}
